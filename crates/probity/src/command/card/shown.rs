//! A card in a terminal: who it is, what is found, how the evidence stands, then its sections.

use console::style;
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Standing,
};
use probity_domain::document::model_card::{Metric, MetricGroup, MetricValue, RiskRating};
use serde_json::Value;

use crate::moment::Shown;
use crate::table::{Align, counted, number, printable, short, table};

/// Metrics of one evaluation; the JSON has all of them.
const METRICS: usize = 12;

pub(super) fn text(dossier: &CardDossier, content: &Value) -> String {
    let mut told = head(dossier);
    told.push_str(&findings(dossier));
    told.push_str(&evaluations(dossier));
    told.push_str(&live(dossier));
    told.push_str(&reviews(dossier));
    told.push_str(&sections(content));
    told
}

pub(super) fn rating(dossier: &CardDossier) -> &'static str {
    dossier
        .card
        .intended_uses
        .risk_rating
        .map_or("not rated", RiskRating::as_str)
}

fn head(dossier: &CardDossier) -> String {
    let version = match dossier.arn.is_empty() {
        true => "of a file".to_owned(),
        false => format!("version {} of {}", dossier.version, dossier.latest_version),
    };
    let mut told = format!(
        "{}  {version}  {}  risk: {}\n",
        style(&dossier.name).bold(),
        dossier.status.as_str(),
        rating(dossier)
    );
    let mut line = |label: &str, text: Option<&str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            told.push_str(&format!("{label:<12} {}\n", printable(text.to_owned())));
        }
    };
    let explanation = dossier.card.intended_uses.risk_explanation.as_deref();
    line("risk because", explanation);
    line("model", dossier.card.model_id());
    line("sha256", Some(&dossier.sha256));
    let made = |at: Option<i64>, by: &Option<String>| {
        let at = Shown(at?).to_string();
        Some(match by {
            Some(by) => format!("{at} by {by}"),
            None => at,
        })
    };
    let created = made(dossier.created_ms, &dossier.created_by);
    line("created", created.as_deref());
    let version = made(dossier.version_created_ms, &dossier.version_created_by);
    line("this version", version.as_deref());
    let time = |ms: Option<i64>| ms.map(|ms| Shown(ms).to_string());
    line("review due", time(dossier.review_due_ms).as_deref());
    line("expires", time(dossier.expires_ms).as_deref());
    let tags: Vec<String> = dossier
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    line("tags", Some(&tags.join(", ")));
    told
}

pub(super) fn findings(dossier: &CardDossier) -> String {
    if dossier.findings.is_empty() {
        return "\nno findings\n".to_owned();
    }
    let rows = dossier.findings.iter().map(|finding| {
        vec![
            finding.rule.clone(),
            short(&finding.path, 48),
            finding.message.clone(),
        ]
    });
    let header = [
        ("rule", Align::Left),
        ("where", Align::Left),
        ("what is found", Align::Left),
    ];
    format!(
        "\n{}\n{}",
        counted(dossier.findings.len() as u64, "finding"),
        table(&header, rows.collect())
    )
}

/// A few words for how an evaluation stands, and the reasons.
pub(super) fn standing(standing: &EvaluationStanding) -> String {
    let reasons: Vec<String> = standing.stale.iter().map(reason).collect();
    let reasons = reasons.join("; ");
    match standing.standing() {
        Standing::Claimed => "claimed, not bound".to_owned(),
        Standing::Gone | Standing::Differs => format!("REFUTED: {reasons}"),
        Standing::Stale => format!("STALE: {reasons}"),
        Standing::Current => "verified against its report".to_owned(),
        Standing::NotVerified => "bound, not verified".to_owned(),
    }
}

fn reason(reason: &Staleness) -> String {
    match reason {
        Staleness::NewerExecution { source, at_ms } => {
            format!("a newer execution of {} ({source})", Shown(*at_ms))
        }
        Staleness::NewerReport { source, at_ms } => {
            format!("a newer report of {} ({source})", Shown(*at_ms))
        }
        Staleness::ReportChanged
        | Staleness::ReportMissing
        | Staleness::ValuesDiffer
        | Staleness::ModelChanged { .. } => reason.to_string(),
    }
}

fn evaluations(dossier: &CardDossier) -> String {
    let mut told = String::new();
    for (evaluation, stands) in dossier.card.evaluations.iter().zip(&dossier.evaluations) {
        let how = standing(stands);
        let how = match stands.standing() {
            Standing::Gone | Standing::Differs | Standing::Stale => style(how).red().to_string(),
            Standing::Claimed | Standing::Current | Standing::NotVerified => how,
        };
        told.push_str(&format!(
            "\nevaluation {}: {how}\n",
            printable(evaluation.name.clone())
        ));
        if let Some(binding) = &stands.binding {
            let hash: String = binding.sha256.chars().take(12).collect();
            let report = printable(binding.report.clone());
            told.push_str(&format!(
                "  from {report} ({}, sha256 {hash})\n",
                binding.kind
            ));
        }
        told.push_str(&metrics(&evaluation.groups));
    }
    told
}

