//! Clarify's configuration: what SageMaker's own tools write is read and means the same when
//! written again, and everything that is wrong is told at once.

use std::fs;

use probity_domain::document::analysis_config::{
    AggregationMethod, AnalysisConfig, AnalysisConfigErrors, ColumnReference, ConfigValue,
    DatasetType, PRE_TRAINING_METRICS,
};

use crate::clarify::clarify_golden;
use crate::written;

/// Names of the files in a folder of `golden/clarify/analysis_config`.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../golden/clarify/analysis_config/"
    );
    let entries = fs::read_dir(format!("{root}{folder}")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

fn rewritten(config: &AnalysisConfig) -> String {
    written(|out| config.write_json(out))
}

#[track_caller]
fn check_same_meaning(path: &str, original: &[u8]) {
    let config = AnalysisConfig::from_monitor_json(original).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(original).unwrap();
    let text = rewritten(&config);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found, expected, "{path}");
    let again = AnalysisConfig::from_monitor_json(text.as_bytes()).unwrap();
    assert_eq!(again, config, "{path}");
}

#[test]
fn configurations_seen_on_the_wire_keep_their_meaning() {
    let names = names("observed");
    assert_eq!(names.len(), 19);
    for name in names {
        check_same_meaning(
            &name,
            &clarify_golden(&format!("analysis_config/observed/{name}")),
        );
    }
}

#[test]
fn configurations_that_the_sdk_composes_are_written_as_its_schema_was_shown() {
    let names = names("sdk");
    assert_eq!(names.len(), 18);
    for name in names {
        let original = clarify_golden(&format!("analysis_config/sdk/{name}"));
        check_same_meaning(&name, &original);
        let config = AnalysisConfig::from_json(&original).unwrap();
        let expected = clarify_golden(&format!("analysis_config/written/{name}"));
        assert_eq!(
            rewritten(&config),
            String::from_utf8(expected).unwrap(),
            "{name}"
        );
    }
}

fn read(json: &str) -> Result<AnalysisConfig, AnalysisConfigErrors> {
    AnalysisConfig::from_json(json.as_bytes())
}

/// A configuration that is right, with these members more.
fn with(members: &str) -> Result<AnalysisConfig, AnalysisConfigErrors> {
    let rest =
        r#""dataset_type": "text/csv", "methods": {"pre_training_bias": {"methods": "all"}}"#;
    read(&format!("{{{members}, {rest}}}"))
}

