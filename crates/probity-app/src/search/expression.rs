//! A search expression, and whether a record satisfies it.
//!
//! Source: `SearchExpression`, `Filter` and `NestedFilters` in the SageMaker API reference. A
//! filter holds if any value behind its name satisfies it; `NotEquals` and `NotExists` are the
//! contrary of `Equals` and `Exists`, so they hold where the property is missing.

use std::cmp::Ordering;

use serde_json::Value;

use super::operand::Operand;
use super::path;
use crate::fault::Fault;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) filters: Vec<Filter>,
    nested: Vec<NestedFilters>,
    expressions: Vec<Expression>,
    pub(super) operator: Boolean,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boolean {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) test: Test,
}

/// Conditions that one element of a list must satisfy together.
#[derive(Clone, Debug, PartialEq)]
struct NestedFilters {
    name: String,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Equals(Operand),
    NotEquals(Operand),
    GreaterThan(Operand),
    GreaterThanOrEqualTo(Operand),
    LessThan(Operand),
    LessThanOrEqualTo(Operand),
    Contains(Operand),
    Exists,
    NotExists,
    In(Vec<Operand>),
}

impl Expression {
    /// Everything satisfies the empty expression.
    pub(super) fn everything() -> Expression {
        Expression {
            filters: Vec::new(),
            nested: Vec::new(),
            expressions: Vec::new(),
            operator: Boolean::And,
        }
    }

    pub(super) fn read(document: &Value) -> Result<Expression, Fault> {
        let operator = match document.get("Operator").and_then(Value::as_str) {
            Some("Or") => Boolean::Or,
            Some(_) | None => Boolean::And,
        };
        Ok(Expression {
            filters: list(document, "Filters", Filter::read)?,
            nested: list(document, "NestedFilters", NestedFilters::read)?,
            expressions: list(document, "SubExpressions", Expression::read)?,
            operator,
        })
    }

    pub(super) fn holds(&self, record: &Value) -> bool {
        let filters = self.filters.iter().map(|filter| filter.holds(record));
        let nested = self.nested.iter().map(|filters| filters.hold(record));
        let expressions = self.expressions.iter().map(|inner| inner.holds(record));
        let mut all = filters.chain(nested).chain(expressions);
        match self.operator {
            Boolean::And => all.all(|holds| holds),
            Boolean::Or => {
                let empty = self.filters.is_empty()
                    && self.nested.is_empty()
                    && self.expressions.is_empty();
                empty || all.any(|holds| holds)
            }
        }
    }

    /// Whether any filter, however deep, names a property under `start`.
    pub(super) fn names(&self, start: &str) -> bool {
        self.filters
            .iter()
            .any(|filter| begins(&filter.name, start))
            || self.nested.iter().any(|nested| begins(&nested.name, start))
            || self.expressions.iter().any(|inner| inner.names(start))
    }
}

