//! The same metrics in parts of the data, as small multiples: one row a segment, one small
//! picture a metric, all pictures of a column on one scale.

use maud::{Markup, html};
use probity_domain::document::bias_file::{FacetFacts, MetricFacts, SegmentFacts};

use super::metric_table::{Scales, mark, value};
use super::words::{facet_name, interval_text, shown_value};
use crate::number;

/// Metrics with pictures; the folded table has all.
const PICTURED: [&str; 4] = ["DPL", "DPPL", "RD", "AD"];
/// Rows of one table; the documents have the rest.
const MOST_SEGMENTS: usize = 60;
/// Rows of all tables together. All metrics of a row are about 2 kB.
const MOST_ROWS: usize = 150;

pub(crate) fn section(segments: &[SegmentFacts]) -> Markup {
    let groups = facet_values(segments);
    let most_groups = (MOST_ROWS / segments.len().clamp(1, MOST_SEGMENTS)).max(1);
    html! {
        section #segments {
            h2 { "Segments" }
            @for (facet, facet_value) in groups.iter().take(most_groups) {
                (facet_table(segments, facet, facet_value))
            }
            @if groups.len() > most_groups {
                p.fine { "And " (number::count((groups.len() - most_groups) as u64)) " more groups in " code { "probity.json" } "." }
            }
            @if segments.len() > MOST_SEGMENTS {
                p.fine { "Shown are the first " (MOST_SEGMENTS) " of " (number::count(segments.len() as u64)) " segments; " code { "probity.json" } " has all." }
            }
        }
    }
}

/// In order of first appearance; a value may be absent from some segments.
fn facet_values(segments: &[SegmentFacts]) -> Vec<(&str, &str)> {
    let mut values: Vec<(&str, &str)> = Vec::new();
    for facet in segments.iter().flat_map(|segment| &segment.facets) {
        let value = (facet.facet.as_str(), facet.value_or_threshold.as_str());
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if values.is_empty() {
        values.push(("", ""));
    }
    values
}

/// A segment and its metrics of one facet value.
type Row<'a> = (&'a SegmentFacts, Option<&'a FacetFacts>);

fn facet_table(segments: &[SegmentFacts], facet: &str, facet_value: &str) -> Markup {
    let rows: Vec<Row<'_>> = segments
        .iter()
        .take(MOST_SEGMENTS)
        .map(|segment| {
            let found = segment
                .facets
                .iter()
                .find(|f| f.facet == facet && f.value_or_threshold == facet_value);
            (segment, found)
        })
        .collect();
    let pictured: Vec<&str> = PICTURED
        .into_iter()
        .filter(|name| rows.iter().any(|row| metric(row, name).is_some()))
        .collect();
    html! {
        @if !facet.is_empty() { h3.sub { (facet_name(facet, facet_value)) } }
        div.scroll tabindex="0" {
            table.metrics.multiples {
                thead {
                    tr {
                        th scope="col" { "Segment" } th.num scope="col" { "Rows" }
                        @for name in &pictured { th.forest scope="col" { (name) } }
                    }
                }
                tbody {
                    @let scales = Scales::of(rows.iter().flat_map(|row| pictured.iter().filter_map(|name| metric(row, name))));
                    @for row in &rows { (multiples_row(row, &pictured, &scales)) }
                }
            }
        }
        (all_metrics(&rows))
    }
}

fn metric<'a>(row: &Row<'a>, name: &str) -> Option<&'a MetricFacts> {
    row.1?.metrics.iter().find(|metric| metric.name == name)
}

fn segment_head(segment: &SegmentFacts) -> Markup {
    let is_rest = segment.segment == "__default__";
    html! {
        th scope="row" {
            b { bdi { (if is_rest { "all others".to_owned() } else { shown_value(&segment.segment) }) } }
            small { bdi { (shown_value(&segment.column)) } @if segment.config_name != segment.column { " · " bdi { (shown_value(&segment.config_name)) } } }
        }
    }
}

fn multiples_row(row: &Row<'_>, pictured: &[&str], scales: &Scales) -> Markup {
    let (segment, facet) = row;
    html! {
        tr {
            (segment_head(segment))
            td.num {
                (number::count(segment.n))
                @if let Some(facet) = facet { small { (number::count(facet.disadvantaged.n)) " in d" } }
            }
            @if let Some(error) = &segment.error {
                td.wide colspan=(pictured.len().max(1)) { span.badge { "Not computed" } " " (error) }
            } @else {
                @for name in pictured {
                    td.forest {
                        @match metric(row, name) {
                            Some(metric) => { (mark(scales, metric)) small.center { (value(metric)) } }
                            None => small.center.muted { "no value" },
                        }
                    }
                }
            }
        }
    }
}

fn all_metrics(rows: &[Row<'_>]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for metric in rows.iter().filter_map(|row| row.1).flat_map(|f| &f.metrics) {
        if !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    html! {
        @if !names.is_empty() {
            details.more {
                summary { "All metrics by segment" }
                div.scroll tabindex="0" {
                    table.matrix {
                        thead { tr { th scope="col" { "Segment" } @for name in &names { th.num scope="col" { (name) } } } }
                        tbody {
                            @for row in rows {
                                tr {
                                    (segment_head(row.0))
                                    @for name in &names { td.num { (matrix_cell(metric(row, name))) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn matrix_cell(metric: Option<&MetricFacts>) -> Markup {
    html! {
        @if let Some(metric) = metric {
            (value(metric))
            @if let Some(interval) = &metric.interval { small { (interval_text(interval)) } }
            @if let Some(error) = &metric.error { small.error { (error) } }
        }
    }
}
