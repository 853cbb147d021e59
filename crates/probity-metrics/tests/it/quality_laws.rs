//! Laws of the three summaries of model quality: nothing, order of parts, batches, state.

use arrow::array::StringArray;
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_metrics::quality::{ModelQuality, QualityBatch, QualityError, QualitySettings};
use probity_metrics::summary::ReadState;
use proptest::prelude::*;

use crate::quality_rows::SEED;

/// Label, prediction and probability as a text file has them.
type Row = (Option<String>, Option<String>, Option<String>);

fn cell(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        12 => prop::sample::select(values).prop_map(|value| Some(value.to_owned())),
        1 => Just(None),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        cell(&["0", "1", "1.0", "\"0\"", ""]),
        cell(&["1", "0", "0.0"]),
        cell(&["0.5", "0.25", "1", "0", "0.50", "1e-9", "0.875"]),
    );
    prop::collection::vec(row, 1..400)
}

fn settings(problem_type: ProblemType) -> QualitySettings {
    QualitySettings::new(problem_type, SEED)
}

fn add(quality: &mut ModelQuality, rows: &[Row]) {
    let column = |value: fn(&Row) -> &Option<String>| {
        StringArray::from(
            rows.iter()
                .map(|row| value(row).clone())
                .collect::<Vec<_>>(),
        )
    };
    let (labels, predictions) = (column(|row| &row.0), column(|row| &row.1));
    let probabilities = column(|row| &row.2);
    let is_binary = quality.problem_type() == ProblemType::BinaryClassification;
    quality
        .update(&QualityBatch {
            label: &labels,
            prediction: Some(&predictions),
            probability: is_binary.then_some(&probabilities as &dyn arrow::array::Array),
        })
        .unwrap();
}

fn summary(problem_type: ProblemType, rows: &[Row]) -> ModelQuality {
    let mut quality = ModelQuality::new(&settings(problem_type));
    add(&mut quality, rows);
    quality
}

/// Values within rounding, everything else equal.
fn check_same(found: &ModelQuality, expected: &ModelQuality) -> Result<(), TestCaseError> {
    let (Ok(found), Ok(expected)) = (found.findings(), expected.findings()) else {
        prop_assert!(found.findings().is_err() && expected.findings().is_err());
        return Ok(());
    };
    prop_assert_eq!(found.facts.rows, expected.facts.rows);
    prop_assert_eq!(&found.facts.classes, &expected.facts.classes);
    let all = |f: &probity_metrics::quality::QualityFindings| {
        let metrics = f.facts.metrics.iter().chain(&f.facts.extended);
        metrics
            .map(|metric| (metric.name.clone(), metric.n, metric.value))
            .collect::<Vec<_>>()
    };
    let deviations = |f: &probity_metrics::quality::QualityFindings| {
        f.statistics
            .scalars()
            .into_iter()
            .map(|(_, m)| m.standard_deviation)
            .collect::<Vec<_>>()
    };
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        // Sums of 400 terms below 2: 400 × 2⁻⁵² and some cancellation.
        (Some(a), Some(b)) => (a - b).abs() <= 1e-11 * b.abs().max(1.0),
        _ => a == b,
    };
    for (a, b) in all(&found).iter().zip(&all(&expected)) {
        prop_assert_eq!((&a.0, a.1), (&b.0, b.1));
        prop_assert!(near(a.2, b.2), "{}: {:?} {:?}", a.0, a.2, b.2);
    }
    for (a, b) in deviations(&found).into_iter().zip(deviations(&expected)) {
        prop_assert!(near(a, b), "{a:?} {b:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn parts_in_their_order_give_the_whole(rows in rows(), cuts in prop::array::uniform3(0..400usize)) {
        for problem_type in ProblemType::ALL {
            let whole = summary(problem_type, &rows);
            let mut cuts = cuts.map(|cut| cut % (rows.len() + 1));
            cuts.sort_unstable();
            let pieces = [0..cuts[0], cuts[0]..cuts[1], cuts[1]..cuts[2], cuts[2]..rows.len()];
            let parts = pieces.clone().map(|piece| summary(problem_type, &rows[piece]));
            let mut merged = ModelQuality::new(&settings(problem_type));
            let mut again = ModelQuality::new(&settings(problem_type));
            let mut batches = ModelQuality::new(&settings(problem_type));
            for (part, piece) in parts.iter().zip(pieces) {
                merged.merge(part);
                again.merge(part);
                add(&mut batches, &rows[piece]);
            }
            prop_assert_eq!(merged.to_bytes(), again.to_bytes());
            check_same(&merged, &whole)?;
            check_same(&batches, &whole)?;
        }
    }

    #[test]
    fn nothing_changes_nothing_and_a_state_comes_back(rows in rows()) {
        for problem_type in ProblemType::ALL {
            let whole = summary(problem_type, &rows);
            let mut merged = ModelQuality::new(&settings(problem_type));
            merged.merge(&whole);
            merged.merge(&ModelQuality::new(&settings(problem_type)));
            prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
            let read = ModelQuality::from_bytes(problem_type, &whole.to_bytes()).unwrap();
            prop_assert_eq!(read.to_bytes(), whole.to_bytes());
            prop_assert_eq!(&read, &whole);
            check_same(&read, &whole)?;
        }
    }

    #[test]
    fn counts_do_not_depend_on_the_order_of_parts(rows in rows(), cut in 0..400usize) {
        let cut = cut % (rows.len() + 1);
        let problem_type = ProblemType::MulticlassClassification;
        let (first, second) = (summary(problem_type, &rows[..cut]), summary(problem_type, &rows[cut..]));
        let (mut forward, mut backward) = (first.clone(), second.clone());
        forward.merge(&second);
        backward.merge(&first);
        prop_assert_eq!(forward.to_bytes(), backward.to_bytes());
    }
}

#[test]
fn nothing_has_no_findings() {
    for problem_type in ProblemType::ALL {
        let nothing = ModelQuality::new(&settings(problem_type));
        let error = nothing.findings().unwrap_err();
        assert!(matches!(error, QualityError::NoRows { rows: 0 }), "{error}");
    }
}

#[test]
fn a_damaged_state_is_an_error_and_never_a_panic() {
    let rows = vec![
        (
            Some("1".to_owned()),
            Some("0".to_owned()),
            Some("0.5".to_owned())
        );
        3
    ];
    for problem_type in ProblemType::ALL {
        let bytes = summary(problem_type, &rows).to_bytes();
        for length in 0..bytes.len() {
            let cut = ModelQuality::from_bytes(problem_type, &bytes[..length]);
            assert!(matches!(cut, Err(ReadState::Truncated { .. })), "{length}");
        }
        for place in 0..bytes.len().min(4000) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x40;
            // Whether it is noticed or not, what is read must be usable.
            if let Ok(read) = ModelQuality::from_bytes(problem_type, &damaged) {
                let _ = read.findings();
            }
        }
    }
}
