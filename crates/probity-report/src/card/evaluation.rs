//! Evaluations of a card: each with what it stands on, so that a claim never looks like evidence.

use probity_domain::document::card_dossier::{CardDossier, Standing};
use probity_domain::document::model_card::{Binding, Evaluation};

use super::field::{list, not_stated};
use super::metric;
use super::words::{kind, staleness, standing_badge, written_time};
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
                    blocks: details(dossier, (at, evaluation)),
                }),
        );
        return sections;
    }
    let cards = evaluations.iter().enumerate().map(|(at, evaluation)| Card {
        id: Some(anchor(at)),
        title: Words::new().data(&evaluation.name),
        kind: Words::new(),
        width: Width::Half,
        blocks: details(dossier, (at, evaluation)),
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
            "Verified: the report that the card names was read; it has the hash and the values that the card says. Bound, not verified: the card names a report, and nobody read it; that is the card's word. Differs, gone: the report that was read is another one or says other values, or there is none. Stale: the model or its reports went on since. Claimed: typed in; nothing vouches for it but the review.",
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
    let all: Vec<usize> = (0..dossier.card.evaluations.len()).collect();
    table_of(dossier, &all)
}

/// Of the evaluations at those places in the card.
pub(super) fn table_of(dossier: &CardDossier, places: &[usize]) -> Table {
    let evaluations = places
        .iter()
        .filter_map(|at| Some((*at, dossier.card.evaluations.get(*at)?)));
    let rows = evaluations.map(|(at, evaluation)| {
        let (tone, text) = standing_badge(dossier.standing_at(at));
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
            Column::text("Dated by the card"),
            Column::text("Holds"),
        ],
        rows: rows.collect(),
        code: None,
    }
}

fn details(dossier: &CardDossier, (at, evaluation): (usize, &Evaluation)) -> Vec<Block> {
    let standing = dossier.standing_at(at);
    let (tone, text) = standing_badge(standing);
    let mut blocks = vec![Block::Paragraph(
        Words::new().badge(tone, text).text(said(standing)),
    )];
    let reasons = dossier.evaluation_at(at).map(|known| &known.stale);
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
        Standing::Gone => " Nothing shows that these numbers were ever a report's:",
        Standing::Differs => " The report that the card names does not bear these numbers out:",
        Standing::Stale => " These numbers are no longer what the reports say, because:",
        Standing::Current => " The report was read and says these numbers; no newer one is known.",
        Standing::NotVerified => " The card names a report, and nobody read it.",
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
    terms.extend(binding.source.as_ref().map(|text| {
        (
            "Written, says the card".to_owned(),
            Words::of("by ").whole_name(text),
        )
    }));
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
            .map(|text| ("Reported, says the card".to_owned(), written_time(text))),
    );
    let at = binding.bound_at.as_ref().map(|text| written_time(text));
    match (at, &binding.bound_by) {
        (Some(at), Some(by)) => terms.push((
            "Bound, says the card".to_owned(),
            at.text(" by ").whole_name(by),
        )),
        (Some(at), None) => terms.push(("Bound, says the card".to_owned(), at)),
        (None, Some(by)) => terms.push((
            "Bound, says the card".to_owned(),
            Words::of("by ").whole_name(by),
        )),
        (None, None) => {}
    }
    terms
}

/// What users keep there beside a binding; parts of one that is none are shown as any other.
fn metadata(evaluation: &Evaluation) -> Option<Block> {
    let is_bound = evaluation.binding().is_some();
    let rows: Vec<Vec<Words>> = evaluation
        .metadata
        .iter()
        .filter(|(name, _)| !is_bound || !Binding::owns(name))
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
