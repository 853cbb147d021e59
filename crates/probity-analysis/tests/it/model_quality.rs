//! Model quality on real files: one answer for every number of cores, columns by expression,
//! and both verdicts of a check.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use probity_analysis::model_quality::{
    ModelQualityDocuments, ModelQualityError, QualityCheckOptions, QualityColumnChoices,
    QualityRequest, StoredQuality, UnreadableLabelRule, baseline, check,
};
use probity_data::dataset::ColumnChoice;
use probity_data::location::OutputFolder;
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_report::Verdict;

use crate::folder::{Folder, input, run};
use crate::threads::contents;

fn scored(rows: usize, flipped_every: usize) -> String {
    let mut text = String::from("y,p,region\n");
    for row in 0..rows {
        let p = ((row * 37) % 1000) as f64 / 1000.0;
        let mut y = usize::from(p + (((row * 91) % 100) as f64 / 100.0 - 0.5) * 0.6 > 0.5);
        if flipped_every > 0 && row % flipped_every == 0 {
            y = 1 - y;
        }
        writeln!(text, "{y},{p},{}", ["n", "s"][row % 2]).unwrap();
    }
    text
}

fn request(
    location: &str,
    problem_type: ProblemType,
    columns: [Option<&str>; 3],
) -> QualityRequest {
    let [label, prediction, probability] = columns.map(|name| name.map(ColumnChoice::from));
    QualityRequest {
        input: input(location),
        problem_type,
        columns: QualityColumnChoices {
            label,
            prediction,
            probability,
        },
        probability_threshold: 0.5,
        positive: None,
        unreadable_labels: UnreadableLabelRule::Refuse,
        segments: vec![ColumnChoice::from("region")],
        evaluated_at: "2026-01-01T00:00:00.000Z".to_owned(),
        seed: 0,
    }
}

fn binary(location: &str) -> QualityRequest {
    request(
        location,
        ProblemType::BinaryClassification,
        [Some("y"), None, Some("p")],
    )
}

fn measured(request: &QualityRequest) -> Result<ModelQualityDocuments, ModelQualityError> {
    run(async |surroundings| baseline(request, surroundings).await)
}

fn metric(documents: &ModelQualityDocuments, name: &str) -> f64 {
    let metrics = &documents.probity.whole.metrics;
    let found = metrics.iter().find(|metric| metric.name == name).unwrap();
    found.value.unwrap()
}

#[test]
fn every_document_has_the_same_bytes_at_1_2_and_8_threads() {
    let folder = Folder::new();
    let location = folder.write("scored.csv", &scored(4000, 0));
    let mut all = Vec::new();
    for threads in [1, 2, 8] {
        let mut request = binary(&location);
        request.input.threads = NonZeroUsize::new(threads).unwrap();
        request.input.read.block_size_bytes = 2048;
        let documents = measured(&request).unwrap();
        assert!(documents.probity.dataset.partitions > 4);
        let result = folder.location(&format!("result-{threads}"));
        run(async |surroundings| {
            let output = OutputFolder::create(&result, surroundings.environment)
                .await
                .unwrap();
            documents.write(output).await.unwrap();
        });
        all.push(contents(Path::new(&result)));
    }
    assert!(
        all[0] == all[1] && all[0] == all[2],
        "documents differ between threads"
    );
}

#[test]
fn parts_of_a_dataset_give_what_the_whole_gives() {
    let folder = Folder::new();
    let location = folder.write("scored.csv", &scored(3000, 7));
    let whole = measured(&binary(&location)).unwrap();
    let mut request = binary(&location);
    request.input.read.block_size_bytes = 2048;
    let parts = measured(&request).unwrap();
    assert!(parts.probity.dataset.partitions > 4 && whole.probity.dataset.partitions == 1);
    // Functions of counts, which merge exactly.
    for name in ["accuracy", "recall", "precision", "auc", "f1"] {
        let bits = |documents| metric(documents, name).to_bits();
        assert_eq!(bits(&whole), bits(&parts), "{name}");
    }
    let rows = |documents: &ModelQualityDocuments| -> Vec<u64> {
        let segments = documents.probity.segments.iter();
        segments.map(|segment| segment.quality.rows.n).collect()
    };
    assert_eq!(rows(&whole), [1500, 1500]);
    assert_eq!(rows(&parts), [1500, 1500]);
}

#[test]
fn segments_hold_all_rows() {
    let folder = Folder::new();
    let documents = measured(&binary(&folder.write("scored.csv", &scored(1000, 0)))).unwrap();
    let segments = &documents.probity.segments;
    let names: Vec<Option<&str>> = segments.iter().map(|s| s.value.as_deref()).collect();
    assert_eq!(names, [Some("n"), Some("s")]);
    let rows: u64 = segments.iter().map(|segment| segment.quality.rows.n).sum();
    assert_eq!(rows, 1000);
}

