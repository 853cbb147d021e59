//! `probity bias` and `probity bias check`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use probity_analysis::bias::{
    BiasCheckOptions, BiasDepth, BiasDocuments, BiasFlags, BiasRequest, Extended, Source,
    StoredBias, analyse, check as check_bias, config_of, read_monitor_config,
};
use probity_data::location::OutputFolder;
use probity_domain::document::bias_file::{
    BiasFile, FacetFacts, MetricDriftFacts, MetricFacts, SubgroupFacts,
};
use probity_report::Verdict;
use serde::Serialize;

use super::outputs::{refuse_bad_outputs, refuse_to_replace, write_file};
use super::verdicts::{corrected_line, verdicts};
use super::wiring::{environment, input, with_surroundings};
use crate::arguments::{
    BiasArguments, BiasCheckArguments, BiasCommand, BiasDepthArguments, BiasRunArguments,
    InputArguments,
};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, count, counted, number, p_value, printable, short, table};

pub(crate) async fn bias(arguments: BiasArguments) -> Result<Exit> {
    match arguments.command {
        Some(BiasCommand::Check(arguments)) => check(arguments).await,
        None => run(arguments.run).await,
    }
}

async fn run(arguments: BiasRunArguments) -> Result<Exit> {
    let input = input(&input_arguments(&arguments)?, None, BTreeSet::new());
    let flags = flags(&arguments)?;
    let (config, files) = with_surroundings(arguments.print, async |surroundings| {
        Ok(config_of(&flags, &input, surroundings).await?)
    })
    .await?;
    if arguments.write_config {
        let mut out = io::stdout().lock();
        config.write_json(&mut out)?;
        writeln!(out)?;
        return Ok(Exit::NoViolation);
    }
    let request = BiasRequest {
        config,
        redacted: input.redacted.clone(),
        threads: input.threads,
        source: Source::Given {
            location: input.location,
            read: Box::new(input.read),
            files: Some(files),
        },
        depth: depth(&arguments.depth),
        model: None,
    };
    let folder = arguments.output_folder.as_deref();
    run_and_show(&request, folder, arguments.print).await
}

fn required(value: Option<&String>, what: &str) -> Result<String> {
    match value {
        Some(value) => Ok(value.clone()),
        None => bail!(Usage(format!(
            "{what} is missing; see `probity bias --help`"
        ))),
    }
}

fn input_arguments(arguments: &BiasRunArguments) -> Result<InputArguments> {
    Ok(InputArguments {
        data: required(arguments.data.as_ref(), "DATA")?,
        read: arguments.read.clone(),
        redact: arguments.redact.clone(),
        threads: arguments.threads,
    })
}

fn flags(arguments: &BiasRunArguments) -> Result<BiasFlags> {
    if arguments.facets.is_empty() {
        bail!(Usage(
            "--facet is missing: name the column whose groups are compared, e.g. --facet sex=F"
                .to_owned()
        ));
    }
    Ok(BiasFlags {
        label: required(arguments.label.as_ref(), "--label")?,
        positive: required(arguments.positive.as_ref(), "--positive")?,
        facets: arguments.facets.clone(),
        predicted_label: arguments.predicted.clone(),
        group_variable: arguments.group.clone(),
        excluded: arguments.excluded.clone(),
    })
}

pub(super) fn depth(arguments: &BiasDepthArguments) -> BiasDepth {
    BiasDepth {
        extended: match arguments.extended {
            true => Extended::Included,
            false => Extended::LeftOut,
        },
        minimum_cell: arguments.minimum_cell,
    }
}

async fn run_and_show(
    request: &BiasRequest,
    folder: Option<&str>,
    print: crate::arguments::PrintArguments,
) -> Result<Exit> {
    let output = match folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let documents = with_surroundings(print, async |surroundings| {
        Ok(analyse(request, surroundings).await?)
    })
    .await?;
    documents.refuse_unmeasurable()?;
    if let Some(output) = output {
        documents.write(output).await?;
    }
    screen::print(print, &Printed::of(&documents), || {
        let mut text = text(&documents);
        if let Some(folder) = folder {
            text.push_str(&format!(
                "written to {folder}: analysis.json, probity.json, report.html{}\n",
                match documents.config_is_open {
                    true => ", analysis_config.json",
                    false => "",
                }
            ));
        }
        text
    })?;
    Ok(Exit::NoViolation)
}

