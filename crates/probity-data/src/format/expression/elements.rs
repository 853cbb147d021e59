//! Splits an expression such as `data.records[*].label` into the list that it goes through and what it takes
//! of each element. JMESPath drops an element for which the rest gives `null`, and what follows moves up; read
//! element by element, a record without a label keeps its place and the label is missing.

use jmespath::Rcvar;
use jmespath::ast::Ast;

use crate::format::json::{First, JsonFault, JsonScanner, JsonValue};

/// `base[*].rest` or `base[].rest`.
#[derive(Clone, Debug)]
pub(crate) struct Elements {
    pub(crate) base: Base,
    pub(super) rest: Ast,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    steps: Vec<Step>,
    lists: InnerLists,
}

/// What an element that is a list itself stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InnerLists {
    /// One record: `[*]`.
    Kept,
    /// Its elements, each a record: `[]`.
    Spliced,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

pub(super) fn split(ast: &Ast) -> Option<Elements> {
    let mut steps = Vec::new();
    let mut ast = ast;
    // The parser makes `a.b[*].c` a member of `a` that goes through a list.
    while let Ast::Subexpr { lhs, rhs, .. } = ast {
        collect_steps(lhs, &mut steps)?;
        ast = rhs;
    }
    let Ast::Projection { lhs, rhs, .. } = ast else {
        return None;
    };
    if matches!(**rhs, Ast::Condition { .. }) {
        // A filter drops elements on purpose.
        return None;
    }
    let (list, lists) = match &**lhs {
        Ast::Flatten { node, .. } => (&**node, InnerLists::Spliced),
        list => (list, InnerLists::Kept),
    };
    collect_steps(list, &mut steps)?;
    Some(Elements {
        base: Base { steps, lists },
        rest: (**rhs).clone(),
    })
}

fn collect_steps(ast: &Ast, steps: &mut Vec<Step>) -> Option<()> {
    match ast {
        Ast::Identity { .. } => {}
        Ast::Field { name, .. } => steps.push(Step::Member(name.clone())),
        Ast::Index { idx, .. } => steps.push(Step::Element(usize::try_from(*idx).ok()?)),
        Ast::Subexpr { lhs, rhs, .. } => {
            collect_steps(lhs, steps)?;
            collect_steps(rhs, steps)?;
        }
        _ => return None,
    }
    Some(())
}

impl Base {
    /// The list is the document itself.
    pub(crate) fn is_document(&self) -> bool {
        self.steps.is_empty()
    }

    /// The list in a document that was read.
    pub(crate) fn find_in(&self, document: &Rcvar) -> Rcvar {
        let mut value = Rcvar::clone(document);
        for step in &self.steps {
            value = match step {
                Step::Member(name) => value.get_field(name),
                Step::Element(position) => value.get_index(*position),
            };
        }
        value
    }

    /// The records that an element of the list is.
    pub(crate) fn records_of<'e>(&self, element: &'e Rcvar) -> &'e [Rcvar] {
        match (element.as_array(), self.lists) {
            (Some(inner), InnerLists::Spliced) => inner,
            (None, _) | (_, InnerLists::Kept) => std::slice::from_ref(element),
        }
    }

    /// Where the list begins in `document`, which is read to its end; `None` when there is no such value.
    pub(crate) fn find(&self, document: &str) -> Result<Option<usize>, JsonFault> {
        let mut scanner = JsonScanner::new(document);
        scanner.skip_value()?;
        scanner.at_end("text follows the document")?;
        let mut at = 0;
        for step in &self.steps {
            let mut scanner = JsonScanner::starting_at(document, at);
            let found = match step {
                Step::Member(name) => member(&mut scanner, name)?,
                Step::Element(position) => element(&mut scanner, *position)?,
            };
            match found {
                Some(start) => at = start,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}

/// Where the value of a member begins; of a repeated one, the last.
fn member(scanner: &mut JsonScanner<'_>, name: &str) -> Result<Option<usize>, JsonFault> {
    if scanner.value()? != JsonValue::ObjectStart {
        return Ok(None);
    }
    let mut found = None;
    let mut first = First::Yes;
    while let Some(key) = scanner.next_key(first)? {
        first = First::No;
        if key == name {
            found = Some(scanner.position());
        }
        scanner.skip_value()?;
    }
    Ok(found)
}

fn element(scanner: &mut JsonScanner<'_>, position: usize) -> Result<Option<usize>, JsonFault> {
    if scanner.value()? != JsonValue::ArrayStart {
        return Ok(None);
    }
    let mut first = First::Yes;
    let mut at = 0;
    while scanner.next_element(first)? {
        first = First::No;
        if at == position {
            return Ok(Some(scanner.position()));
        }
        scanner.skip_value()?;
        at += 1;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::RecordExpression;

    #[track_caller]
    fn check(expression: &str, document: &str, expected: Option<&str>) {
        let expression = RecordExpression::parse(expression).unwrap();
        let found = expression.elements().map(|elements| {
            let at = elements.base.find(document).unwrap();
            at.map_or("nothing", |at| document[at..].trim_start())
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn the_list_is_found_in_the_document() {
        check("[*].label", "[1]", Some("[1]"));
        check("a.b[*].label", r#"{"a":{"b":[1], "b":[2]}}"#, Some("[2]}}"));
        check("a[1].b[].c[0]", r#"{"a":[7,{"b":5}]}"#, Some("5}]}"));
        check("a[1].b[]", r#"{"a":[7]}"#, Some("nothing"));
    }

    #[test]
    fn filters_functions_and_single_values_go_through_no_list() {
        check("a[?b > `1`].c", "{}", None);
        check("a[-1].b[*]", "{}", None);
        check("sort(a)[*]", "{}", None);
        check("a.b", "{}", None);
    }
}
