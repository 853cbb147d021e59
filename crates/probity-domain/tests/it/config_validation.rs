//! Whether the parts of a configuration fit together.

use probity_domain::document::analysis_config::{AnalysisConfig, Severity};

use crate::analysis_config::names;
use crate::clarify::clarify_golden;

/// The problems of a configuration, errors and warnings told apart.
fn problems(json: &str) -> Vec<String> {
    let config = AnalysisConfig::from_monitor_json(json.as_bytes()).unwrap();
    let problems = config.validate().into_iter();
    problems
        .map(|problem| match problem.severity {
            Severity::Error => format!("error: {problem}"),
            Severity::Warning => format!("warning: {problem}"),
        })
        .collect()
}

#[track_caller]
fn check(json: &str, expected: &[&str]) {
    assert_eq!(problems(json), expected);
}

const TABLE: &str = r#""dataset_type": "text/csv", "headers": ["income", "age", "sex", "score"],
    "label": "income", "label_values_or_threshold": [1], "facet": [{"name_or_index": "sex"}]"#;
const SOME: &str = r#""methods": {"pre_training_bias": {"methods": ["CI"]}}"#;
const POST: &str = r#""methods": {"post_training_bias": {"methods": ["DI"]}}"#;

/// A configuration that is right but for these members.
#[track_caller]
fn check_table(members: &str, expected: &[&str]) {
    let json = format!("{{{TABLE}, {members}}}");
    check(&json, expected);
}

/// The same with another label, facet and so on.
#[track_caller]
fn check_replaced(from: &str, to: &str, expected: &[&str]) {
    assert!(TABLE.contains(from));
    let json = format!("{{{}, {SOME}}}", TABLE.replace(from, to));
    check(&json, expected);
}

#[test]
fn a_configuration_that_is_right_has_no_problem() {
    check_table(SOME, &[]);
}

