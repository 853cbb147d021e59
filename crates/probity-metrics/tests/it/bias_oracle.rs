//! Agreement with smclarify 0.5, the open part of SageMaker Clarify: `golden/clarify/oracle`.
//! Real runs of the service agree with it to 2e-17.

use arrow::array::ArrayRef;
use probity_domain::document::analysis::{MetricValue, StageMetrics};
use probity_metrics::bias::nearest::RowMajor;
use probity_metrics::bias::{
    BasicStats, BiasCounts, BiasGroups, BiasMetric, BiasQuery, BiasTable, Facet, FacetGroup,
    FacetQuery, FeatureRows, FlipTestRows, Group, GroupError, OutcomeCounts, PerformanceReport,
    Positive, ProblemType, SeriesKind, Spelling, Stage, Stratum, flip_test, metric_value,
    stage_metrics,
};
use serde_json::Value as Json;

use crate::bias_frame::{Frame, listed};
use crate::generator::golden;

/// A metric is a sum and quotient of a dozen shares between 0 and about 10, each rounded at
/// 2⁻⁵² of it: 12 · 10 · 2.2e-16 is 3e-14, and the conditions of the oracle itself (it adds in
/// another order) are of that size.
const TOLERANCE: f64 = 1e-12;

#[track_caller]
fn check_value(found: &MetricValue, expected: &Json, case: &str) {
    let is_same = match found {
        MetricValue::Float(found) if found.is_infinite() => {
            let text = if *found > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            expected == text
        }
        // A whole number of the oracle is written without a fraction.
        MetricValue::Float(found) => {
            let close = |expected: f64| (found - expected).abs() < TOLERANCE;
            expected.is_f64() && expected.as_f64().is_some_and(close)
        }
        MetricValue::Integer(found) => expected.as_i64() == Some(*found),
        MetricValue::Error(found) => expected == found,
    };
    assert!(is_same, "{case}: {found:?}, expected {expected}");
}

/// A value, or the text of its error.
fn value_or_error(metric: &Json) -> &Json {
    metric.get("error").unwrap_or(&metric["value"])
}

struct ToyCase<'a> {
    case: &'a Json,
    frame: Frame<'a>,
}

