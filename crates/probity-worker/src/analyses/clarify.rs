//! The Clarify image: whatever an `analysis_config.json` asks for.
//!
//! Inputs and outputs as the SageMaker SDK names them: `dataset` at
//! `/opt/ml/processing/input/data`, `analysis_config` at `/opt/ml/processing/input/config`,
//! `analysis_result` at `/opt/ml/processing/output`.

use std::collections::BTreeSet;

use probity_analysis::bias::{
    BiasDepth, BiasDocuments, BiasRequest, Extended, Source, analyse, read_job_config,
};
use probity_analysis::data_quality::Surroundings;
use probity_analysis::explain::{
    ClarifyDocuments, ExplainDocuments, ExplainOptions, Watch, configured, explain,
};
use probity_data::dataset::{DatasetType, ReadOptions};
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::AnalysisConfig;

use super::Tools;
use super::failure::AnalysisFailed;
use super::outcome::Outcome;
use super::places::{self, Place};
use super::predictor::{Asked, open};
use super::progress::Progress;
use super::spec::{JobInput, JobSpec};

const CONFIG_PATH: &str = "/opt/ml/processing/input/config";
const DATA_PATH: &str = "/opt/ml/processing/input/data";
const OUTPUT_PATH: &str = "/opt/ml/processing/output";

/// Smallest subgroup of several facets that is ranked, as on the command line.
const MINIMUM_CELL: u64 = 30;

/// Of sampled explanations whose configuration names none.
const SEED: u64 = 0;

pub(super) async fn run(spec: &JobSpec, tools: &Tools) -> Result<Outcome, AnalysisFailed> {
    let output = places::output(spec, OUTPUT_PATH)?;
    let config = config(spec, tools).await?;
    let data = dataset(spec, &config, tools).await?;
    // Asks whether it can be written to before the long work, and leaves nothing.
    drop(OutputFolder::create(&output, &tools.environment).await?);
    let asked = predictor(&config, tools).await?;
    let request = request(config, &data, (asked.as_ref(), tools)).await?;
    let mut documents = ClarifyDocuments {
        bias: bias_part(&request, tools).await?,
        explained: None,
    };
    if explains(&request.config) {
        let Some(asked) = &asked else {
            return Err(AnalysisFailed::NoPredictor);
        };
        documents.explained = Some(explanations(&request, asked, tools).await?);
    }
    show_sources(&mut documents, (&data, tools));
    if let Some(bias) = &mut documents.bias {
        // The client keeps its own in the same folder.
        bias.config_is_open = false;
    }
    let folder = OutputFolder::create(&output, &tools.environment).await?;
    documents
        .write(folder, report_name(&request.config))
        .await?;
    tools.log.line(format!("Results written to {output}"));
    let outcome = Outcome::of_clarify();
    tools
        .log
        .line(format!("exit_message: {}", outcome.exit_message));
    Ok(outcome)
}

/// Where `analysis_config.json` lies.
pub(super) fn config_location(spec: &JobSpec) -> Result<String, AnalysisFailed> {
    let input = named(spec, "analysis_config", CONFIG_PATH);
    let input = input.ok_or(AnalysisFailed::NoConfiguration)?;
    Ok(match input.uri.ends_with(".json") {
        true => input.uri.clone(),
        false => format!("{}/analysis_config.json", input.uri.trim_end_matches('/')),
    })
}

async fn config(spec: &JobSpec, tools: &Tools) -> Result<AnalysisConfig, AnalysisFailed> {
    let location = config_location(spec)?;
    tools.log.line(format!("Analysis config path: {location}"));
    Ok(read_job_config(&location, &tools.environment).await?)
}

/// By its name, else by its path: users of the bare API name inputs as they like.
fn named<'a>(spec: &'a JobSpec, name: &str, path: &str) -> Option<&'a JobInput> {
    let by_name = spec.inputs.iter().find(|input| input.name == name);
    let same = |input: &&JobInput| input.local_path.trim_end_matches('/') == path;
    by_name.or_else(|| spec.inputs.iter().find(same))
}

