//! A profile to look at: one row per column, without sketches or documents.

use probity_domain::document::probity_file::{DatasetFacts, FeatureFacts};
use probity_domain::document::statistics::NumericalStatistics;
use probity_metrics::summary::{NumericProfile, feature_facts};
use serde::Serialize;

use super::AnalysisError;
use super::input::{Input, Scanned, Surroundings, scan_input};
use super::result::ResultDocuments;

/// What `probity profile` prints.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileTable {
    pub dataset: DatasetFacts,
    pub columns: Vec<ProfileRow>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ProfileRow {
    #[serde(flatten)]
    pub facts: FeatureFacts,
    /// Numeric columns only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub std_dev: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// Scans `input` and keeps what a person wants to see.
pub async fn profile_table(
    input: &Input,
    surroundings: Surroundings<'_>,
) -> Result<ProfileTable, AnalysisError> {
    Ok(ProfileTable::of(scan_input(input, surroundings).await?))
}

impl ProfileTable {
    /// The same rows from documents that are made already.
    pub fn of_documents(documents: &ResultDocuments) -> Self {
        let features = &documents.statistics.features;
        let columns = documents
            .probity
            .features
            .iter()
            .zip(features)
            .map(|(facts, feature)| {
                let numbers = feature.numerical_statistics.as_ref();
                let of = |get: fn(&NumericalStatistics) -> f64| numbers.map(get);
                ProfileRow {
                    facts: facts.clone(),
                    mean: of(|n| n.mean),
                    std_dev: of(|n| n.std_dev),
                    sum: of(|n| n.sum),
                    min: of(|n| n.min),
                    max: of(|n| n.max),
                }
            })
            .collect();
        Self {
            dataset: documents.probity.dataset.clone(),
            columns,
        }
    }

    fn of(scanned: Scanned) -> Self {
        let Scanned { table, dataset } = scanned;
        // Each summary is dropped as soon as its row is made: ten thousand sketches are large.
        let columns = table
            .columns
            .into_iter()
            .map(|(name, summary)| {
                let numeric = summary.profile().numeric;
                row(feature_facts(&name, &summary), numeric)
            })
            .collect();
        Self { dataset, columns }
    }
}

fn row(facts: FeatureFacts, numeric: Option<NumericProfile>) -> ProfileRow {
    let of = |get: fn(&NumericProfile) -> f64| numeric.as_ref().map(get);
    ProfileRow {
        facts,
        mean: of(|n| n.mean),
        std_dev: of(|n| n.std_dev),
        sum: of(|n| n.sum),
        min: of(|n| n.min),
        max: of(|n| n.max),
    }
}
