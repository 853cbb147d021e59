//! The text of the rules: `FIELD=drop|hash|truncate:N`, as the tag `probity:capture-redact` and
//! the option `--capture-redact` have it. A tag's value may hold letters, digits, blanks and
//! `_.:/=+-@`, hence no comma, semicolon or quote is needed.

use super::Side;

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    #[error("`{rule}` is no rule of redaction; write FIELD=drop, FIELD=hash or FIELD=truncate:N")]
    Form { rule: String },
    #[error("`{action}` is no action of redaction; write drop, hash or truncate:N")]
    Action { action: String },
    #[error("the rule `{rule}` names no field; write FIELD=drop, FIELD=hash or FIELD=truncate:N")]
    NoField { rule: String },
}

/// What is done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing is kept: an empty cell, or `null`.
    Drop,
    Hash,
    /// So many letters of the beginning are kept.
    Truncate(usize),
}

/// Which field is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Counted from 0.
    Position(usize),
    /// A column's name, or a path of JSON members with dots between them.
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) side: Option<Side>,
    pub(super) field: Field,
    pub(super) action: Action,
}

impl Rule {
    /// A position without a side is one of the input: the output's columns are others.
    pub(super) fn is_of(&self, side: Side) -> bool {
        match (self.side, &self.field) {
            (Some(own), _) => own == side,
            (None, Field::Position(_)) => side == Side::Input,
            (None, Field::Name(_)) => true,
        }
    }
}

/// Rules end with their action, so blanks inside a name do no harm.
pub(super) fn parse(text: &str) -> Result<Vec<Rule>, InvalidRule> {
    let mut rules = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let is_blank = |letter: char| letter.is_whitespace() || letter == ',';
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        words.push(word);
        if word.contains('=') {
            rules.push(parse_one(&words.join(" "))?);
            words.clear();
        }
    }
    if words.is_empty() {
        return Ok(rules);
    }
    Err(InvalidRule::Form {
        rule: words.join(" "),
    })
}

fn parse_one(rule: &str) -> Result<Rule, InvalidRule> {
    // A name may hold `=`, an action does not.
    let Some((field, action)) = rule.rsplit_once('=') else {
        return Err(InvalidRule::Form {
            rule: rule.to_owned(),
        });
    };
    let (side, field) = match field.split_once(':') {
        Some(("input", field)) => (Some(Side::Input), field),
        Some(("output", field)) => (Some(Side::Output), field),
        _ => (None, field),
    };
    if field.is_empty() {
        return Err(InvalidRule::NoField {
            rule: rule.to_owned(),
        });
    }
    let field = match field.parse() {
        Ok(position) => Field::Position(position),
        Err(_) => Field::Name(field.to_owned()),
    };
    Ok(Rule {
        side,
        field,
        action: parse_action(action)?,
    })
}

fn parse_action(action: &str) -> Result<Action, InvalidRule> {
    let invalid = || InvalidRule::Action {
        action: action.to_owned(),
    };
    match (action, action.strip_prefix("truncate:")) {
        ("drop", _) => Ok(Action::Drop),
        ("hash", _) => Ok(Action::Hash),
        (_, Some(letters)) => letters.parse().map(Action::Truncate).map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, action: Action) -> Rule {
        Rule {
            side: None,
            field: Field::Name(name.to_owned()),
            action,
        }
    }

    #[test]
    fn rules_end_with_their_action() {
        let rules = parse("age=drop, Day Mins=hash  applicant.name=truncate:1 a=b=drop").unwrap();
        let expected = [
            named("age", Action::Drop),
            named("Day Mins", Action::Hash),
            named("applicant.name", Action::Truncate(1)),
        ];
        assert_eq!(rules[..3], expected);
        assert_eq!(rules[3], named("a=b", Action::Drop));
        assert_eq!(parse(" ").unwrap(), []);
    }

    #[test]
    fn a_number_is_a_position_of_the_input_unless_said_otherwise() {
        let rules = parse("3=drop output:0=hash input:a=drop").unwrap();
        assert_eq!(rules[0].field, Field::Position(3));
        assert!(rules[0].is_of(Side::Input) && !rules[0].is_of(Side::Output));
        assert_eq!(
            (rules[1].side, &rules[1].field),
            (Some(Side::Output), &Field::Position(0))
        );
        assert!(!rules[2].is_of(Side::Output));
        assert!(named("x", Action::Drop).is_of(Side::Output));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert!(message("age").starts_with("`age` is no rule of redaction"));
        assert!(message("age=drop email").starts_with("`email` is no rule"));
        assert!(message("age=mask").starts_with("`mask` is no action of redaction"));
        assert!(message("age=truncate:x").starts_with("`truncate:x` is no action"));
        assert!(message("input:=drop").starts_with("the rule `input:=drop` names no field"));
    }
}