async fn dataset(
    spec: &JobSpec,
    config: &AnalysisConfig,
    tools: &Tools,
) -> Result<Place, AnalysisFailed> {
    let place = match (named(spec, "dataset", DATA_PATH), &config.dataset_uri) {
        (Some(input), _) => places::dataset(spec, &input.local_path, tools).await?,
        (None, Some(uri)) => Place {
            location: uri.clone(),
            shown: uri.clone(),
        },
        (None, None) => {
            return Err(AnalysisFailed::NoInput {
                path: DATA_PATH.to_owned(),
            });
        }
    };
    let kind = config.dataset_type.map_or("not said", |said| said.name());
    tools
        .log
        .line(format!("Dataset type: {kind} uri: {}", place.shown));
    Ok(place)
}

async fn predictor(
    config: &AnalysisConfig,
    tools: &Tools,
) -> Result<Option<Asked>, AnalysisFailed> {
    let Some(predictor) = &config.predictor else {
        return Ok(None);
    };
    let dataset_type = config.dataset_type.map(|said| said.name());
    let dataset_type = dataset_type.and_then(|name| DatasetType::from_name(name).ok());
    let asked = open(predictor, dataset_type.unwrap_or(DatasetType::Csv), tools).await?;
    Ok(Some(asked))
}

async fn request(
    config: AnalysisConfig,
    data: &Place,
    (asked, tools): (Option<&Asked>, &Tools),
) -> Result<BiasRequest, AnalysisFailed> {
    let request = BiasRequest {
        config,
        source: Source::Configured {
            data: Some(data.location.clone()),
            read: Box::new(ReadOptions::default()),
            files: None,
        },
        redacted: BTreeSet::new(),
        threads: tools.threads,
        depth: BiasDepth {
            extended: Extended::LeftOut,
            minimum_cell: MINIMUM_CELL,
        },
        model: asked.map(|asked| asked.model.clone()),
    };
    Ok(request.with_files(&tools.environment).await?)
}

async fn bias_part(
    request: &BiasRequest,
    tools: &Tools,
) -> Result<Option<BiasDocuments>, AnalysisFailed> {
    if !request.config.measures_bias() {
        return Ok(None);
    }
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    let documents = analyse(request, surroundings).await?;
    documents.refuse_unmeasurable()?;
    tools.log.line(format!(
        "Collected analyses: bias of {} facets",
        documents.probity.facets.len()
    ));
    Ok(Some(documents))
}

async fn explanations(
    request: &BiasRequest,
    asked: &Asked,
    tools: &Tools,
) -> Result<ExplainDocuments, AnalysisFailed> {
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    let options = ExplainOptions {
        model: asked.model.clone(),
        seed: SEED,
        shown_rows: Vec::new(),
        checkpoint: None,
    };
    let explained = configured(request, options, surroundings).await?;
    let watch = |step| progress.step(step);
    let mut documents = explain(&explained, Watch::new(&watch)).await?;
    let notes = asked.notes();
    for note in &notes {
        tools.log.line(note);
    }
    documents.add_notes(notes);
    Ok(documents)
}

/// Results name the user's own place, not the copy in the job's folder.
fn show_sources(documents: &mut ClarifyDocuments, (data, tools): (&Place, &Tools)) {
    if let Some(bias) = &mut documents.bias {
        data.show_in(&mut bias.probity.dataset, tools);
    }
    if let Some(explained) = &mut documents.explained {
        data.show_in(&mut explained.probity.dataset, tools);
    }
}

fn explains(config: &AnalysisConfig) -> bool {
    let methods = config.methods.as_ref();
    methods.is_some_and(|methods| methods.explains())
}

/// `methods.report.name`, where it is a plain name.
fn report_name(config: &AnalysisConfig) -> &str {
    let report = config
        .methods
        .as_ref()
        .and_then(|methods| methods.report.as_ref());
    report
        .and_then(|report| report.name.as_deref())
        .filter(|name| !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.'))
        .unwrap_or("report")
}
