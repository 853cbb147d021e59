//! `probity quality baseline` and `probity quality check`.

use std::collections::BTreeSet;

use anyhow::Result;
use probity_analysis::model_quality::{
    ModelQualityDocuments, QualityCheckOptions, QualityColumnChoices, QualityRequest,
    StoredQuality, UnreadableLabelRule, baseline as measure, check as check_quality,
};
use probity_data::dataset::ColumnChoice;
use probity_data::location::OutputFolder;
use probity_domain::document::model_quality_file::{
    MetricChange, ModelQualityFile, QualityMetric, SegmentQuality,
};
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_domain::document::model_quality_violations::MetricViolation;
use probity_report::Verdict;
use serde::Serialize;

use super::outputs::{refuse_bad_outputs, refuse_to_replace, write_file};
use super::verdicts::{corrected_line, verdicts};
use super::wiring::{environment, input, with_surroundings};
use crate::arguments::{
    InputArguments, ProblemTypeArgument, QualityBaselineArguments, QualityCheckArguments,
    QualityColumnArguments,
};
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, count, counted, number, p_value, printable, short, table};

pub(crate) async fn baseline(arguments: QualityBaselineArguments) -> Result<Exit> {
    let request = request(&arguments.input, &arguments.columns);
    let folder = match &arguments.output_folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let documents = with_surroundings(arguments.print, async |surroundings| {
        Ok(measure(&request, surroundings).await?)
    })
    .await?;
    if let Some(folder) = folder {
        documents.write(folder).await?;
    }
    screen::print(arguments.print, &Printed::of(&documents), || {
        let mut text = text(&documents.probity);
        if let Some(folder) = &arguments.output_folder {
            text.push_str(&format!(
                "suggested constraints: {}\n\
                 written to {folder}: statistics.json, constraints.json, probity.json, report.html\n\
                 next: probity quality check NEW_DATA --baseline {folder} …\n",
                documents.constraints.constraints.len()
            ));
        }
        text
    })?;
    Ok(Exit::NoViolation)
}

pub(crate) async fn check(arguments: QualityCheckArguments) -> Result<Exit> {
    let result = &arguments.result;
    refuse_bad_outputs([&result.junit, &result.markdown])?;
    refuse_to_replace(&arguments.baseline, result.output_folder.as_deref())?;
    let options = QualityCheckOptions {
        verdict: result.verdict.into(),
        false_discovery_rate: result.false_discovery_rate,
    };
    let request = request(&arguments.input, &arguments.columns);
    let folder = match &result.output_folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let documents = with_surroundings(arguments.print, async |surroundings| {
        let baseline = StoredQuality::open(&arguments.baseline, surroundings.environment).await?;
        Ok(check_quality(&request, baseline, options, surroundings).await?)
    })
    .await?;
    if let Some(folder) = folder {
        documents.write(folder).await?;
    }
    if let Some(path) = &result.junit {
        write_file(path, documents.junit(options.verdict))?;
    }
    if let Some(path) = &result.markdown {
        write_file(path, documents.markdown(options.verdict))?;
    }
    let violated = documents.is_violated(options.verdict);
    screen::print(arguments.print, &Printed::of(&documents), || {
        check_text(&documents, &arguments)
    })?;
    Ok(match violated {
        true => Exit::Violations,
        false => Exit::NoViolation,
    })
}

fn request(input_arguments: &InputArguments, columns: &QualityColumnArguments) -> QualityRequest {
    let choice = |text: &Option<String>| text.as_deref().map(ColumnChoice::from);
    QualityRequest {
        input: input(input_arguments, None, BTreeSet::new()),
        problem_type: match columns.problem_type {
            ProblemTypeArgument::Binary => ProblemType::BinaryClassification,
            ProblemTypeArgument::Multiclass => ProblemType::MulticlassClassification,
            ProblemTypeArgument::Regression => ProblemType::Regression,
        },
        columns: QualityColumnChoices {
            label: choice(&columns.label),
            prediction: choice(&columns.prediction),
            probability: choice(&columns.probability),
        },
        probability_threshold: columns.threshold,
        positive: columns.positive.clone(),
        unreadable_labels: UnreadableLabelRule::Refuse,
        segments: columns
            .segments
            .iter()
            .map(|text| ColumnChoice::from(text.as_str()))
            .collect(),
        evaluated_at: now(),
        seed: 0,
    }
}

/// RFC 3339 in UTC with milliseconds, as `statistics.json` has it.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the clock"
)]
pub(crate) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<&'a [MetricViolation]>,
    #[serde(flatten)]
    probity: &'a ModelQualityFile,
}

impl<'a> Printed<'a> {
    fn of(documents: &'a ModelQualityDocuments) -> Self {
        let violations = documents.violations.as_ref();
        Self {
            violations: violations.map(|found| found.violations.as_slice()),
            probity: &documents.probity,
        }
    }
}