fn metrics(groups: &[MetricGroup]) -> String {
    let all = || {
        groups
            .iter()
            .flat_map(|group| group.metrics.iter().map(move |metric| (group, metric)))
    };
    let rows: Vec<Vec<String>> = all()
        .take(METRICS)
        .map(|(group, metric)| {
            vec![
                short(&group.name, 32),
                short(&metric.name, 40),
                value(metric),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let header = [
        ("group", Align::Left),
        ("metric", Align::Left),
        ("value", Align::Right),
    ];
    let mut told = table(&header, rows);
    let more = all().count().saturating_sub(METRICS);
    if more > 0 {
        told.push_str(&format!("and {}\n", counted(more as u64, "more metric")));
    }
    told
}

fn value(metric: &Metric) -> String {
    match &metric.value {
        MetricValue::Number(value) => number(*value),
        MetricValue::Text(text) => short(text, 40),
        MetricValue::Boolean(is) => is.to_string(),
        MetricValue::LinearGraph { points, .. } => counted(points.len() as u64, "point"),
        MetricValue::BarChart { values, .. } => counted(values.len() as u64, "bar"),
        MetricValue::Matrix { rows, .. } => {
            let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
            format!("{} × {columns}", rows.len())
        }
    }
}

/// What monitors of the model measured last, which is part of no version.
fn live(dossier: &CardDossier) -> String {
    if dossier.live.is_empty() {
        return String::new();
    }
    let header = [
        ("monitor", Align::Left),
        ("schedule", Align::Left),
        ("endpoint", Align::Left),
        ("last execution", Align::Left),
        ("violations", Align::Right),
    ];
    let rows = dossier.live.iter().map(|section| {
        let (last, violations) = match &section.execution {
            None => ("none yet".to_owned(), String::new()),
            Some(execution) => (
                format!("{} {}", Shown(execution.at_ms), execution.status),
                execution
                    .violations
                    .map_or_else(String::new, |n| n.to_string()),
            ),
        };
        vec![
            section.monitoring_type.clone(),
            section.schedule.clone(),
            section.endpoint.clone().unwrap_or_default(),
            last,
            violations,
        ]
    });
    format!("\nlive\n{}", table(&header, rows.collect()))
}

fn reviews(dossier: &CardDossier) -> String {
    if dossier.reviews.is_empty() {
        return String::new();
    }
    let header = [
        ("when", Align::Left),
        ("version", Align::Right),
        ("status", Align::Left),
        ("who", Align::Left),
        ("comment", Align::Left),
    ];
    let rows = dossier.reviews.iter().map(|step| {
        vec![
            Shown(step.at_ms).to_string(),
            step.version.to_string(),
            step.to.as_str().to_owned(),
            step.actor.clone(),
            step.comment.clone().unwrap_or_default(),
        ]
    });
    format!("\n{}", table(&header, rows.collect()))
}

/// Everything but the evaluations, which are told above.
fn sections(content: &Value) -> String {
    let mut told = String::new();
    for (name, section) in content.as_object().into_iter().flatten() {
        if name == "evaluation_details" {
            continue;
        }
        told.push_str(&format!("\n{}\n", style(words(name)).bold()));
        push_members(section, 2, &mut told);
    }
    told
}

fn push_members(value: &Value, indent: usize, told: &mut String) {
    let spaces = " ".repeat(indent);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = printable(words(name));
                match value {
                    Value::Object(_) | Value::Array(_) => {
                        told.push_str(&format!("{spaces}{name}:\n"));
                        push_members(value, indent + 2, told);
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                        told.push_str(&format!("{spaces}{name}: {}\n", lines(value, indent + 2)));
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(members) => {
                        let parts: Vec<String> = members
                            .iter()
                            .map(|(name, value)| {
                                format!("{}: {}", printable(words(name)), lines(value, indent + 2))
                            })
                            .collect();
                        told.push_str(&format!("{spaces}- {}\n", parts.join(", ")));
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_) => {
                        told.push_str(&format!("{spaces}- {}\n", lines(item, indent + 2)));
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            told.push_str(&format!("{spaces}{}\n", lines(value, indent)));
        }
    }
}

/// A text with each of its lines below the first one.
fn lines(value: &Value, indent: usize) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let break_ = format!("\n{}", " ".repeat(indent));
    let lines: Vec<String> = text
        .lines()
        .map(|line| printable(line.to_owned()))
        .collect();
    lines.join(&break_)
}

/// `purpose_of_model` as `purpose of model`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}
