//! The numbers beside a column's picture.

use maud::{Markup, html};
use probity_domain::document::probity_file::DriftFacts;

use super::feature::{Feature, Side};
use super::findings::CHI_SQUARED;
use super::overview::missing_change;
use super::picture::Picture;
use crate::distribution::WeightedValues;
use crate::number;

/// `(label, value, note)`.
type Fact = (&'static str, String, String);

pub(crate) fn distinct(feature: &Feature<'_>) -> Option<String> {
    let distinct = feature.facts?.distinct;
    let value = number::short(distinct.estimate.round());
    Some(if distinct.relative_standard_error > 0.0 {
        format!("≈ {value}")
    } else {
        value
    })
}

/// Most frequent value of a column that is not redacted, with its share.
pub(crate) fn most_frequent(feature: &Feature<'_>) -> String {
    let Some(facts) = feature.facts else {
        return String::new();
    };
    if feature.redacted {
        return "redacted".to_owned();
    }
    let Some(top) = facts.frequent.first().filter(|top| top.count > 1) else {
        return "–".to_owned();
    };
    let present = facts.n.saturating_sub(facts.n_missing);
    let share = number::percent_of(top.count, present).unwrap_or_default();
    let mut value: String = top.value.chars().take(40).collect();
    if value.len() < top.value.len() {
        value.push('…');
    }
    format!("{value} ({share})")
}

/// Tiles of the numbers that a reader looks for first.
pub(crate) fn tiles(feature: &Feature<'_>) -> Markup {
    let mut facts: Vec<Fact> = Vec::new();
    if let Some(drift) = feature.drift() {
        facts.extend(drift_facts(drift));
    }
    let counts = feature
        .current
        .or(feature.baseline)
        .map(|side| side.missing);
    facts.push((
        "Missing",
        missing_change(feature),
        counts.map_or(String::new(), |m| {
            format!(
                "{} of {}",
                number::count(m.n_missing),
                number::count(m.rows())
            )
        }),
    ));
    if let Some(distinct) = distinct(feature) {
        facts.push(("Distinct values", distinct, String::new()));
    }
    if let Some(facts_of_column) = feature.facts {
        if facts_of_column.n_nan > 0 {
            facts.push((
                "NaN",
                number::count(facts_of_column.n_nan),
                "counted as missing".to_owned(),
            ));
        }
        if facts_of_column.n_infinite > 0 {
            facts.push((
                "Infinite",
                number::count(facts_of_column.n_infinite),
                "outside moments and distribution".to_owned(),
            ));
        }
    }
    html! {
        dl.facts {
            @for (label, value, note) in facts {
                div { dt { (label) } dd { (value) @if !note.is_empty() { small { (note) } } } }
            }
        }
    }
}

fn drift_facts(drift: &DriftFacts) -> Vec<Fact> {
    let interval = format!(
        "{} interval {} to {}",
        number::percent(drift.interval.level),
        number::thousandths(drift.interval.low),
        number::thousandths(drift.interval.high)
    );
    let distance = match drift.distance {
        Some(value) if drift.method == CHI_SQUARED => number::probability(value),
        Some(value) => number::thousandths(value),
        None => "unknown".to_owned(),
    };
    let allowed = if drift.method == CHI_SQUARED {
        "at least"
    } else {
        "at most"
    };
    let mut facts = vec![
        (
            "Distance",
            distance,
            format!(
                "{}, allowed {allowed} {}",
                drift.method,
                number::short(drift.threshold)
            ),
        ),
        (
            "Largest difference",
            number::thousandths(drift.effect),
            interval,
        ),
        adjusted_p(drift),
    ];
    if let Some(psi) = drift.psi {
        // Practice reads samples of thousands; a note says why this one cannot be relied on.
        let reading = drift.note.is_none().then(|| psi_reading(psi));
        facts.push((
            "PSI",
            number::thousandths(psi),
            reading.unwrap_or_default().to_owned(),
        ));
    }
    if let Some(distance) = drift.jensen_shannon {
        facts.push((
            "Jensen–Shannon",
            number::thousandths(distance),
            "0 same, 1 disjoint".to_owned(),
        ));
    }
    if let Some(distance) = drift.wasserstein_1 {
        facts.push((
            "Wasserstein",
            number::short(distance),
            "in the column’s unit".to_owned(),
        ));
    }
    facts
}

/// A column that took no part in the correction has no adjusted p; 1 would read as "surely
/// did not move".
fn adjusted_p(drift: &DriftFacts) -> Fact {
    let p_value = number::probability(drift.p_value);
    let (value, note) = match drift.p_adjusted {
        Some(p_adjusted) => (
            number::probability(p_adjusted),
            format!("p {p_value} before adjusting"),
        ),
        None => (
            "not tested".to_owned(),
            format!("p {p_value}, left out of the correction"),
        ),
    };
    ("Adjusted p", value, note)
}

/// The reading of credit-risk practice (Siddiqi, Credit Risk Scorecards, 2006).
fn psi_reading(psi: f64) -> &'static str {
    if psi < 0.1 {
        "stable"
    } else if psi <= 0.25 {
        "some shift"
    } else {
        "clear shift"
    }
}

