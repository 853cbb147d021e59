//! What the monitors of the model measured last. It is no part of any version: it changes while
//! the card does not.

use probity_domain::document::card_dossier::{CardDossier, LiveExecution, LiveSection};

use super::metric;
use super::words::time;
use crate::article::{Block, Card, Look, Section, Tone, Width, Words};
use crate::data_quality::plural_of;

pub(super) fn section(dossier: &CardDossier) -> Option<Section> {
    if dossier.live.is_empty() {
        return None;
    }
    let as_of = dossier
        .as_of_ms
        .map_or(String::new(), |ms| format!(" as of {}", time(ms)));
    let said = Words::of(
        format!("What the monitors measured last,{as_of}. Not part of this version of the card.")
            .replace(",.", "."),
    );
    let mut blocks = vec![Block::Fine(said)];
    blocks.extend(
        dossier
            .live
            .iter()
            .map(|live| Block::Cards(vec![card(live)])),
    );
    Some(Section {
        id: "live".to_owned(),
        heading: Words::of("Live measurements"),
        look: Look::Plain,
        blocks,
    })
}

fn card(live: &LiveSection) -> Card {
    let mut kind = Words::of("schedule ").whole_name(&live.schedule);
    if let Some(endpoint) = &live.endpoint {
        kind = kind.text(" · endpoint ").whole_name(endpoint);
    }
    let blocks = match &live.execution {
        Some(execution) => measured(execution),
        None => vec![Block::Paragraph(Words::of("The schedule has not run yet."))],
    };
    Card {
        id: None,
        title: monitoring_type(&live.monitoring_type),
        kind,
        width: Width::Half,
        blocks,
    }
}

pub(super) fn monitoring_type(name: &str) -> Words {
    let known = match name {
        "DataQuality" => "Data quality",
        "ModelQuality" => "Model quality",
        "ModelBias" => "Bias drift",
        "ModelExplainability" => "Attribution drift",
        other => return Words::new().data(other),
    };
    Words::of(known)
}

fn measured(execution: &LiveExecution) -> Vec<Block> {
    let (tone, status) = match execution.status.as_str() {
        "Completed" => (Tone::Good, "✓ Completed"),
        "CompletedWithViolations" => (Tone::Bad, "▲ Completed with violations"),
        "Failed" => (Tone::Bad, "▲ Failed"),
        other => (Tone::Neutral, other),
    };
    let mut words = Words::new()
        .badge(tone, status)
        .text(format!(" Measured last at {}", time(execution.at_ms)));
    if let Some(n) = execution.violations {
        words = words.text(format!(", {}", plural_of(n.unsigned_abs(), "violation")));
    }
    let mut blocks = vec![Block::Paragraph(words.text("."))];
    if let Some(reason) = &execution.failure_reason {
        blocks.push(Block::Paragraph(Words::new().whole(reason)));
    }
    if !execution.arn.is_empty() {
        blocks.push(Block::Fine(Words::new().whole_name(&execution.arn)));
    }
    blocks.extend(metric::groups(&execution.groups));
    blocks
}
