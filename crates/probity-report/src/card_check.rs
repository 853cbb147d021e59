//! What a check of model cards found, for CI: JUnit XML in the form of [`crate::junit_suite`], and
//! a summary as Markdown.

use std::fmt::Write as _;

use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;

use crate::junit_suite::{Outcome, Suite};
use crate::markdown::escape;

/// A card and what was found of it.
#[derive(Clone, Debug)]
pub struct CheckedCard {
    pub name: String,
    pub status: CardStatus,
    pub rating: Option<RiskRating>,
    pub findings: Vec<Finding>,
}

/// One failed test case for each finding, and one that passed for a card without any.
pub fn junit(cards: &[CheckedCard]) -> String {
    let mut suite = Suite::new("model cards");
    for card in cards {
        if card.findings.is_empty() {
            suite.write(&card.name, "policy", &Outcome::Passed);
        }
        for finding in &card.findings {
            let name = match finding.path.as_str() {
                "" => finding.rule.clone(),
                path => format!("{} {path}", finding.rule),
            };
            let outcome = Outcome::Failed {
                kind: finding.rule.clone(),
                message: finding.message.clone(),
                details: String::new(),
            };
            suite.write(&card.name, &name, &outcome);
        }
    }
    suite.finish(None, std::iter::empty())
}

/// A heading that says how it ended, a table of the cards, and the findings of each.
pub fn markdown(cards: &[CheckedCard]) -> String {
    let bad = cards.iter().filter(|card| !card.findings.is_empty());
    let mut out = match bad.count() {
        0 => format!("### ✅ Model cards: {} without findings\n", cards.len()),
        n => format!("### ❌ Model cards: {n} of {} with findings\n", cards.len()),
    };
    out.push_str("\n| card | status | risk | findings |\n| --- | --- | --- | ---: |\n");
    for card in cards {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            escape(&card.name),
            card.status.as_str(),
            card.rating.map_or("not rated", RiskRating::as_str),
            card.findings.len()
        );
    }
    for card in cards.iter().filter(|card| !card.findings.is_empty()) {
        let _ = writeln!(out, "\n**{}**\n", escape(&card.name));
        for finding in &card.findings {
            let path = match finding.path.as_str() {
                "" => String::new(),
                path => format!(" {}", escape(path)),
            };
            let (rule, message) = (escape(&finding.rule), escape(&finding.message));
            let _ = writeln!(out, "- {rule}{path}: {message}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards() -> Vec<CheckedCard> {
        let finding = Finding {
            rule: "card.High.required".to_owned(),
            path: "business_details".to_owned(),
            message: "say something <b>|of</b> it".to_owned(),
        };
        let card = |name: &str, findings: Vec<Finding>| CheckedCard {
            name: name.to_owned(),
            status: CardStatus::Draft,
            rating: Some(RiskRating::High),
            findings,
        };
        vec![
            card("good", Vec::new()),
            card("bad", vec![finding.clone(), finding]),
        ]
    }

    #[test]
    fn every_finding_is_a_failed_case() {
        let xml = junit(&cards());
        assert!(xml.contains("tests=\"3\" failures=\"2\""), "{xml}");
        assert!(
            xml.contains("<testcase classname=\"good\" name=\"policy\"/>"),
            "{xml}"
        );
        assert!(xml.contains("type=\"card.High.required\""), "{xml}");
        assert!(!xml.contains("<b>") && !xml.contains("verdict"), "{xml}");
    }

    #[test]
    fn the_summary_says_how_it_ended() {
        let text = markdown(&cards());
        assert!(
            text.starts_with("### ❌ Model cards: 1 of 2 with findings\n"),
            "{text}"
        );
        assert!(text.contains("| good | Draft | High | 0 |"), "{text}");
        assert!(!text.contains("<b>"), "{text}");
        assert!(markdown(&cards()[..1]).starts_with("### ✅ Model cards: 1 without"));
    }
}
