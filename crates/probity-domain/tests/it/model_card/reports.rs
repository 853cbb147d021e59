//! Reports read for a card, against the SDK's own parsers and beyond them.

use probity_domain::document::model_card::report::{
    InvalidReport, group_value, metric_groups, metric_groups_of, read_report,
};
use probity_domain::document::model_card::{
    Content, MetricGroup, MetricValue, ReportKind, Variant,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::golden_lines;

fn values(groups: &[MetricGroup]) -> Vec<Value> {
    groups.iter().map(group_value).collect()
}

/// `1` and `1.0` are the same to whoever reads a card.
fn as_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().map(as_doubles).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), as_doubles(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// A report of which every group is on a card.
fn card_of(groups: &[MetricGroup]) -> Value {
    json!({"evaluation_details": [{"name": "e", "metric_groups": values(groups)}]})
}

#[track_caller]
fn assert_fits_a_card(groups: &[MetricGroup]) {
    let content = Content::of_value(card_of(groups), Variant::Card);
    let content = content.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(content.card().evaluations[0].groups, groups);
    assert!(Content::of_value(card_of(groups), Variant::Package).is_ok());
}

#[test]
fn reports_give_what_the_parsers_of_the_sdk_give() {
    let cases = golden_lines("parsers/cases.jsonl");
    assert!(cases.len() >= 20);
    for case in cases {
        let name = case["kind"].as_str().unwrap();
        let report = &case["report"];
        let result = match ReportKind::parse(name) {
            Some(kind) => metric_groups_of(kind, report),
            None => metric_groups(report).map(|(_, groups)| groups),
        };
        match case["groups"].as_array() {
            Some(expected) => {
                let groups = result.unwrap();
                assert_fits_a_card(&groups);
                let found = values(&groups).iter().map(as_doubles).collect::<Vec<_>>();
                let expected = expected.iter().map(as_doubles).collect::<Vec<_>>();
                assert_eq!(found, expected, "{name}");
            }
            None => assert!(result.is_err(), "{name} {report}"),
        }
    }
}

#[track_caller]
fn check_kind(report: Value, expected: Option<&str>) {
    assert_eq!(ReportKind::of(&report).map(ReportKind::as_str), expected);
    assert_eq!(
        expected.and_then(ReportKind::parse),
        ReportKind::of(&report)
    );
}

#[test]
fn kinds_are_seen_from_what_a_report_holds() {
    let bias = json!({"facets": {}, "label": "y"});
    check_kind(json!({"metric_groups": []}), Some("model-card-metrics"));
    check_kind(
        json!({"version": "1.0", "pre_training_bias_metrics": bias}),
        Some("clarify-bias"),
    );
    check_kind(json!({"explanations": {}}), Some("clarify-explainability"));
    check_kind(
        json!({"explanations": {}, "post_training_bias_metrics": bias}),
        Some("clarify-bias-and-explainability"),
    );
    check_kind(
        json!({"regression_metrics": {}}),
        Some("model-quality-regression"),
    );
    check_kind(
        json!({"binary_classification_metrics": {}}),
        Some("model-quality-binary"),
    );
    check_kind(
        json!({"multiclass_classification_metrics": {}}),
        Some("model-quality-multiclass"),
    );
    check_kind(
        json!({"version": 0, "dataset": {}, "features": []}),
        Some("data-quality"),
    );
    check_kind(json!({"violations": []}), Some("constraint-violations"));
    check_kind(json!({"version": 1}), None);
    check_kind(json!([]), None);
    for kind in ReportKind::ALL {
        assert_eq!(ReportKind::parse(kind.as_str()), Some(kind));
    }
}

#[test]
fn a_report_of_another_kind_is_refused_with_what_is_missing() {
    let error = metric_groups(&json!({"version": 1, "hello": 2})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the report is none that a card can take: found the members `version` or `hello`"
    );
    let error = metric_groups_of(ReportKind::ClarifyBias, &json!({"explanations": {}}));
    assert_eq!(
        error.unwrap_err().to_string(),
        "the report is no `clarify-bias`: `facets` is missing or of another kind"
    );
    for kind in ReportKind::ALL {
        let error = metric_groups_of(kind, &json!({}));
        assert!(
            matches!(error, Err(InvalidReport::Wrong { .. })),
            "{kind:?}"
        );
    }
}

#[test]
fn a_file_with_bias_and_explanations_gives_both_or_the_one_that_is_asked_for() {
    let report = json!({
        "pre_training_bias_metrics": {"label": "y", "label_value_or_threshold": "1", "facets": {"sex": [
            {"value_or_threshold": "0", "metrics": [{"name": "CI", "value": 0.5}]}]}},
        "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"age": 0.5}}}},
    });
    let names = |groups: &[MetricGroup]| -> Vec<String> {
        groups.iter().map(|group| group.name.clone()).collect()
    };
    let bias = "pre_training_bias_metrics - label y = 1 and facet sex=0";
    let shap = "explanations - global_shap_values, label=label0";
    let (kind, both) = metric_groups(&report).unwrap();
    assert_eq!(kind, ReportKind::ClarifyBiasAndExplainability);
    assert_eq!(names(&both), [bias, shap]);
    let one = metric_groups_of(ReportKind::ClarifyBias, &report).unwrap();
    assert_eq!(names(&one), [bias]);
    let one = metric_groups_of(ReportKind::ClarifyExplainability, &report).unwrap();
    assert_eq!(names(&one), [shap]);
}

/// The values of a group by name.
fn numbers(group: &MetricGroup) -> Vec<(&str, f64)> {
    let mut numbers = Vec::new();
    for metric in &group.metrics {
        if let MetricValue::Number(value) = metric.value {
            numbers.push((metric.name.as_str(), value));
        }
    }
    numbers
}

#[test]
fn values_that_are_not_finite_are_left_out() {
    let bytes = br#"{"regression_metrics": {
        "mae": {"value": NaN, "standard_deviation": 0.1}, "rmse": {"value": "Infinity"},
        "r2": {"value": 0.5, "standard_deviation": "NaN"}, "mse": {"value": -Infinity}, "odd": 1}}"#;
    let report = read_report(bytes).unwrap();
    let (_, groups) = metric_groups(&report).unwrap();
    assert_eq!(
        numbers(&groups[0]),
        [("mae - standard_deviation", 0.1), ("r2", 0.5)]
    );
    let report = json!({"post_training_bias_metrics": {"label": "y", "facets": {"sex": [
        {"value_or_threshold": "0", "metrics": [{"name": "DI", "value": "Infinity"}, {"name": "AD", "value": 0.0},
            {"name": "FT", "value": null, "error": "no"}]}]}}});
    let (_, groups) = metric_groups(&report).unwrap();
    assert_eq!(numbers(&groups[0]), [("AD", 0.0)]);
}