fn text(probity: &ModelQualityFile) -> String {
    let rows = &probity.whole.rows;
    let mut text = format!(
        "{} rows, {} with a label and a prediction ({})\n",
        count(rows.n),
        count(rows.n_used),
        probity.problem_type.name()
    );
    text.push_str(&notes(probity));
    let header = [
        ("metric", Align::Left),
        ("value", Align::Right),
        ("95 % interval", Align::Left),
        ("rows", Align::Right),
        ("", Align::Left),
    ];
    let metrics = probity.whole.metrics.iter().chain(&probity.whole.extended);
    let rows = metrics
        .filter(|metric| !metric.name.ends_with("_best_constant_classifier"))
        .map(metric_row);
    text.push('\n');
    text.push_str(&table(&header, rows.collect()));
    text.push_str(&segment_text(&probity.segments));
    text
}

fn notes(probity: &ModelQualityFile) -> String {
    let check = probity.check.iter().flat_map(|check| &check.notes);
    let notes = probity.dataset.notes.iter();
    let notes = notes.chain(&probity.notes).chain(&probity.whole.notes);
    notes
        .chain(check)
        .map(|note| format!("note: {}\n", printable(note.clone())))
        .collect()
}

fn metric_row(metric: &QualityMetric) -> Vec<String> {
    vec![
        metric.name.clone(),
        value(metric.value),
        interval(metric),
        count(metric.n),
        metric.note.clone().unwrap_or_default(),
    ]
}

fn value(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

fn interval(metric: &QualityMetric) -> String {
    metric.interval.as_ref().map_or_else(String::new, |found| {
        format!("{} to {}", number(found.low), number(found.high))
    })
}

/// Metrics of a segment that are shown; the files have all.
const OF_SEGMENTS: [&str; 6] = ["accuracy", "auc", "f1", "weighted_f1", "rmse", "r2"];

/// Segments that are shown.
const SEGMENTS_SHOWN: usize = 20;

fn segment_text(segments: &[SegmentQuality]) -> String {
    if segments.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = OF_SEGMENTS
        .into_iter()
        .filter(|name| {
            let mut all = segments.iter().flat_map(|segment| &segment.quality.metrics);
            all.any(|metric| metric.name == *name)
        })
        .collect();
    let mut header = vec![("segment", Align::Left), ("rows", Align::Right)];
    header.extend(shown.iter().map(|name| (*name, Align::Left)));
    let rows = segments.iter().take(SEGMENTS_SHOWN).map(|segment| {
        let name = segment.value.as_deref().unwrap_or("(missing)");
        let mut row = vec![
            short(&format!("{} = {name}", segment.column), 40),
            count(segment.quality.rows.n_used),
        ];
        row.extend(shown.iter().map(|name| {
            let mut metrics = segment.quality.metrics.iter();
            let found = metrics.find(|metric| metric.name == *name);
            found.map_or_else(String::new, |metric| {
                format!("{} ({})", value(metric.value), interval(metric))
            })
        }));
        row
    });
    let mut text = format!("\n{}", table(&header, rows.collect()));
    if segments.len() > SEGMENTS_SHOWN {
        text.push_str(&format!(
            "and {} more segments\n",
            segments.len() - SEGMENTS_SHOWN
        ));
    }
    text
}

fn check_text(documents: &ModelQualityDocuments, arguments: &QualityCheckArguments) -> String {
    let probity = &documents.probity;
    let mut text = format!(
        "{} rows checked against {}\n",
        count(probity.whole.rows.n_used),
        arguments.baseline
    );
    text.push_str(&notes(probity));
    let header = [
        ("metric", Align::Left),
        ("baseline", Align::Right),
        ("now", Align::Right),
        ("95 % interval of the change", Align::Left),
        ("p, adjusted", Align::Right),
        ("verdicts", Align::Left),
    ];
    let check = probity.check.as_ref();
    let changes = check.map_or(&[][..], |check| &check.metrics);
    text.push('\n');
    text.push_str(&table(&header, changes.iter().map(change_row).collect()));
    text.push_str(&verdict_lines(probity, changes));
    if let Some(folder) = &arguments.result.output_folder {
        text.push_str(&format!("written to {folder}\n"));
    }
    text
}

fn change_row(change: &MetricChange) -> Vec<String> {
    vec![
        change.name.clone(),
        value(change.baseline),
        value(change.current),
        change.interval.as_ref().map_or_else(String::new, |found| {
            format!("{} to {}", number(found.low), number(found.high))
        }),
        change.p_adjusted.map_or_else(|| "–".to_owned(), p_value),
        verdicts(
            (change.violates_aws, change.violates_corrected),
            (change.baseline, change.current),
            change.p_adjusted,
        ),
    ]
}

fn verdict_lines(probity: &ModelQualityFile, changes: &[MetricChange]) -> String {
    let decides = |verdict: Verdict| match &probity.check {
        Some(check) if check.verdict == verdict.name() => " (decides)",
        _ => "",
    };
    let n_aws = changes.iter().filter(|change| change.violates_aws).count();
    let n_corrected = changes.iter().filter(|change| change.violates_corrected);
    let n_tested = changes.iter().filter(|change| change.p_adjusted.is_some());
    format!(
        "SageMaker's rule{}: {}\ncorrected verdict{}: {}\n",
        decides(Verdict::Aws),
        match n_aws {
            0 => "no violation".to_owned(),
            n => format!("{} beyond the threshold", counted(n as u64, "metric")),
        },
        decides(Verdict::Corrected),
        corrected_line(n_corrected.count(), (n_tested.count(), changes.len())),
    )
}
