//! Model quality: metrics of labels and predictions, measured or checked.

use std::collections::BTreeSet;

use probity_analysis::data_quality::{Input, Surroundings, Verdict};
use probity_analysis::measures::of_model_quality;
use probity_analysis::model_quality::{
    ModelQualityDocuments, QualityCheckOptions, QualityColumnChoices, QualityRequest,
    StoredQuality, UnreadableLabelRule, baseline as measure, check,
};
use probity_analysis::records::KeepColumn;
use probity_data::dataset::{ColumnChoice, Format, Inputs, Nested};
use probity_data::location::OutputFolder;
use probity_domain::document::model_quality_statistics::ProblemType;

use super::{FALSE_DISCOVERY_RATE, Work, notes_of, required, sha256_of, show_origin};
use crate::analyses::Tools;
use crate::analyses::changes::Changed;
use crate::analyses::failure::AnalysisFailed;
use crate::analyses::outcome::Outcome;
use crate::analyses::places;
use crate::analyses::progress::Progress;
use crate::analyses::segments::{self, Judged, Part};

/// Of a binary classifier whose job names none.
const PROBABILITY_THRESHOLD: f64 = 0.5;

/// What merged records call their label when they are a file of their own.
const GROUND_TRUTH: &str = "groundTruth";

pub(super) async fn run(work: &Work<'_>, folder: OutputFolder) -> Result<Outcome, AnalysisFailed> {
    let (spec, tools) = (work.spec, work.tools);
    let mut request = request(work)?;
    let mut constraints_sha256 = None;
    let stored = match spec.variable("baseline_constraints") {
        None => None,
        Some(path) => {
            let uri = places::file(spec, path)?;
            tools.log.line(format!("Baseline: {uri}"));
            constraints_sha256 = Some(sha256_of(&uri, tools).await?);
            Some(StoredQuality::open(&uri, &tools.environment).await?)
        }
    };
    let changed = match work.changes.is_none() {
        true => None,
        false => {
            // What the rows are chosen or told apart by may be among the inputs.
            request.input.read.inputs = Inputs::Read;
            request.input.read.nested = Nested::Flatten;
            let made = work.changes.made(&request.input, |_| Ok(None), tools);
            Some(made.await?)
        }
    };
    if let Some(changed) = &changed {
        let was_merged = changed.format == Format::MergedCapture;
        request.input.location = changed.location();
        request.input.read = changed.read();
        if was_merged && request.columns.label.is_none() {
            request.columns.label = Some(ColumnChoice::from(GROUND_TRUTH));
        }
    }
    let mut documents = measured(&request, stored.clone(), tools).await?;
    let facts = &mut documents.probity.dataset;
    let notes = notes_of(facts, changed.as_ref());
    show_origin(facts, (&work.data, changed.as_ref()), tools);
    let judged = judged(&documents);
    let mut found = Outcome::of_monitor(judged.n_violations);
    for violation in &judged.violations {
        tools.log.line(format!("Violation: {violation}"));
    }
    found.violations = judged.violations;
    found.rows = Some(documents.probity.dataset.rows);
    found.notes = notes;
    found.notes.extend(documents.probity.notes.iter().cloned());
    let facts = Some(&documents.probity.whole);
    found.measures = of_model_quality(&documents.statistics, facts);
    found.constraints_sha256 = constraints_sha256;
    documents.write(folder).await?;
    if let Some(changed) = &changed {
        let (request, stored) = (&request, &stored);
        let analysis = |part| segment(part, (request, stored), (work, changed));
        let place = (changed, work.output.as_str(), KeepColumn::Kept);
        let all = segments::analyse_each(&work.changes, place, analysis, tools).await?;
        found.segments = all.outcomes;
        found.notes.extend(all.notes);
    }
    Ok(found)
}

async fn measured(
    request: &QualityRequest,
    stored: Option<StoredQuality>,
    tools: &Tools,
) -> Result<ModelQualityDocuments, AnalysisFailed> {
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    Ok(match stored {
        None => measure(request, surroundings).await?,
        Some(baseline) => {
            let options = QualityCheckOptions {
                verdict: Verdict::Aws,
                false_discovery_rate: FALSE_DISCOVERY_RATE,
            };
            check(request, baseline, options, surroundings).await?
        }
    })
}

async fn segment(
    part: Part,
    (request, stored): (&QualityRequest, &Option<StoredQuality>),
    (work, changed): (&Work<'_>, &Changed),
) -> Result<Judged, AnalysisFailed> {
    let mut request = request.clone();
    request.input.location = part.location;
    let mut documents = measured(&request, stored.clone(), work.tools).await?;
    let facts = &mut documents.probity.dataset;
    show_origin(facts, (&work.data, Some(changed)), work.tools);
    let judged = judged(&documents);
    documents.write(part.folder).await?;
    Ok(judged)
}

fn judged(documents: &ModelQualityDocuments) -> Judged {
    let violations = documents.violations.as_ref();
    let violations = violations.map(|found| found.violations.as_slice());
    Judged {
        n_violations: violations.map(<[_]>::len),
        violations: violations
            .unwrap_or_default()
            .iter()
            .map(|violation| violation.description.clone())
            .collect(),
    }
}

fn request(work: &Work<'_>) -> Result<QualityRequest, AnalysisFailed> {
    let spec = work.spec;
    let choice = |name| spec.variable(name).map(ColumnChoice::from);
    let threshold = match spec.variable("probability_threshold_attribute") {
        None => PROBABILITY_THRESHOLD,
        Some(text) => text.parse().map_err(|_| AnalysisFailed::Variable {
            name: "probability_threshold_attribute",
            value: text.to_owned(),
            expected: "a number",
        })?,
    };
    let problem_type: ProblemType = required(spec, "problem_type")?.parse()?;
    let probability = choice("probability_attribute");
    let prediction = choice("inference_attribute");
    // A definition may name one column for both: then it holds scores.
    let is_score = problem_type == ProblemType::BinaryClassification && prediction == probability;
    Ok(QualityRequest {
        input: Input {
            location: work.data.location.clone(),
            read: work.read.clone(),
            redacted: BTreeSet::new(),
            threads: work.tools.threads,
        },
        problem_type,
        columns: QualityColumnChoices {
            // Absent of merged captures, which have a side of labels.
            label: choice("ground_truth_attribute"),
            prediction: prediction.filter(|_| !is_score),
            probability,
        },
        probability_threshold: threshold,
        positive: None,
        unreadable_labels: UnreadableLabelRule::LeaveOut,
        segments: Vec::new(),
        evaluated_at: work.tools.evaluated_at.clone(),
        seed: 0,
    })
}
