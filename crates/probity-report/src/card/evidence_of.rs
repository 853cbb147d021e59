//! What a server knows about a card that answers a point of a framework: evaluations about a
//! subject, monitors, reviews, versions.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::Evaluation;
use probity_domain::document::model_card::report::ReportKind;

use super::live::monitoring_type;
use super::words::{status, time};
use super::{evaluation, standing};
use crate::article::{Block, Column, Table, Words};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Any,
    Bias,
    Explanation,
    Quality,
}

/// By the kind of the report, or by what the author called the evaluation.
fn is_about(evaluation: &Evaluation, subject: Subject) -> bool {
    let name = evaluation.name.to_lowercase();
    let binding = evaluation.binding();
    let kind = binding.and_then(|binding| ReportKind::parse(&binding.kind));
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let of_kind = |subject: Subject| kind.is_some_and(|kind| subjects(kind).contains(&subject));
    match subject {
        Subject::Any => true,
        Subject::Bias => of_kind(subject) || says(&["bias", "fair"]),
        Subject::Explanation => {
            of_kind(subject) || says(&["explain", "explanation", "shap", "attribution"])
        }
        Subject::Quality => of_kind(subject) || says(&["quality", "accuracy", "performance"]),
    }
}

fn subjects(kind: ReportKind) -> &'static [Subject] {
    match kind {
        ReportKind::ClarifyBias => &[Subject::Bias],
        ReportKind::ClarifyExplainability => &[Subject::Explanation],
        ReportKind::ClarifyBiasAndExplainability => &[Subject::Bias, Subject::Explanation],
        ReportKind::ModelQualityRegression
        | ReportKind::ModelQualityBinary
        | ReportKind::ModelQualityMulticlass => &[Subject::Quality],
        ReportKind::ModelCardMetricSchema
        | ReportKind::DataQuality
        | ReportKind::ConstraintViolations => &[],
    }
}

/// Nothing where there are none.
pub(super) fn evaluations_about(dossier: &CardDossier, subject: Subject) -> Option<Block> {
    let all = dossier.card.evaluations.iter().enumerate();
    let about: Vec<usize> = all
        .filter(|(_, evaluation)| is_about(evaluation, subject))
        .map(|(at, _)| at)
        .collect();
    (!about.is_empty()).then(|| Block::Table(evaluation::table_of(dossier, &about)))
}

pub(super) fn live_table(dossier: &CardDossier) -> Option<Block> {
    let rows = dossier.live.iter().map(|live| {
        let (last, found) = match &live.execution {
            Some(execution) => (
                Words::of(time(execution.at_ms)),
                Words::new().data(&execution.status),
            ),
            None => (Words::of("not yet"), Words::of("–")),
        };
        vec![
            monitoring_type(&live.monitoring_type),
            Words::new().whole_name(&live.schedule),
            last,
            found,
        ]
    });
    (!dossier.live.is_empty()).then(|| {
        Block::Table(Table {
            caption: "Monitors".to_owned(),
            head: vec![
                Column::text("Monitor"),
                Column::text("Schedule"),
                Column::text("Last run"),
                Column::text("Result"),
            ],
            rows: rows.collect(),
            code: None,
        })
    })
}

pub(super) fn review_table(dossier: &CardDossier) -> Option<Block> {
    // A first draft is no decision.
    let decided = dossier.reviews.iter().any(|step| step.from.is_some());
    decided.then(|| Block::Table(standing::steps(&dossier.reviews)))
}

pub(super) fn version_table(dossier: &CardDossier) -> Option<Block> {
    (!dossier.versions.is_empty()).then(|| Block::Table(standing::versions(dossier)))
}

/// `None` where no server keeps the card.
pub(super) fn card_identity(dossier: &CardDossier) -> Option<Block> {
    (!dossier.arn.is_empty()).then(|| {
        Block::Terms(vec![
            ("Card".to_owned(), Words::new().whole_name(&dossier.arn)),
            (
                "Version".to_owned(),
                Words::of(format!("{}, {}", dossier.version, status(dossier.status))),
            ),
        ])
    })
}
