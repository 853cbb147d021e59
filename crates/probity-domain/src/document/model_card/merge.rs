//! Two edits of one version, put together: what only one of them changed is taken from it, and
//! where both changed the same thing the first one's stands and the other's is told.

use serde_json::{Map, Value};

/// A place that both edits changed, each in its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// `intended_uses.purpose_of_model`.
    pub path: String,
    /// What the other edit says there; `None` where it took it away.
    pub theirs: Option<Value>,
}

/// The contents that an edit began from, that it came to, and that is there now.
#[derive(Clone, Copy, Debug)]
pub struct Edits<'v> {
    pub base: &'v Value,
    pub mine: &'v Value,
    pub theirs: &'v Value,
}

/// Members of objects are put together one by one, and evaluations by their names; any other
/// list is one thing.
pub fn merge(edits: Edits<'_>) -> (Value, Vec<Clash>) {
    let mut clashes = Vec::new();
    let sides = (Some(edits.base), Some(edits.mine), Some(edits.theirs));
    let merged = value("", sides, &mut clashes);
    (merged.unwrap_or(Value::Null), clashes)
}

type Sides<'v> = (Option<&'v Value>, Option<&'v Value>, Option<&'v Value>);

fn value(path: &str, sides: Sides<'_>, clashes: &mut Vec<Clash>) -> Option<Value> {
    let (base, mine, theirs) = sides;
    if mine == base || mine == theirs {
        return theirs.cloned();
    }
    if theirs == base {
        return mine.cloned();
    }
    let nothing = Value::Object(Map::new());
    match (base.unwrap_or(&nothing), mine, theirs) {
        (Value::Object(base), Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
            Some(Value::Object(members(path, (base, mine, theirs), clashes)))
        }
        (base, Some(Value::Array(own)), Some(Value::Array(other))) => {
            let old = base.as_array().map_or(&[] as &[Value], Vec::as_slice);
            match (named(old), named(own), named(other)) {
                (Some(old), Some(own), Some(other)) => {
                    let merged = members(path, (&old, &own, &other), clashes);
                    Some(merged.into_iter().map(|(_, item)| item).collect())
                }
                _ => clash(path, (mine, theirs), clashes),
            }
        }
        _ => clash(path, (mine, theirs), clashes),
    }
}

fn clash(
    path: &str,
    (mine, theirs): (Option<&Value>, Option<&Value>),
    clashes: &mut Vec<Clash>,
) -> Option<Value> {
    clashes.push(Clash {
        path: path.to_owned(),
        theirs: theirs.cloned(),
    });
    mine.cloned()
}

type Members = Map<String, Value>;

/// In the order of what is there now, what this edit added behind it.
fn members(
    path: &str,
    (base, mine, theirs): (&Members, &Members, &Members),
    clashes: &mut Vec<Clash>,
) -> Members {
    let added = mine.keys().filter(|name| !theirs.contains_key(*name));
    let names: Vec<&String> = theirs.keys().chain(added).collect();
    let mut merged = Members::new();
    for name in names {
        let path = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        let sides = (base.get(name), mine.get(name), theirs.get(name));
        if let Some(value) = value(&path, sides, clashes) {
            merged.insert(name.clone(), value);
        }
    }
    merged
}

/// Items by their names, which are all there and all different.
fn named(items: &[Value]) -> Option<Members> {
    let mut named = Members::new();
    for item in items {
        let name = item.get("name")?.as_str()?;
        if named.insert(name.to_owned(), item.clone()).is_some() {
            return None;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(sides: [Value; 3], expected: &Value) -> Vec<Clash> {
        let [base, mine, theirs] = &sides;
        let (merged, clashes) = merge(Edits { base, mine, theirs });
        assert_eq!(merged, *expected);
        clashes
    }

    #[test]
    fn what_one_edit_changed_is_kept_beside_what_the_other_changed() {
        let base = json!({"a": {"x": 1, "y": 1}, "gone": 1, "kept": [1]});
        let mine = json!({"a": {"x": 2, "y": 1}, "gone": 1, "kept": [1], "new": 5});
        let theirs = json!({"a": {"x": 1, "y": 3}, "kept": [1, 2]});
        let both = json!({"a": {"x": 2, "y": 3}, "kept": [1, 2], "new": 5});
        assert_eq!(check([base, mine, theirs], &both), []);
    }

    #[test]
    fn a_clash_keeps_the_own_text_and_tells_the_other() {
        let text = |text: &str| json!({"a": {"x": text}});
        let clashes = check([text("old"), text("mine"), text("theirs")], &text("mine"));
        let theirs = Some(json!("theirs"));
        let path = "a.x".to_owned();
        assert_eq!(clashes, [Clash { path, theirs }]);
    }

    #[test]
    fn what_the_other_took_away_and_this_one_changed_is_a_clash() {
        let clashes = check(
            [json!({"a": 1}), json!({"a": 2}), json!({})],
            &json!({"a": 2}),
        );
        assert_eq!(clashes[0].theirs, None);
    }

    #[test]
    fn evaluations_are_put_together_by_name() {
        let item = |name: &str, said: i64| json!({"name": name, "said": said});
        let base = json!([item("a", 1), item("b", 1)]);
        let mine = json!([item("new", 1), item("a", 2), item("b", 1)]);
        let theirs = json!([item("a", 1), item("b", 3)]);
        let both = json!([item("a", 2), item("b", 3), item("new", 1)]);
        assert_eq!(check([base, mine, theirs], &both), []);
    }

    #[test]
    fn other_lists_are_one_thing() {
        let clashes = check([json!([1]), json!([1, 2]), json!([1, 3])], &json!([1, 2]));
        assert_eq!(clashes.len(), 1);
    }
}
