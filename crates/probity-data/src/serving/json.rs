//! JSON and JSON Lines of a request, in the forms that SageMaker's containers and examples use.
//!
//! Read into cells by a reader of its own, which counts what it holds: a tree of a general reader
//! takes several times the memory, and its size is the sender's choice.

use std::borrow::Cow;
use std::cell::Cell as Counter;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::rows::{BadRecords, Cell, MAX_CELLS, Rows, RowsBuilder};

/// Of a reader that stopped because of the size.
const TOO_MANY: &str = "too many values";

/// A document, as far as records need it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    One(Cell<'a>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// The records of one document.
pub(super) fn parse(body: &str) -> Result<Rows<'_>, BadRecords> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if body.trim().is_empty() {
        return Err(BadRecords::Empty);
    }
    let document = read(body).map_err(|problem| match problem {
        Unread::TooMany => BadRecords::TooMany,
        Unread::Fault(problem) => BadRecords::NotJson { problem },
    })?;
    let (records, names) = records_of(document)?;
    table(records, names)
}

/// A record per line.
pub(super) fn parse_lines(body: &str) -> Result<Rows<'_>, BadRecords> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let mut records = Vec::new();
    let mut n_values = 0;
    for (at, line) in body.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line_number = at + 1;
        let document = read(line).map_err(|problem| match problem {
            Unread::TooMany => BadRecords::TooMany,
            Unread::Fault(problem) => BadRecords::LineNotJson {
                line: line_number,
                problem,
            },
        })?;
        n_values += document.n_values();
        if n_values > MAX_CELLS {
            return Err(BadRecords::TooMany);
        }
        let record = record_of_line(document);
        records.push(record.ok_or(BadRecords::LineWithoutRecord { line: line_number })?);
    }
    table(records, None)
}

impl Node<'_> {
    fn n_values(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::List(items) => 1 + items.iter().map(Node::n_values).sum::<usize>(),
            Self::Object(members) => {
                1 + members
                    .iter()
                    .map(|(_, node)| node.n_values())
                    .sum::<usize>()
            }
        }
    }

    fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }
}

/// A list is a record; so is one that an object names, alone or under one of the usual names;
/// and an object of single values is one by the names of the features.
fn record_of_line(document: Node<'_>) -> Option<Node<'_>> {
    match document {
        Node::One(_) => None,
        Node::List(mut items) => match items.as_mut_slice() {
            // A batch of one record, as `[[1, 2]]`.
            [Node::List(_) | Node::Object(_)] => record_of_line(items.remove(0)),
            _ => Some(Node::List(items)),
        },
        Node::Object(members) => {
            if members.iter().all(|(_, node)| node.is_one()) {
                return Some(Node::Object(members));
            }
            let held = held_of(members)?;
            record_of_line(held)
        }
    }
}

/// What an object is about: the member with a usual name, else the only list or object in it.
fn held_of<'a>(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Option<Node<'a>> {
    let usual = ["instances", "inputs", "features", "records"];
    let nested = members.into_iter().filter(|(_, node)| !node.is_one());
    let mut nested: Vec<_> = nested.collect();
    let named = usual
        .iter()
        .find_map(|name| nested.iter().position(|(member, _)| member == name));
    match (named, nested.len()) {
        (Some(at), _) => Some(nested.swap_remove(at).1),
        (None, 1) => Some(nested.swap_remove(0).1),
        (None, _) => None,
    }
}

type Records<'a> = (Vec<Node<'a>>, Option<Vec<String>>);

