//! The analyzer image: data quality and model quality, a baseline or a check.
//!
//! Variables and files: AWS developer guide, `model-monitor-byoc-contract-inputs`, and what the
//! SageMaker SDK sends. With `baseline_constraints` it is a check, which always leaves
//! `constraint_violations.json`: readers of the SDK break where the file is missing.

use std::collections::BTreeSet;

use probity_analysis::data_quality::{
    CheckOptions, Input, StoredResult, Surroundings, Verdict, baseline, check,
};
use probity_analysis::model_quality::{
    ModelQualityDocuments, QualityCheckOptions, QualityColumnChoices, QualityRequest,
    StoredQuality, baseline as measure, check as check_quality,
};
use probity_data::dataset::{ColumnChoice, ReadOptions};
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;

use super::Tools;
use super::dataset_format::read_options;
use super::failure::AnalysisFailed;
use super::outcome::Outcome;
use super::places::{self, Place};
use super::progress::Progress;
use super::scripts;
use super::spec::JobSpec;
use crate::stage;

/// Of the corrected verdict beside AWS's own, as on the command line.
const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Of a binary classifier whose job names none.
const PROBABILITY_THRESHOLD: f64 = 0.5;

pub(super) async fn run(spec: &JobSpec, tools: &Tools) -> Result<Outcome, AnalysisFailed> {
    let source = required(spec, "dataset_source")?;
    let output_path = required(spec, "output_path")?;
    let output = places::output(spec, output_path)?;
    let mut read = read_options(spec.variable("dataset_format"))?;
    let mut data = places::dataset(spec, source, tools).await?;
    tools.log.line(format!("Dataset: {}", data.shown));
    if let Some(script) = spec.variable("record_preprocessor_script") {
        data = scripts::preprocess(spec, script, (&data, &mut read), tools).await?;
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
        None => OutputFolder::create(&output, &tools.environment).await?,
    };
    let outcome = match spec.variable("analysis_type") {
        Some("MODEL_QUALITY") => model_quality(spec, (&data, read), (folder, tools)).await?,
        None | Some("DATA_QUALITY") => data_quality(spec, (&data, read), (folder, tools)).await?,
        Some(other) => {
            return Err(AnalysisFailed::Variable {
                name: "analysis_type",
                value: other.to_owned(),
                expected: "`MODEL_QUALITY`, or none for data quality",
            });
        }
    };
    if let Some(script) = post {
        scripts::postprocess(spec, &script, tools).await?;
        let local = stage::place_of(&tools.work_folder, output_path);
        let places = (tools.work_folder.as_path(), local.as_path());
        stage::upload_folder(places, &output, &tools.environment).await?;
    }
    tools.log.line(format!("Results written to {output}"));
    tools.log.line(&outcome.exit_message);
    Ok(outcome)
}

fn required<'a>(spec: &'a JobSpec, name: &'static str) -> Result<&'a str, AnalysisFailed> {
    spec.variable(name)
        .ok_or(AnalysisFailed::NoVariable { name })
}

async fn data_quality(
    spec: &JobSpec,
    (data, read): (&Place, ReadOptions),
    (folder, tools): (OutputFolder, &Tools),
) -> Result<Outcome, AnalysisFailed> {
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    let mut input = Input {
        location: data.location.clone(),
        read,
        redacted: BTreeSet::new(),
        threads: tools.threads,
    };
    let Some(stored) = stored_baseline(spec, tools).await? else {
        let method = drift_method(spec)?;
        let mut documents = baseline(&input, method, surroundings).await?;
        data.show_in(&mut documents.probity.dataset, tools);
        let rows = documents.statistics.dataset.item_count;
        tools.log.line(format!(
            "Suggested constraints of {} features from {rows} rows",
            documents.constraints.features.len()
        ));
        documents.write(folder).await?;
        return Ok(Outcome::of_monitor(None));
    };
    input.read.column_names = Some(stored.column_names());
    input.redacted = stored.redacted();
    let options = CheckOptions {
        verdict: Verdict::Aws,
        false_discovery_rate: FALSE_DISCOVERY_RATE,
    };
    let mut outcome = check(&input, &stored, options, surroundings).await?;
    data.show_in(&mut outcome.documents.probity.dataset, tools);
    let violations = outcome.violations();
    for violation in violations {
        tools.log.line(format!(
            "Violation: {}: {}",
            violation.feature_name, violation.description
        ));
    }
    let n_violations = violations.len();
    outcome.documents.write(folder).await?;
    Ok(Outcome::of_monitor(Some(n_violations)))
}

