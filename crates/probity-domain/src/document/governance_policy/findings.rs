//! What the policy demands of a card and the card does not meet.

use serde_json::Value;

use super::duration;
use super::{CardRules, EvidenceRule, Finding, GovernancePolicy, StaleRule};
use crate::document::UtcTime;
use crate::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Standing, Verification,
};
use crate::document::model_card::{Evaluation, RiskRating};
use crate::resource::CardStatus;

/// The rule of [`contradictions`].
pub const EVIDENCE: &str = "evidence";

/// Numbers that are not those of the report that they name: no policy demands or allows them. A card
/// that is archived is held to nothing.
pub fn contradictions(dossier: &CardDossier) -> Vec<Finding> {
    if dossier.status == CardStatus::Archived {
        return Vec::new();
    }
    let of = |standing: &EvaluationStanding| {
        let differs = |reason: &&Staleness| **reason == Staleness::ValuesDiffer;
        let reason = standing.stale.iter().find(differs)?;
        Some(Finding {
            rule: EVIDENCE.to_owned(),
            path: evaluation_path(&standing.evaluation),
            message: format!("{reason}; bind it again, or unbind it"),
        })
    };
    dossier.evaluations.iter().filter_map(of).collect()
}

impl GovernancePolicy {
    /// What cards of the rating have to meet: the rules of every card and those of the rating,
    /// of each the stricter one.
    pub fn rules_for(&self, rating: RiskRating) -> CardRules {
        match self.by_rating.get(&rating) {
            Some(rules) => merged(&self.card, rules),
            None => self.card.clone(),
        }
    }

    /// All that a card does not meet at the time. A card that is archived is held to nothing.
    pub fn findings(&self, dossier: &CardDossier, now_ms: i64) -> Vec<Finding> {
        if dossier.status == CardStatus::Archived {
            return Vec::new();
        }
        let mut findings = self.content_findings(dossier);
        findings.extend(self.overdue(dossier, now_ms));
        findings.extend(self.expired(dossier, now_ms));
        findings
    }

    /// What of it lies in the content and its evidence, and hence stands in the way of an
    /// approval.
    pub fn content_findings(&self, dossier: &CardDossier) -> Vec<Finding> {
        let content = dossier.card.value();
        let mut findings = Vec::new();
        for (table, rules) in self.tables(dossier) {
            findings.extend(missing_paths(&table, rules, &content));
            findings.extend(missing_evaluations(&table, rules, dossier));
        }
        findings.extend(self.claimed(dossier));
        findings.extend(self.stale(dossier));
        findings
    }

    /// When the next review is due: so long after the last approval, or after the card was made
    /// where there is none.
    pub fn review_due_ms(&self, dossier: &CardDossier) -> Option<i64> {
        let approvals = dossier.reviews.iter().filter(|step| step.is_approval());
        let last = approvals.map(|step| step.at_ms).max();
        let since_ms = last.or(dossier.created_ms)?;
        self.review_due_after(rating(dossier), dossier.status, since_ms)
    }

    /// The same of a card whose last approval, or else creation, was at `since_ms`.
    pub fn review_due_after(
        &self,
        rating: RiskRating,
        status: CardStatus,
        since_ms: i64,
    ) -> Option<i64> {
        let every = self.rules_for(rating).review_every_ms?;
        match status {
            CardStatus::Archived => None,
            CardStatus::Draft | CardStatus::PendingReview | CardStatus::Approved => {
                Some(since_ms.saturating_add(every))
            }
        }
    }

    /// Until when the approval of the version holds.
    pub fn expires_ms(&self, dossier: &CardDossier) -> Option<i64> {
        self.expires_after(rating(dossier), dossier.approval()?.at_ms)
    }

    /// The same of an approval at `approved_ms`.
    pub fn expires_after(&self, rating: RiskRating, approved_ms: i64) -> Option<i64> {
        let after = self.rules_for(rating).expires_after_ms?;
        Some(approved_ms.saturating_add(after))
    }

