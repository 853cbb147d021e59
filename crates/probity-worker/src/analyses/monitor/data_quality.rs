//! Data quality: a baseline is suggested, or the rows are checked against one.

use std::collections::BTreeSet;

use probity_analysis::data_quality::{
    CheckOptions, CheckOutcome, Input, StoredResult, Surroundings, Verdict, baseline, check,
    keep_settings,
};
use probity_analysis::measures::of_data_quality;
use probity_analysis::records::KeepColumn;
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;

use super::{FALSE_DISCOVERY_RATE, Work, notes_of, sha256_of, show_origin};
use crate::analyses::Tools;
use crate::analyses::changes::Changed;
use crate::analyses::failure::AnalysisFailed;
use crate::analyses::outcome::Outcome;
use crate::analyses::places;
use crate::analyses::progress::Progress;
use crate::analyses::segments::{self, Judged, Part};
use crate::analyses::spec::JobSpec;
use crate::stage;

const OPTIONS: CheckOptions = CheckOptions {
    verdict: Verdict::Aws,
    false_discovery_rate: FALSE_DISCOVERY_RATE,
};

/// Variables that name the two files of what the data are compared with.
const BASELINE: (&str, &str) = ("baseline_constraints", "baseline_statistics");

/// Ours: those of a baseline that the new one follows. It has its names of columns, and keeps what
/// people had set.
const FORMER: (&str, &str) = ("PROBITY_FORMER_CONSTRAINTS", "PROBITY_FORMER_STATISTICS");

pub(super) async fn run(work: &Work<'_>, folder: OutputFolder) -> Result<Outcome, AnalysisFailed> {
    let (spec, tools) = (work.spec, work.tools);
    let mut input = Input {
        location: work.data.location.clone(),
        read: work.read.clone(),
        redacted: BTreeSet::new(),
        threads: tools.threads,
    };
    let stored = stored_baseline((spec, BASELINE), tools).await?;
    let former = match &stored {
        Some(_) => None,
        None => stored_baseline((spec, FORMER), tools).await?,
    };
    if let Some(named) = stored.as_ref().or(former.as_ref()) {
        input.read.column_names = Some(named.column_names());
    }
    let changed = match work.changes.is_none() {
        true => None,
        false => Some(work.changes.made(&input, |_| Ok(None), tools).await?),
    };
    if let Some(changed) = &changed {
        input.location = changed.location();
        input.read = changed.read();
    }
    let Some(stored) = stored else {
        input.redacted = former
            .as_ref()
            .map(StoredResult::redacted)
            .unwrap_or_default();
        return suggest(work, (&input, changed.as_ref(), former.as_ref()), folder).await;
    };
    let left_out = changed.as_ref().map(|changed| changed.excluded.as_slice());
    let stored = stored.without(left_out.unwrap_or_default());
    input.redacted = stored.redacted();
    let mut outcome = checked(&input, &stored, tools).await?;
    let facts = &mut outcome.documents.probity.dataset;
    let notes = notes_of(facts, changed.as_ref());
    show_origin(facts, (&work.data, changed.as_ref()), tools);
    let mut found = Outcome::of_monitor(Some(outcome.violations().len()));
    found.violations = told(&outcome);
    for violation in &found.violations {
        tools.log.line(format!("Violation: {violation}"));
    }
    found.rows = Some(outcome.documents.probity.dataset.rows);
    found.notes = notes;
    found.measures = of_data_quality(&outcome.documents);
    if let Some(path) = spec.variable("baseline_constraints") {
        found.constraints_sha256 = Some(sha256_of(&places::file(spec, path)?, tools).await?);
    }
    outcome.documents.write(folder).await?;
    if let Some(changed) = &changed {
        let stored = &stored;
        let input = &input;
        let analysis = |part| segment(part, (input, stored), (work, changed));
        let place = (changed, work.output.as_str(), KeepColumn::LeftOut);
        let all = segments::analyse_each(&work.changes, place, analysis, tools).await?;
        found.segments = all.outcomes;
        found.notes.extend(all.notes);
    }
    Ok(found)
}

async fn suggest(
    work: &Work<'_>,
    (input, changed, former): (&Input, Option<&Changed>, Option<&StoredResult>),
    folder: OutputFolder,
) -> Result<Outcome, AnalysisFailed> {
    let tools = work.tools;
    let method = drift_method(work.spec)?;
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    let mut documents = baseline(input, method, surroundings).await?;
    if let Some(former) = former {
        let kept = keep_settings(former, &mut documents);
        tools.log.line(match kept.as_slice() {
            [] => "Settings of single features: none in the baseline before".to_owned(),
            names => format!("Kept what people had set of {}", names.join(", ")),
        });
    }
    let facts = &mut documents.probity.dataset;
    let notes = notes_of(facts, changed);
    show_origin(facts, (&work.data, changed), tools);
    let rows = documents.statistics.dataset.item_count;
    tools.log.line(format!(
        "Suggested constraints of {} features from {rows} rows",
        documents.constraints.features.len()
    ));
    let mut found = Outcome::of_monitor(None);
    found.rows = Some(rows);
    found.notes = notes;
    found.measures = of_data_quality(&documents);
    documents.write(folder).await?;
    Ok(found)
}

async fn checked(
    input: &Input,
    stored: &StoredResult,
    tools: &Tools,
) -> Result<CheckOutcome, AnalysisFailed> {
    let progress = Progress::new(&tools.log);
    let surroundings = Surroundings {
        environment: &tools.environment,
        progress: &|partition| progress.partition(partition),
        on_size: &|size| progress.size(size),
    };
    Ok(check(input, stored, OPTIONS, surroundings).await?)
}

/// The rows of one value are checked without the column that it is of.
async fn segment(
    part: Part,
    (input, stored): (&Input, &StoredResult),
    (work, changed): (&Work<'_>, &Changed),
) -> Result<Judged, AnalysisFailed> {
    let tools = work.tools;
    let stored = stored.clone().without(std::slice::from_ref(&part.column));
    let input = Input {
        location: part.location,
        redacted: stored.redacted(),
        ..input.clone()
    };
    let mut outcome = checked(&input, &stored, tools).await?;
    let facts = &mut outcome.documents.probity.dataset;
    show_origin(facts, (&work.data, Some(changed)), tools);
    let judged = Judged {
        n_violations: Some(outcome.violations().len()),
        violations: told(&outcome),
    };
    outcome.documents.write(part.folder).await?;
    Ok(judged)
}

fn told(outcome: &CheckOutcome) -> Vec<String> {
    let violations = outcome.violations().iter();
    let told = violations.map(|violation| {
        let name = &violation.feature_name;
        format!("{name}: {}", violation.description)
    });
    told.collect()
}

/// What two variables name; none where they are not there.
async fn stored_baseline(
    (spec, (constraints, statistics)): (&JobSpec, (&str, &str)),
    tools: &Tools,
) -> Result<Option<StoredResult>, AnalysisFailed> {
    let constraints = spec.variable(constraints);
    let statistics = spec.variable(statistics);
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
