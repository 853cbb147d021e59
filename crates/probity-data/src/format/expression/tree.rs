//! JSON as the tree that expressions are applied to. The tree of the `jmespath` crate keeps numbers as doubles
//! and integers; how each was spelled is remembered here by the address of its node, which an expression that
//! picks the number hands on.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jmespath::{Rcvar, Variable};
use serde_json::Number;

use crate::format::json::{First, JsonFault, JsonScanner, JsonValue};

/// Values read one after the other, and how their numbers are spelled.
#[derive(Debug, Default)]
pub(crate) struct Tree<'t> {
    /// Of numbers that Rust would write differently, by the addresses of their nodes.
    spellings: HashMap<usize, &'t str>,
    /// The values, and members whose key came again: they live as long as the tree, so that no other node gets
    /// their addresses.
    kept: Vec<Rcvar>,
}

impl<'t> Tree<'t> {
    /// The next value of the scanner, which bounds how deep it is.
    pub(crate) fn add(&mut self, scanner: &mut JsonScanner<'t>) -> Result<Rcvar, JsonFault> {
        let root = self.read_value(scanner)?;
        self.kept.push(Rcvar::clone(&root));
        Ok(root)
    }

    /// A field of CSV among JSON: missing when it is empty.
    pub(crate) fn text(text: &str) -> Rcvar {
        Rcvar::new(match text {
            "" => Variable::Null,
            text => Variable::String(text.to_owned()),
        })
    }

    pub(crate) fn list(elements: Vec<Rcvar>) -> Rcvar {
        Rcvar::new(Variable::Array(elements))
    }

    /// A value as a field of a table: lists and objects as JSON, `null` as nothing.
    pub(crate) fn text_of<'v>(&'v self, value: &'v Rcvar) -> Option<Cow<'v, str>> {
        match &**value {
            Variable::Null | Variable::Expref(_) => None,
            Variable::String(text) => Some(Cow::Borrowed(text)),
            Variable::Bool(true) => Some(Cow::Borrowed("true")),
            Variable::Bool(false) => Some(Cow::Borrowed("false")),
            Variable::Number(number) => Some(self.number(value, number)),
            Variable::Array(_) | Variable::Object(_) => {
                let mut json = String::new();
                self.write(value, &mut json);
                Some(Cow::Owned(json))
            }
        }
    }

    /// Recursion is bounded by the scanner.
    fn read_value(&mut self, scanner: &mut JsonScanner<'t>) -> Result<Rcvar, JsonFault> {
        let begins_with = scanner.peek();
        Ok(match scanner.value()? {
            JsonValue::Null => Rcvar::new(Variable::Null),
            JsonValue::Text(text) => match (begins_with, text) {
                (Some(b't'), _) => Rcvar::new(Variable::Bool(true)),
                (Some(b'f'), _) => Rcvar::new(Variable::Bool(false)),
                (Some(b'-' | b'0'..=b'9'), Cow::Borrowed(spelling)) if spelling != "-Infinity" => {
                    self.read_number(spelling)
                }
                (_, text) => Rcvar::new(Variable::String(text.into_owned())),
            },
            JsonValue::ArrayStart => {
                let mut elements = Vec::new();
                let mut first = First::Yes;
                while scanner.next_element(first)? {
                    first = First::No;
                    elements.push(self.read_value(scanner)?);
                }
                Rcvar::new(Variable::Array(elements))
            }
            JsonValue::ObjectStart => {
                let mut members = BTreeMap::new();
                let mut first = First::Yes;
                while let Some(key) = scanner.next_key(first)? {
                    first = First::No;
                    let member = self.read_value(scanner)?;
                    self.kept.extend(members.insert(key.into_owned(), member));
                }
                Rcvar::new(Variable::Object(members))
            }
        })
    }

    fn read_number(&mut self, spelling: &'t str) -> Rcvar {
        let whole = spelling.parse::<i64>().ok().filter(|_| spelling != "-0");
        if let Some(whole) = whole {
            return Rcvar::new(Variable::Number(whole.into()));
        }
        // Beyond the doubles, comparisons see the largest one; the spelling stays.
        let double: f64 = spelling.parse().unwrap_or(f64::MAX);
        let double = double.clamp(f64::MIN, f64::MAX);
        let number = Number::from_f64(double).unwrap_or_else(|| Number::from(0));
        let node = Rcvar::new(Variable::Number(number));
        self.spellings.insert(address(&node), spelling);
        node
    }

    fn number<'v>(&'v self, node: &Rcvar, number: &Number) -> Cow<'v, str> {
        match self.spellings.get(&address(node)) {
            Some(spelling) => Cow::Borrowed(*spelling),
            None => Cow::Owned(number.to_string()),
        }
    }

    fn write(&self, value: &Rcvar, json: &mut String) {
        match &**value {
            Variable::Null | Variable::Expref(_) => json.push_str("null"),
            Variable::Bool(_) => json.push_str(&self.text_of(value).unwrap_or_default()),
            Variable::Number(number) => json.push_str(&self.number(value, number)),
            Variable::String(text) => json.push_str(&quoted(text)),
            Variable::Array(elements) => {
                json.push('[');
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        json.push(',');
                    }
                    self.write(element, json);
                }
                json.push(']');
            }
            Variable::Object(members) => {
                json.push('{');
                for (position, (key, member)) in members.iter().enumerate() {
                    if position > 0 {
                        json.push(',');
                    }
                    json.push_str(&quoted(key));
                    json.push(':');
                    self.write(member, json);
                }
                json.push('}');
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn address(node: &Rcvar) -> usize {
    Arc::as_ptr(node).addr()
}

/// What a value is, for a message.
pub(crate) fn kind_of(value: &Variable) -> &'static str {
    match value {
        Variable::Null => "nothing",
        Variable::String(_) => "a text",
        Variable::Bool(_) => "a boolean",
        Variable::Number(_) => "a number",
        Variable::Array(elements) if elements.is_empty() => "an empty list",
        Variable::Array(_) => "a list",
        Variable::Object(_) => "an object",
        Variable::Expref(_) => "an expression",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_replaced_lends_its_spelling_to_no_other() {
        let json = r#"[{"a":1.50,"a":2,"b":3,"c":4},{"a":1.50,"a":2,"b":3,"c":4}]"#;
        let mut tree = Tree::default();
        let root = tree.add(&mut JsonScanner::new(json)).unwrap();
        assert_eq!(
            tree.text_of(&root).unwrap(),
            r#"[{"a":2,"b":3,"c":4},{"a":2,"b":3,"c":4}]"#
        );
    }
}