#[test]
fn configurations_that_the_sdk_composes_have_no_error() {
    for name in names("sdk") {
        let path = format!("analysis_config/sdk/{name}");
        let json = String::from_utf8(clarify_golden(&path)).unwrap();
        let told = problems(&json);
        let errors: Vec<_> = told
            .iter()
            .filter(|told| told.starts_with("error"))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn configurations_seen_on_the_wire_lack_only_what_a_pipeline_adds() {
    for name in names("observed") {
        let path = format!("analysis_config/observed/{name}");
        let json = String::from_utf8(clarify_golden(&path)).unwrap();
        let told = problems(&json);
        let errors: Vec<_> = told
            .iter()
            .filter(|told| told.starts_with("error"))
            .collect();
        // The step of a pipeline names the model when it runs.
        let pipelines = [
            "explain-check.json",
            "explain-monitor.json",
            "model-bias-check.json",
        ];
        if pipelines.contains(&name.as_str()) {
            let model = "error: `predictor`: there is neither an `endpoint_name` nor a \
                         `model_name`; name the endpoint that answers, or the model to deploy";
            assert_eq!(errors, [model], "{name}");
        } else {
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}

#[test]
fn bias_needs_label_positive_values_and_facet() {
    check(
        &format!(r#"{{"dataset_type": "text/csv", {SOME}}}"#),
        &[
            "error: `label`: the key is missing: bias is measured by the labels of each group; \
             name the column of labels, for example `\"income\"`",
            "error: `label_values_or_threshold`: the key is missing: bias is measured by who has \
             the positive outcome; list the positive labels, for example `[1]`, or one threshold",
            "error: `facet`: the key is missing: bias is measured between the groups of a facet; \
             name a column and the values of the sensitive group, for example \
             `[{\"name_or_index\": \"sex\", \"value_or_threshold\": [0]}]`",
        ],
    );
}

#[test]
fn a_bias_monitor_needs_them_too() {
    let told = problems(r#"{"label": "y", "label_values_or_threshold": []}"#);
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("error: `label_values_or_threshold`: the list is empty"));
    assert!(told[1].starts_with("error: `facet`: the key is missing"));
}

#[test]
fn post_training_bias_needs_predictions() {
    check_table(
        POST,
        &[
            "error: `methods.post_training_bias`: bias of predictions needs predictions, and there \
           is no `predicted_label`, no `predicted_label_dataset_uri` and no `predictor`; name the \
           column of predictions by `predicted_label`",
        ],
    );
    check_table(&format!(r#"{POST}, "predicted_label": "score""#), &[]);
    check_table(
        &format!(r#"{POST}, "predictor": {{"endpoint_name": "e"}}"#),
        &[],
    );
}

#[test]
fn conditional_disparities_without_subgroups_are_a_warning() {
    let all = r#""methods": {"pre_training_bias": {"methods": "all"},
        "post_training_bias": {"methods": ["CDDPL"]}}, "predicted_label": "score""#;
    check_table(
        all,
        &[
            "warning: `group_variable`: the key is missing: without subgroups there is no `CDDL` \
           and no `CDDPL`; name the column of subgroups, or leave these metrics out",
        ],
    );
    check_table(&format!(r#"{all}, "group_variable": "age""#), &[]);
}

#[test]
fn nothing_to_compute_is_an_error() {
    check_table(
        r#""methods": {"report": {"name": "report"}}"#,
        &["error: `methods`: there is nothing to compute; \
           for example `{\"pre_training_bias\": {\"methods\": \"all\"}}`"],
    );
}

#[test]
fn columns_must_be_among_the_headers() {
    check_replaced(
        r#""label": "income""#,
        r#""label": "incme", "group_variable": 4, "excluded_columns": ["age", "city"]"#,
        &[
            "error: `label`: there is no column `incme` in `headers`; did you mean `income`?",
            "error: `group_variable`: there is no column 4: `headers` names 4 columns, counted \
             from 0",
            "error: `excluded_columns[1]`: there is no column `city` in `headers`; its columns \
             are `income`, `age`, `sex` and `score`",
        ],
    );
}

#[test]
fn columns_of_other_datasets_are_looked_up_there() {
    let others = r#""facet_dataset_uri": "f", "facet_headers": ["age", "gender"],
        "predicted_label": "predicted", "predicted_label_dataset_uri": "p",
        "predicted_label_headers": ["age", "prediction"], "joinsource_name_or_index": "age""#;
    check_table(
        &format!("{SOME}, {others}"),
        &[
            "error: `predicted_label`: there is no column `predicted` in \
             `predicted_label_headers`; did you mean `prediction`?",
            "error: `facet[0].name_or_index`: there is no column `sex` in `facet_headers`; its \
             columns are `age` and `gender`",
        ],
    );
}

#[test]
fn headers_must_differ() {
    check_replaced(
        r#""age", "sex""#,
        r#""sex", "sex""#,
        &["error: `headers[2]`: two columns are named `sex`, the other one is `headers[1]`"],
    );
}

#[test]
fn a_column_has_one_part_to_play() {
    check_replaced(
        r#"[{"name_or_index": "sex"}]"#,
        r#"[{"name_or_index": "sex"}, {"name_or_index": 2}, {"name_or_index": "income"}],
           "predicted_label": 0"#,
        &[
            "error: `facet[1].name_or_index`: column 2 is a facet already, `facet[0]`; the \
             analysis has one entry per column; list its values in one of them, or analyse them \
             one by one",
            "error: `facet[2].name_or_index`: `income` is the label, it cannot be a facet too",
            "error: `predicted_label`: column 0 is the label: compared with itself every \
             prediction is right",
        ],
    );
}

#[test]
fn an_excluded_label_is_a_warning() {
    check_table(
        &format!(r#"{SOME}, "excluded_columns": [0, "age"]"#),
        &[
            "warning: `excluded_columns[0]`: column 0 is the `label`, which is never sent to the \
           model; leave it out of the list",
        ],
    );
}

#[test]
fn json_without_features_is_a_warning() {
    check_replaced(
        "text/csv",
        "application/jsonlines",
        &[
            "warning: `features`: the key is missing: Clarify refuses JSON without it; here each \
           member of a record is a column with the member's name; name the list of features by a \
           JMESPath, for example `\"features\"`",
        ],
    );
}

#[test]
fn other_datasets_are_of_csv() {
    let json = format!(
        r#"{{{}, {SOME}, "facet_dataset_uri": "f", "facet_headers": ["sex"]}}"#,
        TABLE.replace("text/csv", "application/x-parquet")
    );
    let told = problems(&json);
    assert_eq!(
        told[0],
        "error: `facet_dataset_uri`: facets and predictions of their own go with CSV only, \
         `dataset_type` is `application/x-parquet`; put these columns into the data"
    );
    assert!(told[1].starts_with("error: `facet_headers`: "));
    assert!(told[2].starts_with("warning: `joinsource_name_or_index`: the key is missing"));
}

#[test]
fn a_probability_lies_between_0_and_1() {
    check_table(
        &format!(r#"{SOME}, "probability_threshold": 50"#),
        &[
            "warning: `probability_threshold`: `50.0` is no probability: every score lies on one \
           side of it; a probability lies between 0 and 1",
        ],
    );
}

#[test]
fn segments_have_values_and_a_name_each() {
    check_table(
        &format!(
            r#"{SOME}, "segment_config": [{{"name_or_index": "age", "segments": [["[0, 1]"], []],
            "display_aliases": ["young"]}}, {{"name_or_index": "age", "segments": []}}]"#
        ),
        &[
            "error: `segment_config[0].segments[1]`: the segment has no values; the rest of the \
             data is a segment without being listed",
            "error: `segment_config[0].display_aliases`: the number of names is 1, that of segments 2; \
             write 2, or 3 with one for the rest of the data",
            "error: `segment_config[1].segments`: there is no segment; list the values or \
             intervals of at least one",
        ],
    );
}

fn explained(methods: &str, predictor: &str) -> String {
    format!(
        r#"{{"dataset_type": "text/csv", "methods": {{{methods}}}, "predictor": {{{predictor}}}}}"#
    )
}

#[test]
fn explanations_need_a_model() {
    check(
        r#"{"dataset_type": "text/csv", "methods": {"shap": {}}}"#,
        &[
            "error: `predictor`: the key is missing: explanations are found by asking the model; \
           name it, for example `{\"endpoint_name\": \"endpoint\"}`",
        ],
    );
    check(
        &explained(
            r#""shap": {}"#,
            r#""model_name": "m", "instance_type": "t""#,
        ),
        &[
            "error: `predictor.initial_instance_count`: the key is missing: the endpoint of \
           `model_name` needs it",
        ],
    );
}

#[test]
fn explanations_that_contradict_themselves_are_told() {
    let shap = r#""shap": {"baseline": "s3://b/k", "num_clusters": 2, "features_to_explain": [0],
        "text_config": {"granularity": "token", "language": "en"}}"#;
    check(
        &explained(shap, r#""endpoint_name": "e""#),
        &[
            "error: `methods.shap.num_clusters`: a baseline is given, so none is computed by \
             clustering; leave out this key or `baseline`",
            "error: `methods.shap.features_to_explain`: features are chosen in tables only, and \
             there is a `text_config`; leave out this key or `text_config`",
        ],
    );
    check(
        &explained(r#""pdp": {"top_k_features": 3}"#, r#""endpoint_name": "e""#),
        &[
            "error: `methods.pdp.features`: the key is missing: without `shap` nobody knows the \
           features of most weight; name the features, for example `[\"age\"]`",
        ],
    );
}

#[test]
fn templates_need_their_placeholders() {
    let lines = |template: &str| {
        let predictor =
            format!(r#""endpoint_name": "e", "content_type": "application/jsonlines" {template}"#);
        explained(r#""shap": {}"#, &predictor)
    };
    let example = r#"for example `"{\"instances\": $features}"`"#;
    check(
        &lines(""),
        &[&format!(
            "error: `predictor.content_template`: the key is missing: it says how a record \
             becomes a line of JSON; {example}"
        )],
    );
    check(
        &lines(r#", "content_template": "$features $features""#),
        &[&format!(
            "error: `predictor.content_template`: `$features` is there 2 times, expected once; \
             {example}"
        )],
    );
    let json = r#""endpoint_name": "e", "content_type": "application/json",
        "content_template": "[]""#;
    check(
        &explained(r#""shap": {}"#, json),
        &[
            "error: `predictor.content_template`: found neither `$records` nor `$record`; for \
             example `\"{\\\"instances\\\": $records}\"`",
            "error: `predictor.record_template`: the key is missing: it says how the features \
             become a record; for example `\"$features\"` or `\"$features_kvp\"`",
        ],
    );
}

#[test]
fn names_and_headers_of_requests_are_checked() {
    let prefix = r#""model_name": "m", "instance_type": "t", "initial_instance_count": 1,
        "endpoint_name_prefix": "my_prefix", "custom_attributes": "é""#;
    check(
        &explained(r#""shap": {}"#, prefix),
        &[
            "error: `predictor.endpoint_name_prefix`: `my_prefix` cannot begin the name of an \
             endpoint: it takes letters, digits and hyphens between them, at most 23; for example \
             `\"sm-clarify\"`",
            "error: `predictor.custom_attributes`: the text goes into a header of the request, \
             which takes at most 1024 visible ASCII characters",
        ],
    );
}

#[test]
fn time_series_need_three_parts() {
    check(
        &explained(
            r#""asymmetric_shapley_value": {}"#,
            r#""endpoint_name": "e""#,
        ),
        &[
            "error: `time_series_data_config`: the key is missing: time series need it, and there \
             is `methods.asymmetric_shapley_value`",
            "error: `predictor.time_series_predictor_config`: the key is missing: time series \
             need it, and there is `methods.asymmetric_shapley_value`",
        ],
    );
}

fn series(data: &str, method: &str) -> String {
    format!(
        r#"{{"dataset_type": "application/json", "time_series_data_config": {{{data}}},
        "methods": {{"asymmetric_shapley_value": {{{method}}}}},
        "predictor": {{"endpoint_name": "e", "content_template": "$record",
            "record_template": "$target_time_series",
            "time_series_predictor_config": {{"forecast": "f"}}}}}}"#
    )
}

const SERIES: &str = r#""target_time_series": "t", "item_id": "i", "timestamp": "s",
    "dataset_format": "columns", "static_covariates": ["c"]"#;

#[test]
fn time_series_that_are_right_have_no_problem() {
    check(&series(SERIES, r#""granularity": "timewise""#), &[]);
}

#[test]
fn references_to_time_series_are_of_one_kind() {
    check(
        &series(
            r#""target_time_series": "t", "item_id": 0, "timestamp": "s",
               "related_time_series": ["a", 3]"#,
            "",
        ),
        &[
            "error: `time_series_data_config.item_id`: found column 0, but `target_time_series` \
             is `t`: all are JMESPaths, or all are indices",
            "error: `time_series_data_config.related_time_series[1]`: found column 3, but \
             `target_time_series` is `t`: all are JMESPaths, or all are indices",
            "error: `time_series_data_config.dataset_format`: the key is missing: JMESPaths need \
             to know how series are encoded; write `\"columns\"`, `\"item_records\"` or \
             `\"timestamp_records\"`",
        ],
    );
}

#[test]
fn samples_go_with_fine_grained_explanations() {
    let samples = "methods.asymmetric_shapley_value.num_samples";
    check(
        &series(SERIES, r#""num_samples": 5"#),
        &[&format!(
            "error: `{samples}`: only `fine_grained` explanations draw permutations; leave the \
             key out"
        )],
    );
    check(
        &series(
            SERIES,
            r#""granularity": "fine_grained", "direction": "bidirectional""#,
        ),
        &[
            &format!(
                "error: `{samples}`: the key is missing: `fine_grained` explanations draw \
                 permutations; a first guess is (1 + the larger number of related series or \
                 covariates)²"
            ),
            "error: `methods.asymmetric_shapley_value.direction`: `bidirectional` does not go \
             with `fine_grained`; write `\"chronological\"`, or `\"timewise\"` for `granularity`",
        ],
    );
}

#[test]
fn covariates_have_a_baseline_each() {
    let path = "methods.asymmetric_shapley_value.baseline.static_covariates";
    check(
        &series(
            SERIES,
            r#""baseline": {"static_covariates": {"a": [1], "b": [1, 2]}}"#,
        ),
        &[&format!(
            "error: `{path}`: the number of values of item `b` is 2, that of static covariates 1"
        )],
    );
    check(
        &series(SERIES, r#""baseline": {"target_time_series": "mean"}"#),
        &[&format!(
            "error: `{path}`: the key is missing: the data have static covariates; list their \
             values for each item, for example `{{\"item1\": [0]}}`"
        )],
    );
}

#[test]
fn bias_of_time_series_is_refused() {
    let both = series(SERIES, "").replace(
        r#""methods": {"#,
        r#""label": "l", "label_values_or_threshold": 1, "facet": [{"name_or_index": "c"}],
           "methods": {"pre_training_bias": {"methods": ["CI"]}, "#,
    );
    check(
        &both,
        &[
            "error: `methods.pre_training_bias`: time series are explained by \
           `asymmetric_shapley_value` only",
        ],
    );
}

#[test]
fn an_expression_that_looks_like_a_header_is_another_column() {
    let json = format!(
        r#"{{{}, {SOME}, "features": "f", "excluded_columns": ["sex"]}}"#,
        TABLE
            .replace("text/csv", "application/json")
            .replace(r#""label": "income""#, r#""label": "sex""#)
    );
    check(&json, &[]);
}