#[test]
fn values_keep_their_json_type() {
    let config = with(r#""label_values_or_threshold": [1, 1.0, "1", true, -3, 1e400]"#);
    // 1e400 is no double.
    assert!(matches!(config, Err(AnalysisConfigErrors::NotJson { .. })));
    let config = with(r#""label_values_or_threshold": [1, 1.0, "1", true, -3]"#).unwrap();
    let expected = [
        ConfigValue::Integer(1),
        ConfigValue::Float(1.0),
        ConfigValue::Text("1".to_owned()),
        ConfigValue::Boolean(true),
        ConfigValue::Integer(-3),
    ];
    assert_eq!(config.label_values_or_threshold.unwrap(), expected);
}

#[test]
fn a_bare_value_stands_for_a_list_of_it() {
    let config = with(
        r#""label_values_or_threshold": 0.5,
           "facet": [{"name_or_index": 2, "value_or_threshold": "F"}, {"name_or_index": "x"}]"#,
    )
    .unwrap();
    assert_eq!(
        config.label_values_or_threshold,
        Some(vec![ConfigValue::Float(0.5)])
    );
    let facets = config.facets();
    assert_eq!(facets[0].name_or_index, ColumnReference::Index(2));
    assert_eq!(facets[0].values(), [ConfigValue::Text("F".to_owned())]);
    assert_eq!(facets[1].values(), []);
}

#[test]
fn names_are_read_in_any_case_and_in_the_spelling_of_the_guide() {
    let config = read(
        r#"{"dataset_type": "Application/Parquet",
            "methods": {"shap": {"agg_method": "MEAN_SQ"}}}"#,
    )
    .unwrap();
    assert_eq!(config.dataset_type, Some(DatasetType::Parquet));
    let shap = config.methods.clone().unwrap().shap.unwrap();
    assert_eq!(shap.agg_method, Some(AggregationMethod::MeanSquare));
    assert!(rewritten(&config).contains(r#""application/x-parquet""#));
}

#[test]
fn metrics_come_in_the_order_of_the_analysis() {
    let config = read(
        r#"{"dataset_type": "text/csv", "methods": {
            "pre_training_bias": {"methods": ["LP", "CI", "LP"]},
            "post_training_bias": {"methods": ["TE"]}}}"#,
    )
    .unwrap();
    assert_eq!(config.pre_training_metrics(), ["CI", "LP"]);
    assert_eq!(config.post_training_metrics(), ["TE"]);
    let all = with(r#""label": "y""#).unwrap();
    assert_eq!(all.pre_training_metrics(), PRE_TRAINING_METRICS);
    assert!(all.post_training_metrics().is_empty());
}

#[test]
fn a_monitor_may_leave_out_what_a_job_must_say() {
    let monitor = br#"{"label": "y", "label_values_or_threshold": [1]}"#;
    let config = AnalysisConfig::from_monitor_json(monitor).unwrap();
    assert_eq!(config.post_training_metrics().len(), 13);
    check(
        AnalysisConfig::from_json(monitor),
        "the analysis configuration has 2 problems:\n\
         - `dataset_type`: the key is missing: it says how the data are read, for example \
         `\"text/csv\"`\n\
         - `methods`: the key is missing: it says what is computed, for example \
         `{\"pre_training_bias\": {\"methods\": \"all\"}}`",
    );
}

#[track_caller]
fn check(result: Result<AnalysisConfig, AnalysisConfigErrors>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

/// One problem among the members of a configuration that is right otherwise.
#[track_caller]
fn check_one(members: &str, expected: &str) {
    check(
        with(members),
        &format!("the analysis configuration is wrong: {expected}"),
    );
}

#[test]
fn text_that_is_not_json_is_told_with_line_and_column() {
    let error = read("{\n  \"label\": 'y'\n}").unwrap_err();
    assert_eq!(error.to_string(), "the analysis configuration is not JSON");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "expected value at line 2 column 12");
}

#[test]
fn a_document_that_is_no_object_is_told() {
    let error = read("[1]").unwrap_err().to_string();
    assert!(
        error.starts_with("the analysis configuration is wrong: found a list of 1 item, expected an object; for example `{\"dataset_type\""),
        "{error}"
    );
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant() {
    check_one(
        r#""lable": "y""#,
        "`lable`: the key is not known here; did you mean `label`?",
    );
    check_one(
        r#""facet": [{"name_or_index": "a"}, {"name_or_index": "b", "values_or_threshold": [0]}]"#,
        "`facet[1].values_or_threshold`: the key is not known here; did you mean `value_or_threshold`?",
    );
    check_one(
        r#""group_name": "region""#,
        "`group_name`: the key is not known here; did you mean `group_variable`?",
    );
    check_one(
        r#""top k": 3"#,
        "`[\"top k\"]`: the key is not known here; the keys here are `version`, `dataset_type`, \
         `dataset_uri`, `headers`, `label`, `predicted_label`, `features`, \
         `label_values_or_threshold`, `probability_threshold`, `segment_config`, `facet`, \
         `facet_dataset_uri`, `facet_headers`, `predicted_label_dataset_uri`, \
         `predicted_label_headers`, `excluded_columns`, `joinsource_name_or_index`, \
         `group_variable`, `time_series_data_config`, `methods` and `predictor`",
    );
}

#[test]
fn a_key_in_the_wrong_place_is_told_with_its_home() {
    check_one(
        r#""endpoint_name": "e""#,
        "`endpoint_name`: the key is not known here; it belongs in `predictor`",
    );
    check_one(
        r#""predictor": {"probability_threshold": 0.5}"#,
        "`predictor.probability_threshold`: the key is not known here; it belongs in the document itself",
    );
}

#[test]
fn a_key_that_is_there_twice_is_told() {
    check_one(
        r#""label": "y", "label": "z""#,
        "`label`: the key is there more than once; keep one of them",
    );
}

#[test]
fn a_wrong_type_is_told_with_an_example() {
    check_one(
        r#""label": null"#,
        "`label`: found `null`, expected the name of a column, or its index from 0; \
         for example `\"income\"`, or leave the key out",
    );
    check_one(
        r#""excluded_columns": ["a", -1]"#,
        "`excluded_columns[1]`: found the number `-1`, expected the name of a column, or its \
         index from 0; for example `\"id\"`",
    );
    check_one(
        r#""facet": {"name_or_index": "sex"}"#,
        "`facet`: found an object, expected a list; \
         for example `[{\"name_or_index\": \"sex\", \"value_or_threshold\": [0]}]`",
    );
    check_one(
        r#""probability_threshold": "0.5""#,
        "`probability_threshold`: found the text `\"0.5\"`, expected a number; for example `0.5`",
    );
    check_one(
        r#""segment_config": [{"name_or_index": "a", "segments": [["x"], "y"]}]"#,
        "`segment_config[0].segments[1]`: found the text `\"y\"`, expected a list; \
         for example `[\"north\"]`",
    );
}

#[test]
fn a_wrong_name_is_told_with_those_allowed() {
    check(
        read(
            r#"{"dataset_type": "csv", "methods": {"shap": {"text_config":
                {"granularity": "tokens", "language": "germn"}}}}"#,
        ),
        "the analysis configuration has 3 problems:\n\
         - `dataset_type`: found the text `\"csv\"`, expected one of `text/csv`, \
         `application/jsonlines`, `application/json`, `application/x-parquet`, \
         `application/x-image` and `application/sagemakercapturejson`\n\
         - `methods.shap.text_config.granularity`: found the text `\"tokens\"`, expected one of \
         `token`, `sentence` and `paragraph`; did you mean `token`?\n\
         - `methods.shap.text_config.language`: found the text `\"germn\"`, expected the English \
         name of a language or its ISO code, such as `english` or `en`; did you mean `german`?",
    );
}

