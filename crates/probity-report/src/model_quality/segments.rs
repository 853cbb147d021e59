//! The same metrics in parts of the data, as small multiples: one row a segment, one small
//! picture a metric.

use maud::{Markup, html};
use probity_domain::document::model_quality_file::{QualityMetric, SegmentQuality};

use super::metric_table::{mark, value};
use super::metric_text::{CONSTANT, label_of};
use super::words::metric_number;
use crate::number;

/// Metrics that a reader compares first, where the segments have them.
const PICTURED: [&str; 7] = [
    "accuracy",
    "recall",
    "precision",
    "auc",
    "weighted_f1",
    "rmse",
    "mae",
];
const MOST_PICTURED: usize = 4;
/// Rows of the table; the documents have the rest. All metrics of a row are about 2 kB.
const MOST_SEGMENTS: usize = 150;

pub(crate) fn section(segments: &[SegmentQuality]) -> Markup {
    let shown = &segments[..segments.len().min(MOST_SEGMENTS)];
    let pictured: Vec<&str> = PICTURED
        .into_iter()
        .filter(|name| shown.iter().any(|segment| metric(segment, name).is_some()))
        .take(MOST_PICTURED)
        .collect();
    html! {
        section #segments {
            h2 { "Segments" }
            div.scroll tabindex="0" {
                table.metrics.multiples {
                    thead {
                        tr {
                            th scope="col" { "Segment" } th.num scope="col" { "Rows" }
                            @for name in &pictured { th.forest scope="col" { (label_of(name)) } }
                        }
                    }
                    tbody { @for segment in shown { (row(segment, &pictured)) } }
                }
            }
            @if segments.len() > shown.len() {
                p.fine { "The first " (shown.len()) " of " (number::count(segments.len() as u64)) " segments; " code { "probity.json" } " has all." }
            }
            (all_metrics(shown))
        }
    }
}

fn metric<'a>(segment: &'a SegmentQuality, name: &str) -> Option<&'a QualityMetric> {
    let metrics = segment.quality.metrics.iter();
    let mut all = metrics.chain(&segment.quality.extended);
    all.find(|metric| metric.name == name)
}

fn head(segment: &SegmentQuality) -> Markup {
    html! {
        th scope="row" {
            b { bdi { (segment.value.as_deref().unwrap_or("no value")) } }
            small { bdi { (segment.column) } }
        }
    }
}

fn row(segment: &SegmentQuality, pictured: &[&str]) -> Markup {
    html! {
        tr {
            (head(segment))
            td.num { (number::count(segment.quality.rows.n_used)) }
            @for name in pictured {
                td.share {
                    @match metric(segment, name) {
                        Some(metric) => {
                            (mark(metric, None))
                            small.center {
                                (value(metric))
                                @if let Some(i) = &metric.interval { " (" (metric_number(i.low)) " to " (metric_number(i.high)) ")" }
                            }
                        }
                        None => small.center.muted { "no value" },
                    }
                }
            }
        }
    }
}

fn all_metrics(segments: &[SegmentQuality]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    let metrics = segments.iter().flat_map(|segment| {
        segment
            .quality
            .metrics
            .iter()
            .chain(&segment.quality.extended)
    });
    for metric in metrics {
        if !metric.name.ends_with(CONSTANT) && !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    html! {
        details.more {
            summary { "All metrics by segment" }
            div.scroll tabindex="0" {
                table.matrix {
                    thead { tr { th scope="col" { "Segment" } @for name in &names { th.num scope="col" { (label_of(name)) } } } }
                    tbody {
                        @for segment in segments {
                            tr {
                                (head(segment))
                                @for name in &names { td.num { @if let Some(metric) = metric(segment, name) { (value(metric)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
