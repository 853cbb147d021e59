//! `probity demo`: a small population, a drifted copy, and what a check says about them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use probity_analysis::data_quality::{
    CheckOptions, CheckOutcome, Input, Verdict, check, load_baseline, profile,
};
use probity_data::dataset::ReadOptions;
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;
use serde::Serialize;

use super::population::{Year, csv};
use super::wiring::{environment, with_surroundings};
use crate::arguments::{DemoArguments, threads_or_all};
use crate::command::check::sentences;
use crate::exit::Exit;
use crate::screen;

const ROWS_TRAINING: usize = 8000;
const ROWS_TODAY: usize = 2500;
const SEED: u64 = 20_261_124;

/// What the demo made and found.
#[derive(Debug, Serialize)]
struct Demo {
    folder: String,
    report: String,
    violations: usize,
    /// Features that the corrected verdict names.
    corrected: Vec<String>,
}

pub(crate) async fn run(arguments: DemoArguments) -> Result<Exit> {
    let folder = &arguments.folder;
    let training = folder.join("train.csv");
    let today = folder.join("today.csv");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&training, csv(Year::Training, ROWS_TRAINING, SEED)))
        .and_then(|()| fs::write(&today, csv(Year::Drifted, ROWS_TODAY, SEED + 1)))
        .with_context(|| {
            format!(
                "failed to write the demo's data into `{}`",
                folder.display()
            )
        })?;
    let baseline_folder = folder.join("baseline").display().to_string();
    let check_folder = folder.join("check").display().to_string();
    let outcome = with_surroundings(arguments.print, async |surroundings| {
        let environment = environment();
        let method = CategoricalDriftMethod::LInfinity;
        let documents = profile(&input(&training, None), method, surroundings).await?;
        let output = OutputFolder::create(&baseline_folder, &environment).await?;
        documents.write(output).await?;
        let baseline =
            load_baseline(&baseline_folder, &input(&training, None), surroundings).await?;
        let today = input(&today, Some(baseline.column_names()));
        let outcome = check(&today, &baseline, options(), surroundings).await?;
        let output = OutputFolder::create(&check_folder, &environment).await?;
        outcome.documents.write(output).await?;
        Ok(outcome)
    })
    .await?;
    let demo = Demo {
        folder: folder.display().to_string(),
        report: folder
            .join("check")
            .join("report.html")
            .display()
            .to_string(),
        violations: outcome.violations().len(),
        corrected: outcome.corrected_features(),
    };
    screen::print(arguments.print, &demo, || text(&demo, &outcome, folder))?;
    Ok(Exit::NoViolation)
}

fn options() -> CheckOptions {
    CheckOptions {
        verdict: Verdict::Aws,
        false_discovery_rate: 0.05,
    }
}

fn input(path: &Path, column_names: Option<Vec<String>>) -> Input {
    Input {
        location: path.display().to_string(),
        read: ReadOptions {
            column_names,
            ..ReadOptions::default()
        },
        redacted: BTreeSet::new(),
        threads: threads_or_all(None),
    }
}

fn text(demo: &Demo, outcome: &CheckOutcome, folder: &Path) -> String {
    let folder = folder.display();
    let mut text = format!(
        "Probity made up a loan book of {ROWS_TRAINING} applicants, learned what is normal from it,\n\
         and checked {ROWS_TODAY} newer applicants against that. This is what changed:\n\n"
    );
    for sentence in sentences(outcome) {
        text.push_str(&format!("  • {sentence}\n"));
    }
    text.push_str(&format!(
        "\n{} violations by SageMaker's rules; {} features moved by more than sampling error explains.\n\n\
         Open the report:    {}\n\
         Explain a number:   probity why {folder}/check income\n\
         Do it yourself:     probity check {folder}/today.csv --baseline {folder}/baseline\n",
        demo.violations,
        demo.corrected.len(),
        demo.report,
    ));
    text
}
