//! Which models the table shows, and in which order.

use std::cmp::Ordering;

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::resource::SortOrder;

use super::fleet::FleetModel;
use super::fleet_cards::CardFreshness;
use super::fleet_summary::Attention;
use super::monitor_state::MonitorState;

/// What is not said leaves everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FleetQuery {
    /// Part of a name, an owner, an endpoint or a package group, in any case.
    pub text: String,
    /// Any monitor in this state, as [`MonitorState::as_str`] says it; `attention` is any that
    /// needs some.
    pub monitor: Option<String>,
    /// Only monitors of this kind are looked at.
    pub kind: Option<MonitoringType>,
    pub risk: Option<RiskRating>,
    pub card: Option<CardFilter>,
    /// Exactly this one.
    pub owner: Option<String>,
    pub version: Option<VersionFilter>,
    pub sort: FleetSort,
    pub order: SortOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFilter {
    Status(CardStatus),
    Freshness(CardFreshness),
    Missing,
}

/// How the version of the registry that a model was made of stands in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionFilter {
    Champion,
    /// Another version is the champion.
    Outdated,
    /// No version of its group is approved.
    NoneApproved,
    Unregistered,
}

impl VersionFilter {
    pub const ALL: [VersionFilter; 4] = [
        Self::Champion,
        Self::Outdated,
        Self::NoneApproved,
        Self::Unregistered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Outdated => "outdated",
            Self::NoneApproved => "none-approved",
            Self::Unregistered => "unregistered",
        }
    }

    pub fn parse(text: &str) -> Option<VersionFilter> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    fn of(model: &FleetModel) -> VersionFilter {
        let Some(known) = &model.registered else {
            return Self::Unregistered;
        };
        match known.champion {
            None => Self::NoneApproved,
            Some(champion) if champion == known.version => Self::Champion,
            Some(_) => Self::Outdated,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FleetSort {
    /// The worst monitors first, where the order is ascending.
    #[default]
    Attention,
    Name,
    Owner,
    Risk,
    Card,
    Version,
    LastRun,
    Created,
}

impl FleetSort {
    pub const ALL: [FleetSort; 8] = [
        Self::Attention,
        Self::Name,
        Self::Owner,
        Self::Risk,
        Self::Card,
        Self::Version,
        Self::LastRun,
        Self::Created,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Name => "name",
            Self::Owner => "owner",
            Self::Risk => "risk",
            Self::Card => "card",
            Self::Version => "version",
            Self::LastRun => "last-run",
            Self::Created => "created",
        }
    }
}

/// Models that the rest of a query leaves, by what it may ask of their monitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByMonitors {
    pub all: usize,
    pub with: Attention,
}

/// A press on one of them finds as many as it says.
pub(super) fn by_monitors(models: &[FleetModel], query: &FleetQuery) -> ByMonitors {
    let text = query.text.trim().to_lowercase();
    let left: Vec<&FleetModel> = models
        .iter()
        .filter(|model| passes_others(model, query, &text))
        .collect();
    let count = |monitor: Option<&str>| {
        let query = FleetQuery {
            monitor: monitor.map(str::to_owned),
            ..query.clone()
        };
        left.iter()
            .filter(|model| has_monitor(model, &query))
            .count()
    };
    ByMonitors {
        all: count(None),
        with: Attention {
            any: count(Some("attention")),
            alert: count(Some("alert")),
            failed: count(Some("failed")),
            missing: count(Some("missing")),
            inactive: count(Some("inactive")),
        },
    }
}

pub(super) fn arrange(mut models: Vec<FleetModel>, query: &FleetQuery) -> Vec<FleetModel> {
    let text = query.text.trim().to_lowercase();
    models.retain(|model| passes_others(model, query, &text) && has_monitor(model, query));
    models.sort_by(|a, b| {
        let by = compare(a, b, query.sort);
        match query.order {
            SortOrder::Ascending => by,
            SortOrder::Descending => by.reverse(),
        }
        .then_with(|| a.name.cmp(&b.name))
    });
    models
}

/// Whatever is asked of its monitors.
fn passes_others(model: &FleetModel, query: &FleetQuery, text: &str) -> bool {
    let owner = query.owner.as_deref();
    has_text(model, text)
        && query.risk.is_none_or(|risk| risk_of(model) == risk)
        && query.card.is_none_or(|card| has_card(model, card))
        && owner.is_none_or(|owner| model.owner() == owner)
        && query
            .version
            .is_none_or(|version| VersionFilter::of(model) == version)
}

fn has_text(model: &FleetModel, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let group = model.registered.as_ref().map(|known| known.group.as_str());
    let endpoints = model
        .endpoints
        .iter()
        .map(|endpoint| endpoint.name.as_str());
    [model.name.as_str(), model.owner()]
        .into_iter()
        .chain(group)
        .chain(endpoints)
        .any(|field| field.to_lowercase().contains(text))
}

