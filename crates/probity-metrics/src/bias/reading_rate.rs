//! Rates of a group in words that need no statistics: "32.1 % of `sex` = F have a positive
//! label, against 57.3 % of the others".

use probity_domain::document::probity_file::Interval;

use super::counts::{BiasCounts, Group};
use super::rate::{Rate, Share};

/// What the groups are called.
#[derive(Clone, Copy, Debug)]
pub struct GroupNames<'a> {
    /// The facet column.
    pub facet: &'a str,
    /// `value_or_threshold` of the disadvantaged group: `F`, `a,b` or `(40, 58]`.
    pub value: &'a str,
}

impl GroupNames<'_> {
    /// The disadvantaged group: `` `sex` = F``, `` `age` in (40, 58]``.
    pub(crate) fn group(&self) -> String {
        let is_interval = self.value.starts_with('(') && self.value.ends_with(']');
        let sign = if is_interval { "in" } else { "=" };
        format!("`{}` {sign} {}", self.facet, self.value)
    }
}

/// What the rows of a group are narrowed to, and what a share of these are.
pub(crate) fn phrases(rate: Rate) -> (&'static str, &'static str) {
    match rate {
        Rate::PositiveLabels => ("", "have a positive label"),
        Rate::PositivePredictions => ("", "are predicted positive"),
        Rate::Accuracy => ("", "are predicted correctly"),
        Rate::Error => ("", "are predicted wrongly"),
        Rate::TruePositive => (" with a positive label", "are predicted positive"),
        Rate::FalseNegative => (" with a positive label", "are predicted negative"),
        Rate::TrueNegative => (" with a negative label", "are predicted negative"),
        Rate::FalsePositive => (" with a negative label", "are predicted positive"),
        Rate::PositivePredictiveValue => (" predicted positive", "have a positive label"),
        Rate::FalseDiscovery => (" predicted positive", "have a negative label"),
        Rate::NegativePredictiveValue => (" predicted negative", "have a negative label"),
        Rate::FalseOmission => (" predicted negative", "have a positive label"),
    }
}

/// Both groups' rates as a clause without an end.
pub(crate) fn both_rates(rate: Rate, counts: &BiasCounts, names: GroupNames) -> String {
    let share = |group| rate.of(&counts.total.of(group));
    let (narrowed, what) = phrases(rate);
    format!(
        "{} of {}{narrowed} {what}, against {} of the others",
        share_in_words(share(Group::Disadvantaged)),
        names.group(),
        share_in_words(share(Group::Advantaged))
    )
}

pub(crate) fn share_in_words(share: Share) -> String {
    share
        .value()
        .map_or_else(|| "none".to_owned(), |value| percent(value) + " %")
}

/// One digit after the point, as people say it.
pub(crate) fn percent(share: f64) -> String {
    signed(&format!("{:.1}", 100.0 * share))
}

/// A typographic minus sign; none before a zero.
fn signed(digits: &str) -> String {
    match digits.strip_prefix('-') {
        Some(size) if size.chars().all(|c| matches!(c, '0' | '.')) => size.to_owned(),
        Some(size) => format!("\u{2212}{size}"),
        None => digits.to_owned(),
    }
}

/// The words for less and for more.
pub(crate) type Directions = [&'static str; 2];

pub(crate) const LOWER_OR_HIGHER: Directions = ["lower", "higher"];

/// Percentage points with their sign in words: "9.2 lower", "2.9 higher", and 0 without one.
fn directed(points: f64, [less, more]: Directions) -> String {
    let size = percent(points.abs());
    if size == "0.0" {
        return size;
    }
    format!("{size} {}", if points < 0.0 { less } else { more })
}

/// Both ends in words, since a sign would speak against the word before the interval.
pub(crate) fn ends_in_words(interval: &Interval, directions: Directions) -> String {
    let [low, high] = [interval.low, interval.high].map(|end| directed(end, directions));
    format!("{low} to {high}")
}

/// Percentage points that would be printed as a zero.
pub(crate) fn is_no_gap(points: f64) -> bool {
    percent(points.abs()) == "0.0"
}

/// A number to three digits after the point or before it, and to two that count where it is small.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size < 1e-9 {
        return "0".to_owned();
    }
    if size < 0.1 {
        let mut decimals = 2;
        while decimals < 9 && size * 10.0_f64.powi(decimals - 1) < 1.0 {
            decimals += 1;
        }
        let decimals = usize::try_from(decimals).unwrap_or(9);
        return signed(&format!("{value:.decimals$}"));
    }
    if size >= 100.0 {
        return signed(&format!("{value:.0}"));
    }
    let decimals = if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    signed(&format!("{value:.decimals$}"))
}

pub(crate) fn level(interval: &Interval) -> String {
    let percent = 100.0 * interval.level;
    format!("{percent:.0} % interval")
}

/// Where an interval lies against the value of equal treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Below,
    Above,
    /// The interval holds the ideal value, or the value is it.
    Equal,
    /// There is no interval to tell.
    Unsure,
}

pub(crate) fn standing(value: f64, interval: Option<&Interval>, ideal: f64) -> Standing {
    match interval {
        None if (value - ideal).abs() > 0.0 => Standing::Unsure,
        None => Standing::Equal,
        Some(interval) if interval.low > ideal => Standing::Above,
        Some(interval) if interval.high < ideal => Standing::Below,
        Some(_) => Standing::Equal,
    }
}

pub(crate) const NO_DIFFERENCE: &str = "no difference beyond sampling error";

/// "25.2 percentage points lower (95 % interval 10.1 to 40.3)", of d − a.
pub(crate) fn gap_in_words(d_minus_a: f64, interval: Option<&Interval>) -> String {
    let gap = match percent(d_minus_a.abs()).as_str() {
        "0.0" => "the same".to_owned(),
        size if d_minus_a < 0.0 => format!("{size} percentage points lower"),
        size => format!("{size} percentage points higher"),
    };
    let Some(interval) = interval else {
        return gap;
    };
    let level = level(interval);
    match standing(d_minus_a, Some(interval), 0.0) {
        Standing::Equal | Standing::Unsure => format!(
            "{NO_DIFFERENCE} ({gap}, {level} {})",
            ends_in_words(interval, LOWER_OR_HIGHER)
        ),
        Standing::Above | Standing::Below if is_no_gap(d_minus_a) => format!(
            "{gap} but for less than 0.1 percentage points ({level} {})",
            ends_in_words(interval, LOWER_OR_HIGHER)
        ),
        Standing::Above => format!(
            "{gap} ({level} {} to {})",
            percent(interval.low),
            percent(interval.high)
        ),
        Standing::Below => format!(
            "{gap} ({level} {} to {})",
            percent(-interval.high),
            percent(-interval.low)
        ),
    }
}

/// d − a for an interval of a − d.
pub(crate) fn reversed(interval: &Interval) -> Interval {
    Interval {
        low: -interval.high,
        high: -interval.low,
        ..interval.clone()
    }
}
