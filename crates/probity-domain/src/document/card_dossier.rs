//! A card with all that is known around it: its evidence as it stands now, who reviewed it, and
//! what the policy of the workspace says. Pages, exports and checks are made from it.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::governance_policy::Finding;
use super::model_card::{Binding, Evaluation, MetricGroup, ModelCard};
use crate::resource::CardStatus;

/// Times are milliseconds since 1970 in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct CardDossier {
    pub name: String,
    /// Empty where no server keeps the card.
    pub arn: String,
    /// Of the version that is shown.
    pub version: i64,
    pub latest_version: i64,
    pub status: CardStatus,
    /// Of the version's content as it is kept, SHA-256 in hexadecimal.
    pub sha256: String,
    /// Of the card.
    pub created_ms: Option<i64>,
    pub created_by: Option<String>,
    /// Of the version that is shown.
    pub version_created_ms: Option<i64>,
    pub version_created_by: Option<String>,
    pub modified_ms: Option<i64>,
    pub modified_by: Option<String>,
    pub tags: Vec<(String, String)>,
    pub card: ModelCard,
    pub evaluations: Vec<EvaluationStanding>,
    pub live: Vec<LiveSection>,
    /// Oldest first.
    pub reviews: Vec<ReviewStep>,
    /// Newest first.
    pub versions: Vec<VersionFact>,
    /// What the policy demands and the card lacks; empty where it demands nothing.
    pub findings: Vec<Finding>,
    /// When the next review is due, and until when an approval holds, by the policy.
    pub review_due_ms: Option<i64>,
    pub expires_ms: Option<i64>,
    /// When all this was looked up; `None` for a card on its own.
    pub as_of_ms: Option<i64>,
}

impl CardDossier {
    /// Of a card on its own, as a file that no server keeps: a draft without a history. Its
    /// bindings are as they are told, nobody looked where their reports lie.
    pub fn of_content(name: &str, card: &ModelCard, sha256: String) -> CardDossier {
        let standing = |evaluation: &Evaluation| EvaluationStanding {
            evaluation: evaluation.name.clone(),
            binding: evaluation.binding(),
            stale: Vec::new(),
            verification: Verification::NotVerified,
        };
        CardDossier {
            name: name.to_owned(),
            arn: String::new(),
            version: 0,
            latest_version: 0,
            status: CardStatus::Draft,
            sha256,
            created_ms: None,
            created_by: None,
            version_created_ms: None,
            version_created_by: None,
            modified_ms: None,
            modified_by: None,
            tags: Vec::new(),
            evaluations: card.evaluations.iter().map(standing).collect(),
            card: card.clone(),
            live: Vec::new(),
            reviews: Vec::new(),
            versions: Vec::new(),
            findings: Vec::new(),
            review_due_ms: None,
            expires_ms: None,
            as_of_ms: None,
        }
    }

    /// What is known of the evaluation at that place in the card: two may have one name. `None`
    /// where nothing is.
    pub fn evaluation_at(&self, at: usize) -> Option<&EvaluationStanding> {
        let evaluation = self.card.evaluations.get(at)?;
        let standing = self.evaluations.get(at)?;
        (standing.evaluation == evaluation.name).then_some(standing)
    }

    /// How the evaluation at that place stands; by its word alone where nothing is known of it.
    pub fn standing_at(&self, at: usize) -> Standing {
        let evaluation = self.card.evaluations.get(at);
        match self.evaluation_at(at) {
            Some(known) => known.standing(),
            None if evaluation.is_some_and(|own| own.binding().is_some()) => Standing::NotVerified,
            None => Standing::Claimed,
        }
    }

    /// The approval that the shown version stands under; of an earlier version where the card was
    /// edited since and stayed approved.
    pub fn approval(&self) -> Option<&ReviewStep> {
        match self.status {
            CardStatus::Approved => self
                .reviews
                .iter()
                .filter(|step| step.is_approval() && step.version <= self.version)
                .max_by_key(|step| (step.version, step.at_ms)),
            CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => None,
        }
    }