impl ToyCase<'_> {
    fn name(&self) -> &str {
        self.text("name").unwrap()
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.case[key].as_str()
    }

    fn query(&self) -> BiasQuery {
        BiasQuery {
            label: self.text("label").unwrap().to_owned(),
            positive: listed(&self.case["label_values_or_threshold"]),
            predicted_label: self.text("predicted_label").map(str::to_owned),
            group_variable: self.text("group_variable").map(str::to_owned),
            facets: vec![FacetQuery {
                facet: self.text("facet").unwrap().to_owned(),
                values: listed(&self.case["facet_value_or_threshold"]),
            }],
        }
    }

    fn groups(&self, spelling: Spelling) -> Result<BiasGroups, GroupError> {
        let counts = self.frame.count(spelling);
        BiasTable::new(&counts, spelling).groups(&self.query())
    }

    /// As a caller who keeps rows computes it: features are the columns of the frame that are
    /// neither facet nor label nor prediction.
    fn flip_test(
        &self,
        spelling: Spelling,
        groups: &BiasGroups,
        of: (&Facet, &FacetGroup),
    ) -> Result<f64, String> {
        let used = ["facet", "label", "predicted_label"].map(|key| self.text(key));
        let features = self.case["features_in_frame"].as_array().unwrap();
        let features: Vec<ArrayRef> = features
            .iter()
            .filter(|column| !used.contains(&column.as_str()))
            .map(|column| self.frame.array(column.as_str().unwrap(), spelling))
            .collect();
        let mut rows = FeatureRows::default();
        rows.update(&features);
        let columns: Vec<usize> = (0..features.len()).collect();
        let numbers = rows.matrix(&columns).map_err(|error| error.to_string())?;

        let codes = self.frame.codes(spelling);
        let of_row = |is: &dyn Fn(usize) -> bool| -> Vec<bool> {
            codes.iter().map(|code| is(*code as usize)).collect()
        };
        let predicted = groups.predicted_label.as_ref().unwrap();
        let found = flip_test(&FlipTestRows {
            features: RowMajor::new(&numbers, columns.len()).unwrap(),
            disadvantaged: &of_row(&|tuple| of.0.is_disadvantaged(of.1, tuple)),
            predicted_positive: &of_row(&|tuple| predicted.is_positive(tuple)),
        });
        found
            .map(|found| found.value())
            .map_err(|error| error.to_string())
    }

    fn check_stage(&self, stage: Stage, spelling: Spelling, groups: &BiasGroups) {
        let (metrics, expected) = match stage {
            Stage::PreTraining => (&BiasMetric::PRE_TRAINING[..], "pre_training_bias_metrics"),
            Stage::PostTraining => (&BiasMetric::POST_TRAINING[..], "post_training_bias_metrics"),
        };
        let expected = &self.case[expected];
        let flip_test = |facet: &Facet, group: &FacetGroup| {
            self.flip_test(spelling, groups, (facet, group))
                .map_or_else(MetricValue::Error, MetricValue::Float)
        };
        let found = stage_metrics(stage, metrics, groups, flip_test).unwrap();
        match (found, expected["stage_error"].as_str()) {
            (StageMetrics::Failed { error }, Some(expected)) => {
                assert_eq!(format!("ValueError: {error}"), expected, "{}", self.name());
            }
            (StageMetrics::Computed(found), None) => {
                assert_eq!(found.label, expected["label"], "{}", self.name());
                let positive = &expected["label_value_or_threshold"];
                assert_eq!(found.label_value_or_threshold, *positive, "{}", self.name());
                let (facet, entries) = &found.facets[0];
                let expected = expected["facets"][facet].as_array().unwrap();
                assert_eq!(entries.len(), expected.len(), "{}", self.name());
                for (entry, expected) in entries.iter().zip(expected) {
                    assert_eq!(entry.value_or_threshold, expected["value_or_threshold"]);
                    self.check_metrics(&entry.metrics, expected["metrics"].as_array().unwrap());
                }
            }
            (found, expected) => panic!("{}: {found:?}, expected {expected:?}", self.name()),
        }
    }

    fn check_metrics(
        &self,
        found: &[probity_domain::document::analysis::MetricEntry],
        expected: &[Json],
    ) {
        assert_eq!(found.len(), expected.len(), "{}", self.name());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.name, expected["name"]);
            assert_eq!(found.description, expected["description"]);
            let place = format!("{} {}", self.name(), found.name);
            check_value(&found.value, value_or_error(expected), &place);
        }
    }
}

/// Cases that stop smclarify with an error of Python.
const CRASHES: [&str; 2] = [
    "33_group_string_with_missing",
    "36_facet_value_of_wrong_type",
];

/// Texts of digits, which CSV and JSON would make numbers of.
const ONLY_TYPED: &str = "27_int_value_for_string_labels";

fn check_toy_cases(spelling: Spelling) {
    let cases = golden("clarify/oracle/toy_cases.json");
    let frames = golden("clarify/oracle/toy_frames.json");
    let mut checked = 0;
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let frame = Frame(&frames[name]);
        let case = ToyCase { case, frame };
        let is_special = name.starts_with("25") || name.starts_with("31");
        if CRASHES.contains(&name)
            || is_special
            || (name == ONLY_TYPED && spelling != Spelling::Typed)
        {
            continue;
        }
        let groups = case.groups(spelling).unwrap();
        case.check_stage(Stage::PreTraining, spelling, &groups);
        case.check_stage(Stage::PostTraining, spelling, &groups);
        checked += 1;
    }
    let expected = if spelling == Spelling::Typed { 36 } else { 35 };
    assert_eq!(checked, expected);
}

