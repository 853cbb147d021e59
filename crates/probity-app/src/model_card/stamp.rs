//! What is told of a binding by who keeps the card, and is not taken from content that somebody
//! sends, which may say anything: when an evaluation was bound and by whom, who wrote its report
//! and when. Whether the evaluation is stale depends on all of these.

use std::collections::BTreeMap;

use probity_domain::document::card_dossier::EvaluationStanding;
use probity_domain::document::model_card::{Binding, Content, ModelCard};
use serde_json::{Map, Value};

use super::around::Around;
use super::dossier::ReportStates;
use super::source::{self, Origin};
use super::version::CardVersion;
use super::{bind, evidence, version};
use crate::deed::Deed;
use crate::fault::Fault;

/// The binding that this deed makes. Of what it is claimed to be, the report, its hash and its kind
/// stay, and a schedule that is followed if one of its runs wrote the report.
pub(super) fn bound_now(deed: &Deed<'_>, origin: Option<&Origin>, claimed: Binding) -> Binding {
    let run = origin.and_then(|origin| source::named_execution(&origin.arn));
    let schedule = run.map(|(schedule, _)| schedule);
    let reported_at = origin.map(|origin| bind::moment(origin.at_ms));
    Binding {
        source: origin.map(|origin| origin.arn.clone()),
        follows: claimed.follows.filter(|own| Some(own) == schedule.as_ref()),
        reported_at: reported_at.or(claimed.reported_at),
        bound_at: Some(bind::moment(deed.now_ms)),
        bound_by: Some(deed.actor.to_owned()),
        ..claimed
    }
}

/// The content that somebody sends and its text. A binding that the version `before` has stays as
/// it is there; another one is made by this deed.
pub(super) async fn stamped(
    deed: &Deed<'_>,
    before: Option<&ModelCard>,
    text: &str,
) -> Result<(Content, String), Fault> {
    let sent = version::parse(text)?;
    let mut value = sent.value().clone();
    let evaluations = value
        .get_mut("evaluation_details")
        .and_then(Value::as_array_mut);
    for evaluation in evaluations.into_iter().flatten() {
        let name = evaluation.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default().to_owned();
        let Some(Value::Object(metadata)) = evaluation.get_mut("metadata") else {
            continue;
        };
        if let Some(claimed) = binding(metadata) {
            let known = before.and_then(|card| known(card, &name, &claimed));
            let kept = match known {
                Some(known) => known,
                None => {
                    let origin = source::origin_of(deed, &claimed.report).await?;
                    // When the bytes at the report's place were written is not looked at here.
                    let claimed = Binding {
                        reported_at: None,
                        ..claimed.clone()
                    };
                    bound_now(deed, origin.as_ref(), claimed)
                }
            };
            if kept != claimed {
                bind::put(metadata, &kept);
            }
        }
    }
    match value == *sent.value() {
        true => Ok((sent, text.to_owned())),
        false => bind::checked(value, "what the server says of its bindings"),
    }
}

/// The binding of an evaluation that has it already and stands: it has all that `next`, its content
/// and binding, would give it, and nothing is newer. Then there is nothing to write, so that a job
/// may bind every day.
pub(super) async fn bound_already(
    deed: &Deed<'_>,
    card: &CardVersion,
    (evaluation, next): (&str, &(Value, Binding)),
) -> Result<Option<Binding>, Fault> {
    let (content, new) = next;
    let evaluations = &card.content.card().evaluations;
    let Some(at) = evaluations.iter().position(|own| own.name == evaluation) else {
        return Ok(None);
    };
    let Some(known) = evaluations[at].binding() else {
        return Ok(None);
    };
    let is_same = known.is_to_same_report(new)
        && (&known.kind, &known.source) == (&new.kind, &new.source)
        && (new.follows.is_none() || new.follows == known.follows);
    if !is_same || !has_content_of(card, (content, at), &known) {
        return Ok(None);
    }
    let around = Around::of(deed, std::slice::from_ref(card)).await?;
    // What lies at the place was read by whoever asks.
    let standings = evidence::standings(deed, (card, &around), &ReportStates::new()).await?;
    let is_stale = standings.get(at).is_some_and(EvaluationStanding::is_stale);
    Ok((!is_stale).then_some(known))
}

/// Whether the evaluation at that place is the same in the card and in the content, the binding
/// aside: somebody may have edited a number, and binds anew to have the report's again.
fn has_content_of(card: &CardVersion, (content, at): (&Value, usize), known: &Binding) -> bool {
    let Some(mut next) = content["evaluation_details"].get(at).cloned() else {
        return false;
    };
    if let Some(Value::Object(metadata)) = next.get_mut("metadata") {
        bind::put(metadata, known);
    }
    Some(&next) == card.content.value()["evaluation_details"].get(at)
}

fn binding(metadata: &Map<String, Value>) -> Option<Binding> {
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some((name.clone(), value.to_owned()))
    });
    Binding::of(&BTreeMap::from_iter(texts))
}

/// The binding to the same report as it was kept before; of another evaluation where that one has
/// none, for an evaluation is not bound anew by giving it another name.
fn known(card: &ModelCard, evaluation: &str, claimed: &Binding) -> Option<Binding> {
    let of = |is_wanted: &dyn Fn(&str) -> bool| {
        let wanted = card.evaluations.iter().filter(|own| is_wanted(&own.name));
        let mut bindings = wanted.filter_map(|own| own.binding());
        bindings.find(|own| own.is_to_same_report(claimed))
    };
    of(&|name| name == evaluation).or_else(|| of(&|_| true))
}