    /// The tables that hold for a card, by their names in the file.
    fn tables(&self, dossier: &CardDossier) -> Vec<(String, &CardRules)> {
        let rating = rating(dossier);
        let mut tables = vec![("card".to_owned(), &self.card)];
        if let Some(rules) = self.by_rating.get(&rating) {
            tables.push((format!("card.{}", rating.as_str()), rules));
        }
        tables
    }

    /// The key of the table where a rule comes from.
    fn rule(&self, dossier: &CardDossier, key: &str, has: impl Fn(&CardRules) -> bool) -> String {
        let tables = self.tables(dossier);
        let table = tables.iter().rev().find(|(_, rules)| has(rules));
        let table = table.map_or("card", |(name, _)| name.as_str());
        format!("{table}.{key}")
    }

    fn claimed(&self, dossier: &CardDossier) -> Vec<Finding> {
        match self.rules_for(rating(dossier)).evidence {
            EvidenceRule::Claimed => Vec::new(),
            EvidenceRule::Bound => {
                let bound = |rules: &CardRules| rules.evidence == EvidenceRule::Bound;
                let rule = self.rule(dossier, "evidence", bound);
                let claims = dossier.evaluations.iter();
                claims
                    .filter_map(|standing| claim(&rule, standing))
                    .collect()
            }
        }
    }

    fn stale(&self, dossier: &CardDossier) -> Vec<Finding> {
        match self.rules_for(rating(dossier)).stale {
            StaleRule::Allowed => Vec::new(),
            StaleRule::Refused => {
                let refused = |rules: &CardRules| rules.stale == StaleRule::Refused;
                let rule = self.rule(dossier, "stale", refused);
                let evaluations = dossier.evaluations.iter();
                let stale = evaluations.filter(|standing| standing.is_stale());
                let stale = stale.map(|standing| staleness(&rule, standing));
                stale.chain(self.unread(dossier, &rule)).collect()
            }
        }
    }

    /// Of what nobody could read, nobody knows whether it stands. Where evidence has to be bound,
    /// that rule says so.
    fn unread(&self, dossier: &CardDossier, rule: &str) -> Vec<Finding> {
        let evaluations = match self.rules_for(rating(dossier)).evidence {
            EvidenceRule::Bound => &[],
            EvidenceRule::Claimed => dossier.evaluations.as_slice(),
        };
        let unread = evaluations
            .iter()
            .filter(|own| own.standing() == Standing::NotVerified);
        unread.filter_map(|own| claim(rule, own)).collect()
    }

    fn overdue(&self, dossier: &CardDossier, now_ms: i64) -> Option<Finding> {
        let due = self.review_due_ms(dossier).filter(|due| *due < now_ms)?;
        let every = self.rules_for(rating(dossier)).review_every_ms;
        let rule = self.rule(dossier, "review_every", |rules| {
            rules.review_every_ms == every
        });
        Some(Finding {
            rule,
            path: String::new(),
            message: format!(
                "a review was due on {}, every {}; approve the card again, or edit and review it",
                date(due),
                duration::told(every?)
            ),
        })
    }

    fn expired(&self, dossier: &CardDossier, now_ms: i64) -> Option<Finding> {
        let expired = self.expires_ms(dossier).filter(|end| *end < now_ms)?;
        let after = self.rules_for(rating(dossier)).expires_after_ms;
        let rule = self.rule(dossier, "expires_after", |rules| {
            rules.expires_after_ms == after
        });
        Some(Finding {
            rule,
            path: String::new(),
            message: format!(
                "the approval expired on {}, {} after it was given; approve the card again",
                date(expired),
                duration::told(after?)
            ),
        })
    }
}

/// A card that does not say how risky it is counts as `Unknown`.
fn rating(dossier: &CardDossier) -> RiskRating {
    dossier.card.intended_uses.risk_rating.unwrap_or_default()
}

fn merged(of_every: &CardRules, of_rating: &CardRules) -> CardRules {
    let both = |first: &[String], second: &[String]| -> Vec<String> {
        let mut all = first.to_vec();
        all.extend(second.iter().filter(|item| !first.contains(item)).cloned());
        all
    };
    let shorter = |first: Option<i64>, second: Option<i64>| match (first, second) {
        (Some(first), Some(second)) => Some(first.min(second)),
        (first, second) => first.or(second),
    };
    CardRules {
        required: both(&of_every.required, &of_rating.required),
        evaluations: both(&of_every.evaluations, &of_rating.evaluations),
        evidence: of_every.evidence.max(of_rating.evidence),
        stale: of_every.stale.max(of_rating.stale),
        review_every_ms: shorter(of_every.review_every_ms, of_rating.review_every_ms),
        expires_after_ms: shorter(of_every.expires_after_ms, of_rating.expires_after_ms),
    }
}

