//! What is said of two versions of a card.

use probity_domain::document::model_card::difference::{Change, differences};
use serde_json::{Value, json};

#[track_caller]
fn check(before: Value, after: Value, expected: &[(&str, Value, Value)]) {
    let absent = |value: Option<Value>| value.unwrap_or(json!("(absent)"));
    let found: Vec<(String, Value, Value)> = differences(&before, &after)
        .into_iter()
        .map(
            |Change {
                 path,
                 before,
                 after,
             }| (path, absent(before), absent(after)),
        )
        .collect();
    let expected: Vec<(String, Value, Value)> = expected
        .iter()
        .map(|(path, before, after)| ((*path).to_owned(), before.clone(), after.clone()))
        .collect();
    assert_eq!(found, expected);
}

fn absent() -> Value {
    json!("(absent)")
}

#[test]
fn equal_contents_do_not_differ() {
    check(json!({}), json!({}), &[]);
    check(json!({"a": [], "b": 1}), json!({"b": 1.0, "a": []}), &[]);
}

#[test]
fn members_are_told_as_changed_added_and_gone() {
    check(
        json!({"intended_uses": {"risk_rating": "Low", "purpose_of_model": "p"}, "business_details": {}}),
        json!({"intended_uses": {"risk_rating": "High", "intended_uses": "i"}}),
        &[
            ("intended_uses.risk_rating", json!("Low"), json!("High")),
            ("intended_uses.intended_uses", absent(), json!("i")),
            ("intended_uses.purpose_of_model", json!("p"), absent()),
            ("business_details", json!({}), absent()),
        ],
    );
}

fn evaluation(name: &str, value: f64) -> Value {
    json!({"name": name, "metric_groups": [{"name": "g", "metric_data": [
        {"name": "m", "type": "number", "value": value}]}]})
}

#[test]
fn named_things_are_compared_by_name() {
    check(
        json!({"evaluation_details": [evaluation("fairness", 0.5), evaluation("old", 1.0)]}),
        json!({"evaluation_details": [evaluation("new", 1.0), evaluation("fairness", 0.25)]}),
        &[
            (
                "evaluation_details[\"new\"]",
                absent(),
                evaluation("new", 1.0),
            ),
            (
                "evaluation_details[\"fairness\"].metric_groups[\"g\"].metric_data[\"m\"].value",
                json!(0.5),
                json!(0.25),
            ),
            (
                "evaluation_details[\"old\"]",
                evaluation("old", 1.0),
                absent(),
            ),
        ],
    );
}

#[test]
fn another_order_is_told_once() {
    let (a, b, c) = (
        evaluation("a", 1.0),
        evaluation("b", 2.0),
        evaluation("c", 3.0),
    );
    check(
        json!({"evaluation_details": [a, b, c]}),
        json!({"evaluation_details": [c, a, b]}),
        &[(
            "evaluation_details.order",
            json!(["a", "b", "c"]),
            json!(["c", "a", "b"]),
        )],
    );
}

#[test]
fn lists_without_names_are_compared_as_a_whole() {
    check(
        json!({"model_overview": {"model_artifact": ["s3://a"]}}),
        json!({"model_overview": {"model_artifact": ["s3://a", "s3://b"]}}),
        &[(
            "model_overview.model_artifact",
            json!(["s3://a"]),
            json!(["s3://a", "s3://b"]),
        )],
    );
    let twice = |value: i64| json!([{"name": "a", "value": value}, {"name": "a", "value": 2}]);
    check(twice(1), twice(3), &[("", twice(1), twice(3))]);
    check(twice(1), twice(1), &[]);
}

#[test]
fn the_first_item_of_a_list_is_an_addition() {
    check(
        json!({"evaluation_details": []}),
        json!({"evaluation_details": [evaluation("a", 1.0)]}),
        &[("evaluation_details[\"a\"]", absent(), evaluation("a", 1.0))],
    );
}

#[test]
fn names_that_are_no_words_are_quoted() {
    check(
        json!({"custom_details": {"a b": "1", "größe": "2"}}),
        json!({"custom_details": {"a b": "2", "größe": "2"}}),
        &[("custom_details[\"a b\"]", json!("1"), json!("2"))],
    );
    check(json!(1), json!("1"), &[("", json!(1), json!("1"))]);
}
