//! What experiments, trials, their components, artifacts, actions and contexts have in common:
//! names given as ARNs, lists by `CreatedAfter`, and maps that updates add to and take from.

use std::collections::BTreeMap;

use probity_domain::{Arn, ResourceKind};
use serde_json::{Map, Value};

use crate::deed::Deed;
use crate::fault::Fault;
use crate::stored::Members;

/// The name in `text`, which is a name or an ARN of `kind` in the caller's account and region.
pub(crate) fn name_of(deed: &Deed<'_>, kind: ResourceKind, text: &str) -> Result<String, Fault> {
    if !text.starts_with("arn:") {
        return Ok(text.to_owned());
    }
    let missing = || Fault::NotFound {
        kind,
        name: text.to_owned(),
    };
    let arn: Arn = text.parse().map_err(|_| missing())?;
    let is_ours = arn.region() == deed.region && arn.account() == deed.account;
    if !is_ours || arn.resource_type() != kind.as_str() {
        return Err(missing());
    }
    Ok(arn.resource_name().to_owned())
}

/// The same request with its member replaced by the name that it gives as an ARN.
pub(crate) fn with_name(
    deed: &Deed<'_>,
    kind: ResourceKind,
    member: &str,
    mut input: Value,
) -> Result<Value, Fault> {
    if let Some(text) = input.get(member).and_then(Value::as_str) {
        let name = name_of(deed, kind, text)?;
        if let Value::Object(members) = &mut input {
            members.insert(member.to_owned(), Value::from(name));
        }
    }
    Ok(input)
}

/// Lists of these kinds say `CreatedAfter` where others say `CreationTimeAfter`.
pub(crate) fn with_list_names(mut input: Value) -> Value {
    if let Value::Object(members) = &mut input {
        for (own, other) in [
            ("CreatedAfter", "CreationTimeAfter"),
            ("CreatedBefore", "CreationTimeBefore"),
        ] {
            if let Some(value) = members.remove(own) {
                members.insert(other.to_owned(), value);
            }
        }
    }
    input
}

/// Names what an update may do to a member that is a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapMember {
    pub(crate) member: &'static str,
    /// The member of the request that lists keys to take out.
    pub(crate) to_remove: &'static str,
    /// The service model's longest map.
    pub(crate) most: usize,
}

/// Of artifacts, actions and contexts.
pub(crate) const PROPERTIES: MapMember = MapMember {
    member: "Properties",
    to_remove: "PropertiesToRemove",
    most: 30,
};

/// What lists of artifacts, actions and contexts filter by: the source, and the type.
pub(crate) fn entity_attributes(
    body: &Members,
    type_member: &'static str,
) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let source = body
        .get("Source")
        .and_then(|source| source.get("SourceUri"));
    for (attribute, value) in [("SourceUri", source), (type_member, body.get(type_member))] {
        if let Some(value) = value.and_then(Value::as_str) {
            attributes.insert(attribute.to_owned(), value.to_owned());
        }
    }
    attributes
}

/// Adds the entries of the request and takes out the keys that it lists, in this order.
pub(crate) fn update_map(body: &mut Members, input: &Value, of: MapMember) -> Result<(), Fault> {
    let added = input.get(of.member).and_then(Value::as_object);
    let removed = input.get(of.to_remove).and_then(Value::as_array);
    if added.is_none() && removed.is_none() {
        return Ok(());
    }
    let mut entries = match body.get(of.member) {
        Some(Value::Object(entries)) => entries.clone(),
        _ => Map::new(),
    };
    for (key, value) in added.into_iter().flatten() {
        entries.insert(key.clone(), value.clone());
    }
    for key in removed.into_iter().flatten().filter_map(Value::as_str) {
        entries.shift_remove(key);
    }
    if entries.len() > of.most {
        return Err(Fault::invalid(format!(
            "{} may have at most {} entries",
            of.member, of.most
        )));
    }
    if entries.is_empty() && !body.contains_key(of.member) {
        return Ok(());
    }
    body.insert(of.member.to_owned(), Value::Object(entries));
    Ok(())
}

/// Takes over the members of a request that are given.
pub(crate) fn take_over(body: &mut Members, input: &Value, members: &[&str]) {
    for member in members {
        if let Some(value) = input.get(*member).filter(|value| !value.is_null()) {
            body.insert((*member).to_owned(), value.clone());
        }
    }
}

/// Entities show their own name where no other was given.
pub(crate) fn with_display_name(mut body: Members, name: &str) -> Members {
    if !body.contains_key("DisplayName") {
        body.insert("DisplayName".to_owned(), Value::from(name));
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TWO: MapMember = MapMember {
        most: 2,
        ..PROPERTIES
    };

    fn updated(input: Value) -> Result<Value, Fault> {
        let mut body = Members::new();
        body.insert("Properties".to_owned(), json!({"a": "1"}));
        update_map(&mut body, &input, TWO)?;
        Ok(Value::Object(body))
    }

    #[test]
    fn an_update_adds_to_a_map_and_takes_from_it() {
        let input = json!({"Properties": {"b": "2", "a": "3"}, "PropertiesToRemove": ["b", "c"]});
        assert_eq!(updated(input).unwrap(), json!({"Properties": {"a": "3"}}));
        assert_eq!(
            updated(json!({})).unwrap(),
            json!({"Properties": {"a": "1"}})
        );
        assert!(updated(json!({"Properties": {"b": "2", "c": "3"}})).is_err());
    }
}
