//! The text of a card file as a value that knows its lines: YAML 1.2, or JSON (RFC 8259).
//!
//! Files come from strangers: sizes, nesting, anchors and what they expand to are bounded, and a
//! key that stands twice is refused in both notations.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::yaml_fault;

/// A card's content has at most 100 000 characters; the rest is for comments.
pub(super) const MOST_BYTES: u64 = 1 << 20;
/// A value takes two of the 100 000 characters at least.
pub(super) const MOST_NODES: usize = 60_000;
pub(super) const MOST_DEPTH: usize = 32;
/// Each use of an anchor copies it: a file of a megabyte cannot become more than a hundred.
pub(super) const MOST_ALIASES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Yaml,
    Json,
}

impl Notation {
    /// By the ending of a file's name; `None` where it is no card file.
    pub(super) fn of(path: &Path) -> Option<Notation> {
        match path.extension()?.to_str()? {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// What a file says, and where.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) value: Value,
    /// By path: `$.content.evaluation_details[0].name`.
    lines: HashMap<String, u64>,
}

/// Text that is neither YAML nor JSON, or beyond the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotRead {
    pub(super) line: Option<u64>,
    pub(super) problem: String,
}

impl Source {
    pub(super) fn parse(text: &str, notation: Notation) -> Result<Source, NotRead> {
        let mut lines = HashMap::new();
        let value = match notation {
            Notation::Yaml => {
                let node = yaml(text)?;
                keep_lines(&node, "$", &mut lines);
                value(node.value)
            }
            // JSON is read by a parser of its own; that it is YAML, too, gives it lines.
            Notation::Json => {
                let node = json(text)?;
                if let Ok(lined) = yaml(text) {
                    keep_lines(&lined, "$", &mut lines);
                }
                value(node)
            }
        };
        Ok(Source { value, lines })
    }

    pub(super) fn exact_line(&self, path: &str) -> Option<u64> {
        self.lines.get(path).copied()
    }

    /// The line of what stands at `path`, or of the nearest thing around it.
    pub(super) fn line(&self, path: &str) -> Option<u64> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

fn yaml(text: &str) -> Result<Spanned<Kind<Spanned<String>>>, NotRead> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MOST_NODES,
            max_events: 2 * MOST_NODES,
            max_depth: MOST_DEPTH,
            max_aliases: MOST_ALIASES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_NODES,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: MOST_ALIASES,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    // Nothing but comments says nothing.
    if text.lines().all(is_blank) {
        return Ok(Spanned::new(
            Kind::Map(Vec::new()),
            serde_saphyr::Location::UNKNOWN,
            serde_saphyr::Location::UNKNOWN,
        ));
    }
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map(|at| at.line());
        NotRead {
            line: line.filter(|line| *line > 0),
            problem: yaml_fault::told(&error).unwrap_or_else(|| sentence(&error.to_string())),
        }
    })
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn json(text: &str) -> Result<Kind<String>, NotRead> {
    serde_json::from_str(text).map_err(|error| NotRead {
        line: Some(error.line() as u64).filter(|line| *line > 0),
        problem: sentence(&error.to_string()),
    })
}

/// One line: the parsers add the place in words, which is told beside it.
fn sentence(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let end = first.find(" at line ").unwrap_or(first.len());
    first[..end]
        .trim_start_matches("error: ")
        .trim_end()
        .to_owned()
}

/// A key of a mapping, with its place where the parser tells it.
trait Key<'de>: Deserialize<'de> {
    fn text(&self) -> &str;
}

impl Key<'_> for String {
    fn text(&self) -> &str {
        self
    }
}

impl Key<'_> for Spanned<String> {
    fn text(&self) -> &str {
        &self.value
    }
}

/// A value whose parts know their places.
#[derive(Debug)]
enum Kind<K> {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Kind<K>>>),
    Map(Vec<(K, Spanned<Kind<K>>)>),
}

fn value<'de, K: Key<'de>>(kind: Kind<K>) -> Value {
    match kind {
        Kind::Null => Value::Null,
        Kind::Bool(is) => Value::Bool(is),
        Kind::Number(number) => Value::Number(number),
        Kind::Text(text) => Value::String(text),
        Kind::List(list) => list.into_iter().map(|node| value(node.value)).collect(),
        Kind::Map(members) => {
            let member =
                |(key, node): (K, Spanned<Kind<K>>)| (key.text().to_owned(), value(node.value));
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
    }
}

fn keep_lines(node: &Spanned<Kind<Spanned<String>>>, path: &str, lines: &mut HashMap<String, u64>) {
    match &node.value {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        Kind::List(list) => {
            for (place, inner) in list.iter().enumerate() {
                let path = format!("{path}[{place}]");
                note(&path, inner.referenced.line(), lines);
                keep_lines(inner, &path, lines);
            }
        }
        Kind::Map(members) => {
            for (key, inner) in members {
                let path = member_path(path, &key.value);
                note(&path, key.referenced.line(), lines);
                keep_lines(inner, &path, lines);
            }
        }
    }
}

/// As the faults of a content spell it.
fn member_path(path: &str, key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    match !key.is_empty() && key.chars().all(plain) {
        true => format!("{path}.{key}"),
        false => format!("{path}[{}]", Value::from(key)),
    }
}

/// Lines are counted from 1; 0 is unknown.
fn note(path: &str, line: u64, lines: &mut HashMap<String, u64>) {
    if line > 0 {
        lines.insert(path.to_owned(), line);
    }
}

impl<'de, K: Key<'de>> Deserialize<'de> for Kind<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind<K>, D::Error> {
        deserializer.deserialize_any(KindVisitor(PhantomData))
    }
}