/// Whether a property's name begins with `start`, in any case.
pub(super) fn begins(name: &str, start: &str) -> bool {
    name.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The elements of a list member; a missing list has none.
fn list<T>(
    document: &Value,
    member: &str,
    read: impl Fn(&Value) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    match document.get(member).and_then(Value::as_array) {
        Some(elements) => elements.iter().map(read).collect(),
        None => Ok(Vec::new()),
    }
}

impl NestedFilters {
    fn read(document: &Value) -> Result<NestedFilters, Fault> {
        let name = text(document, "NestedPropertyName")
            .unwrap_or_default()
            .to_owned();
        let mut filters = list(document, "Filters", Filter::read)?;
        // The reference names nested properties in full: `InputDataConfig.ChannelName`.
        let start = format!("{name}.");
        for filter in &mut filters {
            if let Some(inner) = filter.name.strip_prefix(&start) {
                filter.name = inner.to_owned();
            }
        }
        Ok(NestedFilters { name, filters })
    }

    fn hold(&self, record: &Value) -> bool {
        path::values(record, &self.name)
            .into_iter()
            .any(|element| self.filters.iter().all(|filter| filter.holds(element)))
    }
}

impl Filter {
    fn read(document: &Value) -> Result<Filter, Fault> {
        let name = text(document, "Name").unwrap_or_default().to_owned();
        let operator = text(document, "Operator").unwrap_or("Equals");
        let value = text(document, "Value");
        let test = match operator {
            "Exists" => Test::Exists,
            "NotExists" => Test::NotExists,
            _ => {
                let value = value.ok_or_else(|| {
                    Fault::invalid(format!(
                        "Filter on {name} with operator {operator} must have a value"
                    ))
                })?;
                Test::comparing(operator, value).ok_or_else(|| {
                    Fault::invalid(format!("Operator {operator} is not supported"))
                })?
            }
        };
        Ok(Filter { name, test })
    }

    fn holds(&self, record: &Value) -> bool {
        let values = path::values(record, &self.name);
        let any = |holds: &dyn Fn(&Value) -> bool| values.iter().any(|value| holds(value));
        match &self.test {
            Test::Exists => !values.is_empty(),
            Test::NotExists => values.is_empty(),
            Test::Equals(own) => any(&|value| own.equals(value)),
            Test::NotEquals(own) => !any(&|value| own.equals(value)),
            Test::Contains(own) => any(&|value| own.is_contained_in(value)),
            Test::In(all) => any(&|value| all.iter().any(|own| own.equals(value))),
            Test::GreaterThan(own) => any(&|value| own.order(value) == Some(Ordering::Greater)),
            Test::GreaterThanOrEqualTo(own) => {
                any(&|value| own.order(value).is_some_and(Ordering::is_ge))
            }
            Test::LessThan(own) => any(&|value| own.order(value) == Some(Ordering::Less)),
            Test::LessThanOrEqualTo(own) => {
                any(&|value| own.order(value).is_some_and(Ordering::is_le))
            }
        }
    }
}

impl Test {
    fn comparing(operator: &str, value: &str) -> Option<Test> {
        let operand = Operand::new(value);
        Some(match operator {
            "Equals" => Test::Equals(operand),
            "NotEquals" => Test::NotEquals(operand),
            "GreaterThan" => Test::GreaterThan(operand),
            "GreaterThanOrEqualTo" => Test::GreaterThanOrEqualTo(operand),
            "LessThan" => Test::LessThan(operand),
            "LessThanOrEqualTo" => Test::LessThanOrEqualTo(operand),
            "Contains" => Test::Contains(operand),
            "In" => Test::In(
                value
                    .split(',')
                    .map(|one| Operand::new(one.trim()))
                    .collect(),
            ),
            _ => return None,
        })
    }
}

fn text<'a>(document: &'a Value, member: &str) -> Option<&'a str> {
    document.get(member).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "Name": "fraud-model",
            "CreationTime": 1_795_305_600.5,
            "Count": 3,
            "Version": "2",
            "Tags": [{"Key": "team", "Value": "risk"}],
            "Channels": [{"Name": "train", "Uri": "s3://a"}, {"Name": "test", "Uri": "s3://b"}],
        })
    }

    #[track_caller]
    fn holds(expression: Value) -> bool {
        Expression::read(&expression).unwrap().holds(&record())
    }

    #[track_caller]
    fn filter(name: &str, operator: &str, value: &str) -> bool {
        holds(json!({"Filters": [{"Name": name, "Operator": operator, "Value": value}]}))
    }

    #[test]
    fn text_is_compared_by_every_operator() {
        assert!(filter("Name", "Equals", "fraud-model"));
        assert!(!filter("Name", "Equals", "fraud"));
        assert!(filter("Name", "NotEquals", "fraud"));
        assert!(filter("Name", "Contains", "ud-mo"));
        assert!(!filter("Name", "Contains", "UD"));
        assert!(filter("Name", "In", "churn, fraud-model"));
        assert!(!filter("Name", "In", "churn,fraud"));
        assert!(!filter("Name", "GreaterThan", "a"));
        assert!(filter("Version", "GreaterThanOrEqualTo", "2"));
    }

    #[test]
    fn numbers_and_times_are_compared_by_size() {
        assert!(filter("Count", "GreaterThan", "2.5"));
        assert!(!filter("Count", "LessThan", "3"));
        assert!(filter("Count", "LessThanOrEqualTo", "3"));
        assert!(filter(
            "CreationTime",
            "GreaterThan",
            "2026-11-22T00:00:00Z"
        ));
        assert!(!filter("CreationTime", "LessThan", "2026-11-22T00:00:00Z"));
        assert!(filter("CreationTime", "GreaterThan", "1795305600"));
    }

    #[test]
    fn a_missing_property_is_unequal_and_has_no_size() {
        assert!(filter("Missing", "NotEquals", "x"));
        assert!(!filter("Missing", "Equals", "x"));
        assert!(!filter("Missing", "LessThan", "1"));
        assert!(holds(
            json!({"Filters": [{"Name": "Missing", "Operator": "NotExists"}]})
        ));
        assert!(holds(
            json!({"Filters": [{"Name": "Tags.team", "Operator": "Exists"}]})
        ));
        assert!(holds(
            json!({"Filters": [{"Name": "Tags.team", "Value": "risk"}]})
        ));
    }

    #[test]
    fn nested_filters_hold_of_one_element_together() {
        let of = |name: &str, uri: &str| {
            json!({"NestedFilters": [{"NestedPropertyName": "Channels", "Filters": [
                {"Name": "Channels.Name", "Operator": "Equals", "Value": name},
                {"Name": "Channels.Uri", "Operator": "Contains", "Value": uri},
            ]}]})
        };
        assert!(holds(of("train", "a")));
        assert!(!holds(of("train", "b")));
    }

    #[test]
    fn and_wants_all_and_or_wants_one() {
        let filters = json!([
            {"Name": "Name", "Operator": "Equals", "Value": "fraud-model"},
            {"Name": "Count", "Operator": "Equals", "Value": "4"},
        ]);
        assert!(!holds(json!({"Filters": filters})));
        assert!(holds(json!({"Filters": filters, "Operator": "Or"})));
        let inner = json!({"Filters": filters, "Operator": "Or"});
        assert!(!holds(
            json!({"SubExpressions": [inner, {"Filters": filters}], "Operator": "And"})
        ));
        assert!(holds(json!({"SubExpressions": [inner], "Operator": "And"})));
        assert!(holds(json!({})));
        assert!(holds(json!({"Operator": "Or"})));
    }

    #[test]
    fn a_comparison_without_a_value_is_refused() {
        let fault = Expression::read(&json!({"Filters": [{"Name": "N", "Operator": "In"}]}));
        assert!(matches!(fault, Err(Fault::Invalid { .. })));
    }
}