fn has_monitor(model: &FleetModel, query: &FleetQuery) -> bool {
    let Some(wanted) = &query.monitor else {
        return query.kind.is_none_or(|kind| {
            let looked_at = of_kind(model, Some(kind));
            looked_at
                .into_iter()
                .any(|state| state != MonitorState::Idle)
        });
    };
    of_kind(model, query.kind)
        .into_iter()
        .any(|state| match wanted.as_str() {
            "attention" => state.needs_attention(),
            other => state.as_str() == other,
        })
}

fn of_kind(model: &FleetModel, kind: Option<MonitoringType>) -> Vec<MonitorState> {
    let Some(kind) = kind else {
        return model.states().collect();
    };
    let kinds = MonitoringType::ALL.into_iter().zip(model.monitors);
    kinds
        .filter(|(known, _)| kind == *known)
        .map(|(_, state)| state)
        .collect()
}

fn has_card(model: &FleetModel, wanted: CardFilter) -> bool {
    match (wanted, &model.card) {
        (CardFilter::Missing, card) => card.is_none(),
        (CardFilter::Status(status), Some(card)) => card.status == status,
        (CardFilter::Freshness(freshness), Some(card)) => card.freshness == freshness,
        (CardFilter::Status(_) | CardFilter::Freshness(_), None) => false,
    }
}

fn risk_of(model: &FleetModel) -> RiskRating {
    let card = model.card.as_ref();
    card.map_or(RiskRating::Unknown, |card| card.risk)
}

/// How grave a rating is.
fn weight(risk: RiskRating) -> u8 {
    match risk {
        RiskRating::High => 0,
        RiskRating::Medium => 1,
        RiskRating::Low => 2,
        RiskRating::Unknown => 3,
    }
}

fn compare(a: &FleetModel, b: &FleetModel, sort: FleetSort) -> Ordering {
    match sort {
        FleetSort::Attention => rank(b).cmp(&rank(a)),
        FleetSort::Name => a.name.cmp(&b.name),
        FleetSort::Owner => a.owner().to_lowercase().cmp(&b.owner().to_lowercase()),
        FleetSort::Risk => weight(risk_of(a)).cmp(&weight(risk_of(b))),
        // Of one status, the least fresh first.
        FleetSort::Card => (status_of(a), freshness_of(b)).cmp(&(status_of(b), freshness_of(a))),
        FleetSort::Version => version_of(a).cmp(&version_of(b)),
        // What ran last stands first; what never ran, last.
        FleetSort::LastRun => last_run_ms(b).cmp(&last_run_ms(a)),
        FleetSort::Created => b.created_ms.cmp(&a.created_ms),
    }
}

/// Alerts before failures before gaps; of alerts, those that nobody has seen, then the newest. Then how many there are.
fn rank(model: &FleetModel) -> (MonitorState, usize, u8) {
    let attention = model.states().filter(|state| state.needs_attention());
    (
        model.worst(),
        attention.count(),
        u8::MAX - weight(risk_of(model)),
    )
}

fn status_of(model: &FleetModel) -> &str {
    model.card.as_ref().map_or("", |card| card.status.as_str())
}

fn freshness_of(model: &FleetModel) -> Option<CardFreshness> {
    model.card.as_ref().map(|card| card.freshness)
}

fn version_of(model: &FleetModel) -> Option<(&str, i64)> {
    let known = model.registered.as_ref()?;
    Some((known.group.as_str(), known.version))
}

fn last_run_ms(model: &FleetModel) -> Option<i64> {
    model.last_run.as_ref().map(|run| run.at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, state: MonitorState) -> FleetModel {
        FleetModel {
            name: name.to_owned(),
            arn: String::new(),
            created_ms: 0,
            created_by: "ada".to_owned(),
            card: None,
            registered: None,
            endpoints: Vec::new(),
            last_batch: None,
            monitors: [
                state,
                MonitorState::Idle,
                MonitorState::Idle,
                MonitorState::Idle,
            ],
            last_run: None,
            traffic: None,
        }
    }

    #[test]
    fn tabs_count_what_the_other_filters_leave() {
        let models = [
            model("fraud", MonitorState::Failed { at_ms: 0 }),
            model("credit", MonitorState::Failed { at_ms: 0 }),
            model("demand", MonitorState::Idle),
        ];
        let query = FleetQuery {
            text: String::new(),
            monitor: Some("alert".to_owned()),
            ..FleetQuery::default()
        };
        for (text, all, failed) in [("d", 3, 2), ("cred", 1, 1), ("demand", 1, 0), ("x", 0, 0)] {
            let query = FleetQuery {
                text: text.to_owned(),
                ..query.clone()
            };
            let counted = by_monitors(&models, &query);
            assert_eq!((counted.all, counted.with.failed), (all, failed), "{text}");
            let pressed = FleetQuery {
                monitor: Some("attention".to_owned()),
                ..query
            };
            assert_eq!(
                arrange(models.to_vec(), &pressed).len(),
                counted.with.any,
                "{text}"
            );
        }
    }
}
