//! A check of metrics against a baseline, for CI: one JUnit test case per metric, and Markdown
//! for the comment on a change. Bias and model quality differ only in what a metric belongs to.

use std::fmt::Write as _;

use crate::data_quality::plural;
use crate::junit_suite::{Outcome, Suite};
use crate::markdown::{escape, lower_first, other_verdict_finds};
use crate::number;
use crate::verdict::Verdict;

/// Rows of the Markdown table; comments have a limited size.
const MOST_ROWS: usize = 50;

/// One metric, then and now.
#[derive(Clone, Debug)]
pub(crate) struct CheckedMetric {
    /// What it belongs to: `sex = F`, or the whole of the predictions.
    pub(crate) subject: String,
    pub(crate) name: String,
    /// What happened, in a sentence.
    pub(crate) told: String,
    /// SageMaker's own sentence, where it names a violation.
    pub(crate) description: Option<String>,
    pub(crate) aws: bool,
    pub(crate) corrected: bool,
    /// Why SageMaker's rule could not judge it.
    pub(crate) not_compared: Option<String>,
    /// Why the corrected verdict could not.
    pub(crate) not_tested: Option<String>,
}

impl CheckedMetric {
    pub(crate) fn violates(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Aws => self.aws,
            Verdict::Corrected => self.corrected,
        }
    }

    fn withheld(&self, verdict: Verdict) -> Option<&String> {
        self.not_compared.as_ref().or(match verdict {
            Verdict::Aws => None,
            Verdict::Corrected => self.not_tested.as_ref(),
        })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct MetricCheck<'a> {
    /// Of the JUnit suite: `bias`.
    pub(crate) suite: &'static str,
    /// `Bias`
    pub(crate) title: &'static str,
    /// `check_type` of a failure.
    pub(crate) check_type: &'static str,
    /// What was compared with what.
    pub(crate) compared: String,
    pub(crate) metrics: Vec<CheckedMetric>,
    pub(crate) notes: Vec<&'a str>,
    /// Why nothing was judged under the verdict that is asked for.
    pub(crate) unjudged: Option<String>,
}

impl MetricCheck<'_> {
    fn named(&self, verdict: Verdict) -> Vec<&CheckedMetric> {
        let metrics = self.metrics.iter();
        metrics.filter(|metric| metric.violates(verdict)).collect()
    }

    pub(crate) fn junit(&self, verdict: Verdict) -> String {
        let mut suite = Suite::new(self.suite);
        if let Some(why) = &self.unjudged {
            suite.write_skipped_dataset(why);
        }
        for metric in &self.metrics {
            let outcome = if metric.violates(verdict) {
                Outcome::Failed {
                    kind: self.check_type.to_owned(),
                    message: metric.told.clone(),
                    details: metric.description.clone().unwrap_or_default(),
                }
            } else {
                match metric.withheld(verdict) {
                    Some(why) => Outcome::Skipped(why.clone()),
                    None => Outcome::Passed,
                }
            };
            suite.write(&metric.subject, &metric.name, &outcome);
        }
        suite.finish(Some(verdict), self.notes.iter().copied())
    }

    fn n_tested(&self) -> usize {
        let metrics = self.metrics.iter();
        let tested = metrics.filter(|m| m.not_compared.is_none() && m.not_tested.is_none());
        tested.count()
    }

    /// What was not compared is neither a violation nor fine.
    fn unjudged_metrics(&self) -> String {
        let metrics = self.metrics.iter();
        let n = metrics.filter(|m| m.not_compared.is_some()).count();
        if n == 0 {
            return String::new();
        }
        format!(
            "\n{} of {} could not be compared.\n",
            number::count(n as u64),
            plural(self.metrics.len(), "metric")
        )
    }

    pub(crate) fn markdown(&self, verdict: Verdict) -> String {
        let named = self.named(verdict);
        let (mark, outcome) = match &self.unjudged {
            Some(why) if named.is_empty() => ("⚠️", escape(&lower_first(why))),
            _ if named.is_empty() => ("✅", "no violation".to_owned()),
            _ => ("❌", plural(named.len(), "violation")),
        };
        let mut out = format!(
            "### {mark} {}: {outcome}\n\n{} (verdict: {}).\n",
            self.title,
            escape(&self.compared),
            verdict.name()
        );
        for note in &self.notes {
            let _ = write!(out, "\n> {}\n", escape(note));
        }
        out.push_str(&self.unjudged_metrics());
        out.push_str(&table(&named));
        if verdict == Verdict::Aws && self.n_tested() == 0 {
            let _ = write!(
                out,
                "\n⚠️ 0 of {} could be tested: the verdict corrected for chance says nothing.\n",
                number::count(self.metrics.len() as u64)
            );
            return out;
        }
        let both = self.metrics.iter().filter(|m| m.aws && m.corrected).count();
        let theirs = self.named(verdict.other()).len();
        out.push_str(&other_verdict_finds(verdict, (named.len(), theirs), both));
        out
    }
}

fn table(named: &[&CheckedMetric]) -> String {
    if named.is_empty() {
        return String::new();
    }
    let mut out = "\n| Of | Metric | What happened |\n| --- | --- | --- |\n".to_owned();
    for metric in named.iter().take(MOST_ROWS) {
        let _ = writeln!(
            out,
            "| {} | **{}** | {} |",
            escape(&metric.subject),
            escape(&metric.name),
            escape(&metric.told)
        );
    }
    if named.len() > MOST_ROWS {
        let more = number::count((named.len() - MOST_ROWS) as u64);
        let _ = writeln!(out, "\nAnd {more} more in the report.");
    }
    out
}
