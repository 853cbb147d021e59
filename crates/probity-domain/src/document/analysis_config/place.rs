//! Reading a document of a closed schema: a place in it knows its path, and whoever reads
//! there adds what is wrong and goes on, so that everything wrong is told at once.

use serde_json::Value;

use super::node::Node;
use super::problem::{ConfigProblem, Problems};
use super::schema::homes_of;
use super::spelling::{key_of_sdk_argument, nearest, other_length_of, slip_of};
use super::value::{ColumnReference, ConfigValue, Named};

/// A value of the document and where it stands.
#[derive(Clone)]
pub(super) struct Place<'d> {
    pub(super) node: &'d Node,
    path: String,
    problems: &'d Problems,
}

impl<'d> Place<'d> {
    pub(super) fn root(node: &'d Node, problems: &'d Problems) -> Place<'d> {
        Place {
            node,
            path: String::new(),
            problems,
        }
    }

    /// Adds "found …, expected …; for example …" and gives nothing.
    pub(super) fn wrong<T>(&self, expected: &str, example: &str) -> Option<T> {
        let problem = format!("found {}, expected {expected}", self.node.told());
        let mut remedy = format!("for example `{example}`");
        if *self.node == Node::Null {
            remedy.push_str(", or leave the key out");
        }
        self.add(ConfigProblem::error(&self.path, problem).with_remedy(remedy))
    }

    pub(super) fn add<T>(&self, problem: ConfigProblem) -> Option<T> {
        self.problems.add(problem);
        None
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Place<'d>>> {
        let Node::List(items) = self.node else {
            return None;
        };
        let places = items.iter().enumerate().map(|(index, node)| Place {
            node,
            path: format!("{}[{index}]", self.path),
            problems: self.problems,
        });
        Some(places.collect())
    }

    /// The members of an object that may have any keys.
    pub(super) fn any_members(&self) -> Option<Vec<(String, Place<'d>)>> {
        let Node::Object(members) = self.node else {
            return None;
        };
        let places = members.iter().map(|(key, node)| {
            let place = Place {
                node,
                path: self.member_path(key),
                problems: self.problems,
            };
            (key.clone(), place)
        });
        Some(places.collect())
    }

    /// The members of an object that may have these keys; others are told.
    pub(super) fn object(
        &self,
        keys: &'static [&'static str],
        example: &str,
    ) -> Option<Members<'d>> {
        let Node::Object(members) = self.node else {
            return self.wrong("an object", example);
        };
        for (position, (key, _)) in members.iter().enumerate() {
            let place = self.member_path(key);
            if members[..position]
                .iter()
                .any(|(earlier, _)| earlier == key)
            {
                let problem = ConfigProblem::error(place, "the key is there more than once");
                self.problems.add(problem.with_remedy("keep one of them"));
            } else if !keys.contains(&key.as_str()) {
                self.problems.add(unknown_key(place, key, keys));
            }
        }
        Some(Members {
            place: self.clone(),
            members,
        })
    }

    fn member_path(&self, key: &str) -> String {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if key.is_empty() || !key.chars().all(plain) {
            return format!("{}[{}]", self.path, Value::from(key));
        }
        if self.path.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.path)
    }
}

fn unknown_key(place: String, key: &str, keys: &[&str]) -> ConfigProblem {
    let problem = ConfigProblem::error(place, "the key is not known here");
    let argument = key_of_sdk_argument(key).filter(|key| keys.contains(key));
    if let Some(meant) = argument.or_else(|| slip_of(key, keys)) {
        return problem.with_remedy(format!("did you mean `{meant}`?"));
    }
    if let Some(home) = homes_of(key) {
        return problem.with_remedy(format!("it belongs in {home}"));
    }
    if let Some(meant) = other_length_of(key, keys) {
        return problem.with_remedy(format!("did you mean `{meant}`?"));
    }
    problem.with_remedy(format!("the keys here are {}", quoted(keys)))
}

/// `` `a`, `b` and `c` ``
pub(super) fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The members of an object whose keys have been checked.
pub(super) struct Members<'d> {
    place: Place<'d>,
    members: &'d [(String, Node)],
}

impl<'d> Members<'d> {
    pub(super) fn get(&self, key: &str) -> Option<Place<'d>> {
        let mut members = self.members.iter();
        let (_, node) = members.find(|(name, _)| name == key)?;
        Some(Place {
            node,
            path: self.place.member_path(key),
            problems: self.place.problems,
        })
    }

    /// What `read` makes of the member; nothing when it is absent or wrong.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Place<'d>) -> Option<T>,
    ) -> Option<T> {
        read(&self.get(key)?)
    }

    /// The same of a member that must be there; `why` completes "is missing: …".
    pub(super) fn required<T>(
        &self,
        key: &str,
        why: &str,
        read: impl FnOnce(&Place<'d>) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(place) => read(&place),
            None => self.place.add(ConfigProblem::error(
                self.place.member_path(key),
                format!("the key is missing: {why}"),
            )),
        }
    }
}