#[test]
fn parts_of_explanations_that_failed_give_nothing() {
    let report = json!({"explanations": {
        "kernel_shap": {"label0": {"global_shap_values": {"age": "NaN", "income": 0.5, "text": null}}},
        "pdp": [{"feature_name": "remarks", "data_type": "free_text", "error": "not supported"},
            {"feature_name": "age", "data_type": "numerical", "feature_values": [1, "NaN", 3],
             "data_distribution": [0.5, 0.25, 0.25], "label_headers": ["l"], "model_predictions": []}]}});
    let (_, groups) = metric_groups(&report).unwrap();
    assert_eq!(numbers(&groups[0]), [("income", 0.5)]);
    assert_eq!(
        values(&groups)[1],
        json!({"name": "explanations - pdp", "metric_data": [{
            "name": "data_distribution - feature=age", "type": "linear_graph", "value": [[1, 0.5], [3, 0.25]],
            "x_axis_name": "age", "y_axis_name": "Data distribution"}]})
    );
}

#[test]
fn a_large_confusion_matrix_keeps_the_classes_with_the_most_records() {
    let class = |index: usize| format!("class {index:02}");
    let rows = (0..25).map(|row| {
        let columns =
            (0..25).map(|column| (class(column), json!(if row == column { row } else { 0 })));
        (class(row), Value::Object(columns.collect()))
    });
    let matrix = Value::Object(rows.collect());
    let report = json!({"multiclass_classification_metrics": {"confusion_matrix": matrix}});
    let (_, groups) = metric_groups(&report).unwrap();
    assert_fits_a_card(&groups);
    let metric = &groups[0].metrics[0];
    assert_eq!(
        metric.notes.as_deref(),
        Some("of 25 rows and 25 columns, the 20 with the largest sums")
    );
    let MetricValue::Matrix {
        rows,
        row_names,
        column_names,
    } = &metric.value
    else {
        panic!("{metric:?}");
    };
    let kept: Vec<String> = (5..25).map(class).collect();
    assert_eq!((row_names, column_names), (&kept, &kept));
    assert_eq!((rows[0][0], rows[19][19], rows[0][19]), (5.0, 24.0, 0.0));
}

#[test]
fn long_curves_and_labels_are_cut_with_a_note() {
    let many: Vec<f64> = (0..1001).map(|index| f64::from(index) / 1000.0).collect();
    let report = json!({"binary_classification_metrics": {
        "precision_recall_curve": {"precisions": many, "recalls": many},
        "confusion_matrix": {"a".repeat(70): {"b": 1}}}});
    let (_, groups) = metric_groups(&report).unwrap();
    assert_fits_a_card(&groups);
    let curve = &groups[0].metrics[0];
    let MetricValue::LinearGraph { points, .. } = &curve.value else {
        panic!("{curve:?}");
    };
    assert_eq!(
        (points.len(), points[0], points[99]),
        (100, (0.0, 0.0), (1.0, 1.0))
    );
    assert_eq!(curve.notes.as_deref(), Some("100 of 1001 points"));
    let MetricValue::Matrix { row_names, .. } = &groups[0].metrics[1].value else {
        panic!("{groups:?}");
    };
    assert_eq!(row_names[0].chars().count(), 63);
    let notes = groups[0].metrics[1].notes.as_deref().unwrap();
    assert!(notes.ends_with(&"a".repeat(70)), "{notes}");
}

