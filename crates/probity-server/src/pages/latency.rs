//! How long the endpoints of a model take: percentiles of two weeks. A mean would hide the slow
//! calls, which are those that people wait for.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_app::dashboard::latency::{Latency, Percentiles, Stretch};

use super::words;

/// Nothing where nothing was measured: the section says already that there were no calls.
pub(super) fn section(latency: &Latency) -> Markup {
    let Some(all) = &latency.all else {
        return html! {};
    };
    html! {
        div.latency {
            h3 { "Latency of the model" }
            (tiles(all))
            (chart(latency))
        }
    }
}

fn tiles(all: &Percentiles) -> Markup {
    let tile = |name: &str, value_us: f64, what: &str| {
        html! { div.tile { h4 { (name) } p.number { (duration(value_us)) } p.fine { (what) } } }
    };
    html! {
        div.tiles.row {
            (tile("Half of the calls", all.p50_us, "p50: took at most this"))
            (tile("Nine of ten", all.p90_us, "p90"))
            (tile("99 of 100", all.p99_us, "p99"))
            (tile("The slowest", all.maximum_us, "of all"))
            (tile("Added by this server", all.overhead_p50_us, &format!("p50; p99 {}", duration(all.overhead_p99_us))))
        }
    }
}

const WIDTH: f64 = 1120.0;
const LEFT: f64 = 66.0;
/// Room for the name of a day: a picture cuts off what stands beyond its edge.
const DAY_WIDTH: f64 = 50.0;
const TOP: f64 = 14.0;
const BASE: f64 = 170.0;

/// Powers of ten: a call may take a thousand times as long as another.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    fn of(stretches: &[Stretch]) -> Scale {
        let measured = || stretches.iter().filter_map(|stretch| stretch.percentiles);
        let least = measured()
            .map(|one| one.p50_us)
            .fold(f64::INFINITY, f64::min);
        let most = measured().map(|one| one.p99_us).fold(1.0, f64::max);
        let low = least.clamp(1.0, most).log10().floor();
        Scale {
            low,
            high: most.log10().ceil().max(low + 1.0),
            step: (WIDTH - LEFT) / stretches.len().max(1) as f64,
        }
    }

    fn y(&self, value_us: f64) -> f64 {
        let share = (value_us.max(1.0).log10() - self.low) / (self.high - self.low);
        BASE - (BASE - TOP) * share.clamp(0.0, 1.0)
    }

    fn x(&self, place: usize) -> f64 {
        LEFT + (place as f64 + 0.5) * self.step
    }

    /// The powers of ten that are lines.
    fn decades(&self) -> impl Iterator<Item = f64> {
        let (mut exponent, high) = (self.low, self.high);
        std::iter::from_fn(move || {
            let now = exponent;
            exponent += 1.0;
            (now <= high).then(|| 10f64.powf(now))
        })
    }
}

type Read = fn(&Percentiles) -> f64;

const LINES: [(&str, &str, Read); 3] = [
    ("p99", "p99", |one| one.p99_us),
    ("p90", "p90", |one| one.p90_us),
    ("p50", "p50", |one| one.p50_us),
];

fn chart(latency: &Latency) -> Markup {
    let stretches = &latency.stretches;
    let scale = Scale::of(stretches);
    html! {
        figure.tile {
            figcaption { "By six hours, on a scale of powers of ten"
                span.legend { @for (class, name, _) in LINES {
                    span { svg.line-key viewBox="0 0 24 8" aria-hidden="true" { path class=(class) d="M0 4H24" {} } " " (name) }
                } }
            }
            div.chart-scroll tabindex="0" role="group" aria-label="Chart, scrolls where it is wide" {
                svg.latency-chart viewBox=(format!("0 0 {WIDTH} 194")) role="img" aria-label="Percentiles of the model's latency by six hours; the table below has them by day" {
                    @for value in scale.decades() {
                        path.grid d=(format!("M{LEFT} {:.1}H{WIDTH}", scale.y(value))) {}
                        text.scale x=(LEFT - 8.0) y=(format!("{:.1}", scale.y(value) + 4.0)) text-anchor="end" { (duration(value)) }
                    }
                    @for (class, _, read) in LINES { path class=(class) d=(line(&scale, stretches, read)) {} }
                    @for (place, stretch) in stretches.iter().enumerate() {
                        @let x = scale.x(place);
                        @if stretch.from_ms % 86_400_000 == 0 && x + DAY_WIDTH <= WIDTH {
                            text.scale x=(format!("{x:.1}")) y="190" { (words::day_text(stretch.from_ms)) }
                        }
                    }
                }
            }
            (numbers(stretches))
        }
    }
}

