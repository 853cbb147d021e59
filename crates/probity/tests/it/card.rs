//! Model cards as files: exit codes, and what stays in a file that is changed. `compat/` drives the
//! same commands at length, and a server.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const CARD: &str = "\
# ours
name: credit
status: Draft  # until the committee meets
content:
  intended_uses: {risk_rating: High}
";
/// A report in the schema that SageMaker's own parser takes as it is.
const REPORT: &str = r#"{"metric_groups": [{"name": "holdout", "metric_data":
    [{"name": "auc", "type": "number", "value": 0.81}]}]}"#;

struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        fs::create_dir(desk.0.path().join("reports")).unwrap();
        desk.write("credit.yaml", CARD);
        desk.write("reports/auc.json", REPORT);
        desk
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn card(&self) -> String {
        fs::read_to_string(self.0.path().join("credit.yaml")).unwrap()
    }

    /// Runs `probity card …`, and expects the exit code and a text on either stream.
    #[track_caller]
    fn check(&self, arguments: &str, code: i32, text: &str) {
        let output = Command::new(env!("CARGO_BIN_EXE_probity"))
            .arg("card")
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.contains(text), "{arguments}: {said}");
    }
}

#[test]
fn a_card_is_checked_by_the_policy_beside_it() {
    let desk = Desk::new();
    desk.check("check -f .", 0, "1 card checked, no findings");
    desk.write(
        "governance.toml",
        "[card.High]\nevaluations = [\"holdout\"]\n",
    );
    desk.check("check -f .", 1, "card.High.evaluations");
    desk.write("governance.toml", "[card.High]\nevaluation = []\n");
    desk.check("check -f .", 2, "governance.toml:2");
    desk.write("governance.toml", "");
    desk.write("other.yaml", "intended_uses: {risk_rating: Huge}\n");
    desk.check("check -f .", 2, "other.yaml:1: $.intended_uses.risk_rating");
}

#[test]
fn a_number_that_is_not_the_reports_is_found() {
    let desk = Desk::new();
    let bind = "bind credit -f . --evaluation holdout --to reports/auc.json";
    desk.check(bind, 0, "is bound to reports/auc.json");
    assert!(desk.card().starts_with(CARD), "{}", desk.card());
    desk.check("check -f .", 0, "no findings");
    desk.write("credit.yaml", &desk.card().replace("0.81", "0.91"));
    desk.check("check -f .", 1, "not those of the report");
    desk.check(bind, 0, "is bound");
    desk.write("reports/auc.json", &REPORT.replace("0.81", "0.5"));
    desk.check("check -f .", 1, "has changed since it was bound");
    desk.check("show -f .", 0, "REFUTED: the report has other bytes");
}

#[test]
fn what_nobody_looked_at_is_no_evidence() {
    let desk = Desk::new();
    let bound = "  evaluation_details:\n  - name: holdout\n    metadata: {'probity:report': \
                 's3://nowhere/x.json', 'probity:sha256': '00'}\n";
    desk.write("credit.yaml", &format!("{CARD}{bound}"));
    desk.write("governance.toml", "[card]\nevidence = \"bound\"\n");
    desk.check("check -f .", 1, "card.evidence");
    desk.check("check -f . --allow-unverified", 0, "no findings");
    desk.check("show -f .", 0, "bound, not verified");
}

#[test]
fn a_step_of_a_review_changes_one_line() {
    let desk = Desk::new();
    desk.check("submit credit -f .", 0, "status PendingReview");
    let expected = CARD.replace("status: Draft  #", "status: PendingReview  #");
    assert_eq!(desk.card(), expected);
    desk.check("submit nobody -f .", 2, "no card `nobody`");
}
