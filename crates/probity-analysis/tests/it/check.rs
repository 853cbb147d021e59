//! A check names what moved, and nothing else.

use probity_domain::document::constraint_violations::ConstraintCheckType;

use crate::folder::{Folder, checked, input, people, profiled, written};

#[test]
fn the_same_data_has_no_violation() {
    let folder = Folder::new();
    let location = folder.write("people.csv", &people(2000, 0.0));
    let outcome = checked(&input(&location), &location).unwrap();
    assert_eq!(outcome.violations(), &[]);
    assert_eq!(outcome.corrected_features(), Vec::<String>::new());
}

#[test]
fn only_the_shifted_column_is_named() {
    let folder = Folder::new();
    // Multiples of 17, so that the same share of incomes is missing.
    let baseline = folder.write("people.csv", &people(3400, 0.0));
    let today = folder.write("today.csv", &people(1700, 200.0));
    let outcome = checked(&input(&today), &baseline).unwrap();
    let named: Vec<_> = outcome
        .violations()
        .iter()
        .map(|v| (v.feature_name.as_str(), v.constraint_check_type))
        .collect();
    assert_eq!(named, [("income", ConstraintCheckType::BaselineDriftCheck)]);
    assert_eq!(outcome.corrected_features(), ["income"]);
}

#[test]
fn too_few_rows_are_said_and_not_alarmed() {
    let folder = Folder::new();
    let baseline = folder.write("people.csv", &people(2000, 0.0));
    let today = folder.write("today.csv", &people(9, 150.0));
    let outcome = checked(&input(&today), &baseline).unwrap();
    assert_eq!(outcome.corrected_features(), Vec::<String>::new());
    let features = &outcome.documents.probity.features;
    let income = features
        .iter()
        .find(|feature| feature.name == "income")
        .unwrap();
    let note = income.drift.as_ref().and_then(|drift| drift.note.as_ref());
    assert!(
        note.is_some_and(|note| note.contains("too few")),
        "{note:?}"
    );
}

#[test]
fn a_redacted_column_stays_redacted_through_check() {
    let folder = Folder::new();
    let text = "who,n\nplanted-secret,1\nplanted-secret,2\nother,3\n".to_owned();
    let location = folder.write("t.csv", &text);
    let mut secret = input(&location);
    secret.redacted.insert("who".to_owned());
    written(&profiled(&secret).unwrap(), &folder.location("baseline"));
    let outcome = checked(&input(&location), &folder.location("baseline")).unwrap();
    written(&outcome.documents, &folder.location("check"));
    for result in ["baseline", "check"] {
        for entry in std::fs::read_dir(folder.path(result)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let needle = b"planted-secret";
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}
