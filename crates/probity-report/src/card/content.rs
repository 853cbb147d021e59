//! The sections of a card, in the order that a committee reads them.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::{HyperParameter, ModelCard, TrainingMetric};

use super::field::{BUSINESS, CONSIDERATIONS, Field, MODEL, PACKAGE_FIELDS, TRAINING, USE, terms};
use super::{decimal, evaluation, live, standing};
use crate::article::{Block, Column, Look, Section, Table, Words};
use crate::number;

pub(super) fn sections(dossier: &CardDossier) -> Vec<Section> {
    let mut sections = vec![standing::section(dossier)];
    sections.extend(said(dossier));
    sections.extend(tags(dossier));
    sections.extend(standing::history(dossier));
    sections.push(verifying(dossier));
    sections
}

/// What the version says, and what monitors measured last.
pub(super) fn said(dossier: &CardDossier) -> Vec<Section> {
    let card = &dossier.card;
    let mut sections = vec![of_fields("model", "Model", card, &MODEL)];
    if card.package.is_some() {
        sections.push(of_fields("package", "Model package", card, &PACKAGE_FIELDS));
    }
    sections.push(of_fields("use", "Intended use", card, &USE));
    sections.push(of_fields("business", "Business", card, &BUSINESS));
    sections.push(training(card));
    sections.extend(evaluation::sections(dossier));
    sections.extend(live::section(dossier));
    sections.push(of_fields(
        "considerations",
        "Considerations",
        card,
        &CONSIDERATIONS,
    ));
    sections.extend(custom(card));
    sections
}

fn of_fields(id: &str, heading: &str, card: &ModelCard, fields: &[Field]) -> Section {
    section(id, heading, vec![terms(card, fields)])
}

fn section(id: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        id: id.to_owned(),
        heading: Words::of(heading),
        look: Look::Plain,
        blocks,
    }
}

fn training(card: &ModelCard) -> Section {
    let mut blocks = vec![terms(card, &TRAINING)];
    blocks.extend(training_tables(card));
    section("training", "Training", blocks)
}

pub(super) fn training_tables(card: &ModelCard) -> Vec<Block> {
    let training = &card.training;
    let metrics = [
        ("Training metrics", &training.metrics),
        ("Training metrics, typed in", &training.user_metrics),
    ];
    let parameters = [
        ("Hyperparameters", &training.hyper_parameters),
        ("Hyperparameters, typed in", &training.user_hyper_parameters),
    ];
    let mut blocks = Vec::new();
    for (title, metrics) in metrics.into_iter().filter(|(_, all)| !all.is_empty()) {
        blocks.push(Block::Sub(Words::of(title)));
        blocks.push(Block::Table(metric_table(title, metrics)));
    }
    for (title, parameters) in parameters.into_iter().filter(|(_, all)| !all.is_empty()) {
        blocks.push(Block::Sub(Words::of(title)));
        blocks.push(Block::Table(parameter_table(title, parameters)));
    }
    blocks
}

fn metric_table(title: &str, metrics: &[TrainingMetric]) -> Table {
    let values: Vec<String> = metrics
        .iter()
        .map(|metric| number::six_digits(metric.value))
        .collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let rows = metrics
        .iter()
        .zip(decimal::aligned(&values))
        .map(|(metric, value)| {
            vec![
                Words::new().whole(&metric.name),
                Words::of(value),
                Words::new().whole(metric.notes.as_deref().unwrap_or_default()),
            ]
        });
    Table {
        caption: title.to_owned(),
        head: vec![
            Column::text("Metric"),
            Column::number("Value"),
            Column::text("Notes"),
        ],
        rows: rows.collect(),
        code: None,
    }
}

fn parameter_table(title: &str, parameters: &[HyperParameter]) -> Table {
    let rows = parameters.iter().map(|parameter| {
        vec![
            Words::new().whole(&parameter.name),
            Words::new().whole(parameter.value.as_deref().unwrap_or_default()),
        ]
    });
    Table {
        caption: title.to_owned(),
        head: vec![Column::text("Parameter"), Column::text("Value")],
        rows: rows.collect(),
        code: None,
    }
}

pub(super) fn custom(card: &ModelCard) -> Option<Section> {
    pairs(&card.additional.custom, "Detail")
        .map(|table| section("custom", "Custom details", vec![Block::Table(table)]))
}

fn tags(dossier: &CardDossier) -> Option<Section> {
    pairs(&dossier.tags, "Tag").map(|table| {
        let fine = Words::of("Tags of the card; not part of its content.");
        section("tags", "Tags", vec![Block::Table(table), Block::Fine(fine)])
    })
}

fn pairs(pairs: &[(String, String)], name: &str) -> Option<Table> {
    let rows = pairs
        .iter()
        .map(|(name, value)| vec![Words::new().whole(name), Words::new().whole(value)]);
    (!pairs.is_empty()).then(|| Table {
        caption: name.to_owned(),
        head: vec![Column::text(name), Column::text("Value")],
        rows: rows.collect(),
        code: None,
    })
}

/// How a reader finds out that this document shows what is kept.
pub(super) fn verifying(dossier: &CardDossier) -> Section {
    let said = Words::of(
        "A version of a card is never changed. The SHA-256 is that of its content, the text that \
         the API answers, as UTF-8: ",
    )
    .whole_name(&dossier.sha256)
    .text(". Anyone with access to the server can compute it again:");
    let name = serde_json::Value::from(dossier.name.as_str()).to_string();
    let code = format!(
        "import boto3, hashlib\n\
         sagemaker = boto3.client(\"sagemaker\", endpoint_url=\"https://the-server\")\n\
         card = sagemaker.describe_model_card(\n    \
             ModelCardName={name},\n    \
             ModelCardVersion={})\n\
         print(hashlib.sha256(card[\"Content\"].encode()).hexdigest())",
        dossier.version
    );
    let reports = Words::of(
        "A bound report is checked by the SHA-256 beside it, over the bytes of its file. Charts and \
         tables of this document are made from the content; numbers are rounded to six digits.",
    );
    let mut blocks = vec![Block::Paragraph(said), Block::Code(code)];
    if dossier.arn.is_empty() {
        blocks = vec![Block::Paragraph(
            Words::of("The SHA-256 of the content is ")
                .whole_name(&dossier.sha256)
                .text(". No server keeps this card."),
        )];
    }
    blocks.push(Block::Fine(reports));
    section("verify", "How to verify this document", blocks)
}