#[test]
fn toy_cases_agree_with_typed_columns() {
    check_toy_cases(Spelling::Typed);
}

#[test]
fn toy_cases_agree_as_csv() {
    check_toy_cases(Spelling::Csv);
}

#[test]
fn toy_cases_agree_as_json() {
    check_toy_cases(Spelling::Json);
}

fn with_toy_case(name: &str, check: impl Fn(&ToyCase<'_>)) {
    let cases = golden("clarify/oracle/toy_cases.json");
    let frames = golden("clarify/oracle/toy_frames.json");
    let is_it = |case: &&Json| case["name"] == name;
    let case = cases.as_array().unwrap().iter().find(is_it).unwrap();
    check(&ToyCase {
        case,
        frame: Frame(&frames[name]),
    });
}

#[test]
fn a_subset_of_metrics_is_computed_and_other_names_are_refused() {
    with_toy_case("25_method_subset", |case| {
        let names = ["DPL", "CI"];
        let metrics = BiasMetric::of_stage(Stage::PreTraining, &names).unwrap();
        let groups = case.groups(Spelling::Typed).unwrap();
        let flip_test = |_: &_, _: &_| panic!("not asked for");
        let found = stage_metrics(Stage::PreTraining, &metrics, &groups, flip_test).unwrap();
        let StageMetrics::Computed(found) = found else {
            panic!("the stage has metrics");
        };
        let expected = &case.case["pre_training_bias_metrics"]["facets"]["gender"][0]["metrics"];
        case.check_metrics(&found.facets[0].1[0].metrics, expected.as_array().unwrap());

        let refusal = BiasMetric::of_stage(Stage::PostTraining, &names).unwrap_err();
        let expected = &case.case["post_training_bias_metrics"]["stage_error"];
        assert_eq!(*expected, format!("ValueError: {refusal}"));
    });
}

#[test]
fn a_continuous_facet_without_threshold_fails_in_the_words_of_the_service() {
    with_toy_case("31_continuous_facet_without_threshold", |case| {
        let error = case.groups(Spelling::Typed).unwrap_err();
        let text = format!("ValueError: {}", error.clarify_text().unwrap());
        for stage in ["pre_training_bias_metrics", "post_training_bias_metrics"] {
            assert_eq!(case.case[stage]["stage_error"], text);
        }
    });
}

#[test]
fn a_facet_value_of_the_wrong_type_is_named() {
    with_toy_case("36_facet_value_of_wrong_type", |case| {
        let expected = "`abc` cannot be a value of column `gender01`, which holds whole numbers: list values such as `1`, `0`";
        for spelling in [Spelling::Typed, Spelling::Csv, Spelling::Json] {
            let error = case.groups(spelling).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    });
}

/// As rows without a number are in no stratum in case 32, so are rows without a text in case
/// 33, where smclarify fails to sort texts and `None`. Both tables have the same strata.
#[test]
fn rows_without_a_text_are_in_no_stratum_either() {
    let conditional = |name: &str| {
        let mut values = Vec::new();
        with_toy_case(name, |case| assert!(case.groups(Spelling::Typed).is_ok()));
        let cases = golden("clarify/oracle/toy_cases.json");
        let frames = golden("clarify/oracle/toy_frames.json");
        let is_it = |case: &&Json| case["name"] == name;
        let case = cases.as_array().unwrap().iter().find(is_it).unwrap();
        let frame = Frame(&frames[name]);
        let groups = ToyCase { case, frame }.groups(Spelling::Typed).unwrap();
        for metric in [BiasMetric::Cddl, BiasMetric::Cddpl] {
            values.push(metric_value(metric, &groups.facets[0].groups[0].counts));
        }
        values
    };
    let expected = [0.099_999_999_999_999_98, 0.238_095_238_095_238_08];
    assert_eq!(
        conditional("33_group_string_with_missing"),
        conditional("32_group_float_with_missing")
    );
    for (found, expected) in conditional("33_group_string_with_missing")
        .iter()
        .zip(expected)
    {
        check_value(found, &Json::from(expected), "33");
    }
}

fn direct_counts(case: &Json) -> BiasCounts {
    let is_one = |list: &str, row: usize| case[list][row] == 1;
    let mut counts = BiasCounts::default();
    let mut strata: Vec<Stratum> = Vec::new();
    for row in 0..case["d"].as_array().unwrap().len() {
        let group = if is_one("d", row) {
            Group::Disadvantaged
        } else {
            Group::Advantaged
        };
        let positive = Positive {
            label: is_one("y", row),
            predicted: is_one("yhat", row),
        };
        counts.total.add(group, positive, 1);
        let Some(value) = case["group"][row].as_str() else {
            continue;
        };
        if !strata.iter().any(|stratum| stratum.value == value) {
            strata.push(Stratum {
                value: value.to_owned(),
                counts: OutcomeCounts::default(),
            });
        }
        let stratum = strata.iter_mut().find(|stratum| stratum.value == value);
        stratum.unwrap().counts.add(group, positive, 1);
    }
    counts.strata = (!strata.is_empty()).then_some(strata);
    counts
}

fn direct_flip_test(case: &Json) -> f64 {
    let features: Vec<Vec<f64>> = serde_json::from_value(case["X"].clone()).unwrap();
    let ones = |list: &str| -> Vec<bool> {
        let list = case[list].as_array().unwrap();
        list.iter().map(|value| value == 1).collect()
    };
    let found = flip_test(&FlipTestRows {
        features: RowMajor::new(&features.concat(), features[0].len()).unwrap(),
        disadvantaged: &ones("d"),
        predicted_positive: &ones("yhat"),
    });
    found.unwrap().value()
}

#[test]
fn direct_cases_agree() {
    let cases = golden("clarify/oracle/direct_cases.json");
    let mut checked = 0;
    for case in cases.as_array().unwrap() {
        let counts = direct_counts(case);
        for (name, expected) in case["values"].as_object().unwrap() {
            let metric = BiasMetric::from_name(name).unwrap();
            let found = match metric {
                BiasMetric::Ft => MetricValue::Float(direct_flip_test(case)),
                _ => metric_value(metric, &counts),
            };
            let expected = match expected["error"].as_str() {
                Some(error) => Json::from(error.trim_start_matches("ValueError: ")),
                None => expected.clone(),
            };
            let place = format!("{} {name}", case["name"]);
            check_value(&found, &expected, &place);
            checked += 1;
        }
    }
    assert_eq!(checked, 348);
}

#[track_caller]
fn check_shares(found: &[f64], expected: &Json) {
    let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < TOLERANCE, "{found} {expected}");
    }
}

