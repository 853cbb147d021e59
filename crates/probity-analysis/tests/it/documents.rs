//! What a baseline says of a small table, worked by hand.

use crate::folder::{Folder, input, people, profiled, stored, written};
use probity_analysis::data_quality::AnalysisError;
use probity_domain::document::statistics::InferredType;

#[test]
fn a_baseline_counts_types_and_moments() {
    let folder = Folder::new();
    let location = folder.write("t.csv", "a,b,c\n1,x,\n2,y,\n3,x,\n,x,\n");
    let documents = profiled(&input(&location)).unwrap();
    let [a, b, c] = &documents.statistics.features[..] else {
        panic!("three columns, not {}", documents.statistics.features.len())
    };
    assert_eq!(documents.statistics.dataset.item_count, 4);
    let numbers = a.numerical_statistics.as_ref().unwrap();
    assert_eq!(
        (numbers.common.num_present, numbers.common.num_missing),
        (3, 1)
    );
    assert_eq!(
        (numbers.mean, numbers.sum, numbers.min, numbers.max),
        (2.0, 6.0, 1.0, 3.0)
    );
    assert!((numbers.std_dev - (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    let texts = b.string_statistics.as_ref().unwrap();
    assert!((texts.distinct_count - 2.0).abs() < f64::EPSILON);
    assert_eq!(c.inferred_type, InferredType::Unknown);
}

#[test]
fn a_column_that_appears_late_is_missing_before() {
    let folder = Folder::new();
    folder.write("d/1.jsonl", "{\"a\": 1}\n{\"a\": 2}\n");
    folder.write("d/2.jsonl", "{\"a\": 3, \"b\": \"x\"}\n");
    folder.write("d/3.jsonl", "{\"b\": \"y\"}\n");
    let documents = profiled(&input(&folder.location("d"))).unwrap();
    let facts = &documents.probity.features;
    assert_eq!(
        facts.iter().map(|f| (f.n, f.n_missing)).collect::<Vec<_>>(),
        [(4, 1), (4, 2)]
    );
}

#[test]
fn a_written_baseline_reads_back_the_same() {
    let folder = Folder::new();
    let location = folder.write("people.csv", &people(3000, 0.0));
    let documents = profiled(&input(&location)).unwrap();
    written(&documents, &folder.location("baseline"));
    let stored = stored(&folder.location("baseline"));
    assert_eq!(stored.statistics.as_ref(), Some(&documents.statistics));
    assert_eq!(stored.constraints.as_ref(), Some(&documents.constraints));
    assert_eq!(stored.probity.as_ref(), Some(&documents.probity));
}

#[test]
fn summaries_that_were_changed_are_refused() {
    let folder = Folder::new();
    let location = folder.write("people.csv", &people(100, 0.0));
    written(
        &profiled(&input(&location)).unwrap(),
        &folder.location("baseline"),
    );
    let path = folder.path("baseline/summaries.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let error =
        crate::folder::checked(&input(&location), &folder.location("baseline")).unwrap_err();
    assert!(
        matches!(error, AnalysisError::OtherSummaries { .. }),
        "{error}"
    );
    assert!(error.is_bad_input());
}

#[test]
fn redacting_a_column_that_is_not_there_is_an_error() {
    let folder = Folder::new();
    let location = folder.write("t.csv", "a\n1\n");
    let mut input = input(&location);
    input.redacted.insert("b".to_owned());
    let error = profiled(&input).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no column named `b` to redact; `probity profile` lists the names"
    );
}

#[test]
fn rows_without_any_member_count_wherever_the_files_are_cut() {
    let folder = Folder::new();
    folder.write("d/1.jsonl", "{\"a\": 1}\n");
    folder.write("d/2.jsonl", "{}\n{}\n");
    let documents = profiled(&input(&folder.location("d"))).unwrap();
    assert_eq!(documents.statistics.dataset.item_count, 3);
    assert_eq!(documents.probity.features[0].n_missing, 2);
}
