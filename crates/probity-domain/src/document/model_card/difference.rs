//! What differs between two contents of a card. Lists of things that have a name are compared
//! by name, so that a new evaluation in front is one change, not one of every evaluation; that
//! what stays stands in another order is told once for the list.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::fault::is_plain;

/// A place where two contents differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `evaluation_details["fairness"].metric_groups["bias"].metric_data["DPL"].value`; empty
    /// for the content as a whole.
    pub path: String,
    /// `None` where it was not there.
    pub before: Option<Value>,
    /// `None` where it is no longer there.
    pub after: Option<Value>,
}

/// In the order of `after`, what is gone behind what is there.
pub fn differences(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", (before, after), &mut changes);
    changes
}

fn compare(path: &str, values: (&Value, &Value), changes: &mut Vec<Change>) {
    let (before, after) = values;
    match values {
        (Value::Object(before), Value::Object(after)) => members(path, (before, after), changes),
        (Value::Array(old), Value::Array(new)) => match (named(old), named(new)) {
            (Some(old), Some(new)) if !(old.is_empty() && new.is_empty()) => {
                named_items(path, (&old, &new), changes);
            }
            (Some(_), Some(_)) => {}
            (None, _) | (_, None) if old == new => {}
            (None, _) | (_, None) => changes.push(change(path, Some(before), Some(after))),
        },
        _ if same(before, after) => {}
        _ => changes.push(change(path, Some(before), Some(after))),
    }
}

/// `1` and `1.0` are one number.
fn same(before: &Value, after: &Value) -> bool {
    match (before.as_f64(), after.as_f64()) {
        (Some(before), Some(after)) => before.total_cmp(&after).is_eq(),
        _ => before == after,
    }
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> Change {
    Change {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    }
}

type Members = Map<String, Value>;

fn members(path: &str, objects: (&Members, &Members), changes: &mut Vec<Change>) {
    let (before, after) = objects;
    for (name, new) in after {
        let path = member_path(path, name);
        match before.get(name) {
            Some(old) => compare(&path, (old, new), changes),
            None => changes.push(change(&path, None, Some(new))),
        }
    }
    for (name, old) in before {
        if !after.contains_key(name) {
            changes.push(change(&member_path(path, name), Some(old), None));
        }
    }
}

/// The items by their names, which are all there and all different.
fn named(items: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let mut known = HashSet::new();
    let mut named = Vec::with_capacity(items.len());
    for item in items {
        let name = item.get("name")?.as_str()?;
        if !known.insert(name) {
            return None;
        }
        named.push((name, item));
    }
    Some(named)
}

type Named<'v> = [(&'v str, &'v Value)];

fn named_items(path: &str, lists: (&Named<'_>, &Named<'_>), changes: &mut Vec<Change>) {
    let (before, after) = lists;
    let old_items: HashMap<&str, &Value> = before.iter().copied().collect();
    let new_items: HashMap<&str, &Value> = after.iter().copied().collect();
    for (name, new) in after {
        let path = item_path(path, name);
        match old_items.get(name) {
            Some(old) => compare(&path, (old, new), changes),
            None => changes.push(change(&path, None, Some(new))),
        }
    }
    for (name, old) in before {
        if !new_items.contains_key(name) {
            changes.push(change(&item_path(path, name), Some(old), None));
        }
    }
    let stays = |list: &Named<'_>, other: &HashMap<&str, &Value>| -> Vec<Value> {
        let names = list.iter().map(|(name, _)| *name);
        let stays = names.filter(|name| other.contains_key(name));
        stays.map(Value::from).collect()
    };
    let (old, new) = (stays(before, &new_items), stays(after, &old_items));
    if old != new {
        changes.push(Change {
            path: format!("{path}.order"),
            before: Some(Value::from(old)),
            after: Some(Value::from(new)),
        });
    }
}

fn member_path(path: &str, name: &str) -> String {
    if !is_plain(name) {
        return item_path(path, name);
    }
    if path.is_empty() {
        return name.to_owned();
    }
    format!("{path}.{name}")
}

fn item_path(path: &str, name: &str) -> String {
    format!("{path}[{}]", Value::from(name))
}
