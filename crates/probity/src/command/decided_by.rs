//! The demo's model, and what moves its decisions.

use std::path::Path;

use anyhow::Result;
use probity_analysis::data_quality::{Input, Surroundings};
use probity_analysis::explain::{
    BaselineChoice, ExplainRequest, PdpFeatures, PdpSettings, Quantity, ShapSettings, Watch,
    explain, read_records,
};
use probity_data::dataset::DatasetType;
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::AggregationMethod;

use super::model::{Described, open};
use super::wiring::environment;
use crate::arguments::ModelArguments;

/// LightGBM on the demo's decisions, by `golden/demo/make.py`.
pub(super) const MODEL: &str = include_str!("decisions_model.txt");

/// Columns that the model does not see.
const UNSEEN: [&str; 3] = ["repaid", "score", "approved"];

/// Explains every decision, with waterfalls of the first two, into a folder of its own; tells
/// how far each feature moves the log-odds on average, the largest first.
pub(super) async fn explained(
    folder: &Path,
    decisions: &Input,
    surroundings: Surroundings<'_>,
) -> Result<Vec<(String, f64)>> {
    let described = Described {
        predictor: None,
        dataset_type: DatasetType::Csv,
    };
    let model = folder.join("model.txt").display().to_string();
    let model = open(&model, &ModelArguments::default(), &described)?.model;
    let records = read_records(decisions, &UNSEEN.map(str::to_owned), surroundings).await?;
    let request = ExplainRequest {
        model,
        dataset: records.dataset,
        rows: records.rows,
        join: None,
        label_headers: Some(vec!["approved".to_owned()]),
        shap: Some(ShapSettings {
            baseline: BaselineChoice::TrainingData,
            n_samples: None,
            aggregation: AggregationMethod::MeanAbsolute,
            quantity: Quantity::RawScore,
            features: None,
            groups: Default::default(),
            shown_rows: vec![0, 1],
            save_local_values: true,
            save_interactions: false,
        }),
        pdp: Some(PdpSettings {
            grid_resolution: 15,
            features: PdpFeatures::Top(4),
        }),
        hidden: Default::default(),
        seed: 0,
        threads: decisions.threads,
        checkpoint: None,
    };
    let documents = explain(&request, Watch::new(&|_| {})).await?;
    let output = folder.join("explanations").display().to_string();
    documents
        .write(OutputFolder::create(&output, &environment()).await?)
        .await?;
    let (_, global) = &documents.explanations.kernel_shap[0];
    let mut moved = global.global_shap_values.clone();
    moved.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(moved)
}