#[test]
fn an_unknown_metric_is_told_with_those_allowed() {
    let methods = |list: &str| {
        read(&format!(
            r#"{{"dataset_type": "text/csv", "methods": {{"pre_training_bias": {{"methods": {list}}}}}}}"#
        ))
    };
    let allowed = "its metrics are `CDDL`, `CI`, `DPL`, `JS`, `KL`, `KS`, `LP` and `TVD`";
    let told = |rest: &str| {
        format!("the analysis configuration is wrong: `methods.pre_training_bias.methods{rest}")
    };
    check(
        methods(r#"["CI", "dpl"]"#),
        &told(&format!(
            "[1]`: there is no metric `dpl` of this stage, {allowed}; did you mean `DPL`?"
        )),
    );
    check(
        methods(r#"["DPPL"]"#),
        &told(&format!(
            "[0]`: there is no metric `DPPL` of this stage, {allowed}; \
             it belongs in `methods.post_training_bias`"
        )),
    );
    check(
        methods(r#""CI""#),
        &told(
            "`: found the text `\"CI\"`, expected `\"all\"` or a list of metrics; for example `[\"CI\"]`",
        ),
    );
}

#[test]
fn a_key_that_must_be_there_is_told_with_the_reason() {
    check_one(
        r#""facet": [{"value_or_threshold": [1]}]"#,
        "`facet[0].name_or_index`: the key is missing: it names the column whose groups are compared",
    );
}

#[test]
fn everything_wrong_is_told_at_once() {
    let error = read(
        r#"{"version": "2.0", "headers": ["a", 1, null], "labels": "y", "probability_threshold": [],
            "facet": [{"name": "sex"}], "methods": {"pdp": {"grid_resolution": 0}, "reprot": {}}}"#,
    )
    .unwrap_err();
    let places: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    let expected = [
        "labels",
        "dataset_type",
        "version",
        "headers[1]",
        "headers[2]",
        "probability_threshold",
        "facet[0].name",
        "facet[0].name_or_index",
        "methods.reprot",
        "methods.pdp.grid_resolution",
    ];
    assert_eq!(places, expected);
}

/// Path and JSON pointer of every value below `value`.
fn places(value: &serde_json::Value, path: &str, pointer: &str) -> Vec<(String, String)> {
    let mut found = vec![(path.to_owned(), pointer.to_owned())];
    match value {
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let (path, pointer) = (format!("{path}[{index}]"), format!("{pointer}/{index}"));
                found.extend(places(item, &path, &pointer));
            }
        }
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                let (path, pointer) = (format!("{path}{dot}{key}"), format!("{pointer}/{key}"));
                found.extend(places(member, &path, &pointer));
            }
        }
        _ => {}
    }
    found
}

/// Whatever stands anywhere, reading tells of that place or what is below it, or reads a
/// configuration that is written and read again as the same.
#[test]
fn any_value_in_any_place_is_read_or_told_there() {
    let values = serde_json::json!([null, true, -1, 0, 7, 0.5, "", "x", [], [1], {}, {"a": 1}]);
    let mut told = 0;
    let mut read = 0;
    for name in names("sdk") {
        let bytes = clarify_golden(&format!("analysis_config/sdk/{name}"));
        let original: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for (path, pointer) in places(&original, "", "") {
            for value in values.as_array().unwrap() {
                let mut changed = original.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                let text = changed.to_string();
                match AnalysisConfig::from_json(text.as_bytes()) {
                    Ok(config) => {
                        config.validate();
                        let again = AnalysisConfig::from_json(rewritten(&config).as_bytes());
                        assert_eq!(again.unwrap(), config, "{text}");
                        read += 1;
                    }
                    Err(error) => {
                        for problem in error.problems() {
                            assert!(problem.path.starts_with(&path), "{path}: {problem}");
                        }
                        assert!(!error.problems().is_empty());
                        told += 1;
                    }
                }
            }
        }
    }
    assert!(
        read > 1_000 && told > 1_000,
        "{read} were read, {told} told"
    );
}
