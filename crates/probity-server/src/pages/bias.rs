//! What a bias monitor found: the outcomes of each group beside those of all others, and every
//! metric at the baseline and now, with its interval and what it says in plain words.

use maud::{Markup, html};
use probity_app::dashboard::result::MonitorResult;
use probity_domain::document::analysis::{Analysis, StageMetrics};
use probity_report::bias::{self, FacetParts, Measured, MetricParts, MetricStanding};

use super::fields::Fields;
use super::results::{self, BiasResult, Found, origin};
use super::visit::Visit;
use super::{shell, words};

/// Groups with their tables on one page; all metrics of one are about fifteen kilobytes.
const MOST_GROUPS: usize = 5;

pub(super) fn section(visit: &Visit, result: &MonitorResult, found: &Found<BiasResult>) -> Markup {
    html! {
        section #bias {
            h2 { "Bias" }
            @match found.or_why_not() {
                Err(instead) => (instead),
                Ok(read) => @match &read.now.probity {
                    Some(file) => {
                        @let then = read.then.read().and_then(|then| then.probity.as_ref());
                        @let groups = bias::facets(file, then);
                        (origin(visit, result))
                        @if let Some(headline) = bias::check_headline(file) { p.headline { strong { (headline) "." } } }
                        (choice(visit, result, &groups))
                        @let page = Page { visit, result, analysis: &read.now.analysis };
                        @for group in shown(visit, &groups) { (page.one_group(group)) }
                        (read.then.why_not())
                        @let notes = file.check.iter().flat_map(|check| &check.notes).chain(&file.notes);
                        (results::notes(notes.map(String::as_str)))
                        (how_to_read())
                    },
                    None => div.empty { h3 { "The results have no intervals" } p { "They were written elsewhere and lack " code { "probity.json" } ". Their numbers are among the metrics below." } },
                },
            }
        }
    }
}

/// The group that the address names, or the first ones: those that are worse come first.
fn shown<'s, 'a>(visit: &Visit, groups: &'s [FacetParts<'a>]) -> Vec<&'s FacetParts<'a>> {
    let wanted = visit.fields.get("group");
    let wanted = wanted.and_then(|place| place.parse::<usize>().ok());
    match groups.iter().find(|group| Some(group.place) == wanted) {
        Some(group) => vec![group],
        None => groups.iter().take(MOST_GROUPS).collect(),
    }
}

/// A link to every group, with a mark where it is worse than the baseline.
fn choice(visit: &Visit, result: &MonitorResult, groups: &[FacetParts<'_>]) -> Markup {
    let wanted = visit.fields.get("group");
    let to = |place: usize| {
        let fields = visit.fields.with("group", &place.to_string());
        visit.link(
            &shell::monitor_path(&result.monitor),
            &fields.without("region"),
        ) + "#bias"
    };
    html! {
        @if groups.len() > 1 && (groups.len() > MOST_GROUPS || wanted.is_some()) {
            nav.tabs.groups aria-label="Groups" { ul { @for group in groups {
                @let place = group.place.to_string();
                li { a href=(to(group.place)) aria-current=[(wanted == Some(place.as_str())).then_some("page")] {
                    @if group.is_violated() { (shell::symbol("alert")) span.hidden { "worse: " } }
                    (group.title)
                } }
            } } }
        }
    }
}

/// What all groups need.
struct Page<'a> {
    visit: &'a Visit,
    result: &'a MonitorResult,
    analysis: &'a Analysis,
}

