//! The demand forecast. What was sold is known of the shops with a modern till the same day, and of the
//! others three days later. When a rival closes his shops in the villages, more is sold there than the model says;
//! of the first labels, which are of town shops, nothing is seen of it.

use super::subject::{Fairness, Known, Problem, Row, Subject, Version, When, chance};
use crate::command::population::SplitMix64;

/// The first day without the rival.
pub(super) const RIVAL_GONE_FROM: usize = 14;
const GROWTH: f64 = 1.3;
/// The weather service was away.
pub(super) const NO_WEATHER: [usize; 2] = [9, 10];
const NO_WEATHER_SHARE: f64 = 0.4;

pub(super) const DEMAND: Subject = Subject {
    name: "demand-forecast",
    answer: "forecast",
    label: "sold",
    features: &[
        "price",
        "promotion",
        "weekday",
        "temperature",
        "last_week",
        "shop_size",
        "rural",
        "franchise",
    ],
    problem: Problem::Regression,
    fairness: Fairness {
        facet: "franchise",
        favourable: 50.0,
        room: 0.35,
    },
    versions: &[Version {
        file: "model.txt",
        content: include_str!("models/demand.txt"),
        description: "Fifty trees on a year of sales",
    }],
    calls_a_day: 300,
    draw,
    seed: 0x5407,
};

fn draw(random: &mut SplitMix64, when: When) -> Row {
    let is_rural = chance(random, 0.4);
    let is_franchise = chance(random, 0.5);
    let has_modern_till = !is_rural && chance(random, 0.55);
    let size = 0.5 + 1.5 * random.uniform();
    let price = 2.0 + 1.5 * random.uniform();
    let is_promoted = chance(random, 0.15);
    let weekday = (7.0 * random.uniform()).floor();
    let temperature = 15.0 + 7.0 * random.normal();
    let last_week = 40.0 * size * (0.12 * random.normal()).exp();
    let mut sold = last_week
        * if is_promoted { 1.5 } else { 1.0 }
        * if weekday >= 5.0 { 1.3 } else { 0.95 }
        * (1.0 - 0.15 * (price - 2.75))
        * (1.0 + 0.01 * (temperature - 15.0))
        * (0.07 * random.normal()).exp();
    if is_rural && when.since(RIVAL_GONE_FROM).is_some() {
        sold *= GROWTH;
    }
    let no_weather = matches!(when, When::Day(day) if NO_WEATHER.contains(&day));
    let temperature = match no_weather && chance(random, NO_WEATHER_SHARE) {
        true => String::new(),
        false => format!("{temperature:.1}"),
    };
    Row {
        features: format!(
            "{price:.2},{},{weekday},{temperature},{last_week:.1},{size:.2},{},{}",
            u8::from(is_promoted),
            u8::from(is_rural),
            u8::from(is_franchise)
        ),
        label: format!("{sold:.1}"),
        known: match has_modern_till {
            true => Known::TheSameDay,
            false => Known::Late,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_labels_is_known_the_same_day() {
        let rows = DEMAND.day(0);
        let early = rows.iter().filter(|row| row.known == Known::TheSameDay);
        let share = early.count() as f64 / rows.len() as f64;
        assert!((0.25..0.41).contains(&share), "{share}");
    }
}
