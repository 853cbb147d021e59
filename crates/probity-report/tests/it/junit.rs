//! JUnit XML, read back by an XML parser.

use probity_report::Verdict;
use probity_report::data_quality::{Sample, samples};
use probity_report::junit::check_results;
use quick_xml::Reader;
use quick_xml::events::Event;

fn sample(name: &str) -> Sample {
    samples()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

/// `(classname, name, outcome)` of the test cases.
fn cases(xml: &str) -> Vec<(String, String, String)> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut cases: Vec<(String, String, String)> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return cases,
            Event::Start(element) | Event::Empty(element) => {
                let attribute = |name: &str| {
                    let attribute = element.try_get_attribute(name).unwrap().unwrap();
                    attribute.unescape_value().unwrap().into_owned()
                };
                match element.name().as_ref() {
                    b"testcase" => cases.push((
                        attribute("classname"),
                        attribute("name"),
                        "passed".to_owned(),
                    )),
                    b"failure" => cases.last_mut().unwrap().2 = "failed".to_owned(),
                    b"skipped" => cases.last_mut().unwrap().2 = "skipped".to_owned(),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn count(cases: &[(String, String, String)], outcome: &str) -> usize {
    cases.iter().filter(|case| case.2 == outcome).count()
}

#[track_caller]
fn check(sample_name: &str, verdict: Verdict, failed: &[(&str, &str)]) {
    let cases = cases(&check_results(&sample(sample_name).report(), verdict));
    let mut found: Vec<(&str, &str)> = cases
        .iter()
        .filter(|case| case.2 == "failed")
        .map(|case| (case.0.as_str(), case.1.as_str()))
        .collect();
    found.sort_unstable();
    assert_eq!(found, failed);
}

#[test]
fn each_violation_of_the_verdict_is_one_failure() {
    check(
        "drift",
        Verdict::Aws,
        &[
            ("age", "baseline_drift_check"),
            ("annual_income", "baseline_drift_check"),
            ("channel", "categorical_values_check"),
            ("employment_years", "completeness_check"),
            ("home_ownership", "baseline_drift_check"),
        ],
    );
    check("clean", Verdict::Aws, &[]);
}

#[test]
fn the_corrected_verdict_fails_its_own_columns() {
    check(
        "verdicts-differ",
        Verdict::Corrected,
        &[
            ("age", "baseline_drift_check"),
            ("annual_income", "baseline_drift_check"),
            ("channel", "categorical_values_check"),
            ("employment_years", "completeness_check"),
            ("interest_rate", "baseline_drift_check"),
            ("purpose", "baseline_drift_check"),
        ],
    );
}

#[test]
fn every_column_has_a_case_for_each_of_its_checks() {
    let cases = cases(&check_results(&sample("clean").report(), Verdict::Aws));
    let of_channel: Vec<&str> = cases
        .iter()
        .filter(|case| case.0 == "channel")
        .map(|case| case.1.as_str())
        .collect();
    assert_eq!(
        of_channel,
        [
            "data_type_check",
            "completeness_check",
            "baseline_drift_check",
            "categorical_values_check"
        ]
    );
}

#[test]
fn a_drift_check_with_too_few_rows_is_skipped() {
    let cases = cases(&check_results(
        &sample("too-few-rows").report(),
        Verdict::Corrected,
    ));
    // Drift of three columns, and the case about the data as a whole.
    assert_eq!(count(&cases, "skipped"), 4);
}

#[test]
fn a_drift_check_without_a_distance_is_skipped() {
    let mut sample = sample("clean");
    let drifts = sample.probity.features.iter_mut();
    let mut drifts = drifts.filter_map(|facts| facts.drift.as_mut());
    drifts.next().unwrap().distance = None;
    let cases = cases(&check_results(&sample.report(), Verdict::Aws));
    assert_eq!(count(&cases, "skipped"), 1);
}

#[test]
fn the_totals_are_those_of_the_cases_in_every_sample() {
    for sample in samples() {
        for verdict in [Verdict::Aws, Verdict::Corrected] {
            let xml = check_results(&sample.report(), verdict);
            let cases = cases(&xml);
            let totals = format!(
                "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
                cases.len(),
                count(&cases, "failed"),
                count(&cases, "skipped")
            );
            assert!(xml.contains(&totals), "{}: {totals}\n{xml}", sample.name);
        }
    }
}

/// `(classname, name)` of the cases that have `outcome`.
fn with_outcome<'a>(
    cases: &'a [(String, String, String)],
    outcome: &str,
) -> Vec<(&'a str, &'a str)> {
    let held = cases.iter().filter(|case| case.2 == outcome);
    held.map(|case| (case.0.as_str(), case.1.as_str()))
        .collect()
}

#[test]
fn nothing_passes_when_there_are_no_rows() {
    let xml = check_results(&sample("no-rows").report(), Verdict::Aws);
    let cases = cases(&xml);
    assert_eq!(with_outcome(&cases, "passed"), []);
    assert_eq!(with_outcome(&cases, "skipped")[0], ("dataset", "judged"));
    assert!(xml.contains("the data has no rows"), "{xml}");
}

#[test]
fn a_check_without_a_test_has_a_skipped_case_about_the_data() {
    for name in ["too-few-rows", "one-row", "nothing-tested"] {
        let cases = cases(&check_results(&sample(name).report(), Verdict::Corrected));
        let skipped = with_outcome(&cases, "skipped");
        assert!(
            skipped.contains(&("dataset", "judged")),
            "{name}: {skipped:?}"
        );
    }
}

#[test]
fn drift_across_a_change_of_type_is_skipped() {
    let xml = check_results(&sample("awkward").report(), Verdict::Aws);
    let cases = cases(&xml);
    let skipped = with_outcome(&cases, "skipped");
    // Before them stand columns with too few rows.
    assert_eq!(
        skipped[3..],
        [
            ("type_changed", "baseline_drift_check"),
            ("became_numeric", "baseline_drift_check"),
            ("secret_salary", "baseline_drift_check"),
        ]
    );
    assert!(xml.contains("drift not judged: the data type changed"));
}

#[test]
fn notes_are_properties_of_the_suite() {
    let xml = check_results(&sample("awkward").report(), Verdict::Aws);
    let note = "<property name=\"note\" value=\"Column `id` occurs twice";
    assert!(xml.contains(note), "{xml}");
}

#[test]
fn names_come_back_as_they_were() {
    let cases = cases(&check_results(&sample("awkward").report(), Verdict::Aws));
    assert!(
        cases
            .iter()
            .any(|case| case.0 == "<script>alert(\"x\")</script>")
    );
}