fn missing_paths(table: &str, rules: &CardRules, content: &Value) -> Vec<Finding> {
    let missing = rules.required.iter().filter_map(|path| {
        let value = at(content, path);
        let message = if !value.is_some_and(says_something) {
            format!("`{path}` is empty; fill it in")
        } else if path == RISK_RATING && value.and_then(Value::as_str) == Some("Unknown") {
            format!("`{path}` is `Unknown`; rate the risk as `Low`, `Medium` or `High`")
        } else {
            return None;
        };
        Some(Finding {
            rule: format!("{table}.required"),
            path: path.clone(),
            message,
        })
    });
    missing.collect()
}

const RISK_RATING: &str = "intended_uses.risk_rating";

/// The names of custom details may have dots, hence the longest name counts.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let (name, rest) = path.split_once('.')?;
    at(value.get(name)?, rest)
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(members) => members.values().any(says_something),
    }
}

fn missing_evaluations(table: &str, rules: &CardRules, dossier: &CardDossier) -> Vec<Finding> {
    let missing = rules.evaluations.iter().filter_map(|name| {
        let all = dossier.card.evaluations.iter();
        let mut named = all.filter(|evaluation| evaluation.name == *name);
        let message = match named.clone().next() {
            None => format!("the evaluation `{name}` is missing; add it, or bind a report as it"),
            Some(_) if named.any(is_filled) => return None,
            Some(_) => format!(
                "the evaluation `{name}` is empty; give it metrics or an observation, or bind a \
                 report as it"
            ),
        };
        Some(Finding {
            rule: format!("{table}.evaluations"),
            path: evaluation_path(name),
            message,
        })
    });
    missing.collect()
}

fn is_filled(evaluation: &Evaluation) -> bool {
    let observed = evaluation.observation.as_deref();
    observed.is_some_and(|text| !text.trim().is_empty())
        || evaluation
            .groups
            .iter()
            .any(|group| !group.metrics.is_empty())
}

/// Anybody can write a binding into a card: only one whose report was read is more than a claim.
fn claim(rule: &str, standing: &EvaluationStanding) -> Option<Finding> {
    let name = &standing.evaluation;
    let message = match (&standing.binding, standing.verification) {
        (Some(_), Verification::Verified) => return None,
        (None, _) => {
            format!("the evaluation `{name}` is typed in; bind it to the report it is from")
        }
        (Some(binding), Verification::NotVerified) => format!(
            "the evaluation `{name}` says to be from `{}`, which was not read; bind it to a \
             report that the server can read",
            binding.report
        ),
        (Some(binding), Verification::Refuted) => format!(
            "the evaluation `{name}` is not what `{}` says: {}; bind it to the report it is from",
            binding.report,
            told(&standing.stale)
        ),
    };
    Some(Finding {
        rule: rule.to_owned(),
        path: evaluation_path(name),
        message,
    })
}

fn told(reasons: &[Staleness]) -> String {
    let reasons: Vec<String> = reasons.iter().map(Staleness::to_string).collect();
    reasons.join("; ")
}

fn staleness(rule: &str, standing: &EvaluationStanding) -> Finding {
    let name = &standing.evaluation;
    Finding {
        rule: rule.to_owned(),
        path: evaluation_path(name),
        message: format!(
            "the evaluation `{name}` is stale: {}; bind it to the newest report",
            told(&standing.stale)
        ),
    }
}

fn evaluation_path(name: &str) -> String {
    format!("evaluation_details[{}]", Value::from(name))
}

/// `2026-11-27`, in UTC.
fn date(at_ms: i64) -> String {
    let time = UtcTime::from_epoch_ms(at_ms);
    format!("{:04}-{:02}-{:02}", time.year, time.month, time.day)
}