    /// Everybody who wrote a part of the shown version since an earlier one was approved: whom four
    /// eyes keep from approving it.
    pub fn authors(&self) -> BTreeSet<&str> {
        let earlier = self.reviews.iter();
        let earlier = earlier.filter(|step| step.is_approval() && step.version < self.version);
        let approved = earlier.map(|step| step.version).max().unwrap_or(0);
        let since = self.versions.iter();
        let since = since.filter(|fact| fact.version > approved && fact.version <= self.version);
        let authors = since.map(|fact| fact.created_by.as_str());
        authors.chain(self.version_created_by.as_deref()).collect()
    }
}

/// How an evaluation of the card stands to the report that it was taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationStanding {
    /// The evaluation's name in the card.
    pub evaluation: String,
    /// `None` where somebody typed it in.
    pub binding: Option<Binding>,
    /// Why it no longer stands; empty where it does.
    pub stale: Vec<Staleness>,
    pub verification: Verification,
}

/// Whether somebody read the report that an evaluation names, and what came of it: anybody can
/// write a place and a hash into a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// The report at its place has the hash, and gives the card's values.
    Verified,
    /// It is not there, has another hash, or gives other values.
    Refuted,
    /// Nobody looked, or the place could not be read.
    #[default]
    NotVerified,
}

impl Verification {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "Verified",
            Self::Refuted => "Refuted",
            Self::NotVerified => "NotVerified",
        }
    }

    pub fn parse(text: &str) -> Option<Verification> {
        [Self::Verified, Self::Refuted, Self::NotVerified]
            .into_iter()
            .find(|verification| verification.as_str() == text)
    }
}

/// How an evaluation stands to its report, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody typed it in; nothing vouches for it but the review.
    Claimed,
    /// There is no report where the card names one.
    Gone,
    /// The report is another one than was bound, or has other values than the card.
    Differs,
    /// The model or its reports went on since.
    Stale,
    /// The report was read and has the card's values, and nothing newer is known.
    Current,
    /// Bound, and nobody looked at what lies there: no more than the card's word.
    NotVerified,
}

impl EvaluationStanding {
    /// What counts first where several things are so.
    pub fn standing(&self) -> Standing {
        let is_gone = self.stale.contains(&Staleness::ReportMissing);
        match (&self.binding, self.verification) {
            (None, _) => Standing::Claimed,
            (Some(_), Verification::Refuted) if is_gone => Standing::Gone,
            (Some(_), Verification::Refuted) => Standing::Differs,
            (Some(_), Verification::Verified | Verification::NotVerified) if self.is_stale() => {
                Standing::Stale
            }
            (Some(_), Verification::Verified) => Standing::Current,
            (Some(_), Verification::NotVerified) => Standing::NotVerified,
        }
    }

    /// Whether its values are its report's, which was read, and not somebody's claim.
    pub fn is_taken_from_report(&self) -> bool {
        self.binding.is_some() && self.verification == Verification::Verified
    }

    pub fn is_stale(&self) -> bool {
        !self.stale.is_empty()
    }
}

/// What lies at a bound report's place now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportState {
    /// Of its bytes, in hexadecimal.
    Sha256(String),
    /// The same of a JSON document, with the document, so that values can be compared.
    Read {
        sha256: String,
        document: Value,
    },
    Missing,
    /// Nobody looked, or the place could not be read.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// The schedule that the evaluation follows has a later execution.
    NewerExecution {
        source: String,
        at_ms: i64,
    },
    /// A later job wrote a report of the same kind to the same place, or about the same model.
    NewerReport {
        source: String,
        at_ms: i64,
    },
    /// What lies at the report's place has another hash.
    ReportChanged,
    ReportMissing,
    /// The report is the one that was bound, and the card has other values than it says.
    ValuesDiffer,
    /// The model was made anew, its artifact differs, or it is gone.
    ModelChanged {
        what: String,
    },
}

impl Staleness {
    /// As the API spells it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NewerExecution { .. } => "NewerExecution",
            Self::NewerReport { .. } => "NewerReport",
            Self::ReportChanged => "ReportChanged",
            Self::ReportMissing => "ReportMissing",
            Self::ValuesDiffer => "ValuesDiffer",
            Self::ModelChanged { .. } => "ModelChanged",
        }
    }
}

