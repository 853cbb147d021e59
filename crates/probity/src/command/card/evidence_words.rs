//! How the evidence of a card stands, in a cell of a list: in the words of the page `/cards`.

use probity_domain::document::card_dossier::{CardDossier, Standing, Verification};
use serde_json::Value;

use super::remote::list;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Evidence {
    all: usize,
    bound: usize,
    trouble: Option<String>,
    /// `None` where it is not told how many of the bound ones are.
    verified: Option<usize>,
}

impl Evidence {
    fn words(&self) -> String {
        if self.all == 0 {
            return "no evaluations".to_owned();
        }
        let verified = self
            .verified
            .map(|n| format!("{n} of {} verified", self.all));
        match (&self.trouble, verified) {
            (Some(trouble), Some(verified)) => format!("{trouble}, {verified}"),
            (Some(trouble), None) => trouble.clone(),
            (None, _) if self.bound == 0 => "claimed".to_owned(),
            (None, Some(verified)) => verified,
            (None, None) => "bound, not all verified".to_owned(),
        }
    }
}

fn not_as_their_reports(n: usize) -> String {
    match n {
        1 => "1 not as its report".to_owned(),
        n => format!("{n} not as their reports"),
    }
}

fn stale(n: usize) -> Option<String> {
    (n > 0).then(|| format!("{n} stale"))
}

pub(super) fn of_dossier(dossier: &CardDossier) -> String {
    let all = &dossier.evaluations;
    let count = |wanted: &[Standing]| {
        let found = all.iter().filter(|own| wanted.contains(&own.standing()));
        found.count()
    };
    let trouble = match count(&[Standing::Differs, Standing::Gone]) {
        0 => stale(count(&[Standing::Stale])),
        refuted => Some(not_as_their_reports(refuted)),
    };
    let evidence = Evidence {
        all: all.len(),
        bound: all.len() - count(&[Standing::Claimed]),
        trouble,
        verified: Some(count(&[Standing::Current])),
    };
    evidence.words()
}

/// Of one of `ModelCardStandings`, which tells the worst of all verifications; empty where nothing
/// is told.
pub(super) fn of_standing(card: &Value) -> String {
    let count = |name: &str| usize::try_from(card[name].as_u64()?).ok();
    let Some(all) = count("EvaluationCount") else {
        return String::new();
    };
    let bound = count("BoundEvaluationCount").unwrap_or(0);
    // Those that are refuted are among them.
    let n_stale = list(card, "StaleEvaluations").len();
    let verification = card["Verification"].as_str().and_then(Verification::parse);
    let (trouble, verified) = match verification {
        Some(Verification::Refuted) if bound == 1 || n_stale <= 1 => {
            (Some(not_as_their_reports(1)), None)
        }
        Some(Verification::Refuted) => {
            let told = format!("{n_stale} stale or not as their reports");
            (Some(told), None)
        }
        Some(Verification::Verified) => (stale(n_stale), Some(bound.saturating_sub(n_stale))),
        Some(Verification::NotVerified) if bound == 1 => (stale(n_stale), Some(0)),
        Some(Verification::NotVerified) | None => (stale(n_stale), None),
    };
    let evidence = Evidence {
        all,
        bound,
        trouble,
        verified,
    };
    evidence.words()
}

#[cfg(test)]
mod tests {
    use probity_domain::document::card_dossier::Staleness;
    use probity_domain::document::model_card::{Content, ModelCard, Variant};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(counts: (u64, u64), verification: &str, stale: &[&str], words: &str) {
        let mut card = json!({
            "EvaluationCount": counts.0,
            "BoundEvaluationCount": counts.1,
            "StaleEvaluations": stale,
        });
        if !verification.is_empty() {
            card["Verification"] = verification.into();
        }
        assert_eq!(of_standing(&card), words);
    }

    #[test]
    fn the_evidence_of_a_server_is_told_in_words() {
        check((0, 0), "", &[], "no evaluations");
        check((2, 0), "", &[], "claimed");
        check((2, 2), "Verified", &[], "2 of 2 verified");
        check((3, 2), "Verified", &["a"], "1 stale, 1 of 3 verified");
        check((2, 2), "Refuted", &["a"], "1 not as its report");
        check(
            (3, 3),
            "Refuted",
            &["a", "b"],
            "2 stale or not as their reports",
        );
        check((2, 1), "NotVerified", &[], "0 of 2 verified");
        check((2, 2), "NotVerified", &[], "bound, not all verified");
    }

    #[test]
    fn the_card_of_a_package_tells_nothing_of_its_evidence() {
        assert_eq!(of_standing(&json!({"ModelCardName": "arn"})), "");
    }

    /// Of a file with one evaluation after another that stands so, the last one claimed.
    #[track_caller]
    fn check_file(bound: &[(Verification, Option<Staleness>)], words: &str) {
        let mut evaluations: Vec<Value> = bound
            .iter()
            .map(|_| {
                json!({"name": "a", "metadata": {
                    "probity:report": "report.json",
                    "probity:sha256": "00",
                    "probity:kind": "clarify-bias",
                }})
            })
            .collect();
        evaluations.push(json!({"name": "typed in"}));
        let content = json!({ "evaluation_details": evaluations }).to_string();
        let content = Content::parse(&content, Variant::Card).unwrap();
        let mut dossier = CardDossier::of_content("a", content.card(), String::new());
        for (standing, (verification, stale)) in dossier.evaluations.iter_mut().zip(bound) {
            assert!(standing.binding.is_some());
            standing.verification = *verification;
            standing.stale.extend(stale.clone());
        }
        assert_eq!(of_dossier(&dossier), words);
    }

    #[test]
    fn the_evidence_of_a_file_is_told_in_words() {
        use Verification::{NotVerified, Refuted, Verified};
        let dossier = CardDossier::of_content("a", &ModelCard::default(), String::new());
        assert_eq!(of_dossier(&dossier), "no evaluations");
        check_file(&[], "claimed");
        check_file(&[(Verified, None)], "1 of 2 verified");
        check_file(&[(NotVerified, None)], "0 of 2 verified");
        let gone = || Some(Staleness::ReportMissing);
        check_file(
            &[(Refuted, gone()), (Verified, None)],
            "1 not as its report, 1 of 3 verified",
        );
        check_file(
            &[(Refuted, gone()), (Refuted, gone())],
            "2 not as their reports, 0 of 3 verified",
        );
        let what = "it is gone".to_owned();
        check_file(
            &[(Verified, Some(Staleness::ModelChanged { what }))],
            "1 stale, 0 of 2 verified",
        );
    }
}
