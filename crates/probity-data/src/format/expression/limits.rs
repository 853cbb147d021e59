//! What is not accepted of JMESPath: expressions so deep that following them would exhaust the stack, numbers
//! with which the crate's arithmetic would overflow, functions that do not exist, and what has no fixed order.

use jmespath::DEFAULT_RUNTIME;
use jmespath::ast::Ast;

const MAX_BYTES: usize = 1 << 16;
const MAX_BRACKETS: usize = 24;
/// Of operators between two commas: each may be one level of the parsed expression.
const MAX_OPERATORS: usize = 48;
/// Positions in lists stay so far below 2³¹ that a sum of two does too.
const MAX_POSITION: i32 = 1 << 29;

/// Where something stands, and what is wrong with it.
type Problem = (usize, String);

/// Parser and interpreter recurse: the depth is bounded before either runs.
pub(super) fn check_length(expression: &str) -> Result<(), Problem> {
    if expression.len() > MAX_BYTES {
        return Err((MAX_BYTES, "it is too long".to_owned()));
    }
    let mut brackets = 0_usize;
    let mut operators = 0_usize;
    for (offset, byte) in expression.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => {
                brackets += 1;
                operators += 1;
            }
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            b',' => operators = 0,
            b'.' | b'|' | b'&' | b'!' | b'<' | b'>' | b'=' | b'*' | b'?' => operators += 1,
            _ => {}
        }
        if brackets > MAX_BRACKETS || operators > MAX_OPERATORS {
            return Err((offset, "it is nested too deeply".to_owned()));
        }
    }
    Ok(())
}

pub(super) fn check_meaning(ast: &Ast) -> Result<(), Problem> {
    const NO_ORDER: &str =
        "the members of an object have no order to rely on; list them by name, as in `[a, b]`";
    match ast {
        Ast::ObjectValues { offset, .. } => return Err((*offset, NO_ORDER.to_owned())),
        Ast::Function { offset, name, .. } => {
            // The offset is that of the bracket.
            if DEFAULT_RUNTIME.get_function(name).is_none() {
                let start = offset.saturating_sub(name.len());
                return Err((start, format!("there is no function `{name}`")));
            }
            if matches!(name.as_str(), "keys" | "values") {
                return Err((*offset, NO_ORDER.to_owned()));
            }
        }
        Ast::Index { offset, idx } => check_position(*offset, Some(*idx))?,
        Ast::Slice {
            offset,
            start,
            stop,
            step,
        } => {
            for position in [*start, *stop, Some(*step)] {
                check_position(*offset, position)?;
            }
            if *step == 0 {
                return Err((*offset, "a step of 0 goes nowhere".to_owned()));
            }
        }
        _ => {}
    }
    parts(ast).into_iter().try_for_each(check_meaning)
}

fn check_position(offset: usize, position: Option<i32>) -> Result<(), Problem> {
    match position {
        Some(position) if !(-MAX_POSITION..=MAX_POSITION).contains(&position) => {
            Err((offset, "no list is that long".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The expressions that an expression is made of.
fn parts(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition {
            predicate, then, ..
        } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args: elements, .. } | Ast::MultiList { elements, .. } => {
            elements.iter().collect()
        }
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => vec![],
    }
}
