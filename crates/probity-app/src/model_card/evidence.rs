//! How a card's evaluations stand to the reports that they were taken from.

use probity_domain::document::card_dossier::{
    EvaluationStanding, LiveSection, ReportState, Staleness,
};
use probity_domain::document::model_card::Binding;

use super::dossier::ReportStates;
use super::version::CardVersion;
use crate::deed::Deed;
use crate::fault::Fault;

pub(super) async fn standings(
    _deed: &Deed<'_>,
    card: &CardVersion,
    reports: &ReportStates,
) -> Result<Vec<EvaluationStanding>, Fault> {
    let evaluations = card.content.card().evaluations.iter();
    let standings = evaluations.map(|evaluation| {
        let binding = evaluation.binding();
        let stale = binding
            .iter()
            .filter_map(|binding| at_its_place(binding, reports))
            .collect();
        EvaluationStanding {
            evaluation: evaluation.name.clone(),
            binding,
            stale,
        }
    });
    Ok(standings.collect())
}

/// What became of the report itself.
fn at_its_place(binding: &Binding, reports: &ReportStates) -> Option<Staleness> {
    match reports.get(&binding.report)? {
        ReportState::Sha256(now) if *now == binding.sha256 => None,
        ReportState::Sha256(_) => Some(Staleness::ReportChanged),
        ReportState::Missing => Some(Staleness::ReportMissing),
        ReportState::Unknown => None,
    }
}

pub(super) async fn live_sections(
    _deed: &Deed<'_>,
    _card: &CardVersion,
) -> Result<Vec<LiveSection>, Fault> {
    Ok(Vec::new())
}