/// A stretch without calls interrupts it; one alone is a short dash.
fn line(scale: &Scale, stretches: &[Stretch], read: Read) -> String {
    let mut path = String::new();
    let mut is_drawing = false;
    for (place, stretch) in stretches.iter().enumerate() {
        let Some(percentiles) = &stretch.percentiles else {
            is_drawing = false;
            continue;
        };
        let (x, y) = (scale.x(place), scale.y(read(percentiles)));
        let _ = match is_drawing {
            true => write!(path, "L{x:.1} {y:.1}"),
            false => write!(path, "M{:.1} {y:.1}H{x:.1}", x - 3.0),
        };
        is_drawing = true;
    }
    path
}

fn numbers(stretches: &[Stretch]) -> Markup {
    html! {
        details.numbers { summary { "Numbers" }
            div.scroll tabindex="0" role="region" aria-label="Latency by six hours" { table {
                thead { tr { th scope="col" { "From (UTC)" } th.num scope="col" { "Calls" }
                    th.num scope="col" { "p50" } th.num scope="col" { "p90" } th.num scope="col" { "p99" }
                    th.num scope="col" { "Slowest" } th.num scope="col" { "Added, p50" } } }
                tbody { @for stretch in stretches.iter().rev() { @if let Some(one) = &stretch.percentiles {
                    tr { th scope="row" { (words::moment_text(stretch.from_ms)) }
                        td.num { (words::count(i64::try_from(one.calls).unwrap_or(i64::MAX))) }
                        @for value in [one.p50_us, one.p90_us, one.p99_us, one.maximum_us, one.overhead_p50_us] {
                            td.num { (duration(value)) }
                        } }
                } } }
            } }
        }
    }
}

/// `85 µs`, `1.2 ms`, `340 ms`, `2.1 s`.
fn duration(us: f64) -> String {
    let (value, unit) = match us {
        _ if us < 999.5 => (us, "µs"),
        _ if us < 999_500.0 => (us / 1e3, "ms"),
        _ => (us / 1e6, "s"),
    };
    let digits = usize::from(value < 9.95 && value.fract() != 0.0);
    format!("{value:.digits$}\u{a0}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(hours: i64, p50_us: Option<f64>) -> Stretch {
        Stretch {
            from_ms: hours * 3_600_000,
            percentiles: p50_us.map(|p50_us| Percentiles {
                calls: 10,
                p50_us,
                p90_us: p50_us * 2.0,
                p99_us: p50_us * 10.0,
                maximum_us: p50_us * 20.0,
                overhead_p50_us: 12.0,
                overhead_p99_us: 30.0,
            }),
        }
    }

    #[test]
    fn durations_are_told_in_their_unit() {
        for (us, text) in [
            (85.0, "85\u{a0}µs"),
            (1_240.0, "1.2\u{a0}ms"),
            (10_000.0, "10\u{a0}ms"),
            (340_400.0, "340\u{a0}ms"),
            (2_100_000.0, "2.1\u{a0}s"),
            (999.6, "1.0\u{a0}ms"),
        ] {
            assert_eq!(duration(us), text);
        }
    }

    #[test]
    fn a_line_is_interrupted_where_nobody_called() {
        let stretches = [
            stretch(0, Some(100.0)),
            stretch(6, Some(200.0)),
            stretch(12, None),
            stretch(18, Some(100.0)),
        ];
        let scale = Scale::of(&stretches);
        assert_eq!((scale.low, scale.high), (2.0, 4.0));
        let path = line(&scale, &stretches, |one| one.p50_us);
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 1, "{path}");
        let latency = Latency {
            all: stretches[0].percentiles,
            stretches: stretches.to_vec(),
        };
        let page = section(&latency).into_string();
        assert!(
            page.contains("200\u{a0}µs") && !page.contains("NaN"),
            "{page}"
        );
        // On a phone the picture keeps its size, and is scrolled.
        assert!(page.contains("class=\"chart-scroll\""), "{page}");
        assert_eq!(section(&Latency::default()).into_string(), "");
    }
}