#[test]
fn basic_stats_agree() {
    let expected = golden("clarify/oracle/stats_cases.json");
    with_toy_case("01_categorical_facet_F", |case| {
        let groups = case.groups(Spelling::Typed).unwrap();
        let found = BasicStats::of(&groups.facets[0].groups[0].counts);
        for stage in ["bias_basic_stats_pre", "bias_basic_stats_post"] {
            let metrics = &expected[stage][0]["metrics"];
            check_shares(
                &[found.proportion],
                &Json::from(vec![metrics[0]["value"].clone()]),
            );
            check_shares(&found.observed_label_distribution, &metrics[1]["value"]);
        }
        let confusion = &expected["bias_basic_stats_post"][0]["metrics"][2]["value"];
        check_shares(&found.confusion_matrix, confusion);
    });
}

#[track_caller]
fn check_performance(name: &str, expected: &Json) {
    with_toy_case(name, |case| {
        let query = case.query();
        let counts = case.frame.count(Spelling::Typed);
        let table = BiasTable::new(&counts, Spelling::Typed);
        let groups = table.groups(&query).unwrap();
        let found = PerformanceReport::of(&groups.facets[0].groups[0].counts);
        let metrics = expected["model_performance_metrics"].as_array().unwrap();
        assert_eq!(found.metrics.len(), metrics.len());
        for (found, expected) in found.metrics.iter().zip(metrics) {
            assert_eq!(found.name, expected["name"]);
            assert_eq!(found.description, expected["description"]);
            check_shares(&[found.value], &Json::from(vec![expected["value"].clone()]));
        }
        check_shares(
            &found.binary_confusion_matrix,
            &expected["binary_confusion_matrix"],
        );

        let classes = table
            .class_confusion(&query.label, &query.predicted_label.unwrap())
            .unwrap()
            .unwrap();
        let of_label = expected["confusion_matrix"].as_object().unwrap();
        assert!(of_label.keys().eq(&classes.classes));
        for (of_label, rows) in of_label.values().zip(classes.rows) {
            let expected: Vec<f64> = classes
                .classes
                .iter()
                .map(|class| of_label[class].as_f64().unwrap())
                .collect();
            let rows: Vec<f64> = rows.into_iter().map(|rows| rows as f64).collect();
            assert_eq!(rows, expected);
        }
    });
}