/// The records of a document, and the names of their values where it lists them.
fn records_of(document: Node<'_>) -> Result<Records<'_>, BadRecords> {
    match document {
        Node::One(_) => Err(BadRecords::NoRecords),
        Node::List(items) => Ok((records_of_list(items), None)),
        Node::Object(members) => {
            if members.iter().all(|(_, node)| node.is_one()) && !members.is_empty() {
                return Ok((vec![Node::Object(members)], None));
            }
            let names = feature_names(&members);
            let members = match names {
                None => members,
                Some(_) => members
                    .into_iter()
                    .filter(|(name, _)| name != FEATURE_NAMES)
                    .collect(),
            };
            let held = held_of(members).ok_or(BadRecords::NoRecords)?;
            let (records, _) = records_of(held)?;
            Ok((records, names))
        }
    }
}

/// As in the template `{"instances": $records, "feature_names": $feature_names}` of Clarify.
const FEATURE_NAMES: &str = "feature_names";

fn feature_names(members: &[(Cow<'_, str>, Node<'_>)]) -> Option<Vec<String>> {
    let (_, listed) = members.iter().find(|(name, _)| name == FEATURE_NAMES)?;
    let Node::List(listed) = listed else {
        return None;
    };
    let names = listed.iter().map(|name| match name {
        Node::One(Cell::Text(text)) => Some(text.to_string()),
        Node::One(_) | Node::List(_) | Node::Object(_) => None,
    });
    names.collect()
}

/// A list of single values is one record.
fn records_of_list(items: Vec<Node<'_>>) -> Vec<Node<'_>> {
    if !items.is_empty() && items.iter().all(Node::is_one) {
        return vec![Node::List(items)];
    }
    let records = items.into_iter().map(|item| match item {
        Node::Object(members) if members.iter().any(|(_, node)| !node.is_one()) => {
            held_of(members).unwrap_or(Node::One(Cell::Missing))
        }
        item => item,
    });
    records.collect()
}

/// Records as rows: lists by places, objects by the names of their members.
fn table(records: Vec<Node<'_>>, names: Option<Vec<String>>) -> Result<Rows<'_>, BadRecords> {
    if records.is_empty() {
        return Err(BadRecords::Empty);
    }
    let n_objects = records
        .iter()
        .filter(|record| matches!(record, Node::Object(_)))
        .count();
    if n_objects == 0 {
        return by_place(records, names);
    }
    if n_objects < records.len() {
        return Err(BadRecords::Mixed);
    }
    by_name(records)
}

fn by_place(records: Vec<Node<'_>>, names: Option<Vec<String>>) -> Result<Rows<'_>, BadRecords> {
    let mut rows = RowsBuilder::default();
    for (at, record) in records.into_iter().enumerate() {
        let Node::List(values) = record else {
            return Err(BadRecords::NoRecords);
        };
        for value in values {
            rows.push(single(value, at)?)?;
        }
        rows.end_row()?;
    }
    let rows = rows.finish(None)?;
    let names = names.filter(|names| names.len() == rows.n_columns);
    Ok(Rows { names, ..rows })
}

fn single(value: Node<'_>, at: usize) -> Result<Cell<'_>, BadRecords> {
    match value {
        Node::One(cell) => Ok(cell),
        Node::List(_) | Node::Object(_) => Err(BadRecords::Nested { record: at + 1 }),
    }
}

/// Columns in the order in which their names first appear; a member that a record lacks is
/// missing, and the last of two of one name counts.
fn by_name(records: Vec<Node<'_>>) -> Result<Rows<'_>, BadRecords> {
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for record in &records {
        let Node::Object(members) = record else {
            continue;
        };
        for (name, _) in members {
            if !places.contains_key(name) {
                places.insert(name.clone(), names.len());
                names.push(name.clone());
            }
        }
    }
    if names.is_empty() {
        return Err(BadRecords::Empty);
    }
    let n_columns = names.len();
    match n_columns.checked_mul(records.len()) {
        Some(n_cells) if n_cells <= MAX_CELLS => {}
        Some(_) | None => return Err(BadRecords::TooMany),
    }
    let mut cells = vec![Cell::Missing; n_columns * records.len()];
    for (at, record) in records.into_iter().enumerate() {
        let Node::Object(members) = record else {
            continue;
        };
        for (name, value) in members {
            cells[at * n_columns + places[&name]] = single(value, at)?;
        }
    }
    Ok(Rows {
        names: Some(names.into_iter().map(Cow::into_owned).collect()),
        n_columns,
        cells,
    })
}

enum Unread {
    TooMany,
    Fault(String),
}

fn read(text: &str) -> Result<Node<'_>, Unread> {
    let left = Counter::new(MAX_CELLS);
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = OneNode { left: &left }
        .deserialize(&mut reader)
        .and_then(|node| reader.end().map(|()| node));
    node.map_err(|error| match left.get() {
        0 => Unread::TooMany,
        _ => Unread::Fault(error.to_string()),
    })
}

#[derive(Clone, Copy)]
struct OneNode<'c> {
    /// Values that may still come.
    left: &'c Counter<usize>,
}

impl<'de> DeserializeSeed<'de> for OneNode<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        match self.left.get() {
            0 => Err(de::Error::custom(TOO_MANY)),
            left => {
                self.left.set(left - 1);
                deserializer.deserialize_any(self)
            }
        }
    }
}

fn one<'a, E>(cell: Cell<'a>) -> Result<Node<'a>, E> {
    Ok(Node::One(cell))
}

