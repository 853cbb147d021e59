//! Cards as the page of all models shows them: what stands with their rows, when their reviews are
//! due, and whether the monitors that they follow have run again. No report is read for it.

use std::collections::HashMap;

use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::fleet::{Head, LastRun};
use probity_store::model_card_review;
use probity_store::monitoring_execution;

use super::fleet::FleetCard;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::model_card::{FOLLOWS, MODEL_ID, OWNER, RISK_RATING};

/// Whether what a card says may still be relied on. The worst counts, so the order is that of
/// badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardFreshness {
    /// Also of an archived card, which is held to nothing.
    Current,
    /// Monitors have run since its evaluations were taken from them.
    Stale,
    ReviewOverdue,
    Expired,
}

impl CardFreshness {
    pub const ALL: [CardFreshness; 4] = [
        Self::Current,
        Self::Stale,
        Self::ReviewOverdue,
        Self::Expired,
    ];

    /// What addresses and files call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Stale => "stale",
            Self::ReviewOverdue => "overdue",
            Self::Expired => "expired",
        }
    }

    pub fn parse(text: &str) -> Option<CardFreshness> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

fn freshness(card: &FleetCard, now_ms: i64) -> CardFreshness {
    match card.status {
        CardStatus::Archived => return CardFreshness::Current,
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Approved => {}
    }
    let is_past = |at_ms: Option<i64>| at_ms.is_some_and(|at_ms| at_ms <= now_ms);
    if is_past(card.expires_ms) {
        return CardFreshness::Expired;
    }
    if is_past(card.review_due_ms) {
        return CardFreshness::ReviewOverdue;
    }
    match card.outrun {
        0 => CardFreshness::Current,
        _ => CardFreshness::Stale,
    }
}

/// By what a card says its model is: an ARN, a name, or the ARN of a package.
pub(super) async fn by_model<'a>(
    deed: &Deed<'_>,
    cards: &'a [Head],
    last_runs: &HashMap<String, LastRun>,
) -> Result<HashMap<&'a str, FleetCard>, Fault> {
    let approvals = model_card_review::last_approvals(&deed.app.store, deed.region).await?;
    let approvals: HashMap<String, i64> = approvals.into_iter().collect();
    let verdicts = last_verdicts(deed, cards, last_runs).await?;
    let policy = deed.app.policy.now();
    let mut by_model = HashMap::new();
    for card in cards {
        let attribute = |name: &str| card.attributes.get(name).map(String::as_str);
        let Some((model, status)) = attribute(MODEL_ID).zip(CardStatus::parse(&card.status)) else {
            continue;
        };
        let risk = attribute(RISK_RATING).and_then(RiskRating::parse);
        let risk = risk.unwrap_or_default();
        let approved = approvals.get(&card.name).copied();
        let since_ms = approved.unwrap_or(card.created_ms);
        let is_approved = status == CardStatus::Approved;
        let mut known = FleetCard {
            name: card.name.clone(),
            status,
            risk,
            owner: attribute(OWNER).map(str::to_owned),
            modified_ms: card.modified_ms,
            review_due_ms: policy.review_due_after(risk, status, since_ms),
            expires_ms: approved
                .filter(|_| is_approved)
                .and_then(|at_ms| policy.expires_after(risk, at_ms)),
            outrun: outrun(card, &verdicts),
            freshness: CardFreshness::Current,
        };
        known.freshness = freshness(&known, deed.now_ms);
        by_model.insert(model, known);
    }
    Ok(by_model)
}

/// Schedules that the evaluations of a card follow, with the runs that they were taken from.
fn followed(card: &Head) -> impl Iterator<Item = (&str, &str)> {
    let attributes = card.attributes.iter();
    attributes.filter_map(|(name, runs)| Some((name.strip_prefix(FOLLOWS)?, runs.as_str())))
}

/// The last run with a verdict of each schedule that a card follows, by the schedule.
async fn last_verdicts(
    deed: &Deed<'_>,
    cards: &[Head],
    last_runs: &HashMap<String, LastRun>,
) -> Result<HashMap<String, String>, Fault> {
    let mut found = HashMap::new();
    let mut others = Vec::new();
    for (schedule, _) in cards.iter().flat_map(followed) {
        match last_runs.get(schedule) {
            Some(run) if run.has_verdict() => {
                found.insert(schedule.to_owned(), run.id.clone());
            }
            // The last one failed, or an earlier schedule had the name.
            Some(_) | None => others.push(schedule),
        }
    }
    others.sort_unstable();
    others.dedup();
    let store = &deed.app.store;
    let runs = monitoring_execution::last_with_verdict_of_each(store, deed.region, &others).await?;
    found.extend(runs.into_iter().map(|run| (run.schedule, run.id)));
    Ok(found)
}

/// How many of the schedules that the card follows have had a verdict since.
fn outrun(card: &Head, verdicts: &HashMap<String, String>) -> usize {
    let followed = followed(card);
    let later = followed.filter(|(schedule, runs)| match verdicts.get(*schedule) {
        // Of two runs that evaluations of one schedule were taken from, one is not the last.
        Some(last) => runs.split(' ').any(|run| run != last),
        None => false,
    });
    later.count()
}