impl Page<'_> {
    fn one_group(&self, group: &FacetParts<'_>) -> Markup {
        let stage = |name: &str| -> Vec<&MetricParts<'_>> {
            let metrics = group.metrics.iter();
            metrics.filter(|metric| metric.stage == name).collect()
        };
        let stages = [
            ("Predictions", stage("post_training")),
            ("Labels", stage("pre_training")),
        ];
        html! {
            div.tile.group {
                h3 { (group.title) }
                p.soft { (group.compared) "." }
                div.pair { div.rp { (group.outcomes) } div.rp.plain { (group.rates) } }
                div.scroll.rp tabindex="0" role="region" aria-label="Metrics at the baseline and now" { table.then-now {
                    thead { tr {
                        th scope="col" { "Metric" }
                        th.num scope="col" { "Baseline" }
                        th.num scope="col" { "Now" }
                        th.forest scope="col" { span.hidden { "Both with their intervals" } (group.axis) }
                        th scope="col" { "Verdict" }
                        th scope="col" { "What it says" }
                    } }
                    @for (name, metrics) in &stages { @if !metrics.is_empty() {
                        tbody {
                            tr.stage { th colspan="6" scope="rowgroup" { (name) } }
                            @for metric in metrics { (self.metric_row(group, metric)) }
                        }
                    } }
                } }
            }
        }
    }

    fn metric_row(&self, group: &FacetParts<'_>, metric: &MetricParts<'_>) -> Markup {
        html! {
            tr {
                th scope="row" {
                    b { (metric.shown_name) } span.fine.block { (metric.description) }
                    @if let Some(past) = self.history_address(group, metric) { a.fine href=(past) { "Over time" span.hidden { ": " (metric.shown_name) } } }
                }
                td.num data-head="Baseline" { (measured(&metric.then))
                    @if let Some(reported) = &metric.reported_then { span.fine.block { "its report says " (reported) } }
                }
                td.num data-head="Now" { (measured(&metric.now)) }
                td.forest.two { (metric.picture) }
                td { (standing(metric)) }
                td.says { p { (metric.reading) }
                    @if let Some(note) = &metric.note { p.fine { (words::prose(note)) } }
                    (explained(metric))
                }
            }
        }
    }

    /// The key of the metric's points: its name, and the dimensions that the worker gives them in
    /// the order of their names.
    fn history_address(&self, group: &FacetParts<'_>, metric: &MetricParts<'_>) -> Option<String> {
        let (stage, found) = match metric.stage {
            "pre_training" => ("Pre-training", &self.analysis.pre_training_bias_metrics),
            _ => ("Post-Training", &self.analysis.post_training_bias_metrics),
        };
        let Some(StageMetrics::Computed(computed)) = found else {
            return None;
        };
        let key = format!(
            "bias_metric_{} BiasStage={stage} Facet={} FacetValue={} Label={} LabelValue={}",
            metric.name,
            group.facet,
            group.value,
            computed.label,
            computed.label_value_or_threshold
        );
        let fields = Fields::default().with("metric", &key);
        let path = shell::monitor_path(&self.result.monitor);
        Some(self.visit.link(&path, &fields) + "#history")
    }
}

pub(super) fn measured(measured: &Measured) -> Markup {
    html! {
        @match &measured.value { Some(value) => strong { (value) }, None => span.none { "no value" } }
        @if let Some(interval) = &measured.interval { span.fine.block { (interval) } }
    }
}

fn standing(metric: &MetricParts<'_>) -> Markup {
    let chip = |text: &str| html! { span.chip.alert.seen { (shell::symbol("alert")) (text) } };
    html! {
        @match metric.standing {
            MetricStanding::Worse { beyond_chance: true } => { (chip("Worse")) span.fine.block { "than the baseline, and more than chance explains" } },
            MetricStanding::Worse { beyond_chance: false } => { (chip("Worse")) span.fine.block { "than the baseline; chance may explain it" } },
            MetricStanding::WorseByCorrected => { (chip("Further from its ideal")) span.fine.block { "more than chance explains" } },
            MetricStanding::NoWorse => span.chip.ok { (shell::symbol("ok")) "No worse" },
            MetricStanding::NotCompared => span.none { "Not compared" },
        }
    }
}

/// How it is computed and from what: the counts stand in the tables above.
fn explained(metric: &MetricParts<'_>) -> Markup {
    html! {
        details.numbers { summary { "Explain this number" }
            dl.facts {
                @if let Some(text) = metric.explained {
                    dt { "Formula" } dd.formula { (text.formula) }
                    dt { "Meaning" } dd { (text.meaning) " Ideal: " (text.ideal) "." }
                    dt { "Source" } dd { (text.source) }
                }
                dt { "Rows" } dd { (metric.rows.0) " of the group, " (metric.rows.1) " of all others" }
                @if let Some(how) = &metric.now.how { dt { "Interval" } dd { (how) ": made so that it holds the true value in that share of all samples" } }
                @if let Some(change) = &metric.change { dt { "Now − baseline" } dd { (change) } }
                @if let Some(p) = &metric.p_adjusted { dt { "Adjusted p" } dd { (p) ", over all metrics of the run (Benjamini–Hochberg)" } }
            }
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        p.soft.origin {
            "In the pictures the baseline is above (open) and now below; a filled dot says that the interval leaves out the ideal value, which is the line in the middle. "
            "Beyond sampling error does not mean unfair, nor within it fair: look at the size, and at what the label stands for. "
            a href="/docs/statistics" { "How the intervals are made" }
        }
    }
}