pub(super) fn text(example: &str) -> impl Fn(&Place<'_>) -> Option<String> {
    move |place| match place.node {
        Node::Text(text) => Some(text.clone()),
        _ => place.wrong("a text", example),
    }
}

pub(super) fn truth(place: &Place<'_>) -> Option<bool> {
    match place.node {
        Node::Boolean(value) => Some(*value),
        _ => place.wrong("`true` or `false`", "true"),
    }
}

pub(super) fn whole_number(example: &str) -> impl Fn(&Place<'_>) -> Option<i64> {
    move |place| match place.node {
        Node::Integer(number) => Some(*number),
        _ => place.wrong("a whole number", example),
    }
}

/// A whole number from 1.
pub(super) fn count(example: &str) -> impl Fn(&Place<'_>) -> Option<u64> {
    move |place| match place.node {
        Node::Integer(number) if *number > 0 => u64::try_from(*number).ok(),
        _ => place.wrong("a whole number from 1", example),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a threshold beyond 2^53 would be no number of a person"
)]
pub(super) fn number(example: &str) -> impl Fn(&Place<'_>) -> Option<f64> {
    move |place| match place.node {
        Node::Integer(number) => Some(*number as f64),
        Node::Float(number) => Some(*number),
        _ => place.wrong("a number", example),
    }
}

pub(super) fn column(example: &str) -> impl Fn(&Place<'_>) -> Option<ColumnReference> {
    move |place| match place.node {
        Node::Text(name) if !name.is_empty() => Some(ColumnReference::Name(name.clone())),
        Node::Integer(index) if *index >= 0 => {
            usize::try_from(*index).ok().map(ColumnReference::Index)
        }
        _ => place.wrong("the name of a column, or its index from 0", example),
    }
}

pub(super) fn value(example: &str) -> impl Fn(&Place<'_>) -> Option<ConfigValue> {
    move |place| {
        scalar(place.node).or_else(|| place.wrong("a number, a text or a boolean", example))
    }
}

pub(super) fn scalar(node: &Node) -> Option<ConfigValue> {
    match node {
        Node::Boolean(value) => Some(ConfigValue::Boolean(*value)),
        Node::Integer(number) => Some(ConfigValue::Integer(*number)),
        Node::Float(number) => Some(ConfigValue::Float(*number)),
        Node::Text(text) => Some(ConfigValue::Text(text.clone())),
        Node::Null | Node::List(_) | Node::Object(_) => None,
    }
}

/// A list of values; the guide also writes a bare value.
pub(super) fn values(example: &str) -> impl Fn(&Place<'_>) -> Option<Vec<ConfigValue>> {
    move |place| match scalar(place.node) {
        Some(value) => Some(vec![value]),
        None => list(value("1"), example)(place),
    }
}

/// A list of what `read_item` reads; an item that is wrong is told, and the list is none.
pub(super) fn list<T>(
    read_item: impl Fn(&Place<'_>) -> Option<T>,
    example: &str,
) -> impl Fn(&Place<'_>) -> Option<Vec<T>> {
    move |place| {
        let Some(items) = place.items() else {
            return place.wrong("a list", example);
        };
        // Every item is read before the first wrong one ends the list.
        let items: Vec<Option<T>> = items.iter().map(&read_item).collect();
        items.into_iter().collect()
    }
}

/// One of the names of `T`, in any case of letters.
pub(super) fn named<T: Named>(place: &Place<'_>) -> Option<T> {
    let names = written_names::<T>();
    let Node::Text(text) = place.node else {
        return place.wrong(
            &format!("one of {}", quoted(&names)),
            &format!("\"{}\"", names[0]),
        );
    };
    let mut known = T::NAMES.iter();
    if let Some((_, value)) = known.find(|(name, _)| name.to_lowercase() == text.to_lowercase()) {
        return Some(*value);
    }
    let problem = format!(
        "found {}, expected one of {}",
        place.node.told(),
        quoted(&names)
    );
    let problem = ConfigProblem::error(place.path(), problem);
    place.add(match nearest(text, &names) {
        Some(meant) => problem.with_remedy(format!("did you mean `{meant}`?")),
        None => problem,
    })
}

fn written_names<T: Named>() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for (_, value) in T::NAMES {
        let name = value.written_name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
