//! States and times of a card in words.

use probity_domain::document::UtcTime;
use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding, Staleness};
use probity_domain::document::model_card::{Evaluation, RiskRating};
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

/// How an evaluation stands to its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Claimed,
    /// The card has other values than the report that it names.
    Altered,
    Stale,
    Current,
    /// Bound, and nobody looked at what lies there now.
    Bound,
}

impl Standing {
    pub(super) fn of(dossier: &CardDossier, evaluation: &Evaluation) -> Standing {
        let known = standing_of(dossier, evaluation);
        let altered = |known: &EvaluationStanding| known.stale.contains(&Staleness::ValuesDiffer);
        if known.is_some_and(altered) {
            Standing::Altered
        } else if known.is_some_and(EvaluationStanding::is_stale) {
            Standing::Stale
        } else if evaluation.binding().is_none() {
            Standing::Claimed
        } else if known.is_some() && dossier.as_of_ms.is_some() {
            Standing::Current
        } else {
            Standing::Bound
        }
    }

    pub(super) fn badge(self) -> (Tone, &'static str) {
        match self {
            Self::Claimed => (Tone::Neutral, "○ Claimed, not bound"),
            Self::Altered => (Tone::Bad, "✗ Differs from its report"),
            Self::Stale => (Tone::Bad, "▲ Stale"),
            Self::Current => (Tone::Good, "✓ Bound, current"),
            Self::Bound => (Tone::Good, "✓ Bound"),
        }
    }
}

pub(super) fn standing_of<'a>(
    dossier: &'a CardDossier,
    evaluation: &Evaluation,
) -> Option<&'a EvaluationStanding> {
    let mut all = dossier.evaluations.iter();
    all.find(|standing| standing.evaluation == evaluation.name)
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
    let known = match kind {
        "model-card-metric-schema" => "Metrics in the card's own form",
        "clarify-bias" => "Bias (Clarify)",
        "clarify-explainability" => "Explanations (Clarify)",
        "model-quality-regression" => "Model quality, regression",
        "model-quality-binary" => "Model quality, two classes",
        "model-quality-multiclass" => "Model quality, several classes",
        "data-quality" => "Data quality",
        "" => "unknown",
        other => return Words::new().data(other),
    };
    Words::of(known)
}
