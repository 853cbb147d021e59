//! *Explain this number*: the formula, the inputs and the steps behind each number of a feature,
//! with the run's own values, so that somebody can do it again. Made by the code that measures,
//! never by a formula of its own; `docs/statistics.md` has the sources.

use maud::{Markup, html};
use probity_domain::document::constraint_violations::ConstraintCheckType;
use probity_domain::document::explanation::{
    DriftExplanation, DriftWorkings, ExplainedBin, ExplainedStep, Explanation, ShareExplanation,
};

use super::words;

/// Whether the constraints of the feature are judged at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Yes,
    /// They are switched off.
    No,
}

/// What the check itself found of one kind: a page that makes numbers again finds no violations.
fn found(explained: &Explanation, check: ConstraintCheckType) -> bool {
    let mut violations = explained.violations.iter();
    violations.any(|violation| violation.constraint_check_type == check)
}

pub(super) fn section(explained: &Explanation, judged: Judged) -> Markup {
    html! {
        section #workings {
            h2 { "Explain this number" }
            @if let Some(reason) = &explained.no_drift {
                p.soft { "There is no distance to explain: " (reason) "." }
            }
            @if let Some(drift) = &explained.drift { (verdict(explained, drift, judged)) (steps(drift)) (inputs(&drift.workings)) }
            @if !explained.shares.is_empty() { (shares(explained, judged)) }
        }
    }
}

/// The number that decides, put against its limit.
fn verdict(explained: &Explanation, drift: &DriftExplanation, judged: Judged) -> Markup {
    let made = &drift.workings.comparison;
    let is_p_value = drift.method == "ChiSquared";
    let distance = made.distance.map_or("unknown".to_owned(), full);
    let limit = full(drift.threshold);
    let is_beyond = made.distance.map(|distance| match is_p_value {
        true => distance < drift.threshold,
        false => distance > drift.threshold,
    });
    let word = match (is_p_value, is_beyond) {
        (_, None) => "cannot be compared with",
        (false, Some(true)) => "is more than",
        (false, Some(false)) => "is not more than",
        (true, Some(true)) => "is below",
        (true, Some(false)) => "is not below",
    };
    html! {
        div.tile.decides {
            p { "By the method " strong { (drift.method) } ", the " (if is_p_value { "p-value " } else { "distance " })
                strong { (distance) } " " (word) " the limit " strong { (limit) } ": "
                @match (found(explained, ConstraintCheckType::BaselineDriftCheck), is_beyond) {
                    (true, _) => strong { "a violation." },
                    (false, Some(true)) => strong { "and yet no violation." },
                    (false, Some(false)) => "no violation.",
                    (false, None) => "no verdict.",
                }
            }
            @if is_beyond == Some(true) && !found(explained, ConstraintCheckType::BaselineDriftCheck) { p { (not_counted(explained, judged)) } }
            p.soft { (method_meaning(&drift.method)) }
            @if !made.enough_rows { p { "There are too few rows for the verdict that is corrected for chance." } }
            @if let Some(note) = &made.note { p { (words::prose(note)) } }
            p.soft { @match (&drift.recorded, drift.agrees) {
                (Some(_), true) => { "Made again now from the run’s summaries, and equal to the last digit to what the run recorded in " code { "probity.json" } "." },
                (Some(_), false) => { strong { "Not equal" } " to what " code { "probity.json" } " records: the file was changed, or another version wrote it." },
                (None, _) => { code { "probity.json" } " records no drift of this feature." },
            } }
        }
    }
}

/// Why the check did not count a distance that is beyond its limit.
fn not_counted(explained: &Explanation, judged: Judged) -> &'static str {
    match judged {
        Judged::No => {
            "The constraints of this feature are switched off: the check judges none of them."
        }
        Judged::Yes if found(explained, ConstraintCheckType::DataTypeCheck) => {
            "The check found values of another data type. A distance between values of different types is about something else, so that only the data type is counted."
        }
        Judged::Yes => "The check did not count it; the run’s files say what it judged.",
    }
}

/// As `docs/statistics.md` tells them.
fn method_meaning(method: &str) -> &'static str {
    match method {
        "Simple" => "Simple: the largest difference of the two cumulative distributions.",
        "Robust" => {
            "Robust: the largest difference of the two cumulative distributions, less what two samples of these sizes differ by anyway."
        }
        "LInfinity" => "LInfinity: the largest difference in the share of a category.",
        "ChiSquared" => {
            "ChiSquared: how often chance alone gives counts as different as these; small is different."
        }
        _ => "",
    }
}

/// What a member of `probity.json` is called among people.
fn name_of(step: &str) -> &str {
    match step {
        "effect" => "Largest difference",
        "distance" => "Distance that decides",
        "p_value" => "p-value",
        "interval" => "Sampling error of the largest difference",
        "psi" => "Population stability index (PSI)",
        "jensen_shannon" => "Jensen–Shannon distance",
        "wasserstein_1" => "Wasserstein distance",
        other => other,
    }
}

fn steps(drift: &DriftExplanation) -> Markup {
    let made = &drift.workings.comparison;
    html! {
        h3 { "Step by step" }
        ol.workings { @for step in &drift.workings.steps { (one_step(step)) } }
        p.soft {
            "The interval of the largest difference holds the true one with " (words::percent(made.interval.level * 100.0))
            " confidence (" (made.interval.method) "): from " (full(made.interval.low)) " to " (full(made.interval.high)) ". "
            "The rows are taken as a sample: another day’s rows from an unchanged world would give another difference, and the interval says by how much. "
            a href="/docs/statistics" { "Formulas and their sources" }
        }
    }
}

