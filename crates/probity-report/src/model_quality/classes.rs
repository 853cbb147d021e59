//! Each class of a classification against all others, the hardest first.

use maud::{Markup, html};
use probity_domain::document::model_quality_file::QualityFacts;
use probity_domain::document::probity_file::Interval;

use super::words::metric_number;
use crate::number;

/// Rows of the table of classes; the documents have the rest.
const MOST_CLASS_ROWS: usize = 200;

pub(crate) fn section(facts: &QualityFacts) -> Markup {
    let mut sorted: Vec<_> = facts.classes.iter().collect();
    sorted.sort_by(|a, b| {
        let key = |class: Option<f64>| class.unwrap_or(f64::INFINITY);
        key(a.f1).total_cmp(&key(b.f1))
    });
    html! {
        section #classes {
            h2 { "Class by class" }
            div.scroll tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Class" } th.num scope="col" { "Rows" } th.num scope="col" { "Predicted" } th.num scope="col" { "Precision" } th.num scope="col" { "Recall" } th.num scope="col" { "F1" } } }
                    tbody {
                        @for class in sorted.iter().take(MOST_CLASS_ROWS) {
                            tr {
                                th scope="row" { bdi { (class.class) } }
                                td.num { (number::count(class.support)) }
                                td.num { (number::count(class.n_predicted)) }
                                td.num { (cell(class.precision, class.precision_interval.as_ref())) }
                                td.num { (cell(class.recall, class.recall_interval.as_ref())) }
                                td.num { (cell(class.f1, class.f1_interval.as_ref())) }
                            }
                        }
                    }
                }
            }
            @if sorted.len() > MOST_CLASS_ROWS {
                p.fine { "The hardest " (MOST_CLASS_ROWS) " of " (number::count(sorted.len() as u64)) " classes; " code { "probity.json" } " has all." }
            }
        }
    }
}

fn cell(value: Option<f64>, interval: Option<&Interval>) -> Markup {
    html! {
        @match value {
            Some(value) => {
                (metric_number(value))
                @if let Some(i) = interval { small { (metric_number(i.low)) " to " (metric_number(i.high)) } }
            }
            None => span.muted { "no value" },
        }
    }
}
