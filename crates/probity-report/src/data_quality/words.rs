//! The verdict of a check in plain words, for readers who answer for a model and do not read
//! statistics.

use maud::{Markup, html};
use probity_domain::document::statistics::Statistics;

use super::DataQualityReport;
use super::feature::{Feature, Features, shown_name};
use super::findings::Finding;
use super::unjudged::Unjudged;
use crate::number;
use crate::verdict::Verdict;

/// Names listed before "and n more".
const MOST_NAMES: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Neutral,
    /// Nothing is known to be wrong, because nothing was judged.
    Warning,
}

/// Characters of a name in tables and sentences; the column's own section has all.
const LONGEST_NAME: usize = 64;

/// Which columns each verdict names, in the order of the documents; findings about no known
/// column keep their own name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named<'a> {
    pub(crate) by_both: Vec<&'a str>,
    pub(crate) by_aws_only: Vec<&'a str>,
    pub(crate) by_corrected_only: Vec<&'a str>,
}

impl<'a> Named<'a> {
    pub(crate) fn of(findings: &[Finding<'a>]) -> Self {
        let mut order: Vec<&str> = Vec::new();
        let mut verdicts: std::collections::HashMap<&str, (bool, bool)> =
            std::collections::HashMap::new();
        for finding in findings {
            let entry = verdicts.entry(finding.feature_name).or_insert_with(|| {
                order.push(finding.feature_name);
                (false, false)
            });
            entry.0 |= finding.aws;
            entry.1 |= finding.corrected;
        }
        let mut named = Named::default();
        for name in order {
            match verdicts[name] {
                (true, true) => named.by_both.push(name),
                (true, false) => named.by_aws_only.push(name),
                (false, _) => named.by_corrected_only.push(name),
            }
        }
        named
    }

    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.by_both.len()
            + match verdict {
                Verdict::Aws => self.by_aws_only.len(),
                Verdict::Corrected => self.by_corrected_only.len(),
            }
    }
}

pub(crate) fn headline(report: &DataQualityReport<'_>, named: &Named<'_>) -> (Tone, String) {
    let columns = report.statistics.features.len();
    let Some(check) = &report.probity.check else {
        let rows = plural_of(report.statistics.dataset.item_count, "row");
        return (
            Tone::Neutral,
            format!("{rows} in {}", plural(columns, "column")),
        );
    };
    let unjudged = Unjudged::of(report);
    match (named.count(Verdict::deciding(check)), unjudged) {
        (0, Some(unjudged)) => (Tone::Warning, unjudged.headline()),
        (0, None) => (
            Tone::Good,
            format!("No violation in {}", plural(columns, "column")),
        ),
        (1, _) => (
            Tone::Bad,
            format!(
                "1 of {} violates its constraints",
                plural(columns, "column")
            ),
        ),
        (n, _) => (
            Tone::Bad,
            format!(
                "{} of {} violate their constraints",
                number::count(n as u64),
                plural(columns, "column")
            ),
        ),
    }
}

pub(crate) fn plural(n: usize, noun: &str) -> String {
    plural_of(n as u64, noun)
}

pub(crate) fn plural_of(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", number::count(n))
}

/// A folder of constraints alone has no rows to count.
pub(crate) fn baseline_of(baseline: &Statistics) -> String {
    if baseline.features.is_empty() {
        return "a baseline without statistics".to_owned();
    }
    let rows = plural_of(baseline.dataset.item_count, "row");
    format!("a baseline of {rows}")
}

/// What the difference of the two verdicts means, one paragraph per case that occurs.
pub(crate) fn verdicts_explained(
    report: &DataQualityReport<'_>,
    named: &Named<'_>,
    features: &Features<'_>,
) -> Markup {
    let Some(check) = &report.probity.check else {
        return html! {};
    };
    let rate = number::percent(check.false_discovery_rate);
    let tested = plural_of(check.tested, "test");
    let names_nothing = named.by_both.is_empty()
        && named.by_aws_only.is_empty()
        && named.by_corrected_only.is_empty();
    let is_headline = named.count(Verdict::deciding(check)) == 0;
    let unjudged = Unjudged::of(report).filter(|_| is_headline);
    html! {
        @if let Some(unjudged) = unjudged {
            p { (unjudged.explained()) }
        } @else if names_nothing {
            p { "Both verdicts agree: nothing here exceeds a limit, and nothing stands out from chance." }
        }
        @if !named.by_both.is_empty() {
            p {
                (names(&named.by_both, features)) ": named by both verdicts. "
                "The difference is beyond its limit, and more than chance explains."
            }
        }
        @if !named.by_aws_only.is_empty() {
            p {
                (names(&named.by_aws_only, features)) ": named by SageMaker’s rule only. "
                "A limit is exceeded, but with this many rows and columns a difference of this size can be chance. "
                "Look again with more data before acting on it."
            }
        }
        @if !named.by_corrected_only.is_empty() {
            p {
                (names(&named.by_corrected_only, features)) ": named by the corrected verdict only. "
                "The change is more than chance explains, though it stays within SageMaker’s limit: "
                "it may be too small to matter."
            }
        }
        @if check.tested > 0 { p.fine {
            "SageMaker’s rule compares each difference with a fixed limit, however few rows there are. "
            "The corrected verdict asks whether chance alone could explain it: over " (tested)
            ", at most " (rate) " of what it names is expected to be false alarms "
            "(Benjamini–Hochberg)."
        } }
    }
}

fn names(names: &[&str], features: &Features<'_>) -> Markup {
    let more = names.len().saturating_sub(MOST_NAMES);
    html! {
        @for (index, name) in names.iter().take(MOST_NAMES).enumerate() {
            @if index > 0 { ", " }
            (name_link(name, features))
        }
        @if more > 0 { " and " (number::count(more as u64)) " more" }
    }
}

/// The column's name as a link to its section.
pub(crate) fn name_link(name: &str, features: &Features<'_>) -> Markup {
    match features.named(name) {
        Some(feature) => name_of(feature),
        None => html! { bdi.name { (shown_name(name)) } },
    }
}

pub(crate) fn name_of(feature: &Feature<'_>) -> Markup {
    let name = feature.shown_name();
    let start: String = name.chars().take(LONGEST_NAME).collect();
    let is_cut = start.len() < name.len();
    html! {
        a.name href={ "#" (feature.anchor()) } title=[is_cut.then_some(name)] {
            bdi { (start) @if is_cut { "…" } }
        }
    }
}
