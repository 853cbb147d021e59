//! What a committee reads first: how risky the model is and why, who approved the card, what the
//! policy demands, and what is missing or out of date.

use probity_domain::document::card_dossier::{CardDossier, ReviewStep};
use probity_domain::resource::CardStatus;

use super::field::{RISK, missing, not_stated};
use super::words::{Counts, day, risk_badge, status, status_badge, time};
use crate::article::{Block, Column, Look, Section, Table, Tone, Words};
use crate::data_quality::plural;
use crate::number;

pub(super) fn section(dossier: &CardDossier) -> Section {
    let mut terms = vec![
        ("Risk rating".to_owned(), rating(dossier)),
        (
            RISK.label.to_owned(),
            (RISK.read)(&dossier.card).unwrap_or_else(not_stated),
        ),
        ("Review".to_owned(), review(dossier)),
    ];
    terms.extend(
        dossier
            .approval()
            .map(|step| ("Four eyes".to_owned(), four_eyes(dossier, step))),
    );
    terms.extend(dates(dossier));
    terms.push(("Evidence".to_owned(), evidence(dossier)));
    terms.push(("Policy".to_owned(), policy(dossier)));
    let gaps: Vec<&str> = missing(&dossier.card)
        .iter()
        .map(|field| field.label)
        .collect();
    if !gaps.is_empty() {
        terms.push((
            "Not stated".to_owned(),
            Words::of(format!("{}.", gaps.join(", "))),
        ));
    }
    let mut blocks = vec![Block::Terms(terms)];
    blocks.extend(findings(dossier));
    Section {
        id: "standing".to_owned(),
        heading: Words::of("Risk and review"),
        look: Look::Plain,
        blocks,
    }
}

fn rating(dossier: &CardDossier) -> Words {
    let (tone, text) = risk_badge(dossier.card.intended_uses.risk_rating);
    Words::new().badge(tone, text)
}

/// The state of the review: who brought the card there, and when.
pub(super) fn review_state(dossier: &CardDossier) -> Words {
    let (tone, text) = status_badge(dossier.status);
    let words = Words::new().badge(tone, text);
    let Some(step) = last_step(dossier) else {
        return words;
    };
    let words = words
        .text(" by ")
        .whole_name(&step.actor)
        .text(format!(" at {}", time(step.at_ms)));
    match step.version == dossier.version {
        true => words,
        false => words.text(format!(
            ", as version {}",
            number::count(step.version.unsigned_abs())
        )),
    }
}

/// The step that led to the state that the card is in.
fn last_step(dossier: &CardDossier) -> Option<&ReviewStep> {
    match dossier.status {
        CardStatus::Approved => dossier.approval(),
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => dossier
            .reviews
            .iter()
            .rfind(|step| step.version == dossier.version && step.to == dossier.status),
    }
}

fn review(dossier: &CardDossier) -> Words {
    let words = review_state(dossier);
    let Some(step) = last_step(dossier) else {
        return words;
    };
    match step
        .comment
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    {
        Some(comment) => words.text(": “").whole(comment).text("”"),
        None if dossier.status == CardStatus::Draft => words,
        None => words.text(", without a comment"),
    }
}

fn four_eyes(dossier: &CardDossier, approval: &ReviewStep) -> Words {
    if approval.version != dossier.version {
        return Words::new().badge(Tone::Warning, "▲ Not met").text(format!(
            " edited since version {} was approved.",
            number::count(approval.version.unsigned_abs())
        ));
    }
    let authors = dossier.authors();
    if authors.is_empty() {
        return Words::of("Not known who wrote this version.");
    }
    if authors.contains(approval.actor.as_str()) {
        return Words::new()
            .badge(Tone::Warning, "▲ Not met")
            .text(" ")
            .whole_name(&approval.actor)
            .text(" approved what they wrote themselves.");
    }
    let mut words = Words::new().badge(Tone::Good, "✓ Met").text(" written by ");
    for (at, author) in authors.iter().enumerate() {
        if at > 0 {
            words = words.text(", ");
        }
        words = words.whole_name(author);
    }
    words
        .text(", approved by ")
        .whole_name(&approval.actor)
        .text(".")
}

fn dates(dossier: &CardDossier) -> Vec<(String, Words)> {
    let shown = |ms: i64, late: &str| {
        let words = Words::of(day(ms));
        match dossier.as_of_ms {
            Some(now) if now > ms => words.text(" ").badge(Tone::Bad, format!("▲ {late}")),
            Some(_) | None => words,
        }
    };
    let due = dossier
        .review_due_ms
        .map(|ms| ("Next review".to_owned(), shown(ms, "Overdue")));
    let expires = dossier
        .expires_ms
        .map(|ms| ("Approval holds until".to_owned(), shown(ms, "Expired")));
    due.into_iter().chain(expires).collect()
}