#[derive(Debug)]
struct KindVisitor<K>(PhantomData<K>);

impl<'de, K: Key<'de>> Visitor<'de> for KindVisitor<K> {
    type Value = Kind<K>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Kind<K>, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind<K>, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Kind<K>, E> {
        Ok(Kind::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Kind<K>, E> {
        Ok(Kind::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Kind<K>, E> {
        Ok(Kind::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Kind<K>, E> {
        Number::from_f64(number)
            .map(Kind::Number)
            .ok_or_else(|| E::custom("neither NaN nor infinity can stand in a model card"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind<K>, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Kind<K>, E> {
        Ok(Kind::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind<K>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Kind::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind<K>, A::Error> {
        let mut members: Vec<(K, Spanned<Kind<K>>)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<K>()? {
            if !seen.insert(key.text().to_owned()) {
                return Err(A::Error::custom(format!(
                    "the key `{}` stands twice in one mapping",
                    key.text()
                )));
            }
            let node = map.next_value()?;
            members.push((key, node));
        }
        Ok(Kind::Map(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Source {
        Source::parse(text, Notation::Yaml).unwrap()
    }

    #[track_caller]
    fn refused(text: &str, notation: Notation) -> NotRead {
        Source::parse(text, notation).unwrap_err()
    }

    #[test]
    fn yaml_is_read_with_its_lines() {
        let source = read(
            "# comment\nname: a\ncontent:\n  list:\n    - x: 1\n      y: [1.0, no]\n    - z: 007\n",
        );
        assert_eq!(
            source.value,
            json!({"name": "a", "content": {"list": [{"x": 1, "y": [1.0, "no"]}, {"z": "007"}]}})
        );
        assert_eq!(source.line("$.name"), Some(2));
        assert_eq!(source.line("$.content.list[0].y"), Some(6));
        assert_eq!(source.line("$.content.list[1]"), Some(7));
        assert_eq!(source.line("$.content.list[1].z.nothing[3].here"), Some(7));
        assert_eq!(source.line("$.nowhere"), None);
    }

    #[test]
    fn json_is_read_with_its_lines() {
        let text = "{\n\t\"name\": \"a\",\n\t\"content\": {\n\t\t\"x\": [1, 2.5]\n\t}\n}\n";
        let source = Source::parse(text, Notation::Json).unwrap();
        assert_eq!(
            source.value,
            json!({"name": "a", "content": {"x": [1, 2.5]}})
        );
        assert_eq!(source.line("$.content.x"), Some(4));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_in_both_notations() {
        let fault = refused("a: 1\nb: 2\na: 3\n", Notation::Yaml);
        assert_eq!(fault.line, Some(3), "{fault:?}");
        let fault = refused("{\"a\": 1,\n\"a\": 2}", Notation::Json);
        assert!(fault.problem.contains("`a` stands twice"), "{fault:?}");
        assert_eq!(fault.line, Some(2));
    }

    #[test]
    fn what_no_json_can_say_is_refused() {
        for text in [
            "a: .nan",
            "a: .inf",
            "a: !secret x",
            "a: 1\n---\nb: 2\n",
            "a: [1",
        ] {
            refused(text, Notation::Yaml);
        }
        for text in ["{\"a\": NaN}", "{\"a\": 1,}", "a: 1", ""] {
            refused(text, Notation::Json);
        }
    }

    #[test]
    fn nothing_but_comments_says_nothing() {
        assert_eq!(read("# one\n\n  # two\n").value, json!({}));
        assert_eq!(read("").value, json!({}));
    }

    #[test]
    fn a_long_run_of_comments_is_no_bomb() {
        let comments = "# guidance\n".repeat(500);
        let source = read(&format!("a:\n{comments}  b: 1\n{comments}c:\n{comments}"));
        assert_eq!(source.value, json!({"a": {"b": 1}, "c": null}));
    }

    #[test]
    fn anchors_do_not_grow_beyond_bounds() {
        let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (before, name) in ["a", "b", "c", "d", "e", "f", "g"]
            .iter()
            .zip("bcdefgh".chars())
        {
            let uses = vec![format!("*{before}"); 10].join(", ");
            laughs.push_str(&format!("{name}: &{name} [{uses}]\n"));
        }
        refused(&laughs, Notation::Yaml);
        let deep = format!("a: {}{}", "[".repeat(1000), "]".repeat(1000));
        refused(&deep, Notation::Yaml);
        let block: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        refused(&block, Notation::Yaml);
        let text = "x".repeat(100_000);
        let uses = "- *t\n".repeat(200);
        refused(&format!("t: &t {text}\nl:\n{uses}"), Notation::Yaml);
    }

    #[test]
    fn an_anchor_is_used_where_it_is_named() {
        let source = read("a: &team {owner: risk}\nb: *team\nc:\n  <<: *team\n  x: 1\n");
        assert_eq!(source.value["b"], json!({"owner": "risk"}));
        assert_eq!(source.value["c"], json!({"owner": "risk", "x": 1}));
    }
}
