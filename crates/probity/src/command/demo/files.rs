//! `probity demo --files`: a small population, a drifted copy, and what a check says about them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use probity_analysis::bias::{
    BiasDepth, BiasDocuments, BiasFlags, BiasRequest, Extended, Source, analyse, config_of,
};
use probity_analysis::data_quality::{
    CheckOptions, CheckOutcome, Input, Surroundings, Verdict, check, load_baseline, profile,
};
use probity_analysis::model_quality::{
    self, ModelQualityDocuments, QualityColumnChoices, QualityRequest, UnreadableLabelRule,
};
use probity_data::dataset::ReadOptions;
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;
use probity_domain::document::model_quality_statistics::ProblemType;
use serde::Serialize;

use crate::arguments::{PrintArguments, threads_or_all};
use crate::command::check::sentences;
use crate::command::population::{Year, csv};
use crate::command::quality::now;
use crate::command::wiring::{environment, with_surroundings};
use crate::command::{decided_by, decisions};
use crate::exit::Exit;
use crate::screen;

const ROWS_TRAINING: usize = 8000;
const ROWS_TODAY: usize = 2500;
const ROWS_DECIDED: usize = 4000;
const SEED: u64 = 20_261_124;

/// What the demo made and found.
#[derive(Debug, Serialize)]
struct Demo {
    folder: String,
    report: String,
    violations: usize,
    /// Features that the corrected verdict names.
    corrected: Vec<String>,
    bias_report: String,
    /// What the bias of the decisions says.
    bias: Vec<String>,
    quality_report: String,
    accuracy: Option<f64>,
    auc: Option<f64>,
    explanation_report: String,
    /// Features and what they move a decision by, the largest first.
    moved: Vec<(String, f64)>,
}

pub(super) async fn run(folder: &Path, print: PrintArguments) -> Result<Exit> {
    let training = folder.join("train.csv");
    let today = folder.join("today.csv");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&training, csv(Year::Training, ROWS_TRAINING, SEED)))
        .and_then(|()| fs::write(&today, csv(Year::Drifted, ROWS_TODAY, SEED + 1)))
        .and_then(|()| {
            fs::write(
                folder.join("decisions.csv"),
                decisions::csv(ROWS_DECIDED, SEED + 2),
            )
        })
        .and_then(|()| fs::write(folder.join("model.txt"), decided_by::MODEL))
        .with_context(|| {
            format!(
                "failed to write the demo's data into `{}`",
                folder.display()
            )
        })?;
    let baseline_folder = folder.join("baseline").display().to_string();
    let check_folder = folder.join("check").display().to_string();
    let outcome = with_surroundings(print, async |surroundings| {
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
        let decisions = folder.join("decisions.csv");
        let bias = bias_of(&decisions, surroundings).await?;
        write_bias(&bias, &folder.join("bias")).await?;
        let quality = quality_of(&decisions, surroundings).await?;
        write_quality(&quality, &folder.join("quality")).await?;
        let moved = decided_by::explained(folder, &input(&decisions, None), surroundings).await?;
        Ok((outcome, bias, quality, moved))
    })
    .await?;
    let (outcome, bias, quality, moved) = outcome;
    let report = |name: &str| folder.join(name).join("report.html").display().to_string();
    let metric = |name: &str| {
        let mut metrics = quality.probity.whole.metrics.iter();
        metrics.find(|metric| metric.name == name)?.value
    };
    let demo = Demo {
        folder: folder.display().to_string(),
        report: report("check"),
        violations: outcome.violations().len(),
        corrected: outcome.corrected_features(),
        bias_report: report("bias"),
        bias: readings(&bias),
        quality_report: report("quality"),
        accuracy: metric("accuracy"),
        auc: metric("auc"),
        explanation_report: report("explanations"),
        moved,
    };
    screen::print(print, &demo, || text(&demo, &outcome, folder))?;
    Ok(Exit::NoViolation)
}

/// Metrics that the demo tells: what was given, what was deserved, what the model added.
const TOLD: [&str; 3] = ["DPL", "DPPL", "RD"];