#[test]
fn model_performance_agrees() {
    let expected = golden("clarify/oracle/stats_cases.json");
    check_performance(
        "01_categorical_facet_F",
        &expected["model_performance_binary"],
    );
    check_performance(
        "07_multiclass_label",
        &expected["model_performance_multiclass"],
    );
}

/// Kind and problem of a column, as the oracle names them.
#[track_caller]
fn check_kind(name: &str, column: &str, n_listed: usize, expected: &str) {
    with_toy_case(name, |case| {
        let counts = case.frame.count(Spelling::Typed);
        let table = BiasTable::new(&counts, Spelling::Typed);
        let kind = table.column(column).unwrap().kind(n_listed);
        let stats = golden("clarify/oracle/stats_cases.json");
        assert_eq!(
            stats["series_datatype"][expected],
            kind.name(),
            "{expected}"
        );
    });
}

#[test]
fn kinds_of_columns_agree() {
    check_kind("01_categorical_facet_F", "gender", 1, "str F/M");
    check_kind(
        "08_int_labels_24_rows_misdetected",
        "label01",
        1,
        "int 0/1 x24",
    );
    check_kind("09_int_labels_48_rows", "label01", 1, "int 0/1 x48");
    check_kind("06_continuous_label", "score", 1, "float");
    check_kind("28_float_01_labels", "label01", 1, "float 0/1 x48");
    check_kind(
        "04_continuous_facet_age_40",
        "age",
        1,
        "age int unique, one value",
    );
    check_kind(
        "04_continuous_facet_age_40",
        "age",
        2,
        "age int unique, two values",
    );
    check_kind("34_boolean_columns", "label01", 1, "bool x24");
    check_kind(
        "27_int_value_for_string_labels",
        "label01",
        1,
        "str digits x48",
    );
    let stats = golden("clarify/oracle/stats_cases.json");
    // The 24 rows of digits in texts are a unit test of the detection.
    let digits = &stats["series_datatype"]["str digits '0'/'1' x24"];
    assert_eq!(digits, SeriesKind::Continuous.name());
}

#[test]
fn problem_types_agree() {
    let stats = golden("clarify/oracle/stats_cases.json");
    let check = |name: &str, column: &str, expected: &str| {
        with_toy_case(name, |case| {
            let counts = case.frame.count(Spelling::Typed);
            let table = BiasTable::new(&counts, Spelling::Typed);
            let found = match table.column(column).unwrap().problem_type() {
                ProblemType::Binary => "BINARY",
                ProblemType::Other => "OTHER",
            };
            assert_eq!(stats["problem_type"][expected], found, "{expected}");
        });
    };
    check("01_categorical_facet_F", "label", "label(yes/no)");
    check("07_multiclass_label", "grade", "grade(3)");
    check("06_continuous_label", "score", "score");
}
