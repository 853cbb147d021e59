//! What an explainability monitor found: how the ranking of the features moved between the
//! baseline and now, and whether SageMaker's rule calls that drift.

use maud::{Markup, html};
use probity_app::dashboard::result::MonitorResult;
use probity_domain::document::explanation_file::ExplanationFile;
use probity_report::explanation::{self, RankedFeature, RankingParts};

use super::fields::Fields;
use super::results::{self, Found, origin};
use super::visit::Visit;
use super::{shell, words};

/// Outputs of the model on one page, and features of each where the address names none.
const MOST_OUTPUTS: usize = 4;
const FEW_FEATURES: usize = 25;
const MOST_FEATURES: usize = 200;

pub(super) fn section(
    visit: &Visit,
    result: &MonitorResult,
    found: &Found<ExplanationFile>,
) -> Markup {
    html! {
        section #attributions {
            h2 { "What drives the model" }
            @match found.or_why_not() {
                Err(instead) => (instead),
                Ok(file) => {
                    @let rankings = explanation::rankings(file);
                    (origin(visit, result))
                    @if rankings.is_empty() {
                        div.empty { h3 { "Nothing to compare with" } p { "The run explained the predictions, and there is no baseline of attributions. Give the schedule’s " code { "BaselineConfig" } " the " code { "analysis.json" } " of an explanation of the training data." } }
                    } @else {
                        p.headline { strong { (explanation::drift_headline(file)) "." } }
                        (choice(visit, result, &rankings))
                        @let (shown, rows) = shown(visit, &rankings);
                        @for ranking in shown { (one_output(visit, result, (ranking, rows))) }
                    }
                    (results::notes(file.notes.iter().map(String::as_str)))
                },
            }
        }
    }
}

/// The output that the address names with all its features, or the first ones with a few: those
/// below their limit come first.
fn shown<'s>(visit: &Visit, rankings: &'s [RankingParts]) -> (Vec<&'s RankingParts>, usize) {
    let wanted = visit.fields.get("output");
    let wanted = wanted.and_then(|place| place.parse::<usize>().ok());
    match rankings
        .iter()
        .find(|ranking| Some(ranking.place) == wanted)
    {
        Some(ranking) => (vec![ranking], MOST_FEATURES),
        None => (rankings.iter().take(MOST_OUTPUTS).collect(), FEW_FEATURES),
    }
}

fn output_address(visit: &Visit, result: &MonitorResult, place: usize) -> String {
    let fields = visit.fields.with("output", &place.to_string());
    visit.link(
        &shell::monitor_path(&result.monitor),
        &fields.without("region"),
    ) + "#attributions"
}

/// A link to every output, with a mark where it is below its limit.
fn choice(visit: &Visit, result: &MonitorResult, rankings: &[RankingParts]) -> Markup {
    let wanted = visit.fields.get("output");
    html! {
        @if rankings.len() > 1 && (rankings.len() > MOST_OUTPUTS || wanted.is_some()) {
            nav.tabs.groups aria-label="Outputs" { ul { @for ranking in rankings {
                @let place = ranking.place.to_string();
                li { a href=(output_address(visit, result, ranking.place)) aria-current=[(wanted == Some(place.as_str())).then_some("page")] {
                    @if ranking.violates { (shell::symbol("alert")) span.hidden { "below its limit: " } }
                    bdi { (ranking.shown_label) }
                } }
            } } }
        }
    }
}