#[test]
fn a_group_of_the_cards_own_form_is_cut_to_fit() {
    let report = json!({"metric_groups": [{"name": "", "metric_data": [
        {"name": "t", "type": "string", "value": "x".repeat(2000), "notes": "mine"},
        {"name": "\n", "type": "bar_chart", "value": vec![1; 150], "x_axis_name": vec!["l"; 150]},
        {"name": "nothing", "type": "matrix", "value": []},
        {"name": "no type", "value": [1]}]}, {"metric_data": []}]});
    let (_, groups) = metric_groups(&report).unwrap();
    assert_fits_a_card(&groups);
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].name, "(no name)");
    let names: Vec<&str> = groups[0]
        .metrics
        .iter()
        .map(|metric| metric.name.as_str())
        .collect();
    assert_eq!(names, ["t", "(no name)"]);
    assert!(
        groups[0].metrics[0]
            .notes
            .as_ref()
            .unwrap()
            .starts_with("mine; cut to 63 characters: x")
    );
    assert_eq!(
        groups[0].metrics[1].notes.as_deref(),
        Some("the first 100 of 150 bars")
    );
}

#[test]
fn data_quality_gives_a_group_for_each_feature() {
    let report = read_report(&crate::golden("statistics/numeric.json")).unwrap();
    let (kind, groups) = metric_groups(&report).unwrap();
    assert_eq!(kind, ReportKind::DataQuality);
    assert_fits_a_card(&groups);
    assert_eq!(groups[0].name, "data_quality - dataset");
    assert_eq!(numbers(&groups[0])[0], ("item_count", 2333.0));
    assert_eq!(groups[1].name, "data_quality - feature=Intl Mins");
    assert_eq!(
        numbers(&groups[1]),
        [
            ("num_present", 2333.0),
            ("num_missing", 0.0),
            ("mean", 10.253_065),
            ("std_dev", 2.778_766),
            ("min", 0.0),
            ("max", 18.4),
        ]
    );
    assert_eq!(
        numbers(&groups[2]),
        [
            ("num_present", 3.0),
            ("num_missing", 1.0),
            ("distinct_count", 2.0)
        ]
    );
}

#[test]
fn violations_are_counted_and_named() {
    for (path, count, name) in [
        (
            "constraint_violations/taxi_2019.json",
            None,
            Some("store_and_fwd_flag"),
        ),
        ("bias_violations/service_adult_drift.json", None, None),
        ("bias_violations/clean.json", Some(0.0), None),
    ] {
        let report = read_report(&crate::golden(path)).unwrap();
        let (kind, groups) = metric_groups(&report).unwrap();
        assert_eq!(kind, ReportKind::ConstraintViolations);
        assert_fits_a_card(&groups);
        #[expect(clippy::cast_precision_loss, reason = "a short list")]
        let listed = (groups[0].metrics.len() - 1) as f64;
        assert_eq!(
            numbers(&groups[0]),
            [("violations", count.unwrap_or(listed))]
        );
        if let Some(name) = name {
            assert_eq!(groups[0].metrics[1].name, name);
            assert!(groups[0].metrics[1].notes.is_some());
        }
    }
}

#[test]
fn a_report_of_a_thousand_classes_is_read_in_a_moment() {
    let row: serde_json::Map<String, Value> = (0..1000)
        .map(|class| (format!("c{class}"), json!(1)))
        .collect();
    let rows: serde_json::Map<String, Value> = (0..1000)
        .map(|class| (format!("c{class}"), Value::Object(row.clone())))
        .collect();
    let report = json!({"multiclass_classification_metrics": {"confusion_matrix": rows}});
    let started = std::time::Instant::now();
    let (_, groups) = metric_groups(&report).unwrap();
    assert_fits_a_card(&groups);
    // 0.1 s in an unoptimised build; a search in a list for every cell takes minutes.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

proptest! {
    /// Whatever is cut out of a report or put into it, what it gives fits a card.
    #[test]
    fn a_damaged_report_gives_what_fits_a_card(
        case in 0_usize..20,
        start in 0.0..1.0_f64,
        length in 0_usize..40,
        patch in prop::sample::select(vec![
            "", "0", "1e308", "\"NaN\"", "null", "[]", "{}", "[[]]", "\"\\n\"", ",", "true", "\"a\":1,", "-1",
        ]),
    ) {
        let cases = golden_lines("parsers/cases.jsonl");
        let text = cases[case % cases.len()]["report"].to_string();
        let letters: Vec<char> = text.chars().collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short text"
        )]
        let start = (start * letters.len() as f64) as usize;
        let end = letters.len().min(start + length);
        let damaged: String = letters[..start].iter().copied()
            .chain(patch.chars())
            .chain(letters[end..].iter().copied())
            .collect();
        let Ok(report) = read_report(damaged.as_bytes()) else {
            return Ok(());
        };
        for kind in ReportKind::ALL {
            if let Ok(groups) = metric_groups_of(kind, &report) {
                let content = Content::of_value(card_of(&groups), Variant::Card);
                prop_assert!(content.is_ok(), "{content:?}");
            }
        }
    }
}
