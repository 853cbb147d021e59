//! Reading `governance.toml`. A key that is not known is refused: a rule with a slip in its name
//! would hold nobody to anything.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::duration;
use super::{
    ArchivedRule, CardRules, CommentRule, EvidenceRule, GovernancePolicy, ReviewRules, StaleRule,
    TransitionRule,
};
use crate::document::model_card::{RiskRating, names_a_place};

/// Why a policy could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(self))]
pub struct InvalidPolicy {
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// `card.High.review_every`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

fn told(error: &InvalidPolicy) -> String {
    let mut text = "the governance policy is wrong".to_owned();
    if let Some(line) = error.line {
        text.push_str(&format!(" at line {line}"));
    }
    if !error.key.is_empty() {
        text.push_str(&format!(", `{}`", error.key));
    }
    format!("{text}: {}", error.problem)
}

impl GovernancePolicy {
    /// # Errors
    ///
    /// The first thing that is wrong, with its line and key.
    pub fn from_toml(text: &str) -> Result<GovernancePolicy, InvalidPolicy> {
        let file = read(text)?;
        let review = file.review.rules(text)?;
        let (card, ratings) = file.card.split();
        let mut by_rating = BTreeMap::new();
        for (rating, table) in ratings {
            let place = format!("card.{}", rating.as_str());
            by_rating.insert(rating, table.rules(text, &place)?);
        }
        Ok(GovernancePolicy {
            review,
            card: card.rules(text, "card")?,
            by_rating,
        })
    }
}

fn read(text: &str) -> Result<PolicyFile, InvalidPolicy> {
    let document = toml::Deserializer::new(text);
    serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        // `Spanned` reads its value as a member of a name of its own.
        let path = path.split(".$__serde_spanned").next().unwrap_or_default();
        let inner = error.into_inner();
        InvalidPolicy {
            line: inner.span().map(|span| line_of(text, span.start)),
            key: path.trim_start_matches('.').to_owned(),
            problem: inner.message().trim().replace('\n', ", "),
        }
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(default)]
    review: ReviewTable,
    #[serde(default)]
    card: CardTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReviewTable {
    four_eyes: bool,
    comment: CommentRule,
    transitions: TransitionRule,
    approvers: Vec<Spanned<String>>,
    archived: ArchivedRule,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CardTable {
    required: Vec<Spanned<String>>,
    evaluations: Vec<Spanned<String>>,
    evidence: EvidenceRule,
    stale: StaleRule,
    review_every: Option<Spanned<String>>,
    expires_after: Option<Spanned<String>>,
    #[serde(rename = "Unknown")]
    unknown: Option<RulesTable>,
    #[serde(rename = "Low")]
    low: Option<RulesTable>,
    #[serde(rename = "Medium")]
    medium: Option<RulesTable>,
    #[serde(rename = "High")]
    high: Option<RulesTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesTable {
    required: Vec<Spanned<String>>,
    evaluations: Vec<Spanned<String>>,
    evidence: EvidenceRule,
    stale: StaleRule,
    review_every: Option<Spanned<String>>,
    expires_after: Option<Spanned<String>>,
}

impl ReviewTable {
    fn rules(self, text: &str) -> Result<ReviewRules, InvalidPolicy> {
        let approvers = self.approvers.into_iter();
        let approvers = approvers.map(|name| filled(text, "review.approvers", name));
        Ok(ReviewRules {
            four_eyes: self.four_eyes,
            comment: self.comment,
            transitions: self.transitions,
            approvers: approvers.collect::<Result<_, _>>()?,
            archived: self.archived,
        })
    }
}

impl CardTable {
    fn split(self) -> (RulesTable, Vec<(RiskRating, RulesTable)>) {
        let rules = RulesTable {
            required: self.required,
            evaluations: self.evaluations,
            evidence: self.evidence,
            stale: self.stale,
            review_every: self.review_every,
            expires_after: self.expires_after,
        };
        let ratings = [
            (RiskRating::Unknown, self.unknown),
            (RiskRating::Low, self.low),
            (RiskRating::Medium, self.medium),
            (RiskRating::High, self.high),
        ];
        let ratings = ratings.into_iter();
        let ratings = ratings.filter_map(|(rating, table)| Some((rating, table?)));
        (rules, ratings.collect())
    }
}

impl RulesTable {
    fn rules(self, text: &str, place: &str) -> Result<CardRules, InvalidPolicy> {
        let key = |name: &str| format!("{place}.{name}");
        let required = self.required.into_iter();
        let required = required.map(|path| content_path(text, &key("required"), path));
        let evaluations = self.evaluations.into_iter();
        let evaluations = evaluations.map(|name| filled(text, &key("evaluations"), name));
        Ok(CardRules {
            required: required.collect::<Result<_, _>>()?,
            evaluations: evaluations.collect::<Result<_, _>>()?,
            evidence: self.evidence,
            stale: self.stale,
            review_every_ms: duration_ms(text, &key("review_every"), self.review_every)?,
            expires_after_ms: duration_ms(text, &key("expires_after"), self.expires_after)?,
        })
    }
}

fn wrong<T>(text: &str, key: &str, (at, problem): (usize, String)) -> Result<T, InvalidPolicy> {
    Err(InvalidPolicy {
        line: Some(line_of(text, at)),
        key: key.to_owned(),
        problem,
    })
}

fn filled(text: &str, key: &str, value: Spanned<String>) -> Result<String, InvalidPolicy> {
    let at = value.span().start;
    let value = value.into_inner();
    if value.trim().is_empty() {
        return wrong(text, key, (at, "a name is empty".to_owned()));
    }
    Ok(value)
}

fn content_path(text: &str, key: &str, path: Spanned<String>) -> Result<String, InvalidPolicy> {
    let at = path.span().start;
    let path = path.into_inner();
    if !names_a_place(&path) {
        let problem = format!(
            "no card has a `{path}`, expected a section such as `business_details` or a member of \
             one such as `intended_uses.purpose_of_model`"
        );
        return wrong(text, key, (at, problem));
    }
    Ok(path)
}

fn duration_ms(
    text: &str,
    key: &str,
    value: Option<Spanned<String>>,
) -> Result<Option<i64>, InvalidPolicy> {
    let Some(value) = value else {
        return Ok(None);
    };
    match duration::parse(value.get_ref()) {
        Some(duration) => Ok(Some(duration)),
        None => {
            let problem = format!(
                "found `{}`, expected a duration such as `36h`, `90d`, `12w` or `1y`",
                value.get_ref()
            );
            wrong(text, key, (value.span().start, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_demands_nothing() {
        assert_eq!(
            GovernancePolicy::from_toml(""),
            Ok(GovernancePolicy::default())
        );
    }

    #[test]
    fn every_key_is_read() {
        let policy = GovernancePolicy::from_toml(
            r#"
            [review]
            four_eyes = true
            comment = "required"
            transitions = "ordered"
            approvers = ["risk-officer"]
            archived = "final"
            [card]
            required = ["intended_uses.risk_rating"]
            [card.High]
            required = ["business_details", "additional_information.custom_details.team"]
            evaluations = ["fairness"]
            evidence = "bound"
            stale = "refused"
            review_every = "90d"
            expires_after = "1y"
            "#,
        )
        .unwrap();
        assert!(policy.review.four_eyes);
        assert_eq!(policy.review.comment, CommentRule::Required);
        assert_eq!(policy.review.transitions, TransitionRule::Ordered);
        assert_eq!(policy.review.approvers, ["risk-officer"]);
        assert_eq!(policy.review.archived, ArchivedRule::Final);
        assert_eq!(policy.card.required, ["intended_uses.risk_rating"]);
        let high = &policy.by_rating[&RiskRating::High];
        assert_eq!(high.evaluations, ["fairness"]);
        assert_eq!(high.evidence, EvidenceRule::Bound);
        assert_eq!(high.stale, StaleRule::Refused);
        assert_eq!(high.review_every_ms, Some(90 * 86_400_000));
        assert_eq!(high.expires_after_ms, Some(365 * 86_400_000));
    }

    #[track_caller]
    fn refused(text: &str, line: usize, key: &str) {
        let error = GovernancePolicy::from_toml(text).unwrap_err();
        assert_eq!(
            (error.line, error.key.as_str()),
            (Some(line), key),
            "{error}"
        );
    }

    #[test]
    fn unknown_keys_are_refused_with_their_place() {
        refused("[review]\nfour_eye = true", 2, "review.four_eye");
        refused("[reviews]\nfour_eyes = true", 1, "reviews");
        refused(
            "[card]\n\n[card.high]\nevidence = \"bound\"",
            3,
            "card.high",
        );
        refused("[card.High]\nevaluation = []", 2, "card.High.evaluation");
        refused("four_eyes = true", 1, "four_eyes");
    }

    #[test]
    fn wrong_values_are_refused_with_their_place() {
        refused("[review]\nfour_eyes = \"yes\"", 2, "review.four_eyes");
        refused("[review]\ncomment = \"always\"", 2, "review.comment");
        refused(
            "[review]\napprovers = [\"a\",\n\" \"]",
            3,
            "review.approvers",
        );
        refused("[card]\nreview_every = 90", 2, "card.review_every");
        refused(
            "[card.Low]\nexpires_after = \"6m\"",
            2,
            "card.Low.expires_after",
        );
        refused(
            "[card]\nrequired = [\n\"business_details\",\n\"business_detail\"]",
            4,
            "card.required",
        );
    }

    #[test]
    fn a_text_that_is_no_toml_is_refused_with_its_line() {
        refused("[review]\nfour_eyes =", 2, "");
    }

    #[test]
    fn the_sentence_names_line_and_key() {
        let error = GovernancePolicy::from_toml("[card]\nexpires_after = \"soon\"").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the governance policy is wrong at line 2, `card.expires_after`: found `soon`, \
             expected a duration such as `36h`, `90d`, `12w` or `1y`"
        );
    }
}