fn readings(bias: &BiasDocuments) -> Vec<String> {
    let facets = bias.probity.facets.iter();
    let metrics = facets.flat_map(|facet| &facet.metrics);
    metrics
        .filter(|metric| TOLD.contains(&metric.name.as_str()))
        .map(|metric| metric.reading.clone())
        .collect()
}

async fn bias_of(decisions: &Path, surroundings: Surroundings<'_>) -> Result<BiasDocuments> {
    let input = input(decisions, None);
    let flags = BiasFlags {
        label: "repaid".to_owned(),
        positive: "1".to_owned(),
        facets: vec!["sex=F".to_owned()],
        predicted_label: Some("approved".to_owned()),
        group_variable: Some("region".to_owned()),
        excluded: vec!["region".to_owned(), "score".to_owned()],
    };
    let (config, files) = config_of(&flags, &input, surroundings).await?;
    let request = BiasRequest {
        config,
        redacted: BTreeSet::new(),
        threads: input.threads,
        source: Source::Given {
            location: input.location,
            read: Box::new(input.read),
            files: Some(files),
        },
        depth: BiasDepth {
            extended: Extended::Included,
            minimum_cell: 30,
        },
        model: None,
    };
    Ok(analyse(&request, surroundings).await?)
}

async fn write_bias(documents: &BiasDocuments, folder: &Path) -> Result<()> {
    let output = OutputFolder::create(&folder.display().to_string(), &environment()).await?;
    Ok(documents.write(output).await?)
}

async fn quality_of(
    decisions: &Path,
    surroundings: Surroundings<'_>,
) -> Result<ModelQualityDocuments> {
    let request = QualityRequest {
        input: input(decisions, None),
        problem_type: ProblemType::BinaryClassification,
        columns: QualityColumnChoices {
            label: Some("repaid".into()),
            prediction: None,
            probability: Some("score".into()),
        },
        probability_threshold: 0.5,
        positive: None,
        unreadable_labels: UnreadableLabelRule::Refuse,
        segments: vec!["sex".into()],
        evaluated_at: now(),
        seed: SEED,
    };
    Ok(model_quality::baseline(&request, surroundings).await?)
}

async fn write_quality(documents: &ModelQualityDocuments, folder: &Path) -> Result<()> {
    let output = OutputFolder::create(&folder.display().to_string(), &environment()).await?;
    Ok(documents.write(output).await?)
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
    text.push_str(&format!(
        "\nA model decided about {ROWS_DECIDED} of them. Is it fair to women, and is it any good?\n\n"
    ));
    for sentence in &demo.bias {
        text.push_str(&format!("  • {sentence}\n"));
    }
    if let (Some(accuracy), Some(auc)) = (demo.accuracy, demo.auc) {
        text.push_str(&format!(
            "  • It is right in {} of the cases; its score ranks a good loan above a bad one in {} of all pairs.\n",
            share(accuracy),
            share(auc)
        ));
    }
    let moved = demo.moved.iter();
    let moved: Vec<String> = moved
        .map(|(feature, log_odds)| format!("{feature} by {log_odds:.2}"))
        .collect();
    text.push_str(&format!(
        "  • What moves the log-odds of a loan, on average: {}.\n",
        moved.join(", ")
    ));
    text.push_str(&format!(
        "\nOpen the reports:   {},\n                    {} and\n                    {}\n\
         Do it yourself:     probity bias {folder}/decisions.csv --label repaid --positive 1 --facet sex=F --predicted approved\n                    \
         probity quality baseline {folder}/decisions.csv --problem-type binary --label repaid --probability score -o quality/\n                    \
         probity shap {folder}/model.txt {folder}/decisions.csv --exclude repaid --exclude score --exclude approved -o shap/\n",
        demo.bias_report, demo.quality_report, demo.explanation_report,
    ));
    text
}

fn share(value: f64) -> String {
    format!("{:.0} %", 100.0 * value)
}
