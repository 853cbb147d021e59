//! What keeps a bias analysis from meaning what was asked: told before and after the run, with
//! the key of the configuration and the values that are there.

use probity_metrics::bias::{
    BiasGroups, BiasTable, ColumnType, GroupError, Outcome, SeriesKind, TypedColumn,
};

use super::plan::BiasPlan;

/// Numbers of at least so many values look like a measure to people.
const LOOKS_LIKE_A_MEASURE: usize = 10;

/// Values that a message lists.
const LISTED: usize = 5;

/// Why a stage cannot be measured.
pub(super) fn problems(plan: &BiasPlan, table: &BiasTable<'_>, groups: &BiasGroups) -> Vec<String> {
    let mut problems = Vec::new();
    if groups.label.n_positive == 0 {
        problems.push(format!(
            "no label in `{}` is positive: `label_values_or_threshold` gives {}; {}",
            groups.label.column,
            positive(&groups.label),
            found(&groups.label)
        ));
    }
    if plan.post_training.is_empty() {
        return problems;
    }
    match (&groups.post_training_error, &groups.predicted_label) {
        (Some(GroupError::NoPositivePrediction { .. }), Some(outcome)) => problems.push(format!(
            "no prediction in `{}` (`predicted_label`) is positive, so that bias after training \
             cannot be measured: `label_values_or_threshold` gives {}; {}",
            outcome.column,
            positive(outcome),
            found(outcome)
        )),
        (Some(error @ GroupError::KindsDiffer { .. }), _) => {
            let columns = std::iter::once(&plan.query.label).chain(&plan.query.predicted_label);
            let reasons: Vec<String> = columns
                .filter_map(|name| Some(kind_reason(table.column(name).ok()?)))
                .collect();
            problems.push(format!(
                "`predicted_label` must hold decisions of the label's kind: {error}; {}",
                reasons.join("; ")
            ));
        }
        (Some(error), _) => problems.push(error.to_string()),
        (None, _) => {}
    }
    problems
}

fn positive(outcome: &Outcome) -> String {
    match (outcome.kind, outcome.positive.is_empty()) {
        (_, true) => "a threshold that nothing exceeds".to_owned(),
        (SeriesKind::Continuous, false) => format!("the interval {}", outcome.positive),
        (SeriesKind::Categorical, false) => format!("`{}`", outcome.positive),
    }
}

fn found(outcome: &Outcome) -> String {
    let values: Vec<String> = outcome
        .values
        .iter()
        .take(LISTED)
        .map(|(value, _)| format!("`{value}`"))
        .collect();
    let more = if outcome.values.len() > LISTED {
        ", …"
    } else {
        ""
    };
    let way = match outcome.kind {
        SeriesKind::Categorical => "list one of them",
        SeriesKind::Continuous => {
            "these numbers are cut by a threshold (decimal numbers always are, whole ones when 5 % \
             or more differ, as in tables of up to 40 rows): give one below the values that are \
             positive"
        }
    };
    format!("its values are {}{more}: {way}", values.join(", "))
}

fn kind_reason(column: &TypedColumn) -> String {
    let n = column.distinct().len();
    let values = match n {
        1 => "1 value".to_owned(),
        n => format!("{n} values"),
    };
    let missing = match column.n_missing() {
        0 => String::new(),
        n => format!(", {n} missing, which make whole numbers decimal ones"),
    };
    format!(
        "`{}` holds {} ({values}{missing})",
        column.name(),
        column.column_type().name()
    )
}

/// The plan's warnings, and where Clarify's rules may surprise.
pub(super) fn notes(plan: &BiasPlan, table: &BiasTable<'_>, groups: &BiasGroups) -> Vec<String> {
    let mut notes = plan.warnings.clone();
    for (facet, query) in groups.facets.iter().zip(&plan.query.facets) {
        let ([value], Ok(column)) = (query.values.as_slice(), table.column(&facet.name)) else {
            continue;
        };
        let name = &facet.name;
        match (facet.kind, column.column_type()) {
            (SeriesKind::Categorical, ColumnType::Integer)
                if column.distinct().len() >= LOOKS_LIKE_A_MEASURE =>
            {
                notes.push(format!(
                    "facet `{name}` is taken as categories, as Clarify takes whole numbers of \
                     which fewer than 5 % differ: the group is `{name}` = {value} exactly, not \
                     the numbers above it; for a threshold give decimal numbers, or a column of \
                     bands"
                ));
            }
            (SeriesKind::Continuous, ColumnType::Float)
                if column.n_missing() > 0 && is_of_whole_numbers(column) =>
            {
                notes.push(format!(
                    "facet `{name}` is cut by a threshold: its {} missing values make decimal \
                     numbers of its whole ones, as in Clarify, so that the group is the numbers \
                     *above* {value}, not {value} itself; fill the missing values, or list two \
                     values",
                    column.n_missing()
                ));
            }
            _ => {}
        }
    }
    notes.extend(never_seen(plan, &groups.label));
    notes
}

fn is_of_whole_numbers(column: &TypedColumn) -> bool {
    let mut values = column.distinct().iter().map(|(value, _)| value.number());
    values.all(|number| number.is_some_and(|number| number.fract() == 0.0))
}

/// Listed positive values that no row has, beside others that some rows have.
fn never_seen(plan: &BiasPlan, label: &Outcome) -> Option<String> {
    if label.kind == SeriesKind::Continuous || plan.query.positive.len() < 2 {
        return None;
    }
    let is_seen = |text: &String| {
        label
            .values
            .iter()
            .any(|(value, _)| value.to_string() == *text)
    };
    let unseen: Vec<String> = plan
        .query
        .positive
        .iter()
        .map(ToString::to_string)
        .filter(|text| !is_seen(text))
        .collect();
    (!unseen.is_empty()).then(|| {
        format!(
            "`label_values_or_threshold` lists values that `{}` never has: `{}`",
            label.column,
            unseen.join("`, `")
        )
    })
}
