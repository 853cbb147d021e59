//! The one run of the service that can be reconstructed from what was published: the churn
//! demonstration (amazon-sagemaker-examples, `sm-model_monitor_introduction`). 1,977 rows
//! against a baseline of 2,333 gave "Job completed successfully with 60 violations": 59
//! whole-number columns with 7 bad rows, and the label, whose 0 and 1 became probabilities.
//! None of drift, though the label moved by more than 0.8.

use std::collections::BTreeMap;

use arrow::array::StringArray;
use probity_domain::document::constraint_violations::{ConstraintCheckType, Violation};
use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, Constraints,
};
use probity_metrics::constraints::{DistanceOutcome, Observed, check_dataset, suggest};
use probity_metrics::drift::{NumericSample, compare_numeric};
use probity_metrics::summary::{ColumnProfile, ColumnSummary, Summary};

const BASELINE_ROWS: usize = 2_333;
const CURRENT_ROWS: usize = 1_977;
const BAD_ROWS: usize = 7;

/// A table of the demonstration's shape: the label, 59 whole-number columns, 10 fractional.
fn table(rows: usize, value: impl Fn(usize, usize) -> String) -> BTreeMap<String, ColumnSummary> {
    (0..70)
        .map(|column| {
            let values: Vec<String> = (0..rows).map(|row| value(column, row)).collect();
            let mut summary = ColumnSummary::default();
            summary.update(&StringArray::from(values)).unwrap();
            (format!("column {column:02}"), summary)
        })
        .collect()
}

fn baseline() -> BTreeMap<String, ColumnSummary> {
    table(BASELINE_ROWS, |column, row| match column {
        0 => u8::from(row % 7 == 0).to_string(),
        1..60 => (row % (column + 1)).to_string(),
        _ => format!("{}.5", row % 40),
    })
}

fn current() -> BTreeMap<String, ColumnSummary> {
    table(CURRENT_ROWS, |column, row| match column {
        0 => format!("0.{:04}", 10 + row % 900),
        1..60 if row % 250 == 0 && row / 250 < BAD_ROWS => "132.5".to_owned(),
        1..60 => (row % (column + 1)).to_string(),
        _ => format!("{}.5", row % 40),
    })
}

fn distance(baseline: &ColumnSummary, current: &ColumnSummary) -> f64 {
    let sample = |summary: &ColumnSummary| {
        let sketch = summary.sketch().unwrap();
        NumericSample::from_levels(sketch.levels(), sketch.rank_error())
    };
    let compared = compare_numeric(
        &sample(baseline),
        &sample(current),
        ComparisonMethod::Robust,
    );
    compared.unwrap().distance.unwrap()
}

fn check_of(
    constraints: &Constraints,
    baseline: &BTreeMap<String, ColumnSummary>,
    current: &BTreeMap<String, ColumnSummary>,
) -> Vec<Violation> {
    let profiles: Vec<(&str, ColumnProfile, f64)> = current
        .iter()
        .map(|(name, summary)| {
            (
                name.as_str(),
                summary.profile(),
                distance(&baseline[name], summary),
            )
        })
        .collect();
    let observed: Vec<Observed<'_>> = profiles
        .iter()
        .map(|(name, profile, distance)| Observed {
            name,
            profile,
            distance: Some(DistanceOutcome::Distance(*distance)),
        })
        .collect();
    check_dataset(constraints, &observed)
}

#[test]
fn the_churn_demonstration_has_its_60_violations() {
    let (baseline, current) = (baseline(), current());
    assert!(
        distance(&baseline["column 00"], &current["column 00"]) > 0.7,
        "the label moved"
    );
    let profiles: Vec<(&str, ColumnProfile)> = baseline
        .iter()
        .map(|(name, summary)| (name.as_str(), summary.profile()))
        .collect();
    let columns = profiles.iter().map(|(name, profile)| (*name, profile));
    let constraints = suggest(columns, CategoricalDriftMethod::LInfinity);
    let found = check_of(&constraints, &baseline, &current);

    assert_eq!(found.len(), 60);
    let is_type =
        |found: &Violation| found.constraint_check_type == ConstraintCheckType::DataTypeCheck;
    assert!(found.iter().all(is_type), "{found:?}");
    let text = |ratio: &str| {
        format!(
            "Data type match requirement is not met. Expected data type: Integral, Expected \
             match: 100.0%. Observed: Only {ratio}% of data is Integral."
        )
    };
    assert_eq!(found[0].description, text("0.0"));
    for violation in &found[1..] {
        assert_eq!(violation.description, text("99.64592817400101"));
    }
}