fn one_step(step: &ExplainedStep) -> Markup {
    html! {
        li {
            h4 { (name_of(&step.name)) " " code.fine { (step.name) } }
            p.formula { (step.formula) }
            p.formula { "= " (words::prose(&step.numbers)) }
            p.formula { "= " @match step.result { Some(result) => strong { (full(result)) }, None => strong { "cannot be computed" } } }
        }
    }
}

/// Bins beyond these are summed up: a page shall stay small.
const MOST_BINS: usize = 60;

fn inputs(workings: &DriftWorkings) -> Markup {
    let (gap, made) = (&workings.largest_gap, &workings.comparison);
    html! {
        h3 { "What goes in" }
        p { (rows(made.n_baseline)) " baseline rows and " (rows(made.n_current)) " current rows have a value. "
            "They are farthest apart at " (words::prose(&gap.place)) ": "
            (rows(gap.baseline_rows)) " baseline rows (share " (full(gap.baseline_share)) ") against "
            (rows(gap.current_rows)) " current rows (share " (full(gap.current_share)) ")." }
        details.numbers open[workings.bins.len() <= 12] {
            summary { "The " (workings.bins.len()) " bins, with what each adds to PSI and to the Jensen–Shannon divergence" }
            div.scroll tabindex="0" role="region" aria-label="Bins" { table {
                thead { tr {
                    th scope="col" { "Bin" } th.num scope="col" { "Baseline rows" } th.num scope="col" { "Current rows" }
                    th.num scope="col" { "p" } th.num scope="col" { "q" }
                    th.num scope="col" { "(p − q) ln(p/q)" } th.num scope="col" { "Adds to JS²" }
                } }
                tbody { @for bin in workings.bins.iter().take(MOST_BINS) { (bin_row(bin)) } }
            } }
            @if workings.bins.len() > MOST_BINS { p.fine { "And " (workings.bins.len() - MOST_BINS) " more; " code { "probity why" } " prints all." } }
        }
    }
}

fn bin_row(bin: &ExplainedBin) -> Markup {
    html! {
        tr {
            th scope="row" { bdi { (words::prose(&bin.label)) } }
            td.num { (rows(bin.baseline_rows)) } td.num { (rows(bin.current_rows)) }
            td.num { (full(bin.baseline_share)) } td.num { (full(bin.current_share)) }
            td.num { (full(bin.psi_term)) } td.num { (full(bin.divergence_term)) }
        }
    }
}

/// Completeness, data type, known values.
fn shares(explained: &Explanation, judged: Judged) -> Markup {
    html! {
        h3 { "Shares of values" }
        div.scroll tabindex="0" role="region" aria-label="Shares" { table {
            thead { tr {
                th scope="col" { "Check" } th scope="col" { "Formula with its numbers" } th.num scope="col" { "Share" }
                th.num scope="col" { "At least" } th scope="col" { "Verdict" } th.num scope="col" { "Baseline" } th scope="col" { "Is the rise chance?" }
            } }
            tbody { @for share in &explained.shares { (share_row(explained, share, judged)) } }
        } }
    }
}

fn share_row(explained: &Explanation, share: &ShareExplanation, judged: Judged) -> Markup {
    let is_below = share
        .ratio
        .zip(share.threshold)
        .map(|(ratio, limit)| ratio < limit);
    html! {
        tr {
            th scope="row" { code { (share.check.name()) } }
            td { "1 − " (rows(share.bad)) " / " (rows(share.n)) }
            td.num { (share.ratio.map_or("unknown".to_owned(), full)) }
            td.num { (share.threshold.map_or("–".to_owned(), full)) }
            td { @match (found(explained, share.check), judged, is_below) {
                (true, _, _) => strong { "violated" },
                (false, Judged::No, _) => span.none { "switched off" },
                (false, Judged::Yes, Some(true)) => "below, and not counted",
                (false, Judged::Yes, Some(false)) => "kept",
                (false, Judged::Yes, None) => span.none { "no limit" },
            } }
            td.num { @match (share.baseline_bad, share.baseline_n) { (Some(bad), Some(n)) => { "1 − " (rows(bad)) " / " (rows(n)) }, _ => span.none { "–" } } }
            td { @match share.p_value { Some(p) => { "Fisher’s exact test: p = " (full(p)) }, None => span.none { "–" } } }
        }
    }
}

fn rows(count: u64) -> String {
    words::count(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Six digits that matter: enough to follow the sum by hand.
fn full(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return match value {
            value if value.is_nan() => "unknown",
            value if value > 0.0 => "∞",
            _ => "\u{2212}∞",
        }
        .to_owned();
    }
    let size = value.abs();
    let text = match size {
        _ if !(1e-4..1e9).contains(&size) => format!("{value:.5e}"),
        _ => {
            let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 9"
            )]
            let decimals = decimals as usize;
            let text = format!("{value:.decimals$}");
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
    };
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::full;

    #[test]
    fn numbers_can_be_followed_by_hand() {
        for (value, text) in [
            (0.0, "0"),
            (0.123_456_789, "0.123457"),
            (0.5, "0.5"),
            (-12.5, "\u{2212}12.5"),
            (123_456.789, "123457"),
            (0.000_012_345_678, "1.23457e\u{2212}5"),
            (f64::INFINITY, "∞"),
            (f64::NEG_INFINITY, "\u{2212}∞"),
        ] {
            assert_eq!(full(value), text);
        }
    }
}
