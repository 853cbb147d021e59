//! An explanation on the terminal.

use probity_analysis::explain::ExplainDocuments;
use probity_domain::document::explanation_file::{
    AttributionDriftFacts, AttributionFacts, AttributionMethod, ExplainedOutput, ExplanationFile,
    LabelAttributions,
};
use serde::Serialize;

use crate::table::{Align, count, number, printable, short, table};

/// What `--output json` prints.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Printed<'a>(&'a ExplanationFile);

impl<'a> Printed<'a> {
    pub(crate) fn of(documents: &'a ExplainDocuments) -> Printed<'a> {
        Printed(&documents.probity)
    }
}

/// Features of the table.
const SHOWN: usize = 20;

pub(crate) fn text(documents: &ExplainDocuments, folder: Option<&str>) -> String {
    let probity = &documents.probity;
    let mut text = printable(format!(
        "{}: {}, {}",
        probity.model.location, probity.model.kind, probity.model.summary
    ));
    text.push('\n');
    for note in probity.dataset.notes.iter().chain(&probity.notes) {
        text.push_str(&format!("note: {}\n", printable(note.clone())));
    }
    if let Some(facts) = &probity.attributions {
        text.push_str(&attributions_text(facts));
    }
    for drift in &probity.drift {
        text.push('\n');
        text.push_str(&drift_text(drift));
    }
    for curve in &probity.partial_dependence {
        let said = match &curve.error {
            Some(error) => error.clone(),
            None => format!(
                "{} points over {} rows",
                curve.points.len(),
                count(curve.n_rows)
            ),
        };
        text.push_str(&printable(format!(
            "partial dependence on {}: {said}",
            curve.feature
        )));
        text.push('\n');
    }
    if let Some(folder) = folder {
        text.push_str(&format!("written to {folder}\n"));
    }
    text
}

fn attributions_text(facts: &AttributionFacts) -> String {
    let method = match facts.method {
        AttributionMethod::TreePathDependent => "exact tree SHAP, path-dependent",
        AttributionMethod::TreeInterventional => "exact tree SHAP, interventional",
        AttributionMethod::KernelEnumerated => "kernel SHAP, all coalitions: exact",
        AttributionMethod::KernelSampled => "kernel SHAP, sampled coalitions",
    };
    let output = match facts.output {
        ExplainedOutput::RawScore => "the raw score",
        ExplainedOutput::Reported => "what the model reports",
        ExplainedOutput::LogOdds => "the log-odds of what the model reports",
    };
    let coalitions = facts
        .n_coalitions
        .map(|n| format!(", {} coalitions a row", count(n)));
    let mut text = format!(
        "{} rows explained: {output}, by {method}{}; baseline: {}\n",
        count(facts.n_rows),
        coalitions.unwrap_or_default(),
        printable(facts.baseline.clone()),
    );
    for label in &facts.labels {
        text.push('\n');
        text.push_str(&label_text(label, &facts.aggregation));
    }
    text
}

fn drift_text(drift: &AttributionDriftFacts) -> String {
    let interval = drift.interval.as_ref().map(|interval| {
        format!(
            ", 95 % interval {} to {}",
            number(interval.low),
            number(interval.high)
        )
    });
    let moved = drift
        .ranks
        .iter()
        .filter(|rank| rank.baseline_rank != rank.current_rank);
    let moved: Vec<String> = moved
        .take(5)
        .map(|rank| {
            format!(
                "{} {} → {}",
                rank.feature, rank.baseline_rank, rank.current_rank
            )
        })
        .collect();
    let mut text = printable(format!(
        "{}: gain (nDCG) {} against the earlier ranking{}: {} {}{}",
        drift.label,
        number(drift.ndcg),
        interval.unwrap_or_default(),
        match drift.violates {
            true => "a violation, below",
            false => "no violation, not below",
        },
        number(drift.threshold),
        match moved.is_empty() {
            true => String::new(),
            false => format!("; ranks that moved: {}", moved.join(", ")),
        },
    ));
    text.push('\n');
    text
}

fn label_text(label: &LabelAttributions, aggregation: &str) -> String {
    let mut text = printable(format!(
        "{}: expected value {}",
        label.label,
        number(label.expected_value)
    ));
    text.push('\n');
    let header = [
        ("feature", Align::Left),
        (aggregation, Align::Right),
        ("95 % interval", Align::Left),
        ("mean", Align::Right),
    ];
    let mut features: Vec<_> = label.features.iter().collect();
    features.sort_by(|a, b| b.global.abs().total_cmp(&a.global.abs()));
    let rows = features.iter().take(SHOWN).map(|feature| {
        let interval = feature.interval.as_ref();
        vec![
            short(&feature.feature, 40),
            number(feature.global),
            interval.map_or_else(String::new, |interval| {
                format!("{} to {}", number(interval.low), number(interval.high))
            }),
            number(feature.mean),
        ]
    });
    text.push_str(&table(&header, rows.collect()));
    if features.len() > SHOWN {
        text.push_str(&format!("and {} more\n", features.len() - SHOWN));
    }
    text
}
