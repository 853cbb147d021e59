//! `probity profile`: the table that a data scientist wants to see.

use std::collections::BTreeSet;

use anyhow::Result;
use probity_analysis::data_quality::{ProfileRow, ProfileTable, profile, profile_table};
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;

use super::wiring::{environment, input, with_surroundings};
use crate::arguments::ProfileArguments;
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, count, counted, number, percent, printable, short, table};

pub(crate) async fn run(arguments: ProfileArguments) -> Result<Exit> {
    let input = input(&arguments.input, None, BTreeSet::new());
    let folder = match &arguments.output_folder {
        Some(folder) => Some(OutputFolder::create(folder, &environment()).await?),
        None => None,
    };
    let shown = with_surroundings(arguments.print, async |surroundings| match folder {
        Some(folder) => {
            let documents =
                profile(&input, CategoricalDriftMethod::LInfinity, surroundings).await?;
            let shown = ProfileTable::of_documents(&documents);
            documents.write(folder).await?;
            Ok(shown)
        }
        None => Ok(profile_table(&input, surroundings).await?),
    })
    .await?;
    screen::print(arguments.print, &shown, || text(&shown))?;
    Ok(Exit::NoViolation)
}

/// The table, with a line about the dataset above it.
pub(crate) fn text(profile: &ProfileTable) -> String {
    let dataset = &profile.dataset;
    let mut text = format!(
        "{}, {} ({}, {})\n",
        counted(dataset.rows, "row"),
        counted(profile.columns.len() as u64, "column"),
        dataset.format,
        counted(dataset.files, "file"),
    );
    for note in &dataset.notes {
        text.push_str(&format!("note: {}\n", printable(note.clone())));
    }
    let header = [
        ("column", Align::Left),
        ("type", Align::Left),
        ("missing", Align::Right),
        ("distinct", Align::Right),
        ("mean", Align::Right),
        ("std dev", Align::Right),
        ("min", Align::Right),
        ("p25", Align::Right),
        ("median", Align::Right),
        ("p75", Align::Right),
        ("max", Align::Right),
        ("most frequent", Align::Left),
    ];
    let rows = profile.columns.iter().map(cells).collect();
    text.push_str(&table(&header, rows));
    text
}

fn cells(row: &ProfileRow) -> Vec<String> {
    let facts = &row.facts;
    let optional = |value: Option<f64>| value.map(number).unwrap_or_default();
    let quantile = |p: f64| {
        let quantiles = facts.quantiles.as_ref()?;
        let found = quantiles
            .values
            .iter()
            .find(|quantile| (quantile.p - p).abs() < 1e-9)?;
        Some(found.value)
    };
    vec![
        short(&facts.name, 32),
        if facts.redacted {
            "redacted".to_owned()
        } else {
            format!("{:?}", facts.inferred_type)
        },
        percent(facts.n_missing, facts.n),
        distinct(row),
        optional(row.mean),
        optional(row.std_dev),
        optional(row.min),
        optional(quantile(0.25)),
        optional(quantile(0.5)),
        optional(quantile(0.75)),
        optional(row.max),
        frequent(row),
    ]
}

/// Exact, or with a tilde when estimated.
fn distinct(row: &ProfileRow) -> String {
    let distinct = row.facts.distinct;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of a row count is a small positive number"
    )]
    let rounded = count(distinct.estimate.round() as u64);
    if distinct.relative_standard_error > 0.0 {
        format!("~{rounded}")
    } else {
        rounded
    }
}

/// The two most frequent values with their shares, unless nearly every value is its own.
fn frequent(row: &ProfileRow) -> String {
    row.facts
        .frequent
        .iter()
        .take(2)
        .filter(|value| value.count > 1)
        .map(|value| {
            format!(
                "{} ({})",
                short(&value.value, 16),
                percent(value.count, row.facts.n - row.facts.n_missing)
            )
        })
        .collect::<Vec<_>>()
        .join(", ")
}
