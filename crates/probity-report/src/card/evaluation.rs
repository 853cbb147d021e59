//! Evaluations of a card: each with what it stands on, so that a claim never looks like evidence.

use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding};
use probity_domain::document::model_card::{Binding, Evaluation};

use super::field::{list, not_stated};
use super::metric;
use super::words::{Standing, kind, staleness, standing_of, written_time};
use crate::article::{Block, Card, Column, Look, Section, Table, Width, Words};
use crate::data_quality::plural;

/// Evaluations with a heading in the contents.
const MOST_LISTED: usize = 12;

pub(super) fn sections(dossier: &CardDossier) -> Vec<Section> {
    let evaluations = &dossier.card.evaluations;
    let mut sections = vec![overview(dossier)];
    if evaluations.len() <= MOST_LISTED {
        sections.extend(
            evaluations
                .iter()
                .enumerate()
                .map(|(at, evaluation)| Section {
                    id: anchor(at),
                    heading: Words::of("Evaluation: ").data(&evaluation.name),
                    look: Look::Plain,
                    blocks: details(dossier, evaluation),
                }),
        );
        return sections;
    }
    let cards = evaluations.iter().enumerate().map(|(at, evaluation)| Card {
        id: Some(anchor(at)),
        title: Words::new().data(&evaluation.name),
        kind: Words::new(),
        width: Width::Half,
        blocks: details(dossier, evaluation),
    });
    // One below the other: what they hold differs too much for columns.
    let cards = cards.map(|card| Block::Cards(vec![card]));
    sections.push(Section {
        id: "evaluations-one-by-one".to_owned(),
        heading: Words::of("Evaluations one by one"),
        look: Look::Plain,
        blocks: cards.collect(),
    });
    sections
}

fn anchor(at: usize) -> String {
    format!("evaluation-{}", at + 1)
}

fn overview(dossier: &CardDossier) -> Section {
    let mut blocks = Vec::new();
    if dossier.card.evaluations.is_empty() {
        blocks.push(Block::Paragraph(not_stated().text(
            ": the card has no evaluations. They can be typed in, or taken from the reports of a monitor or of Clarify.",
        )));
    } else {
        blocks.push(Block::Table(overview_table(dossier)));
        blocks.push(Block::Fine(Words::of(
            "Bound: taken from a report whose hash is kept with the card. Stale: bound, and the model or its reports went on since. Claimed: typed in; nothing vouches for it but the review.",
        )));
    }
    Section {
        id: "evaluations".to_owned(),
        heading: Words::of("Evaluations"),
        look: Look::Plain,
        blocks,
    }
}

/// Also of templates, which refer to it.
pub(super) fn overview_table(dossier: &CardDossier) -> Table {
    table_of(
        dossier,
        &dossier.card.evaluations.iter().collect::<Vec<_>>(),
    )
}

pub(super) fn table_of(dossier: &CardDossier, evaluations: &[&Evaluation]) -> Table {
    let rows = evaluations.iter().map(|evaluation| {
        let (tone, text) = Standing::of(dossier, evaluation).badge();
        let binding = evaluation.binding();
        let n = evaluation
            .groups
            .iter()
            .map(|group| group.metrics.len())
            .sum();
        vec![
            Words::new().data(&evaluation.name),
            Words::new().badge(tone, text),
            binding
                .as_ref()
                .map_or(Words::of("–"), |binding| kind(&binding.kind)),
            binding
                .and_then(|binding| binding.reported_at.or(binding.bound_at))
                .map_or(Words::of("–"), |at| written_time(&at)),
            Words::of(plural(n, "metric")),
        ]
    });
    Table {
        caption: "Evaluations".to_owned(),
        head: vec![
            Column::text("Evaluation"),
            Column::text("Standing"),
            Column::text("Report"),
            Column::text("As of"),
            Column::text("Holds"),
        ],
        rows: rows.collect(),
        code: None,
    }
}