/// Why, as the end of a sentence; times are left to whoever shows them.
impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewerExecution { source, .. } => {
                write!(f, "the schedule has a later execution, `{source}`")
            }
            Self::NewerReport { source, .. } => write!(f, "`{source}` wrote a later report"),
            Self::ReportChanged => f.write_str("the report has other bytes than when it was bound"),
            Self::ReportMissing => f.write_str("the report is no longer at its place"),
            Self::ValuesDiffer => f.write_str("the report says other values than the card"),
            Self::ModelChanged { what } => write!(f, "the model changed: {what}"),
        }
    }
}

/// What a monitor of the model measured last; not part of any version.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveSection {
    /// `DataQuality`, `ModelQuality`, `ModelBias`, `ModelExplainability`.
    pub monitoring_type: String,
    pub schedule: String,
    pub endpoint: Option<String>,
    /// `None` where the schedule has not run yet.
    pub execution: Option<LiveExecution>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LiveExecution {
    pub arn: String,
    /// `Completed`, `CompletedWithViolations`, `Failed`, …
    pub status: String,
    pub at_ms: i64,
    pub violations: Option<i64>,
    pub failure_reason: Option<String>,
    pub groups: Vec<MetricGroup>,
}

/// A step of a review, or of the card's life beside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewStep {
    pub version: i64,
    /// `None` for the first state of a card.
    pub from: Option<CardStatus>,
    pub to: CardStatus,
    pub at_ms: i64,
    pub actor: String,
    pub comment: Option<String>,
}

impl ReviewStep {
    /// Whether somebody approved the card by it. The first step of every other version carries on
    /// the state that the card had when it was edited, and is nobody's approval.
    pub fn is_approval(&self) -> bool {
        self.to == CardStatus::Approved && (self.from.is_some() || self.version == 1)
    }

    /// Whether it tells of an edit, which made the version.
    pub fn is_edit(&self) -> bool {
        self.from.is_none() && self.version > 1
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFact {
    pub version: i64,
    pub status: CardStatus,
    pub created_ms: i64,
    pub created_by: String,
    pub sha256: String,
    /// Why the version was made, where its author said so.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stale: Vec<Staleness>, expected: [Standing; 3]) {
        let mut standing = EvaluationStanding {
            evaluation: "fairness".to_owned(),
            binding: Some(Binding::default()),
            stale,
            verification: Verification::NotVerified,
        };
        let verifications = [
            Verification::Verified,
            Verification::Refuted,
            Verification::NotVerified,
        ];
        for (verification, expected) in verifications.into_iter().zip(expected) {
            standing.verification = verification;
            assert_eq!(standing.standing(), expected, "{standing:?}");
        }
        standing.binding = None;
        assert_eq!(standing.standing(), Standing::Claimed);
    }

    #[test]
    fn a_report_that_contradicts_the_card_counts_more_than_a_newer_one() {
        let newer = || Staleness::NewerReport {
            source: "arn".to_owned(),
            at_ms: 0,
        };
        let stale = Standing::Stale;
        check(
            Vec::new(),
            [Standing::Current, Standing::Differs, Standing::NotVerified],
        );
        check(vec![newer()], [stale, Standing::Differs, stale]);
        let gone = vec![newer(), Staleness::ReportMissing];
        check(gone, [stale, Standing::Gone, stale]);
        let differs = vec![newer(), Staleness::ValuesDiffer];
        check(differs, [stale, Standing::Differs, stale]);
    }

    #[test]
    fn an_evaluation_of_which_nothing_is_known_stands_by_its_word() {
        let bound = Binding {
            report: "s3://b/analysis.json".to_owned(),
            ..Binding::default()
        };
        let evaluation = |name: &str, binding: Option<&Binding>| Evaluation {
            name: name.to_owned(),
            metadata: binding
                .into_iter()
                .flat_map(Binding::members)
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            ..Evaluation::default()
        };
        let card = ModelCard {
            evaluations: vec![evaluation("a", None), evaluation("b", Some(&bound))],
            ..ModelCard::default()
        };
        let mut dossier = CardDossier::of_content("c", &card, String::new());
        dossier.evaluations.truncate(1);
        assert_eq!(dossier.standing_at(0), Standing::Claimed);
        assert_eq!(dossier.standing_at(1), Standing::NotVerified);
        assert_eq!(dossier.standing_at(2), Standing::Claimed);
        dossier.evaluations[0].evaluation = "other".to_owned();
        assert_eq!(dossier.evaluation_at(0), None);
    }
}
