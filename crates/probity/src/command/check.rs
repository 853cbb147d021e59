//! `probity check`: a dataset against its baseline.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use probity_analysis::data_quality::{CheckOptions, CheckOutcome, Verdict, check, load_baseline};
use probity_data::location::OutputFolder;
use probity_domain::document::constraint_violations::Violation;
use probity_domain::document::probity_file::{CheckFacts, DriftFacts, FeatureFacts};
use probity_report::{junit, markdown};
use serde::Serialize;

use super::wiring::{environment, input, with_surroundings};
use crate::arguments::{CheckArguments, VerdictArgument};
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, count, number, p_value, short, table};

/// Rows of the table of movements.
const SHOWN: usize = 15;

pub(crate) async fn run(arguments: CheckArguments) -> Result<Exit> {
    let options = CheckOptions {
        verdict: match arguments.verdict {
            VerdictArgument::Aws => Verdict::Aws,
            VerdictArgument::Corrected => Verdict::Corrected,
        },
        false_discovery_rate: arguments.false_discovery_rate,
    };
    let folder = match &arguments.output_folder {
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
    if let Some(path) = &arguments.junit {
        write_file(path, &junit::check_results(&results, outcome.verdict))?;
    }
    if let Some(path) = &arguments.markdown {
        write_file(path, &markdown::check_summary(&results, outcome.verdict))?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("failed to write `{}`", path.display()))
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    violated: bool,
    violations: &'a [Violation],
    check: Option<&'a CheckFacts>,
    features: &'a [FeatureFacts],
}

impl<'a> Printed<'a> {
    fn of(outcome: &'a CheckOutcome) -> Self {
        let probity = &outcome.documents.probity;
        Self {
            violated: outcome.is_violated(),
            violations: outcome.violations(),
            check: probity.check.as_ref(),
            features: &probity.features,
        }
    }
}

fn text(outcome: &CheckOutcome, arguments: &CheckArguments) -> String {
    let probity = &outcome.documents.probity;
    let violations = outcome.violations();
    let corrected = outcome.corrected_features();
    let mut text = format!(
        "{} rows checked against {}\n",
        count(probity.dataset.rows),
        arguments.baseline
    );
    for note in probity.dataset.notes.iter().chain(notes(outcome)) {
        text.push_str(&format!("note: {note}\n"));
    }
    if violations.is_empty() {
        text.push_str("no violation by SageMaker's rules\n");
    } else {
        let header = [
            ("feature", Align::Left),
            ("check", Align::Left),
            ("what was found", Align::Left),
        ];
        let rows = violations.iter().map(|violation| {
            vec![
                short(&violation.feature_name, 32),
                violation.constraint_check_type.name().to_owned(),
                violation.description.clone(),
            ]
        });
        text.push_str(&table(&header, rows.collect()));
    }
    text.push_str(&moved(&probity.features));
    text.push_str(&match corrected.len() {
        0 => "sampling error explains every difference (corrected verdict: no violation)\n"
            .to_owned(),
        _ => format!(
            "more than sampling error explains, over all features (corrected verdict): {}\n",
            corrected.join(", ")
        ),
    });
    if let Some(folder) = &arguments.output_folder {
        text.push_str(&format!(
            "written to {folder}; explain a number: probity why {folder} FEATURE\n"
        ));
    }
    text
}

/// Remarks of the check, e.g. too few rows.
fn notes(outcome: &CheckOutcome) -> impl Iterator<Item = &String> {
    let check = outcome.documents.probity.check.as_ref();
    check.into_iter().flat_map(|check| &check.notes)
}

/// The columns that moved most.
fn moved(features: &[FeatureFacts]) -> String {
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
            p_value(drift.p_adjusted),
            drift.distance.map(number).unwrap_or_else(|| "–".to_owned()),
            number(drift.threshold),
            verdicts(drift),
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

fn verdicts(drift: &DriftFacts) -> String {
    match (drift.violates_aws, drift.violates_corrected) {
        (false, false) => "ok".to_owned(),
        (true, false) => "violates (aws); may be chance".to_owned(),
        (false, true) => "moved for sure, within threshold".to_owned(),
        (true, true) => "violates; moved for sure".to_owned(),
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
