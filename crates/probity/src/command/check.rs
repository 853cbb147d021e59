//! `probity check`: a dataset against its baseline.

use std::collections::HashSet;

use anyhow::Result;
use probity_analysis::data_quality::{CheckOptions, CheckOutcome, Verdict, check, load_baseline};
use probity_data::location::OutputFolder;
use probity_domain::document::constraint_violations::{ConstraintCheckType, Violation};
use probity_domain::document::probity_file::{
    CheckFacts, CorrectedViolation, DriftFacts, FeatureFacts,
};
use probity_report::{junit, markdown};
use serde::Serialize;

use super::outputs::{refuse_bad_outputs, refuse_to_replace, write_file};
use super::wiring::{environment, input, with_surroundings};
use crate::arguments::CheckArguments;
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, count, number, p_value, printable, short, table};

/// Rows of the table of movements.
const SHOWN: usize = 15;

pub(crate) async fn run(arguments: CheckArguments) -> Result<Exit> {
    let options = CheckOptions {
        verdict: arguments.result.verdict.into(),
        false_discovery_rate: arguments.result.false_discovery_rate,
    };
    refuse_bad_outputs([&arguments.result.junit, &arguments.result.markdown])?;
    refuse_to_replace(
        &arguments.baseline,
        arguments.result.output_folder.as_deref(),
    )?;
    let folder = match &arguments.result.output_folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let outcome = with_surroundings(arguments.print, async |surroundings| {
        let like_data = input(&arguments.input, None, Default::default());
        let baseline = load_baseline(&arguments.baseline, &like_data, surroundings).await?;
        let names = Some(baseline.column_names());
        let today = input(&arguments.input, names, baseline.redacted());
        Ok(check(&today, &baseline, options, surroundings).await?)
    })
    .await?;
    if let Some(folder) = folder {
        outcome.documents.write(folder).await?;
    }
    write_summaries(&arguments, &outcome)?;
    screen::print(arguments.print, &Printed::of(&outcome), || {
        text(&outcome, &arguments)
    })?;
    Ok(if outcome.is_violated() {
        Exit::Violations
    } else {
        Exit::NoViolation
    })
}

/// JUnit and Markdown, written beside and renamed.
fn write_summaries(arguments: &CheckArguments, outcome: &CheckOutcome) -> Result<()> {
    let results = outcome.documents.as_report();
    if let Some(path) = &arguments.result.junit {
        write_file(path, junit::check_results(&results, outcome.verdict))?;
    }
    if let Some(path) = &arguments.result.markdown {
        write_file(path, markdown::check_summary(&results, outcome.verdict))?;
    }
    Ok(())
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    /// By the verdict that decides.
    violated: bool,
    verdict: &'static str,
    /// Of SageMaker's rules.
    violations: &'a [Violation],
    /// Of the corrected verdict.
    corrected_violations: &'a [CorrectedViolation],
    check: Option<&'a CheckFacts>,
    features: &'a [FeatureFacts],
}

impl<'a> Printed<'a> {
    fn of(outcome: &'a CheckOutcome) -> Self {
        let probity = &outcome.documents.probity;
        Self {
            violated: outcome.is_violated(),
            verdict: outcome.verdict.name(),
            violations: outcome.violations(),
            corrected_violations: corrected(outcome),
            check: probity.check.as_ref(),
            features: &probity.features,
        }
    }
}

fn corrected(outcome: &CheckOutcome) -> &[CorrectedViolation] {
    let check = outcome.documents.probity.check.as_ref();
    check.map_or(&[], |check| &check.corrected_violations)
}

fn text(outcome: &CheckOutcome, arguments: &CheckArguments) -> String {
    let probity = &outcome.documents.probity;
    let mut text = format!(
        "{} rows checked against {}\n",
        count(probity.dataset.rows),
        arguments.baseline
    );
    for note in probity.dataset.notes.iter().chain(notes(outcome)) {
        text.push_str(&format!("note: {}\n", printable(note.clone())));
    }
    text.push('\n');
    match outcome.verdict {
        Verdict::Aws => text.push_str(&violations_of_aws(outcome)),
        Verdict::Corrected => text.push_str(&violations_of_corrected(outcome)),
    }
    text.push('\n');
    text.push_str(&moved(outcome));
    text.push_str(&other_verdict(outcome));
    if let Some(folder) = &arguments.result.output_folder {
        text.push_str(&format!(
            "written to {folder}; explain a number: probity why {folder} FEATURE\n"
        ));
    }
    text
}

const VIOLATIONS: [(&str, Align); 3] = [
    ("feature", Align::Left),
    ("check", Align::Left),
    ("what was found", Align::Left),
];

fn violations_of_aws(outcome: &CheckOutcome) -> String {
    let violations = outcome.violations();
    if violations.is_empty() {
        return "no violation by SageMaker's rules\n".to_owned();
    }
    let rows = violations.iter().map(|violation| {
        vec![
            short(&violation.feature_name, 32),
            violation.constraint_check_type.name().to_owned(),
            violation.description.clone(),
        ]
    });
    table(&VIOLATIONS, rows.collect())
}