fn one_output(
    visit: &Visit,
    result: &MonitorResult,
    (ranking, rows): (&RankingParts, usize),
) -> Markup {
    html! {
        div.tile.group {
            h3 { "Output " bdi { (ranking.shown_label) } }
            div.pair {
                div.rp { (ranking.flow) }
                div {
                    p.number.bad[ranking.violates] { (ranking.ndcg) " " span { "NDCG, at least " (ranking.threshold) " asked" } }
                    p { @if ranking.violates { span.chip.alert.seen { (shell::symbol("alert")) "Below the limit" } } @else { span.chip.ok { (shell::symbol("ok")) "Within the limit" } } }
                    p { (ranking.verdict) }
                    p { (ranking.moved) }
                    details.numbers { summary { "Explain this number" } (explained(ranking)) }
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Features by rank" { table {
                thead { tr {
                    th scope="col" { "Feature" } th.num scope="col" { "Rank then" } th.num scope="col" { "Rank now" } th scope="col" { "Change" }
                    th.num scope="col" { "Share then" } th.num scope="col" { "Share now" } th.num scope="col" { "Attribution then" } th.num scope="col" { "Attribution now" @if let Some(level) = &ranking.features_level { span.fine.block { (level) " interval" } } }
                } }
                tbody { @for feature in ranking.features.iter().take(rows) { (feature_row(visit, result, (ranking, feature))) } }
            } }
            @if ranking.features.len() > rows { p.fine {
                "The first " (rows) " of " (words::number_of(ranking.features.len(), "feature")) ". "
                @if rows < MOST_FEATURES { a href=(output_address(visit, result, ranking.place)) { "Show more" } }
                @else { code { "probity.json" } " has all." }
            } }
        }
    }
}

/// Formula: AWS developer guide, `clarify-model-monitor-feature-attribution-drift`; the baseline's
/// attributions are the gains.
fn explained(ranking: &RankingParts) -> Markup {
    html! {
        dl.facts {
            dt { "Formula" } dd.formula { "NDCG = DCG ÷ iDCG, DCG = Σ aᵢ ÷ log₂(i + 1)" }
            dt { "Inputs" } dd { "aᵢ: the attribution at the baseline of the feature that is i-th now; iDCG: the same sum in the baseline’s own order. Both orders and all attributions are in the table below." }
            dt { "Meaning" } dd { "1 when the order did not change. Changes near the top weigh most. SageMaker calls it drift below " (ranking.threshold) "." }
            @match &ranking.interval {
                Some(interval) => { dt { "Interval" } dd { (interval) ": made so that it holds the true value in that share of all samples" } },
                None => { dt { "Interval" } dd { "none: the attributions of single rows are not at hand" } },
            }
            dt { "Source" } dd { "SageMaker Clarify; Järvelin, Kekäläinen (2002). " a href="/docs/statistics" { "Statistics" } }
        }
    }
}

fn feature_row(
    visit: &Visit,
    result: &MonitorResult,
    (ranking, feature): (&RankingParts, &RankedFeature),
) -> Markup {
    // The key of its points: the name, and the dimensions that the worker gives them.
    let key = format!(
        "feature_{} ExplainabilityMethod=KernelShap Label={} ValueType=GlobalShapValues",
        feature.name, ranking.label
    );
    let fields = Fields::default().with("metric", &key);
    let past = visit.link(&shell::monitor_path(&result.monitor), &fields) + "#history";
    let none = || "–".to_owned();
    html! {
        tr {
            th scope="row" { a href=(past) { bdi { (feature.shown_name) } } }
            td.num { (feature.rank_then) } td.num { (feature.rank_now) }
            td { (change(feature)) }
            td.num { (feature.share_then.clone().unwrap_or_else(none)) }
            td.num { (feature.share_now.clone().unwrap_or_else(none)) }
            td.num { (feature.then) }
            td.num { (feature.now) @if let Some(interval) = &feature.now_interval { span.fine.block { (interval) } } }
        }
    }
}

fn change(feature: &RankedFeature) -> Markup {
    let by = feature.rank_then.abs_diff(feature.rank_now);
    html! {
        @match feature.rank_now.cmp(&feature.rank_then) {
            std::cmp::Ordering::Less => span.rose { "↑ " (by) span.hidden { " up" } },
            std::cmp::Ordering::Greater => span.fell { "↓ " (by) span.hidden { " down" } },
            std::cmp::Ordering::Equal => span.none { "same" },
        }
    }
}