/// What the data are compared with; none where a baseline is asked for.
async fn stored_baseline(
    spec: &JobSpec,
    tools: &Tools,
) -> Result<Option<StoredResult>, AnalysisFailed> {
    let constraints = spec.variable("baseline_constraints");
    let statistics = spec.variable("baseline_statistics");
    let mut found = Vec::new();
    for (path, name) in [
        (statistics, "statistics.json"),
        (constraints, "constraints.json"),
    ] {
        if let Some(path) = path {
            found.push((places::file(spec, path)?, name));
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    // A baseline that we wrote has more beside the two files.
    let whole = found.iter().map(|(uri, name)| {
        let folder = uri.strip_suffix(name)?.strip_suffix('/')?;
        Some(folder.to_owned())
    });
    let folders: Option<BTreeSet<String>> = whole.collect();
    let folder = folders.filter(|folders| folders.len() == 1);
    if let Some(folder) = folder.and_then(|folders| folders.into_iter().next()) {
        tools.log.line(format!("Baseline: {folder}"));
        return Ok(Some(StoredResult::open(&folder, &tools.environment).await?));
    }
    let local = tools.work_folder.join("baseline");
    for (uri, name) in &found {
        tools.log.line(format!("Baseline: {uri}"));
        stage::copy_object(uri, &local.join(name), &tools.environment).await?;
    }
    let local = local.display().to_string();
    let mut stored = StoredResult::open(&local, &tools.environment).await?;
    if let Some((uri, _)) = found.into_iter().next() {
        stored.folder = uri;
    }
    Ok(Some(stored))
}

fn drift_method(spec: &JobSpec) -> Result<CategoricalDriftMethod, AnalysisFailed> {
    match spec.variable("categorical_drift_method") {
        None => Ok(CategoricalDriftMethod::LInfinity),
        Some(text) if text.eq_ignore_ascii_case("linfinity") => {
            Ok(CategoricalDriftMethod::LInfinity)
        }
        Some(text) if text.eq_ignore_ascii_case("chisquared") => {
            Ok(CategoricalDriftMethod::ChiSquared)
        }
        Some(text) => Err(AnalysisFailed::Variable {
            name: "categorical_drift_method",
            value: text.to_owned(),
            expected: "`LInfinity` or `ChiSquared`",
        }),
    }
}

async fn model_quality(
    spec: &JobSpec,
    (data, read): (&Place, ReadOptions),
    (folder, tools): (OutputFolder, &Tools),
) -> Result<Outcome, AnalysisFailed> {
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    let request = quality_request(spec, (data, read), tools)?;
    let baseline = match spec.variable("baseline_constraints") {
        None => None,
        Some(path) => {
            let uri = places::file(spec, path)?;
            tools.log.line(format!("Baseline: {uri}"));
            Some(StoredQuality::open(&uri, &tools.environment).await?)
        }
    };
    let mut documents: ModelQualityDocuments = match baseline {
        None => measure(&request, surroundings).await?,
        Some(baseline) => {
            let options = QualityCheckOptions {
                verdict: Verdict::Aws,
                false_discovery_rate: FALSE_DISCOVERY_RATE,
            };
            check_quality(&request, baseline, options, surroundings).await?
        }
    };
    data.show_in(&mut documents.probity.dataset, tools);
    let violations = documents.violations.as_ref();
    let violations = violations.map(|found| found.violations.as_slice());
    for violation in violations.unwrap_or_default() {
        tools
            .log
            .line(format!("Violation: {}", violation.description));
    }
    let n_violations = violations.map(<[_]>::len);
    documents.write(folder).await?;
    Ok(Outcome::of_monitor(n_violations))
}

fn quality_request(
    spec: &JobSpec,
    (data, read): (&Place, ReadOptions),
    tools: &Tools,
) -> Result<QualityRequest, AnalysisFailed> {
    let choice = |name| spec.variable(name).map(ColumnChoice::from);
    let threshold = match spec.variable("probability_threshold_attribute") {
        None => PROBABILITY_THRESHOLD,
        Some(text) => text.parse().map_err(|_| AnalysisFailed::Variable {
            name: "probability_threshold_attribute",
            value: text.to_owned(),
            expected: "a number",
        })?,
    };
    Ok(QualityRequest {
        input: Input {
            location: data.location.clone(),
            read,
            redacted: BTreeSet::new(),
            threads: tools.threads,
        },
        problem_type: required(spec, "problem_type")?.parse()?,
        columns: QualityColumnChoices {
            // Absent of merged captures, which have a side of labels.
            label: choice("ground_truth_attribute"),
            prediction: choice("inference_attribute"),
            probability: choice("probability_attribute"),
        },
        probability_threshold: threshold,
        positive: None,
        segments: Vec::new(),
        evaluated_at: tools.evaluated_at.clone(),
        seed: 0,
    })
}