fn violations_of_corrected(outcome: &CheckOutcome) -> String {
    let violations = corrected(outcome);
    if violations.is_empty() {
        return format!("{}\n", nothing_found(outcome));
    }
    let rows = violations.iter().map(|violation| {
        let p = violation
            .p_adjusted
            .map(|p| format!("; adjusted p {}", p_value(p)))
            .unwrap_or_default();
        vec![
            short(&violation.feature_name, 32),
            violation.constraint_check_type.name().to_owned(),
            format!("{}{p}", violation.description),
        ]
    });
    table(&VIOLATIONS, rows.collect())
}

/// No finding is not the same as nothing to find.
fn nothing_found(outcome: &CheckOutcome) -> &'static str {
    let check = outcome.documents.probity.check.as_ref();
    let is_partial = check.is_some_and(|check| !check.notes.is_empty());
    match check.map_or(0, |check| check.tested) {
        0 => "corrected verdict: nothing could be tested",
        _ if is_partial => {
            "corrected verdict: chance explains every difference that was tested; see the notes"
        }
        _ => "corrected verdict: chance explains every difference",
    }
}

/// One line about the verdict that does not decide.
fn other_verdict(outcome: &CheckOutcome) -> String {
    match outcome.verdict {
        Verdict::Corrected => match outcome.violations().len() {
            0 => "SageMaker's rules: no violation\n".to_owned(),
            n => format!("SageMaker's rules: {n} violations (--verdict aws shows them)\n"),
        },
        Verdict::Aws => {
            let features = outcome.corrected_features();
            if features.is_empty() {
                return format!("{}\n", nothing_found(outcome));
            }
            let shown: Vec<String> = features
                .iter()
                .take(SHOWN)
                .map(|name| short(name, 32))
                .collect();
            let more = match features.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            printable(format!(
                "corrected verdict: more than chance, over all features together: {}{more}",
                shown.join(", ")
            )) + "\n"
        }
    }
}

/// Remarks of the check, e.g. too few rows.
fn notes(outcome: &CheckOutcome) -> impl Iterator<Item = &String> {
    let check = outcome.documents.probity.check.as_ref();
    check.into_iter().flat_map(|check| &check.notes)
}

/// The columns that moved most.
fn moved(outcome: &CheckOutcome) -> String {
    let features = &outcome.documents.probity.features;
    let of_other_type: HashSet<&str> = outcome
        .violations()
        .iter()
        .filter(|found| found.constraint_check_type == ConstraintCheckType::DataTypeCheck)
        .map(|found| found.feature_name.as_str())
        .collect();
    let mut drifts: Vec<(&FeatureFacts, &DriftFacts)> = features
        .iter()
        .filter_map(|feature| Some((feature, feature.drift.as_ref()?)))
        .collect();
    if drifts.is_empty() {
        return String::new();
    }
    drifts.sort_by(|a, b| b.1.effect.total_cmp(&a.1.effect));
    let header = [
        ("feature", Align::Left),
        ("largest difference", Align::Right),
        ("95 % interval", Align::Left),
        ("PSI", Align::Right),
        ("p, adjusted", Align::Right),
        ("distance", Align::Right),
        ("threshold", Align::Right),
        ("verdicts", Align::Left),
    ];
    let rows = drifts.iter().take(SHOWN).map(|(feature, drift)| {
        vec![
            short(&feature.name, 32),
            number(drift.effect),
            format!(
                "{} to {}",
                number(drift.interval.low),
                number(drift.interval.high)
            ),
            drift.psi.map(number).unwrap_or_default(),
            drift.p_adjusted.map_or_else(|| "–".to_owned(), p_value),
            drift.distance.map(number).unwrap_or_else(|| "–".to_owned()),
            number(drift.threshold),
            match of_other_type.contains(feature.name.as_str()) {
                true => "not judged: the data type differs".to_owned(),
                false => verdicts(drift).to_owned(),
            },
        ]
    });
    let mut text = table(&header, rows.collect());
    if drifts.len() > SHOWN {
        text.push_str(&format!(
            "and {} columns that moved less\n",
            drifts.len() - SHOWN
        ));
    }
    text
}

fn verdicts(drift: &DriftFacts) -> &'static str {
    match (drift.violates_aws, drift.violates_corrected) {
        (false, false) => "ok",
        (true, false) => "violates (aws); may be chance",
        (false, true) => "more than chance, within threshold",
        (true, true) => "violates; more than chance",
    }
}

/// One plain sentence per violation.
pub(crate) fn sentences(outcome: &CheckOutcome) -> Vec<String> {
    let violations = outcome.violations();
    violations
        .iter()
        .map(|violation| format!("{}: {}", violation.feature_name, violation.description))
        .collect()
}