/// How many evaluations were held against their reports, and what came of it.
pub(super) fn evidence(dossier: &CardDossier) -> Words {
    let counts = Counts::of(dossier);
    if counts.all == 0 {
        return Words::new().badge(Tone::Quiet, "no evaluations");
    }
    let of_all = |n: usize| number::count(n as u64);
    let mut words = Words::of(format!(
        "{} of {} verified against their reports",
        of_all(counts.verified),
        plural(counts.all, "evaluation")
    ));
    if counts.bound == 0 {
        return words.text("; what was typed in is a claim.");
    }
    let unread = counts
        .bound
        .saturating_sub(counts.verified + counts.refuted);
    if unread > 0 {
        words = words.text(format!(", {} bound and not verified", of_all(unread)));
    }
    for (n, mark, of) in [
        (counts.refuted, "✗", "refuted"),
        (counts.stale, "▲", "stale"),
    ] {
        if n > 0 {
            words = words
                .text(", ")
                .badge(Tone::Bad, format!("{mark} {} {of}", of_all(n)));
        }
    }
    if unread + counts.refuted + counts.stale == 0 {
        words = words.text(", none of them stale");
    }
    words.text(".")
}

fn policy(dossier: &CardDossier) -> Words {
    match dossier.findings.len() {
        // A dossier does not tell whether there is a policy: true with one and without.
        0 => Words::of("No policy demands anything that the card lacks."),
        n => Words::new().badge(Tone::Bad, format!("▲ {}", plural(n, "finding"))),
    }
}

fn findings(dossier: &CardDossier) -> Vec<Block> {
    if dossier.findings.is_empty() {
        return Vec::new();
    }
    let rows = dossier.findings.iter().map(|finding| {
        let place = if finding.path.is_empty() {
            Words::of("the card")
        } else {
            Words::new().whole_name(&finding.path)
        };
        vec![
            Words::new().whole(&finding.message),
            place,
            Words::new().whole_name(&finding.rule),
        ]
    });
    vec![
        Block::Sub(Words::of("What the policy demands")),
        Block::Table(Table {
            caption: "Findings of the policy".to_owned(),
            head: vec![
                Column::text("Finding"),
                Column::text("Where"),
                Column::text("Rule"),
            ],
            rows: rows.collect(),
            code: None,
        }),
    ]
}

/// Steps of the review, and the versions of the card.
pub(super) fn history(dossier: &CardDossier) -> Option<Section> {
    let mut blocks = Vec::new();
    if !dossier.reviews.is_empty() {
        blocks.push(Block::Sub(Words::of("Steps of the review")));
        blocks.push(Block::Table(steps(&dossier.reviews)));
    }
    if !dossier.versions.is_empty() {
        blocks.push(Block::Sub(Words::of("Versions")));
        blocks.push(Block::Table(versions(dossier)));
    }
    (!blocks.is_empty()).then(|| Section {
        id: "history".to_owned(),
        heading: Words::of("History"),
        look: Look::Plain,
        blocks,
    })
}

pub(super) fn steps(reviews: &[ReviewStep]) -> Table {
    let rows = reviews.iter().map(|step| {
        let change = match step.from {
            Some(from) => format!("{} → {}", status(from), status(step.to)),
            None if step.is_edit() => format!("edited; {}", status(step.to)),
            None => status(step.to).to_owned(),
        };
        vec![
            Words::of(time(step.at_ms)),
            Words::of(change),
            Words::of(number::count(step.version.unsigned_abs())),
            Words::new().whole_name(&step.actor),
            Words::new().whole(step.comment.as_deref().unwrap_or_default()),
        ]
    });
    Table {
        caption: "Steps of the review".to_owned(),
        head: vec![
            Column::text("When"),
            Column::text("Step"),
            Column::number("Version"),
            Column::text("Who"),
            Column::text("Comment"),
        ],
        rows: rows.collect(),
        code: None,
    }
}

pub(super) fn versions(dossier: &CardDossier) -> Table {
    // The whole hash of the shown version is on the first page; of others the API has it.
    const HASH: usize = 16;
    let rows = dossier.versions.iter().map(|fact| {
        let start: String = fact.sha256.chars().take(HASH).collect();
        let mut version = Words::of(number::count(fact.version.unsigned_abs()));
        if fact.version == dossier.version {
            version = version.text(" (this one)");
        }
        vec![
            version,
            Words::of(time(fact.created_ms)),
            Words::new().whole_name(&fact.created_by),
            Words::of(status(fact.status)),
            Words::new().whole(fact.reason.as_deref().unwrap_or_default()),
            Words::new().whole_name(&format!("{start}…")),
        ]
    });
    Table {
        caption: "Versions of the card".to_owned(),
        head: vec![
            Column::text("Version"),
            Column::text("Made"),
            Column::text("By"),
            Column::text("Status"),
            Column::text("Why"),
            Column::text("SHA-256"),
        ],
        rows: rows.collect(),
        code: None,
    }
}
