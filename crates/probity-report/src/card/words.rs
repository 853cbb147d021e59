//! States and times of a card in words.

use probity_domain::document::UtcTime;
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Standing,
};
use probity_domain::document::model_card::RiskRating;
use probity_domain::document::model_card::report::ReportKind;
use probity_domain::resource::CardStatus;

use crate::article::{Tone, Words};

/// To the minute: `2026-11-27 14:05 UTC`.
pub(super) fn time(ms: i64) -> String {
    let UtcTime {
        year,
        month,
        day,
        hour,
        minute,
        second: _,
        millisecond: _,
    } = UtcTime::from_epoch_ms(ms);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

pub(super) fn day(ms: i64) -> String {
    let at = UtcTime::from_epoch_ms(ms);
    format!("{:04}-{:02}-{:02}", at.year, at.month, at.day)
}

pub(super) fn status(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Draft => "Draft",
        CardStatus::PendingReview => "Pending review",
        CardStatus::Approved => "Approved",
        CardStatus::Archived => "Archived",
    }
}

pub(super) fn status_badge(of: CardStatus) -> (Tone, String) {
    let (tone, mark) = match of {
        CardStatus::Draft => (Tone::Neutral, "○"),
        CardStatus::PendingReview => (Tone::Warning, "◐"),
        CardStatus::Approved => (Tone::Good, "✓"),
        CardStatus::Archived => (Tone::Neutral, "■"),
    };
    (tone, format!("{mark} {}", status(of)))
}

pub(super) fn risk_badge(rating: Option<RiskRating>) -> (Tone, String) {
    let (tone, text) = match rating {
        None => (Tone::Warning, "? Not rated"),
        Some(RiskRating::Unknown) => (Tone::Warning, "? Unknown"),
        Some(RiskRating::Low) => (Tone::Good, "▽ Low"),
        Some(RiskRating::Medium) => (Tone::Warning, "◇ Medium"),
        Some(RiskRating::High) => (Tone::Bad, "▲ High"),
    };
    (tone, text.to_owned())
}

/// How an evaluation stands to its report; the same marks are on every page.
pub(super) fn standing_badge(of: Standing) -> (Tone, &'static str) {
    match of {
        Standing::Claimed => (Tone::Neutral, "○ Claimed, not bound"),
        Standing::Gone => (Tone::Bad, "✗ Report is gone"),
        Standing::Differs => (Tone::Bad, "✗ Differs from its report"),
        Standing::Stale => (Tone::Bad, "▲ Stale"),
        Standing::Current => (Tone::Good, "✓ Verified, current"),
        Standing::NotVerified => (Tone::Neutral, "○ Bound, not verified"),
    }
}

/// How many evaluations stand on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) all: usize,
    pub(super) bound: usize,
    pub(super) verified: usize,
    /// The report is gone, or differs.
    pub(super) refuted: usize,
    /// Something newer is known; not those that are refuted.
    pub(super) stale: usize,
}

impl Counts {
    pub(super) fn of(dossier: &CardDossier) -> Counts {
        let mut counts = Counts::default();
        for (at, evaluation) in dossier.card.evaluations.iter().enumerate() {
            let known = dossier.evaluation_at(at);
            counts.all += 1;
            counts.bound += usize::from(evaluation.binding().is_some());
            counts.verified +=
                usize::from(known.is_some_and(EvaluationStanding::is_taken_from_report));
            match dossier.standing_at(at) {
                Standing::Gone | Standing::Differs => counts.refuted += 1,
                Standing::Stale => counts.stale += 1,
                Standing::Claimed | Standing::Current | Standing::NotVerified => {}
            }
        }
        counts
    }
}

/// A sentence without its full stop.
pub(super) fn staleness(reason: &Staleness) -> Words {
    match reason {
        Staleness::NewerExecution { source, at_ms } => {
            Words::of(format!("The monitor ran again at {}: ", time(*at_ms))).whole_name(source)
        }
        Staleness::NewerReport { source, at_ms } => {
            Words::of(format!("A newer report was written at {}: ", time(*at_ms)))
                .whole_name(source)
        }
        Staleness::ReportChanged => {
            Words::of("What lies at the report's place now has another hash")
        }
        Staleness::ReportMissing => Words::of("The report is no longer at its place"),
        Staleness::ValuesDiffer => Words::of("The report says other values than the card"),
        Staleness::ModelChanged { what } => Words::of("The model changed: ").whole(what),
    }
}

/// `2026-11-27T14:00:00.000Z` as it is shown; what is no time stays as it is.
pub(super) fn written_time(text: &str) -> Words {
    match UtcTime::parse_epoch_ms(text) {
        Some(ms) => Words::of(time(ms)),
        None => Words::new().data(text),
    }
}

/// Names of report kinds in words; an unknown one as it is.
pub(super) fn kind(kind: &str) -> Words {
    let Some(known) = ReportKind::parse(kind) else {
        return match kind {
            "" => Words::of("unknown"),
            other => Words::new().data(other),
        };
    };
    Words::of(match known {
        ReportKind::ModelCardMetricSchema => "Metrics in the card's own form",
        ReportKind::ClarifyBias => "Bias (Clarify)",
        ReportKind::ClarifyExplainability => "Explanations (Clarify)",
        ReportKind::ClarifyBiasAndExplainability => "Bias and explanations (Clarify)",
        ReportKind::ModelQualityRegression => "Model quality, regression",
        ReportKind::ModelQualityBinary => "Model quality, two classes",
        ReportKind::ModelQualityMulticlass => "Model quality, several classes",
        ReportKind::DataQuality => "Data quality",
        ReportKind::ConstraintViolations => "Violations of constraints",
    })
}