impl<'de> Visitor<'de> for OneNode<'_> {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        one(Cell::Missing)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node<'de>, E> {
        one(Cell::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        one(Cell::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        one(Cell::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        one(Cell::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        one(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        one(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            object.push((name, members.next_value_seed(self)?));
        }
        Ok(Node::Object(object))
    }
}

/// A name, borrowed where nothing in it is escaped.
struct Name<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl<'de> Visitor<'de> for Spelled {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Spelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &Rows<'_>) -> String {
        let cells = rows.cells.iter().map(|cell| match cell {
            Cell::Missing => "∅".to_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Truth(truth) => truth.to_string(),
            Cell::Text(text) => format!("'{text}'"),
        });
        let cells: Vec<String> = cells.collect();
        let rows_shown = cells.chunks(rows.n_columns).map(|row| row.join(" "));
        let names = rows.names.as_ref().map(|names| names.join(" ") + ": ");
        names.unwrap_or_default() + &rows_shown.collect::<Vec<_>>().join(" | ")
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(shown(&parse(body).unwrap()), expected, "{body}");
    }

    #[track_caller]
    fn check_lines(body: &str, expected: &str) {
        assert_eq!(shown(&parse_lines(body).unwrap()), expected, "{body}");
    }

    #[test]
    fn records_are_lists_wherever_they_stand() {
        for body in [
            "[[1,2.5],[3,null]]",
            r#"{"instances": [[1,2.5],[3,null]]}"#,
            r#"{"inputs": [[1,2.5],[3,null]]}"#,
            r#"{"instances": [{"features": [1,2.5]}, {"features": [3,null]}]}"#,
            r#"{"signature_name": "x", "instances": [[1,2.5],[3,null]]}"#,
            r#"{"my_records": [[1,2.5],[3,null]]}"#,
        ] {
            check(body, "1 2.5 | 3 ∅");
        }
    }

    #[test]
    fn one_list_of_values_is_one_record() {
        check("[1, \"a\", true]", "1 'a' true");
        check(r#"{"instances": [1, 2]}"#, "1 2");
        check(r#"{"inputs": [1, 2]}"#, "1 2");
    }

    #[test]
    fn objects_name_their_values() {
        check(r#"{"a": 1, "b": "x"}"#, "a b: 1 'x'");
        check(r#"[{"a": 1}, {"b": 2, "a": 3}]"#, "a b: 1 ∅ | 3 2");
        check(r#"{"instances": [{"a": 1, "b": 2}]}"#, "a b: 1 2");
        check(r#"{"inputs": {"a": 1, "b": 2}}"#, "a b: 1 2");
        check(
            r#"{"instances": [[1, 2]], "feature_names": ["a", "b"]}"#,
            "a b: 1 2",
        );
    }

    #[test]
    fn a_line_is_a_record() {
        for body in [
            "[1,2]\n[3,4]\n",
            "{\"features\":[1,2]}\n{\"features\":[3,4]}",
            "{\"instances\":[1,2]}\r\n\r\n{\"instances\":[[3,4]]}\r\n",
            "{\"myfeatures\":[1,2]}\n[[3,4]]",
        ] {
            check_lines(body, "1 2 | 3 4");
        }
        check_lines("{\"a\":1}\n{\"a\":2}", "a: 1 | 2");
        check_lines("{\"features\":{\"a\":1}}", "a: 1");
    }

    #[test]
    fn what_holds_no_records_is_refused() {
        let refused = |body: &str| parse(body).unwrap_err();
        assert_eq!(refused(" "), BadRecords::Empty);
        assert_eq!(refused("[]"), BadRecords::Empty);
        assert_eq!(refused("{}"), BadRecords::NoRecords);
        assert_eq!(refused("5"), BadRecords::NoRecords);
        assert_eq!(
            refused("[[1],[2,3]]").to_string().split(' ').next(),
            Some("record")
        );
        assert_eq!(refused("[[1],{\"a\":1}]"), BadRecords::Mixed);
        assert_eq!(refused("[[[1]]]"), BadRecords::Nested { record: 1 });
        assert!(matches!(refused("[1"), BadRecords::NotJson { .. }));
        assert!(matches!(refused("[1] x"), BadRecords::NotJson { .. }));
        let line = parse_lines("[1]\n5").unwrap_err();
        assert_eq!(line, BadRecords::LineWithoutRecord { line: 2 });
        let line = parse_lines("[1]\n[").unwrap_err();
        assert!(matches!(line, BadRecords::LineNotJson { line: 2, .. }));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = "[".repeat(100_000);
        assert!(matches!(parse(&deep), Err(BadRecords::NotJson { .. })));
        let long = format!("[{}0]", "0,".repeat(MAX_CELLS));
        assert_eq!(parse(&long), Err(BadRecords::TooMany));
    }
}