fn details(dossier: &CardDossier, evaluation: &Evaluation) -> Vec<Block> {
    let standing = Standing::of(dossier, evaluation);
    let (tone, text) = standing.badge();
    let mut blocks = vec![Block::Paragraph(
        Words::new().badge(tone, text).text(said(standing)),
    )];
    let reasons =
        standing_of(dossier, evaluation).map(|standing: &EvaluationStanding| &standing.stale);
    if let Some(reasons) = reasons.filter(|reasons| !reasons.is_empty()) {
        blocks.push(Block::List(reasons.iter().map(staleness).collect()));
    }
    if let Some(observation) = observation(evaluation) {
        blocks.push(Block::Paragraph(observation));
    }
    let mut terms = evaluation
        .binding()
        .map(|binding| bound(&binding))
        .unwrap_or_default();
    if let Some(arn) = &evaluation.job_arn {
        terms.push(("Evaluation job".to_owned(), Words::new().whole_name(arn)));
    }
    terms.extend(list(&evaluation.datasets).map(|words| ("Datasets".to_owned(), words)));
    if !terms.is_empty() {
        blocks.push(Block::Terms(terms));
    }
    blocks.extend(metadata(evaluation));
    if evaluation.groups.is_empty() {
        blocks.push(Block::Fine(Words::of("No metrics.")));
    }
    blocks.extend(metric::groups(&evaluation.groups));
    blocks
}

fn said(standing: Standing) -> &'static str {
    match standing {
        Standing::Claimed => " No report stands behind these numbers.",
        Standing::Altered => " These are not the numbers of the report that they name:",
        Standing::Stale => " These numbers are no longer what the reports say, because:",
        Standing::Current => " No newer report is known.",
        Standing::Bound => " Whether a newer report exists was not looked up.",
    }
}

fn observation(evaluation: &Evaluation) -> Option<Words> {
    let text = evaluation.observation.as_deref()?.trim();
    (!text.is_empty()).then(|| Words::new().whole(text))
}

fn bound(binding: &Binding) -> Vec<(String, Words)> {
    let mut terms = vec![
        (
            "Report".to_owned(),
            Words::new().whole_name(&binding.report),
        ),
        (
            "SHA-256".to_owned(),
            Words::new().whole_name(&binding.sha256),
        ),
        ("Kind".to_owned(), kind(&binding.kind)),
    ];
    let name = |text: &String| Words::new().whole_name(text);
    terms.extend(
        binding
            .source
            .as_ref()
            .map(|text| ("Written by".to_owned(), name(text))),
    );
    terms.extend(
        binding
            .follows
            .as_ref()
            .map(|text| ("Follows".to_owned(), name(text))),
    );
    terms.extend(
        binding
            .reported_at
            .as_ref()
            .map(|text| ("Reported".to_owned(), written_time(text))),
    );
    let at = binding.bound_at.as_ref().map(|text| written_time(text));
    match (at, &binding.bound_by) {
        (Some(at), Some(by)) => terms.push(("Bound".to_owned(), at.text(" by ").whole_name(by))),
        (Some(at), None) => terms.push(("Bound".to_owned(), at)),
        (None, Some(by)) => terms.push(("Bound by".to_owned(), name(by))),
        (None, None) => {}
    }
    terms
}

/// What users keep there beside a binding.
fn metadata(evaluation: &Evaluation) -> Option<Block> {
    let rows: Vec<Vec<Words>> = evaluation
        .metadata
        .iter()
        .filter(|(name, _)| !Binding::owns(name))
        .map(|(name, value)| vec![Words::new().whole(name), Words::new().whole(value)])
        .collect();
    (!rows.is_empty()).then(|| {
        Block::Table(Table {
            caption: "Metadata".to_owned(),
            head: vec![Column::text("Metadata"), Column::text("Value")],
            rows,
            code: None,
        })
    })
}
