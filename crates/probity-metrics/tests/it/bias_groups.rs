//! Groups, segments and subgroups of one small table.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StructArray};
use probity_metrics::bias::{
    BiasGroups, BiasQuery, BiasTable, FacetQuery, GroupError, JointCounts, Spelling, Value,
};
use probity_metrics::summary::Summary;

const SEX: [&str; 8] = ["F", "M", "", "F", "M", "F", "M", "M"];
const AGE: [&str; 8] = ["20", "30", "40", "50", "60", "70", "20", "30"];
const LABEL: [&str; 8] = ["no", "yes", "yes", "no", "", "yes", "no", "yes"];
const PREDICTED: [&str; 8] = ["no", "yes", "no", "yes", "no", "no", "no", "yes"];

fn table() -> JointCounts {
    let column = |values: [&str; 8]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let columns = vec![
        ("sex", column(SEX)),
        ("age", column(AGE)),
        ("label", column(LABEL)),
        ("predicted", column(PREDICTED)),
    ];
    let mut counts = JointCounts::default();
    counts
        .update(&StructArray::try_from(columns).unwrap())
        .unwrap();
    counts
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn facet(name: &str, values: &[Value]) -> FacetQuery {
    FacetQuery {
        facet: name.to_owned(),
        values: values.to_vec(),
    }
}

fn query() -> BiasQuery {
    BiasQuery {
        label: "label".to_owned(),
        positive: vec![text("yes")],
        predicted_label: Some("predicted".to_owned()),
        group_variable: None,
        facets: vec![facet("sex", &[]), facet("age", &[Value::Integer(40)])],
    }
}

fn with_groups(check: impl Fn(&BiasTable<'_>, &BiasGroups)) {
    let counts = table();
    let table = BiasTable::new(&counts, Spelling::Csv);
    check(&table, &table.groups(&query()).unwrap());
}

fn disadvantaged(groups: &BiasGroups) -> Vec<(String, u64)> {
    let rows = |cells: &[u64; 8]| cells[4..].iter().sum();
    let of_facets = groups.facets.iter().flat_map(|facet| &facet.groups);
    of_facets
        .map(|group| {
            let n = rows(group.counts.total.cells());
            (group.value_or_threshold.clone(), n)
        })
        .collect()
}

fn named(groups: &[(&str, u64)]) -> Vec<(String, u64)> {
    let own = groups.iter().map(|(name, n)| ((*name).to_owned(), *n));
    own.collect()
}

#[test]
fn facets_without_values_have_a_group_per_value_and_none_for_missing_ones() {
    with_groups(|_, groups| {
        let expected = named(&[("F", 3), ("M", 4), ("(40, 70]", 3)]);
        assert_eq!(disadvantaged(groups), expected);
        assert_eq!(groups.facets[0].n_missing, 1);
        assert_eq!(groups.n_rows, 8);
    });
}

#[test]
fn outcomes_say_how_many_rows_are_positive_and_missing() {
    with_groups(|_, groups| {
        assert_eq!((groups.label.n_positive, groups.label.n_missing), (4, 1));
        let facts = groups.label.facts();
        assert_eq!((facts.n, facts.data_type.as_str()), (8, "CATEGORICAL"));
        let values: Vec<_> = facts
            .values
            .iter()
            .map(|v| (v.value.as_str(), v.n))
            .collect();
        assert_eq!(values, [("yes", 4), ("no", 3)]);
        assert_eq!(groups.predicted_label.as_ref().unwrap().n_positive, 3);
    });
}

#[test]
fn a_segment_keeps_groups_and_counts_its_own_rows() {
    with_groups(|table, groups| {
        let segments = [vec![text("[30, 50)"), Value::Integer(70)], vec![text("20")]];
        let parts = table.segments("age", &segments).unwrap();
        let sizes: Vec<u64> = parts
            .iter()
            .map(|part| table.groups_within(groups, part).n_rows)
            .collect();
        // Ages 30, 40, 70 and 30; twice 20; the rest: 50 and 60.
        assert_eq!(sizes, [4, 2, 2]);
        let first = table.groups_within(groups, &parts[0]);
        // 70 is above 40, and "(40, 70]" stays the interval of the whole table.
        let expected = named(&[("F", 1), ("M", 2), ("(40, 70]", 1)]);
        assert_eq!(disadvantaged(&first), expected);
        assert_eq!(first.label.n_missing, 0);
        assert_eq!(first.facets[0].n_missing, 1);
        assert_eq!(first.label.values, [(text("yes"), 4)]);
    });
}

#[test]
fn a_segment_without_positive_predictions_has_no_metrics_of_predictions() {
    with_groups(|table, groups| {
        let parts = table.segments("age", &[vec![text("20")]]).unwrap();
        let part = table.groups_within(groups, &parts[0]);
        let error = part.post_training_error.unwrap();
        assert!(matches!(error, GroupError::NoPositivePrediction { .. }));
        assert!(groups.post_training_error.is_none());
    });
}

#[test]
fn segments_of_all_rows_are_the_whole() {
    with_groups(|table, groups| {
        let parts = table.segments("sex", &[]).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(table.groups_within(groups, &parts[0]), *groups);
    });
}

#[test]
fn a_broken_interval_is_named() {
    with_groups(|table, _| {
        let error = table.segments("age", &[vec![text("[30, 50")]]).unwrap_err();
        let expected = "`[30, 50` is no interval of numbers for segments of `age`: write `[1, 4]`, with `(` or `)` where a bound is left out";
        assert_eq!(error.to_string(), expected);
        // A text is a value in a column of texts.
        assert!(table.segments("sex", &[vec![text("[30, 50")]]).is_ok());
    });
}

#[test]
fn subgroups_are_the_combinations_that_occur() {
    with_groups(|table, groups| {
        let subgroups = table.subgroups(groups);
        let found: Vec<(Option<&str>, Option<&str>, u64, u64)> = subgroups
            .iter()
            .map(|group| {
                let value = |at: usize| group.values[at].1.as_deref();
                let counts = &group.counts;
                (value(0), value(1), counts.rows(), counts.positive_labels())
            })
            .collect();
        let (above, other) = (Some("(40, 70]"), Some("other"));
        let expected = [
            (Some("F"), other, 1, 0),
            (Some("M"), other, 3, 2),
            (None, other, 1, 1),
            (Some("F"), above, 2, 1),
            (Some("M"), above, 1, 0),
        ];
        assert_eq!(found, expected);
        assert_eq!(subgroups[0].values[1].0, "age");
    });
}

#[track_caller]
fn check_refused(change: impl Fn(&mut BiasQuery), expected: &str) {
    let counts = table();
    let mut asked = query();
    change(&mut asked);
    let refusal = BiasTable::new(&counts, Spelling::Csv).groups(&asked);
    assert_eq!(refusal.unwrap_err().to_string(), expected);
}

#[test]
fn what_does_not_fit_the_data_is_named() {
    check_refused(
        |query| query.label = "lable".to_owned(),
        "there is no column `lable`; the columns are `sex`, `age`, `label`, `predicted`",
    );
    check_refused(
        |query| query.facets = vec![facet("age", &[])],
        "facet `age` holds numbers and needs a threshold, above which the group lies: give one number in `value_or_threshold`",
    );
    check_refused(
        |query| query.positive.clear(),
        "no positive value of label `label` is given: list at least one in `label_values_or_threshold`",
    );
}

#[test]
fn predictions_that_do_not_fit_leave_the_metrics_of_labels() {
    let counts = table();
    let mut asked = query();
    asked.predicted_label = Some("age".to_owned());
    let groups = BiasTable::new(&counts, Spelling::Csv)
        .groups(&asked)
        .unwrap();
    assert!(groups.predicted_label.is_none());
    let expected = "label `label` is CATEGORICAL and predicted label `age` is CONTINUOUS: both must be of one kind, so write their values alike";
    assert_eq!(groups.post_training_error.unwrap().to_string(), expected);
    assert_eq!(groups.label.n_positive, 4);
}