/// Moments and quantiles side by side, or what is known of texts.
pub(crate) fn table(feature: &Feature<'_>, picture: &Picture) -> Markup {
    match picture {
        Picture::Numeric { samples, .. } => {
            let baseline = column(feature.baseline, samples.baseline.as_ref());
            let current = column(feature.current, samples.current.as_ref());
            numeric_table(feature, baseline.as_deref(), current.as_deref())
        }
        Picture::Categories(_) | Picture::Nothing(_) => frequent_table(feature, picture),
    }
}

const ROWS: [&str; 10] = [
    "Mean",
    "Std deviation",
    "Smallest",
    "5%",
    "25%",
    "Median",
    "75%",
    "95%",
    "99%",
    "Largest",
];

fn column(side: Option<Side<'_>>, sample: Option<&WeightedValues>) -> Option<Vec<f64>> {
    let (numeric, sample) = (side?.numeric?, sample?);
    let mut values = vec![numeric.mean, numeric.std_dev, numeric.min];
    values.extend([0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map(|p| sample.quantile(p)));
    values.push(numeric.max);
    Some(values)
}

fn numeric_table(
    feature: &Feature<'_>,
    baseline: Option<&[f64]>,
    current: Option<&[f64]>,
) -> Markup {
    let rank_error = feature
        .facts
        .and_then(|facts| facts.quantiles.as_ref())
        .map(|q| q.rank_error);
    let cell = |side: Option<&[f64]>, row: usize| {
        side.map_or_else(|| "–".to_owned(), |values| number::short(values[row]))
    };
    html! {
        table.quantiles {
            caption.hidden { "Moments and quantiles" }
            thead {
                tr {
                    td {}
                    @if baseline.is_some() { th scope="col" { "Baseline" } }
                    th scope="col" { (feature.current_label()) }
                    @if baseline.is_some() { th scope="col" { "Change" } }
                }
            }
            tbody {
                @for (row, label) in ROWS.iter().enumerate() {
                    tr {
                        th scope="row" { (label) }
                        @if baseline.is_some() { td { (cell(baseline, row)) } }
                        td { (cell(current, row)) }
                        @if let (Some(before), Some(now)) = (baseline, current) {
                            td { (change(before[row], now[row])) }
                        }
                    }
                }
            }
        }
        @if let Some(error) = rank_error.filter(|error| *error > 0.0) {
            p.fine { "Quantiles are read from a sketch: their ranks are exact to ±" (number::percent(error)) " of the rows." }
        }
    }
}

fn change(before: f64, now: f64) -> String {
    let difference = now - before;
    if difference == 0.0 {
        return "0".to_owned();
    }
    let sign = if difference > 0.0 { "+" } else { "" };
    format!("{sign}{}", number::short(difference))
}

fn frequent_table(feature: &Feature<'_>, picture: &Picture) -> Markup {
    const MOST: usize = 5;
    let Some(facts) = feature.facts else {
        return html! {};
    };
    let present = facts.n.saturating_sub(facts.n_missing);
    let shows_shares = matches!(picture, Picture::Categories(_));
    html! {
        @if let Some(lengths) = facts.lengths.filter(|_| !feature.redacted) {
            table.quantiles {
                tbody {
                    tr { th scope="row" { "Shortest text" } td { (number::count(lengths.min)) " characters" } }
                    tr { th scope="row" { "Average text" } td { (number::short(lengths.mean)) " characters" } }
                    tr { th scope="row" { "Longest text" } td { (number::count(lengths.max)) " characters" } }
                }
            }
        }
        // A picture of categories already says which are frequent.
        @if !shows_shares && !feature.redacted && !facts.frequent.is_empty() {
            table.quantiles {
                thead { tr { th scope="col" { "Most frequent values" } th scope="col" { "Rows" } th scope="col" { "Share" } } }
                tbody {
                    @for value in facts.frequent.iter().take(MOST) {
                        tr {
                            th.clip scope="row" { bdi { (value.value.chars().take(60).collect::<String>()) } }
                            td { @if value.max_undercount > 0 { "≥ " } (number::count(value.count)) }
                            td { (number::percent_of(value.count, present).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}