/// SageMaker's own monitor reports 0.0 for every metric of such data: labels are `1`,
/// predictions `1.0`.
#[test]
fn nested_predictions_of_another_spelling_are_right() {
    let folder = Folder::new();
    let mut lines = String::new();
    for row in 0..300 {
        let (label, answer) = (
            row % 3,
            if row % 10 == 0 {
                (row + 1) % 3
            } else {
                row % 3
            },
        );
        writeln!(
            lines,
            r#"{{"label":{label},"predictions":[{{"label":{answer}.0}}],"region":"n"}}"#
        )
        .unwrap();
    }
    let documents = measured(&request(
        &folder.write("scored.jsonl", &lines),
        ProblemType::MulticlassClassification,
        [Some("label"), Some("predictions[0].label"), None],
    ))
    .unwrap();
    assert!((metric(&documents, "accuracy") - 0.9).abs() < 1e-15);
}

#[test]
fn a_check_tells_chance_from_change() {
    let folder = Folder::new();
    let then = measured(&binary(&folder.write("then.csv", &scored(3000, 0)))).unwrap();
    let stored = || StoredQuality {
        location: "baseline".to_owned(),
        constraints: then.constraints.clone(),
        statistics: Some(then.statistics.clone()),
        probity: Some(then.probity.clone()),
    };
    let checked = |text: &str, name: &str| {
        let request = binary(&folder.write(name, text));
        let options = QualityCheckOptions {
            verdict: Verdict::Corrected,
            false_discovery_rate: 0.05,
        };
        run(async |surroundings| check(&request, stored(), options, surroundings).await).unwrap()
    };
    let same = checked(&scored(3000, 0), "same.csv");
    assert!(!same.is_violated(Verdict::Aws) && !same.is_violated(Verdict::Corrected));
    let fewer = checked(&scored(400, 0), "fewer.csv");
    assert!(!fewer.is_violated(Verdict::Corrected));
    let worse = checked(&scored(3000, 5), "worse.csv");
    assert!(worse.is_violated(Verdict::Aws) && worse.is_violated(Verdict::Corrected));
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let folder = Folder::new();
    let location = folder.write("scored.csv", &scored(50, 0));
    let wrong = request(
        &location,
        ProblemType::BinaryClassification,
        [Some("y"), None, Some("q")],
    );
    let error = measured(&wrong).unwrap_err();
    assert!(error.to_string().contains("--probability"), "{error}");
    assert!(error.is_bad_input());
}

/// Rows of a classifier, the first `n_odd` of them with a label that is neither class.
fn with_odd_labels(folder: &Folder, n_odd: usize) -> String {
    let rows = (0..20).map(|row| {
        let label = match row < n_odd {
            true => "maybe".to_owned(),
            false => (row % 2).to_string(),
        };
        format!("{label},{},a\n", (row % 2) as f64 * 0.8 + 0.1)
    });
    let text: String = std::iter::once("y,p,region\n".to_owned())
        .chain(rows)
        .collect();
    folder.write(&format!("odd-{n_odd}.csv"), &text)
}

fn leaving_out(location: &str) -> QualityRequest {
    QualityRequest {
        unreadable_labels: UnreadableLabelRule::LeaveOut,
        ..binary(location)
    }
}

#[test]
fn labels_that_nobody_can_read_are_left_out_and_told() {
    let folder = Folder::new();
    let location = with_odd_labels(&folder, 2);
    let documents = measured(&leaving_out(&location)).unwrap();
    let rows = &documents.probity.whole.rows;
    assert_eq!((rows.n, rows.n_used, rows.n_missing_label), (20, 18, 2));
    assert_eq!(metric(&documents, "accuracy").to_bits(), 1.0_f64.to_bits());
    let note = &documents.probity.notes[0];
    assert!(
        note.starts_with("2 rows were left out: their labels are neither 1"),
        "{note}"
    );
    assert!(note.contains("the first is `maybe`"), "{note}");
    // Whoever gave the data is told, and can mend them.
    let refused = measured(&binary(&location)).unwrap_err();
    assert!(
        matches!(refused, ModelQualityError::Rows { .. }),
        "{refused}"
    );
}

#[test]
fn a_column_of_labels_that_nobody_can_read_is_the_wrong_column() {
    let folder = Folder::new();
    let good = measured(&leaving_out(&with_odd_labels(&folder, 9)));
    assert_eq!(good.unwrap().probity.whole.rows.n_used, 11);
    for n_odd in [10, 20] {
        let refused = measured(&leaving_out(&with_odd_labels(&folder, n_odd))).unwrap_err();
        let text = refused.to_string();
        assert!(
            matches!(refused, ModelQualityError::OtherLabels { .. }),
            "{text}"
        );
        assert!(text.contains("`maybe`") && text.contains("`y`"), "{text}");
    }
}
