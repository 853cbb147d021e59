//! When an evaluation was bound, and by whom: that is told by who keeps the card, and is not taken
//! from content that somebody sends, which may say anything.

use std::collections::BTreeMap;

use probity_domain::document::model_card::{Binding, Content, ModelCard};
use serde_json::{Map, Value};

use super::{bind, version};
use crate::deed::Deed;
use crate::fault::Fault;

/// The content that somebody sends and its text, with the time and the actor of this deed in the
/// bindings that the version `before` does not have.
pub(super) fn stamped(
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
            let (bound_at, bound_by) = match known {
                Some(known) => (known.bound_at, known.bound_by),
                None => (Some(bind::moment(deed.now_ms)), Some(deed.actor.to_owned())),
            };
            let stamped = Binding {
                bound_at,
                bound_by,
                ..claimed.clone()
            };
            if stamped != claimed {
                bind::put(metadata, &stamped);
            }
        }
    }
    match value == *sent.value() {
        true => Ok((sent, text.to_owned())),
        false => bind::checked(value),
    }
}

fn binding(metadata: &Map<String, Value>) -> Option<Binding> {
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some((name.clone(), value.to_owned()))
    });
    Binding::of(&BTreeMap::from_iter(texts))
}

/// The same binding as it was kept before.
fn known(card: &ModelCard, evaluation: &str, claimed: &Binding) -> Option<Binding> {
    let named = card.evaluations.iter().filter(|own| own.name == evaluation);
    let mut bindings = named.filter_map(|own| own.binding());
    bindings.find(|own| own.is_to_same_report(claimed))
}