async fn check(arguments: BiasCheckArguments) -> Result<Exit> {
    let result = &arguments.result;
    refuse_bad_outputs([&result.junit, &result.markdown])?;
    refuse_to_replace(&arguments.baseline, result.output_folder.as_deref())?;
    let options = BiasCheckOptions {
        verdict: result.verdict.into(),
        false_discovery_rate: result.false_discovery_rate,
    };
    let input = input(&arguments.input, None, BTreeSet::new());
    let request = BiasRequest {
        config: read_monitor_config(&arguments.config, &environment()).await?,
        redacted: input.redacted.clone(),
        threads: input.threads,
        source: Source::Given {
            location: input.location,
            read: Box::new(input.read),
            files: None,
        },
        depth: depth(&arguments.depth),
        model: None,
    };
    let output = match &result.output_folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let documents = with_surroundings(arguments.print, async |surroundings| {
        let baseline = StoredBias::open(&arguments.baseline, surroundings.environment).await?;
        Ok(check_bias(&request, &baseline, options, surroundings).await?)
    })
    .await?;
    documents.refuse_unmeasurable()?;
    if let Some(output) = output {
        documents.write(output).await?;
    }
    let violated = documents.is_violated(options.verdict);
    if let Some(path) = &result.junit {
        write_file(path, documents.junit(options.verdict))?;
    }
    if let Some(path) = &result.markdown {
        write_file(path, documents.markdown(options.verdict))?;
    }
    screen::print(arguments.print, &Printed::of(&documents), || {
        check_text(&documents, &arguments)
    })?;
    Ok(match violated {
        true => Exit::Violations,
        false => Exit::NoViolation,
    })
}

/// What `clarify --check --output json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Plan<'a> {
    columns: &'a [(&'static str, String)],
    warnings: &'a [String],
}

impl<'a> Plan<'a> {
    pub(super) fn of(columns: &'a [(&'static str, String)], warnings: &'a [String]) -> Self {
        Self { columns, warnings }
    }
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Printed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<&'a [probity_domain::document::bias_violations::DriftViolation]>,
    #[serde(flatten)]
    probity: &'a BiasFile,
}

impl<'a> Printed<'a> {
    pub(super) fn of(documents: &'a BiasDocuments) -> Self {
        Self {
            violations: documents.bias_violations(),
            probity: &documents.probity,
        }
    }
}

pub(super) fn text(documents: &BiasDocuments) -> String {
    let probity = &documents.probity;
    let mut text = format!(
        "{} rows; `{}` is positive ({}) in {}\n",
        count(probity.dataset.rows),
        printable(probity.label.column.clone()),
        printable(probity.label.positive.clone()),
        count(probity.label.n_positive),
    );
    for note in probity.dataset.notes.iter().chain(&probity.notes) {
        text.push_str(&format!("note: {}\n", printable(note.clone())));
    }
    for facet in &probity.facets {
        text.push('\n');
        text.push_str(&facet_text(facet));
    }
    if let Some(subgroups) = &probity.subgroups {
        text.push_str(&subgroup_text(subgroups));
    }
    text
}

fn facet_text(facet: &FacetFacts) -> String {
    let mut text = printable(format!(
        "{} = {}: {} rows against {} others",
        facet.facet,
        facet.value_or_threshold,
        count(facet.disadvantaged.n),
        count(facet.advantaged.n),
    ));
    text.push('\n');
    let header = [
        ("metric", Align::Left),
        ("value", Align::Right),
        ("interval", Align::Left),
        ("what it says", Align::Left),
    ];
    let rows = facet.metrics.iter().chain(&facet.extended).map(metric_row);
    text.push_str(&table(&header, rows.collect()));
    text
}

fn metric_row(metric: &MetricFacts) -> Vec<String> {
    vec![
        metric.name.clone(),
        metric.value.map_or_else(|| "–".to_owned(), number),
        interval_text(metric.interval.as_ref()),
        metric
            .error
            .clone()
            .unwrap_or_else(|| metric.reading.clone()),
    ]
}

fn interval_text(interval: Option<&probity_domain::document::probity_file::Interval>) -> String {
    interval.map_or_else(String::new, |interval| {
        format!("{} to {}", number(interval.low), number(interval.high))
    })
}

/// Rows of the table of subgroups.
const SUBGROUPS_SHOWN: usize = 10;

