//! The first page, or the head of a page: which card it is, in what state, and of when.

use probity_domain::document::card_dossier::CardDossier;

use super::field::{OWNER, RISK, not_stated};
use super::standing;
use super::template::Template;
use super::words::{Counts, risk_badge, status_badge, time};
use crate::article::{Tone, Words, visible};
use crate::data_quality::plural;

#[derive(Debug)]
pub(super) struct Cover {
    pub(super) kind: &'static str,
    pub(super) name: Words,
    pub(super) version: String,
    pub(super) badges: Words,
    /// The beginning of the description.
    pub(super) lead: Option<Words>,
    /// The rating's reason and the last step of the review, as far as the first page holds them.
    pub(super) verdict: Vec<(&'static str, Words)>,
    pub(super) facts: Vec<(&'static str, Words)>,
    pub(super) sha256: String,
}

/// Characters of the description.
const LEAD: usize = 320;

pub(super) fn cover(dossier: &CardDossier, template: Template) -> Cover {
    Cover {
        kind: template.title(),
        name: Words::new().data(&dossier.name),
        version: version(dossier),
        badges: badges(dossier),
        lead: lead(dossier),
        verdict: vec![
            (RISK.label, why(dossier)),
            ("Review", standing::review_state(dossier)),
        ],
        facts: facts(dossier),
        sha256: visible(&dossier.sha256),
    }
}

/// Which version it is; the card of a file has none.
pub(super) fn version(dossier: &CardDossier) -> String {
    match dossier.arn.is_empty() {
        true => "not on a server".to_owned(),
        false => format!("version {}", dossier.version),
    }
}

fn badges(dossier: &CardDossier) -> Words {
    let (tone, status) = status_badge(dossier.status);
    let mut words = Words::new().badge(tone, status).text("  ");
    let (tone, risk) = risk_badge(dossier.card.intended_uses.risk_rating);
    words = words.badge(
        tone,
        format!("{risk} risk").replace("? Not rated risk", "? Risk not rated"),
    );
    let counts = Counts::of(dossier);
    for (n, mark, of) in [
        (counts.refuted, "✗", "refuted by their reports"),
        (counts.stale, "▲", "stale"),
    ] {
        if n > 0 {
            let badge = format!("{mark} {} {of}", plural(n, "evaluation"));
            words = words.text("  ").badge(Tone::Bad, badge);
        }
    }
    let findings = dossier.findings.len();
    if findings > 0 {
        words = words.text("  ").badge(
            Tone::Bad,
            format!("▲ {} of the policy", plural(findings, "finding")),
        );
    }
    words
}

fn lead(dossier: &CardDossier) -> Option<Words> {
    let text = dossier.card.overview.description.as_deref()?;
    start(text).map(|start| Words::new().whole(&start))
}

fn facts(dossier: &CardDossier) -> Vec<(&'static str, Words)> {
    let version = if dossier.arn.is_empty() {
        "none: the card is not on a server".to_owned()
    } else if dossier.latest_version > dossier.version {
        format!(
            "{}, superseded by version {}",
            dossier.version, dossier.latest_version
        )
    } else {
        dossier.version.to_string()
    };
    let mut facts = vec![
        ("Version", Words::of(version)),
        (
            OWNER.label,
            (OWNER.read)(&dossier.card).unwrap_or_else(not_stated),
        ),
    ];
    for (label, at, by) in [
        ("Card created", dossier.created_ms, &dossier.created_by),
        (
            "Version created",
            dossier.version_created_ms,
            &dossier.version_created_by,
        ),
        ("Last modified", dossier.modified_ms, &dossier.modified_by),
    ] {
        facts.extend(happened(at, by.as_deref()).map(|words| (label, words)));
    }
    if !dossier.arn.is_empty() {
        facts.push(("ARN", Words::new().whole_name(&dossier.arn)));
    }
    if let Some(ms) = dossier.as_of_ms {
        facts.push(("As of", Words::of(time(ms))));
    }
    facts
}

/// Of a long explanation the beginning; the section on the risk has all of it.
fn why(dossier: &CardDossier) -> Words {
    let text = dossier.card.intended_uses.risk_explanation.as_deref();
    match text.and_then(start) {
        Some(start) => Words::new().whole(&start),
        None => not_stated(),
    }
}

/// The beginning of a long text; `None` of one that says nothing.
fn start(text: &str) -> Option<String> {
    let mut characters = text.trim().chars();
    let mut start: String = characters.by_ref().take(LEAD).collect();
    if characters.next().is_some() {
        start.push('…');
    }
    (!start.is_empty()).then_some(start)
}

fn happened(at: Option<i64>, by: Option<&str>) -> Option<Words> {
    let words = match at {
        Some(ms) => Words::of(time(ms)),
        None => by.map(|_| Words::new())?,
    };
    Some(match by {
        Some(by) => words.text(" by ").whole_name(by),
        None => words,
    })
}
