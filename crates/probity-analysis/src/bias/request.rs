//! What a bias analysis is asked for.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use probity_data::dataset::ReadOptions;
use probity_data::location::{Environment, ReadLocation, SourceFile, find_files, read_document};
use probity_domain::document::analysis_config::AnalysisConfig;

use super::BiasError;
use crate::model::Model;

/// A configuration and its data.
#[derive(Clone, Debug)]
pub struct BiasRequest {
    pub config: AnalysisConfig,
    pub source: Source,
    /// Columns whose values are hashed before anything is counted.
    pub redacted: BTreeSet<String>,
    pub threads: NonZeroUsize,
    pub depth: BiasDepth,
    /// Asked for predictions where the data have none.
    pub model: Option<Model>,
}

impl BiasRequest {
    /// Where the main dataset is.
    pub fn location(&self) -> Result<String, BiasError> {
        match &self.source {
            Source::Given { location, .. } => Ok(location.clone()),
            Source::Configured { data, .. } => data
                .clone()
                .or_else(|| self.config.dataset_uri.clone())
                .ok_or(BiasError::NoData),
        }
    }

    /// Finds the files of the main dataset once, so that standard input can be read twice.
    pub async fn with_files(mut self, environment: &Environment) -> Result<BiasRequest, BiasError> {
        let found = find_files(&self.location()?, environment).await?;
        match &mut self.source {
            Source::Given { files, .. } | Source::Configured { files, .. } => *files = Some(found),
        }
        Ok(self)
    }
}

/// Where the rows are.
#[derive(Clone, Debug)]
pub enum Source {
    /// At `dataset_uri`, or at `data` in its place, read as the configuration says as far as
    /// `read` leaves it open.
    Configured {
        data: Option<String>,
        read: Box<ReadOptions>,
        /// Found before, where the data are read more than once.
        files: Option<Vec<SourceFile>>,
    },
    /// Named and described beside the configuration.
    Given {
        location: String,
        read: Box<ReadOptions>,
        /// Found before: standard input can be read once.
        files: Option<Vec<SourceFile>>,
    },
}

/// How much is computed.
#[derive(Clone, Copy, Debug)]
pub struct BiasDepth {
    pub extended: Extended,
    /// Smallest subgroup of several facets that is ranked.
    pub minimum_cell: u64,
}

/// The metrics that Clarify lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    Included,
    LeftOut,
}

/// Reads that of a job, or one that says what is computed and leaves to the data what they are.
pub async fn read_job_config(
    location: &str,
    environment: &Environment,
) -> Result<AnalysisConfig, BiasError> {
    let bytes = read_file(location, environment).await?;
    let job = AnalysisConfig::from_json(&bytes);
    let monitor = AnalysisConfig::from_monitor_json(&bytes);
    match (job, monitor) {
        (Ok(config), _) => Ok(config),
        (Err(_), Ok(config)) if config.methods.is_some() => Ok(config),
        (Err(source), _) => Err(config_file(location, source)),
    }
}

/// Reads that of a monitor, which may leave out how the data are read and what is computed.
pub async fn read_monitor_config(
    location: &str,
    environment: &Environment,
) -> Result<AnalysisConfig, BiasError> {
    let bytes = read_file(location, environment).await?;
    AnalysisConfig::from_monitor_json(&bytes).map_err(|source| config_file(location, source))
}

fn config_file(
    location: &str,
    source: probity_domain::document::analysis_config::AnalysisConfigErrors,
) -> BiasError {
    BiasError::ConfigFile {
        location: location.to_owned(),
        source,
    }
}

async fn read_file(location: &str, environment: &Environment) -> Result<Vec<u8>, BiasError> {
    let (folder, name) = location.rsplit_once('/').unwrap_or((".", location));
    let folder = if folder.is_empty() { "/" } else { folder };
    match read_document(folder, name, environment).await {
        Ok(Some(bytes)) => Ok(bytes.to_vec()),
        Ok(None) | Err(ReadLocation::Missing { .. }) => Err(BiasError::NoDocument {
            location: location.to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}
