//! How the endpoints of a model do: calls, failures, and the share that was captured.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_app::dashboard::model::{ModelPage, Performance, Stretch};

use super::count_axis::CountAxis;
use super::{latency, words};

pub(super) fn section(page: &ModelPage) -> Markup {
    let performance = &page.performance;
    html! {
        section #performance {
            h2 { "Endpoint performance " span.soft { "last 14 days" } }
            @if page.endpoints.is_empty() {
                p.soft { "No endpoint serves this model." }
            } @else if performance.stretches.is_empty() {
                div.empty { h3 { "No calls were counted" } p { "Calls are counted when they go through this server: "
                    code { "invoke_endpoint" } " of the runtime API, or the gateway." } }
            } @else {
                (tiles(performance))
                (chart(performance))
                (latency::section(&page.latency))
            }
        }
    }
}

fn tiles(performance: &Performance) -> Markup {
    let sum = |of: fn(&Stretch) -> i64| performance.stretches.iter().map(of).sum::<i64>();
    let (answered, failed, captured) =
        (sum(|s| s.answered), sum(|s| s.failed), sum(|s| s.captured));
    let share = |part: i64, whole: i64| (whole > 0).then(|| 100.0 * part as f64 / whole as f64);
    let shown = |share: Option<f64>| share.map_or("–".to_owned(), words::percent);
    let errors = share(failed, answered + failed);
    html! {
        div.tiles.row {
            div.tile { h3 { "Calls answered" } p.number { (words::count(answered)) } }
            div.tile { h3 { "Not answered" }
                p.number.alarm[errors.is_some_and(|rate| rate >= 1.0)] { (shown(errors)) }
                p.fine { (words::count(failed)) " calls" } }
            div.tile { h3 { "Captured" } p.number { (shown(share(captured, answered))) }
                p.fine { (words::count(captured)) " of the answered calls" } }
        }
    }
}

const WIDTH: usize = 1120;
const BASE: f64 = 150.0;
const HEIGHT: f64 = 136.0;
/// Room for the name of a day: a picture cuts off what stands beyond its edge.
const DAY_WIDTH: usize = 50;

fn chart(performance: &Performance) -> Markup {
    let stretches = &performance.stretches;
    let all = |stretch: &Stretch| stretch.answered + stretch.failed;
    let most = stretches.iter().map(all).max().unwrap_or(0);
    let axis = CountAxis::of(most, (BASE, HEIGHT));
    let step = (WIDTH - 50) / stretches.len().max(1);
    html! {
        figure.tile {
            ul.legend {
                li { span.key.calls-key {} "Calls in six hours" }
                li { span.key.errors-key {} "of these, not answered" }
            }
            div.chart-scroll tabindex="0" role="group" aria-label="Chart, scrolls where it is wide" {
                svg.columns-chart.wide viewBox=(format!("0 0 {WIDTH} 172")) role="img" aria-label="Calls by six hours; the table below has them by day" {
                    (axis.grid((46.0, WIDTH as f64)))
                    path.calls d=(columns(stretches, (step, &axis), all)) {}
                    path.errors d=(columns(stretches, (step, &axis), |stretch| stretch.failed)) {}
                    @for (place, stretch) in stretches.iter().enumerate() {
                        @let x = 48 + place * step;
                        @if stretch.from_ms % 86_400_000 == 0 && x + DAY_WIDTH <= WIDTH {
                            text.scale x=(x) y="168" { (words::day_text(stretch.from_ms)) }
                        }
                    }
                }
            }
            (numbers(stretches))
        }
    }
}

fn columns(
    stretches: &[Stretch],
    (step, axis): (usize, &CountAxis),
    of: impl Fn(&Stretch) -> i64,
) -> String {
    let mut path = String::new();
    for (place, stretch) in stretches.iter().enumerate() {
        let count = of(stretch);
        if count > 0 {
            let height = axis.height(count).max(1.0);
            let _ = write!(
                path,
                "M{} {BASE}v-{height:.1}h{}v{height:.1}z",
                48 + place * step,
                step.saturating_sub(3)
            );
        }
    }
    path
}

fn numbers(stretches: &[Stretch]) -> Markup {
    let days: Vec<Stretch> = stretches
        .chunk_by(|a, b| a.from_ms / 86_400_000 == b.from_ms / 86_400_000)
        .map(|day| {
            let sum = |of: fn(&Stretch) -> i64| day.iter().map(of).sum::<i64>();
            Stretch {
                from_ms: day[0].from_ms,
                answered: sum(|s| s.answered),
                failed: sum(|s| s.failed),
                captured: sum(|s| s.captured),
            }
        })
        .collect();
    html! {
        details.numbers { summary { "Numbers" }
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "Day (UTC)" } th.num scope="col" { "Answered" } th.num scope="col" { "Not answered" } th.num scope="col" { "Captured" } } }
                tbody { @for day in days.iter().rev() {
                    tr { th scope="row" { (words::day_text(day.from_ms)) }
                        td.num { (words::count(day.answered)) } td.num { (words::count(day.failed)) } td.num { (words::count(day.captured)) } }
                } }
            } }
        }
    }
}