fn subgroup_text(subgroups: &SubgroupFacts) -> String {
    if subgroups.groups.is_empty() {
        return String::new();
    }
    let header = [
        ("subgroup", Align::Left),
        ("rows", Align::Right),
        ("positive", Align::Right),
        ("behind the others by", Align::Right),
        ("interval", Align::Left),
    ];
    let rows = subgroups.groups.iter().take(SUBGROUPS_SHOWN).map(|group| {
        let values: Vec<String> = group
            .values
            .iter()
            .map(|(facet, value)| format!("{facet} = {value}"))
            .collect();
        let rate = group.prediction_rate.as_ref().unwrap_or(&group.label_rate);
        vec![
            short(&values.join(", "), 60),
            count(group.counts.n),
            rate.value.map_or_else(|| "–".to_owned(), number),
            group
                .difference
                .value
                .map_or_else(|| "–".to_owned(), number),
            interval_text(group.difference.interval.as_ref()),
        ]
    });
    format!(
        "\nsubgroups of at least {} rows, worst first ({} smaller ones left out)\n{}",
        subgroups.minimum_rows,
        count(subgroups.n_too_small),
        table(&header, rows.collect())
    )
}

/// Metrics that moved most are shown first; at most so many.
const SHOWN: usize = 25;

fn check_text(documents: &BiasDocuments, arguments: &BiasCheckArguments) -> String {
    let probity = &documents.probity;
    let mut text = format!(
        "{} rows checked against {}\n",
        count(probity.dataset.rows),
        arguments.baseline
    );
    let check = probity.check.as_ref();
    let notes = check.into_iter().flat_map(|check| &check.notes);
    for note in probity
        .dataset
        .notes
        .iter()
        .chain(&probity.notes)
        .chain(notes)
    {
        text.push_str(&format!("note: {}\n", printable(note.clone())));
    }
    let metrics = check.map_or(&[][..], |check| &check.metrics);
    let mut shown: Vec<&MetricDriftFacts> = metrics.iter().collect();
    shown.sort_by_key(|metric| !(metric.violates_aws || metric.violates_corrected));
    let header = [
        ("facet", Align::Left),
        ("metric", Align::Left),
        ("baseline", Align::Right),
        ("now", Align::Right),
        ("95 % interval of the change", Align::Left),
        ("p, adjusted", Align::Right),
        ("verdicts", Align::Left),
    ];
    let rows = shown.iter().take(SHOWN).map(|metric| drift_row(metric));
    text.push('\n');
    text.push_str(&table(&header, rows.collect()));
    text.push_str(&verdict_lines(documents, metrics));
    if let Some(folder) = &arguments.result.output_folder {
        text.push_str(&format!("written to {folder}\n"));
    }
    text
}

fn drift_row(metric: &MetricDriftFacts) -> Vec<String> {
    vec![
        short(
            &format!("{} = {}", metric.facet, metric.value_or_threshold),
            32,
        ),
        metric.name.clone(),
        metric.baseline.map_or_else(|| "–".to_owned(), number),
        metric.current.map_or_else(|| "–".to_owned(), number),
        interval_text(metric.interval.as_ref()),
        metric.p_adjusted.map_or_else(|| "–".to_owned(), p_value),
        verdicts(
            (metric.violates_aws, metric.violates_corrected),
            (metric.baseline, metric.current),
            metric.p_adjusted,
        ),
    ]
}

fn verdict_lines(documents: &BiasDocuments, metrics: &[MetricDriftFacts]) -> String {
    let n_aws = documents.bias_violations().map_or(0, <[_]>::len);
    let n_corrected = metrics.iter().filter(|m| m.violates_corrected).count();
    let n_tested = metrics.iter().filter(|m| m.p_adjusted.is_some()).count();
    let decides = |verdict| match documents.probity.check.as_ref() {
        Some(check) if check.verdict == Verdict::name(verdict) => " (decides)",
        _ => "",
    };
    format!(
        "SageMaker's rule{}: {}\ncorrected verdict{}: {}\n",
        decides(Verdict::Aws),
        match n_aws {
            0 => "no violation".to_owned(),
            n => format!(
                "{} farther from 0 than the baseline",
                counted(n as u64, "metric")
            ),
        },
        decides(Verdict::Corrected),
        corrected_line(n_corrected, (n_tested, metrics.len())),
    )
}
