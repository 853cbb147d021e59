//! What ties an evaluation to the report that it was taken from. It is kept in the evaluation's
//! `metadata`, so that it is part of the version, travels with the content, and is read by every
//! tool that reads cards.

use std::collections::BTreeMap;

const REPORT: &str = "probity:report";
const SHA256: &str = "probity:sha256";
const KIND: &str = "probity:kind";
const SOURCE: &str = "probity:source";
const FOLLOWS: &str = "probity:follows";
const REPORTED_AT: &str = "probity:reported-at";
const BOUND_AT: &str = "probity:bound-at";
const BOUND_BY: &str = "probity:bound-by";

/// Times are written as `2026-11-27T14:00:00.000Z`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// Where the report lies, `s3://…/analysis.json` or a path beside the card.
    pub report: String,
    /// Of the report's bytes when it was bound, in hexadecimal.
    pub sha256: String,
    /// What kind of report it is, by [`super::ReportKind`]'s name.
    pub kind: String,
    /// The ARN of the job or the monitoring execution that wrote it, where it is known.
    pub source: Option<String>,
    /// The monitoring schedule whose newest execution the evaluation stands for.
    pub follows: Option<String>,
    /// When the report was written.
    pub reported_at: Option<String>,
    pub bound_at: Option<String>,
    pub bound_by: Option<String>,
}

impl Binding {
    /// `None` where the evaluation is not bound.
    pub fn of(metadata: &BTreeMap<String, String>) -> Option<Binding> {
        let text = |name: &str| metadata.get(name).cloned();
        Some(Binding {
            report: text(REPORT)?,
            sha256: text(SHA256)?,
            kind: text(KIND).unwrap_or_default(),
            source: text(SOURCE),
            follows: text(FOLLOWS),
            reported_at: text(REPORTED_AT),
            bound_at: text(BOUND_AT),
            bound_by: text(BOUND_BY),
        })
    }

    /// Whether the other one ties to the same bytes at the same place, whatever else it says: who
    /// wrote them, who bound them and when is not what makes a binding another one.
    pub fn is_to_same_report(&self, other: &Binding) -> bool {
        (&self.report, &self.sha256) == (&other.report, &other.sha256)
    }

    /// The members of `metadata` that say so, those that are known.
    pub fn members(&self) -> Vec<(&'static str, String)> {
        let mut members = vec![
            (REPORT, self.report.clone()),
            (SHA256, self.sha256.clone()),
            (KIND, self.kind.clone()),
        ];
        for (name, value) in [
            (SOURCE, &self.source),
            (FOLLOWS, &self.follows),
            (REPORTED_AT, &self.reported_at),
            (BOUND_AT, &self.bound_at),
            (BOUND_BY, &self.bound_by),
        ] {
            members.extend(value.iter().map(|value| (name, value.clone())));
        }
        members
    }

    /// Whether a member of `metadata` belongs to a binding.
    pub fn owns(name: &str) -> bool {
        [
            REPORT,
            SHA256,
            KIND,
            SOURCE,
            FOLLOWS,
            REPORTED_AT,
            BOUND_AT,
            BOUND_BY,
        ]
        .contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_survives_the_metadata() {
        let binding = Binding {
            report: "s3://b/analysis.json".to_owned(),
            sha256: "ab".repeat(32),
            kind: "clarify-bias".to_owned(),
            source: Some("arn:aws:sagemaker:eu-west-1:111122223333:processing-job/p".to_owned()),
            follows: None,
            reported_at: Some("2026-11-27T14:00:00.000Z".to_owned()),
            bound_at: None,
            bound_by: Some("ada".to_owned()),
        };
        let members = binding.members();
        assert!(members.iter().all(|(name, _)| Binding::owns(name)));
        let metadata = members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(Binding::of(&metadata), Some(binding));
        assert_eq!(Binding::of(&BTreeMap::new()), None);
        assert!(!Binding::owns("dataset"));
    }
}
