//! A baseline of bias: `analysis.json`, ours or the service's, and our `probity.json` beside
//! it, which knows the sample behind the numbers.

use probity_data::location::{Environment, ReadLocation, read_document};
use probity_domain::document::analysis::Analysis;
use probity_domain::document::bias_file::BiasFile;

use super::BiasError;
use super::documents::ANALYSIS;
use crate::data_quality::PROBITY;

/// What a baseline holds.
#[derive(Clone, Debug)]
pub struct StoredBias {
    pub location: String,
    pub analysis: Analysis,
    /// Absent beside files that the service wrote.
    pub probity: Option<BiasFile>,
}

impl StoredBias {
    /// Reads `location`: a folder, or the `analysis.json` itself.
    pub async fn open(location: &str, environment: &Environment) -> Result<Self, BiasError> {
        let (folder, name) = match location.rsplit_once('/') {
            Some((folder, name)) if name.ends_with(".json") => (folder, name),
            None if location.ends_with(".json") => (".", location),
            _ => (location, ANALYSIS),
        };
        let bytes = match read_document(folder, name, environment).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(ReadLocation::Missing { .. }) => {
                return Err(BiasError::NoDocument {
                    location: format!("{folder}/{name}"),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let analysis = Analysis::from_json(&bytes)
            .map_err(|source| damaged(format!("{folder}/{name}"), source))?;
        let probity = match read_document(folder, PROBITY, environment).await? {
            Some(bytes) => BiasFile::from_json(&bytes)
                .map(Some)
                .map_err(|source| damaged(format!("{folder}/{PROBITY}"), source))?,
            None => None,
        };
        Ok(Self {
            location: location.to_owned(),
            analysis,
            probity,
        })
    }
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(location: String, source: E) -> BiasError {
    BiasError::Document {
        location,
        source: Box::new(source),
    }
}
