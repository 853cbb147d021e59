//! `probity model inspect`: what was understood of a model's file.

use anyhow::{Result, bail};
use probity_metrics::model::FeatureKind;
use serde::Serialize;

use super::model::{is_url, open_file};
use crate::arguments::InspectArguments;
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, printable, short, table};

pub(crate) fn run(arguments: &InspectArguments) -> Result<Exit> {
    if is_url(&arguments.model) {
        bail!(Usage(
            "a model behind a URL cannot be looked into; `probity predict` asks it".to_owned()
        ));
    }
    let opened = open_file(&arguments.model, &arguments.asked)?;
    let summary = opened.summary();
    let shown = Shown {
        kind: summary.kind.name(),
        file: summary.file_name,
        size_bytes: summary.size_bytes,
        sha256: summary.sha256,
        version: summary.version,
        objective: summary.objective,
        reports: summary.reports,
        n_outputs: summary.n_outputs,
        output_names: summary.output_names,
        n_trees: summary.trees.map(|trees| trees.n_trees),
        max_depth: summary.trees.map(|trees| trees.max_depth),
        n_leaves: summary.trees.map(|trees| trees.n_leaves),
        n_categorical_splits: summary.trees.map(|trees| trees.n_categorical_splits),
        has_covers: summary.trees.map(|trees| trees.has_covers),
        missing_values: summary.missing_values,
        features: summary
            .features
            .iter()
            .map(|feature| ShownFeature {
                name: &feature.name,
                kind: match &feature.kind {
                    FeatureKind::Numeric => "numeric",
                    FeatureKind::Categorical { .. } => "categorical",
                },
                categories: match &feature.kind {
                    FeatureKind::Numeric => None,
                    FeatureKind::Categorical { categories } => categories.as_deref(),
                },
            })
            .collect(),
        notes: summary.notes.iter().map(|note| note.as_str()).collect(),
    };
    screen::print(arguments.print, &shown, || text(&shown))?;
    Ok(Exit::NoViolation)
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    kind: &'a str,
    file: &'a str,
    size_bytes: u64,
    sha256: &'a str,
    version: Option<&'a str>,
    objective: Option<&'a str>,
    reports: &'a str,
    n_outputs: Option<usize>,
    output_names: Option<&'a [String]>,
    n_trees: Option<usize>,
    max_depth: Option<usize>,
    n_leaves: Option<usize>,
    n_categorical_splits: Option<usize>,
    has_covers: Option<bool>,
    missing_values: &'a str,
    features: Vec<ShownFeature<'a>>,
    notes: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct ShownFeature<'a> {
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    categories: Option<&'a [String]>,
}

fn text(shown: &Shown<'_>) -> String {
    let mut lines = vec![
        ("kind", shown.kind.to_owned()),
        ("file", shown.file.to_owned()),
        ("bytes", shown.size_bytes.to_string()),
        ("sha256", shown.sha256.to_owned()),
    ];
    let told = [("version", shown.version), ("objective", shown.objective)];
    for (name, value) in told {
        lines.extend(value.map(|value| (name, value.to_owned())));
    }
    lines.push(("reports", shown.reports.to_owned()));
    lines.push((
        "outputs",
        match (shown.n_outputs, shown.output_names) {
            (Some(n), Some(names)) => format!("{n}: {}", names.join(", ")),
            (Some(n), None) => n.to_string(),
            (None, _) => "known when it is asked".to_owned(),
        },
    ));
    if let (Some(trees), Some(depth), Some(leaves)) =
        (shown.n_trees, shown.max_depth, shown.n_leaves)
    {
        let covers = match shown.has_covers {
            Some(true) => "say how much training data reached each node",
            _ => "do not say how much training data reached each node: explain over a baseline",
        };
        lines.push((
            "trees",
            format!("{trees}, of depth {depth} at most, {leaves} leaves; they {covers}"),
        ));
    }
    lines.push(("missing", shown.missing_values.to_owned()));
    lines.extend(shown.notes.iter().map(|note| ("note", (*note).to_owned())));
    let mut text = String::new();
    for (name, value) in lines {
        text.push_str(&format!("{name:<10} {}\n", printable(value)));
    }
    let header = [
        ("feature", Align::Left),
        ("kind", Align::Left),
        ("categories", Align::Left),
    ];
    let rows = shown.features.iter().map(|feature| {
        let categories = feature.categories.map(|names| names.join(", "));
        vec![
            short(feature.name, 40),
            feature.kind.to_owned(),
            short(&categories.unwrap_or_default(), 60),
        ]
    });
    text.push('\n');
    text.push_str(&table(&header, rows.collect()));
    text
}
