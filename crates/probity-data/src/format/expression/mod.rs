//! JMESPath expressions (jmespath.org) that name something in JSON records, as Clarify's `features`, `label`
//! and `predicted_label` do. The language is the `jmespath` crate's; this folder says which of it is accepted,
//! and keeps the spelling of numbers, which the crate's tree of values would lose.

mod elements;
mod limits;
mod tree;

use jmespath::ast::Ast;
use jmespath::{Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar};

pub(crate) use elements::{Base, Elements};
pub(crate) use tree::{Tree, kind_of};

/// An expression that was found to be one.
///
/// `$` at the start, as JSONPath writes the whole, is taken off: `$.label` is `label`.
#[derive(Clone, Debug)]
pub struct RecordExpression {
    /// As the user wrote it.
    text: String,
    ast: Ast,
    elements: Option<Elements>,
}

/// Why a text is not an expression that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}` is not a usable JMESPath expression: at character {position}: {problem}")]
pub struct InvalidExpression {
    pub expression: String,
    /// From 1.
    pub position: usize,
    pub problem: String,
}

impl RecordExpression {
    pub fn parse(text: &str) -> Result<RecordExpression, InvalidExpression> {
        let invalid = |(offset, problem): (usize, String)| InvalidExpression {
            expression: text.to_owned(),
            position: text
                .char_indices()
                .take_while(|(at, _)| *at < offset)
                .count()
                + 1,
            problem,
        };
        let expression = without_dollar(text);
        let skipped = text.len() - expression.len();
        let shift = |(offset, problem)| invalid((offset + skipped, problem));
        limits::check_length(expression).map_err(shift)?;
        let ast = jmespath::parse(expression)
            .map_err(|error| shift((error.offset, parse_problem(expression, &error))))?;
        limits::check_meaning(&ast).map_err(shift)?;
        Ok(RecordExpression {
            text: text.to_owned(),
            elements: elements::split(&ast),
            ast,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the expression goes through a list, element by element.
    pub(crate) fn elements(&self) -> Option<&Elements> {
        self.elements.as_ref()
    }

    pub(crate) fn search(&self, record: &Rcvar) -> Result<Rcvar, String> {
        search(&self.text, &self.ast, record)
    }

    /// What the expression gives for one element of the list that it goes through.
    pub(crate) fn search_element(&self, element: &Rcvar) -> Result<Rcvar, String> {
        let ast = self
            .elements
            .as_ref()
            .map_or(&self.ast, |elements| &elements.rest);
        search(&self.text, ast, element)
    }
}

impl PartialEq for RecordExpression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RecordExpression {}

fn search(text: &str, ast: &Ast, data: &Rcvar) -> Result<Rcvar, String> {
    let mut context = Context::new(text, &DEFAULT_RUNTIME);
    jmespath::interpret(data, ast, &mut context).map_err(|error| match error.reason {
        // It names types, never values.
        ErrorReason::Runtime(problem) => lower_first(&problem.to_string()),
        ErrorReason::Parse(problem) => lower_first(&problem),
    })
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_lowercase().chain(rest).collect(),
        None => String::new(),
    }
}

fn without_dollar(text: &str) -> &str {
    match text.strip_prefix('$') {
        Some("") => "@",
        Some(rest) if rest.starts_with('[') => rest,
        Some(rest) => rest.strip_prefix('.').unwrap_or(text),
        None => text,
    }
}

/// The crate's own texts name its token types.
fn parse_problem(expression: &str, error: &JmespathError) -> String {
    let rest = expression.get(error.offset..).unwrap_or_default();
    match rest.chars().next() {
        None => "it ends too early".to_owned(),
        Some(_) if expression.trim().is_empty() => "it is empty".to_owned(),
        Some(character) if character == '-' || !character.is_ascii() => format!(
            "`{character}` is not expected here; a name with other characters than letters, digits and `_` needs quotes, as in \"my-name\""
        ),
        Some(character) => format!("`{character}` is not expected here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json::JsonScanner;

    #[track_caller]
    fn check(expression: &str, json: &str, expected: Result<Option<&str>, &str>) {
        let expression = RecordExpression::parse(expression).unwrap();
        let mut tree = Tree::default();
        let root = tree.add(&mut JsonScanner::new(json)).unwrap();
        let found = expression
            .search(&root)
            .map(|value| tree.text_of(&value).map(|text| text.into_owned()));
        let found = found.as_ref().map(Option::as_deref);
        assert_eq!(found.map_err(String::as_str), expected);
    }

    #[track_caller]
    fn check_invalid(expression: &str, position: usize, problem: &str) {
        let error = RecordExpression::parse(expression).unwrap_err();
        assert_eq!(
            (error.position, error.problem.as_str()),
            (position, problem)
        );
    }

    #[test]
    fn values_keep_their_spelling_wherever_they_stand() {
        let json = r#"{"a":{"n":[1.50,1E+5,-0,12345678901234567890123,1e400]},"s":"1.0","b":true,"none":null}"#;
        check("a.n[0]", json, Ok(Some("1.50")));
        check("a.n[-1]", json, Ok(Some("1e400")));
        check(
            "a.n",
            json,
            Ok(Some("[1.50,1E+5,-0,12345678901234567890123,1e400]")),
        );
        check(
            "a",
            json,
            Ok(Some(
                r#"{"n":[1.50,1E+5,-0,12345678901234567890123,1e400]}"#,
            )),
        );
        check("[s,b]", json, Ok(Some(r#"["1.0",true]"#)));
        check("s", json, Ok(Some("1.0")));
        check("b", json, Ok(Some("true")));
        check("none", json, Ok(None));
        check("nowhere.at.all", json, Ok(None));
        check("length(a.n)", json, Ok(Some("5")));
    }

    #[test]
    fn json_path_for_the_whole_is_understood() {
        check("$.a", r#"{"a":1}"#, Ok(Some("1")));
        check("$[0]", "[7]", Ok(Some("7")));
        check("$", "7", Ok(Some("7")));
    }

    #[test]
    fn a_function_that_gets_another_type_says_so() {
        check(
            "sum(@)",
            "\"a\"",
            Err("argument 0 expects type array[number], given string"),
        );
    }

    #[test]
    fn what_is_no_expression_is_refused_with_its_place() {
        check_invalid("", 1, "it ends too early");
        check_invalid("a.", 3, "it ends too early");
        check_invalid("$.a.", 5, "it ends too early");
        check_invalid("a b", 3, "`b` is not expected here");
        check_invalid("nothing(@)", 1, "there is no function `nothing`");
        check_invalid(
            "my-label",
            3,
            "`-` is not expected here; a name with other characters than letters, digits and `_` needs quotes, as in \"my-name\"",
        );
    }

    #[test]
    fn the_members_of_an_object_have_no_order_to_go_through() {
        let problem =
            "the members of an object have no order to rely on; list them by name, as in `[a, b]`";
        check_invalid("features.*", 10, problem);
        check_invalid("values(features)", 7, problem);
    }

    #[test]
    fn an_expression_that_would_exhaust_the_stack_is_refused() {
        for deep in [
            "(".repeat(5_000),
            "a.".repeat(50_000),
            "!".repeat(5_000),
            "[*]".repeat(5_000),
        ] {
            assert!(RecordExpression::parse(&format!("{deep}a")).is_err());
        }
    }

    #[test]
    fn a_list_of_many_names_is_not_too_long() {
        let names: Vec<String> = (0..2_000).map(|number| format!("f.c{number}")).collect();
        assert!(RecordExpression::parse(&format!("[{}]", names.join(","))).is_ok());
    }
}
