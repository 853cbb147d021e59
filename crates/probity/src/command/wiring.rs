//! From what was typed to what an analysis takes: the environment, the input, progress.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use indicatif::ProgressBar;
use probity_analysis::data_quality::{Input, Surroundings};
use probity_analysis::explain::Watch;
use probity_data::dataset::{ColumnsPosition, Format, Header, Nested, Partition, ReadOptions};
use probity_data::location::Environment;

use crate::arguments::{
    ColumnsPositionArgument, FormatArgument, InputArguments, PrintArguments, ReadArguments,
    threads_or_all,
};
use crate::progress;

/// The process's environment, captured once.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the environment"
)]
pub(crate) fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The same with some variables otherwise; an empty value counts as unset.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the environment"
)]
pub(crate) fn environment_with(changed: &[(&str, &str)]) -> Environment {
    let given = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let changed = changed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    given.chain(changed).collect()
}

/// One variable of the process's environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the environment"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The dataset that the user named. Column names are those of a baseline, if there is one.
pub(crate) fn input(
    arguments: &InputArguments,
    column_names: Option<Vec<String>>,
    redacted: BTreeSet<String>,
) -> Input {
    let options = read_options(&arguments.read, column_names);
    let mut all_redacted = redacted;
    all_redacted.extend(arguments.redact.iter().cloned());
    Input {
        location: arguments.data.clone(),
        read: options,
        redacted: all_redacted,
        threads: threads_or_all(arguments.threads),
    }
}

/// How the user wants data read.
pub(crate) fn read_options(read: &ReadArguments, column_names: Option<Vec<String>>) -> ReadOptions {
    ReadOptions {
        format: read.format.map(format),
        header: if read.no_header {
            Header::Absent
        } else {
            Header::Present
        },
        delimiter: read.delimiter,
        nested: if read.flatten {
            Nested::Flatten
        } else {
            Nested::Refuse
        },
        columns_position: match read.columns_position {
            ColumnsPositionArgument::Start => ColumnsPosition::Start,
            ColumnsPositionArgument::End => ColumnsPosition::End,
        },
        column_names,
        ..ReadOptions::default()
    }
}

fn format(argument: FormatArgument) -> Format {
    match argument {
        FormatArgument::Csv => Format::Csv,
        FormatArgument::Json => Format::Json,
        FormatArgument::JsonLines => Format::JsonLines,
        FormatArgument::Parquet => Format::Parquet,
        FormatArgument::Capture => Format::Capture,
        FormatArgument::MergedCapture => Format::MergedCapture,
    }
}

/// Runs `work` with the environment and a progress bar around it.
pub(crate) async fn with_surroundings<T>(
    print: PrintArguments,
    work: impl AsyncFnOnce(Surroundings<'_>) -> Result<T>,
) -> Result<T> {
    let environment = environment();
    let bar = Arc::new(progress::bar(print));
    let answer = work(Surroundings {
        environment: &environment,
        progress: &|partition: &Partition| advance(&bar, partition),
        on_size: &|size| {
            if let Some(size) = size {
                progress::set_total(&bar, size);
            }
        },
    })
    .await;
    bar.finish_and_clear();
    answer
}

/// Runs `work` with a bar of explained rows around it.
pub(crate) async fn with_watch<T>(
    print: PrintArguments,
    work: impl AsyncFnOnce(Watch<'_>) -> Result<T>,
) -> Result<T> {
    let bar = progress::row_bar(print);
    let answer = work(Watch::new(&|step| progress::show_step(&bar, step))).await;
    bar.finish_and_clear();
    answer
}

fn advance(bar: &ProgressBar, partition: &Partition) {
    // Parts of a compressed file are larger than what was read of it.
    let left = bar
        .length()
        .map_or(u64::MAX, |length| length.saturating_sub(bar.position()));
    bar.inc(partition.size_bytes().min(left));
}
