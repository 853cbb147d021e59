//! The analyzer image: data quality and model quality, a baseline or a check.
//!
//! Variables and files: AWS developer guide, `model-monitor-byoc-contract-inputs`, and what the
//! SageMaker SDK sends. With `baseline_constraints` it is a check, which always leaves
//! `constraint_violations.json`: readers of the SDK break where the file is missing.

mod data_quality;
mod model_quality;

use probity_data::dataset::ReadOptions;
use probity_data::location::{OutputFolder, read_object};
use probity_domain::document::probity_file::DatasetFacts;
use sha2::{Digest, Sha256};

use super::Tools;
use super::captured;
use super::changes::{Changed, Changes};
use super::dataset_format::read_options;
use super::failure::AnalysisFailed;
use super::outcome::Outcome;
use super::places::{self, Place};
use super::scripts::{self, ScriptCounts};
use super::spec::JobSpec;
use crate::stage;

/// Of the corrected verdict beside AWS's own, as on the command line.
pub(super) const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Results name the user's own place and what was read there; `tools` knows more of the data.
pub(super) fn show_origin(
    facts: &mut DatasetFacts,
    (data, changed): (&Place, Option<&Changed>),
    tools: &Tools,
) {
    if let Some(changed) = changed {
        facts.sources = vec![data.location.clone()];
        changed.format.name().clone_into(&mut facts.format);
        let own = std::mem::take(&mut facts.notes);
        facts.notes.clone_from(&changed.prepared.notes);
        facts.notes.extend(own);
    }
    data.show_in(facts, tools);
}

/// What reading the rows told, for the execution: the rest it knows itself.
pub(super) fn notes_of(facts: &DatasetFacts, changed: Option<&Changed>) -> Vec<String> {
    let prepared = changed.map(|changed| changed.prepared.notes.clone());
    let mut notes = prepared.unwrap_or_default();
    notes.extend(facts.notes.iter().cloned());
    notes
}

/// What both analyses have.
struct Work<'a> {
    spec: &'a JobSpec,
    tools: &'a Tools,
    data: Place,
    read: ReadOptions,
    changes: Changes,
    /// Where results belong.
    output: String,
    /// What a script of the user's own made of the records.
    scripted: Option<ScriptCounts>,
}

pub(super) async fn run(spec: &JobSpec, tools: &Tools) -> Result<Outcome, AnalysisFailed> {
    let source = required(spec, "dataset_source")?;
    let output_path = required(spec, "output_path")?;
    let mut work = Work {
        spec,
        tools,
        output: places::output(spec, output_path)?,
        read: captured::monitoring(spec, read_options(spec)?)?,
        data: places::dataset(spec, source, tools).await?,
        changes: Changes::of(spec, tools).await?,
        scripted: None,
    };
    tools.log.line(format!("Dataset: {}", work.data.shown));
    if let Some(script) = spec.variable("record_preprocessor_script") {
        let given = (&work.data, &mut work.read);
        let (data, counts) = scripts::preprocess(spec, script, given, tools).await?;
        (work.data, work.scripted) = (data, Some(counts));
    }
    let post = spec.variable("post_analytics_processor_script");
    let post = match post {
        Some(script) => Some(scripts::find(spec, script, tools).await?),
        None => None,
    };
    // Asks whether it can be written to before the long work.
    let folder = match &post {
        Some(_) => {
            let local = stage::place_of(&tools.work_folder, output_path);
            OutputFolder::create(&local.display().to_string(), &tools.environment).await?
        }
        None => OutputFolder::create(&work.output, &tools.environment).await?,
    };
    let analysed = match spec.variable("analysis_type") {
        Some("MODEL_QUALITY") => model_quality::run(&work, folder).await,
        None | Some("DATA_QUALITY") => data_quality::run(&work, folder).await,
        Some(other) => Err(AnalysisFailed::Variable {
            name: "analysis_type",
            value: other.to_owned(),
            expected: "`MODEL_QUALITY`, or none for data quality",
        }),
    };
    let mut outcome = analysed.map_err(|error| match &work.scripted {
        Some(scripted) => error.or_no_records(|| (scripted.counts(), scripted.notes().join("; "))),
        None => captured::counted(error, &work.read),
    })?;
    let notes = work.scripted.as_ref().map(ScriptCounts::notes);
    outcome.notes.extend(notes.unwrap_or_default());
    outcome.counts = match &work.scripted {
        Some(scripted) => scripted.counts(),
        None => captured::counts(&work.read),
    };
    if let Some(script) = post {
        scripts::postprocess(spec, &script, tools).await?;
        let local = stage::place_of(&tools.work_folder, output_path);
        let places = (tools.work_folder.as_path(), local.as_path());
        stage::upload_folder(places, &work.output, &tools.environment).await?;
    }
    let output = &work.output;
    tools.log.line(format!("Results written to {output}"));
    tools.log.line(&outcome.exit_message);
    Ok(outcome)
}

pub(super) fn required<'a>(
    spec: &'a JobSpec,
    name: &'static str,
) -> Result<&'a str, AnalysisFailed> {
    spec.variable(name)
        .ok_or(AnalysisFailed::NoVariable { name })
}

/// Of one file, in lower-case hex.
pub(super) async fn sha256_of(uri: &str, tools: &Tools) -> Result<String, AnalysisFailed> {
    let bytes = read_object(uri, &tools.environment).await?;
    let digest = Sha256::digest(&bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
