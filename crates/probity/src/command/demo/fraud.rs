//! The card-fraud model, to which nothing happens: a month of payments like those that it was trained on.

use super::subject::{Fairness, Known, Problem, Row, Subject, Version, When, chance, sigmoid};
use crate::command::population::SplitMix64;

pub(super) const FRAUD: Subject = Subject {
    name: "card-fraud",
    answer: "fraud_score",
    label: "fraud",
    features: &[
        "amount",
        "hour",
        "distance_km",
        "merchant_risk",
        "card_age_days",
        "payments_24h",
        "abroad",
        "senior",
    ],
    problem: Problem::Binary,
    fairness: Fairness {
        facet: "senior",
        favourable: 0.0,
        room: 0.16,
    },
    versions: &[Version {
        file: "model.json",
        content: include_str!("models/fraud.json"),
        description: "Forty trees on payments that the rules of the processor held back",
    }],
    calls_a_day: 400,
    draw,
    seed: 0xf4a0d,
};

fn draw(random: &mut SplitMix64, _when: When) -> Row {
    let is_senior = chance(random, 0.25);
    let amount = (3.5 + random.normal()).exp();
    let hour = (24.0 * random.uniform()).floor();
    let distance = (2.0 + 1.3 * random.normal()).exp();
    let risk = random.uniform().powi(2);
    let card_age = (30.0 + 2000.0 * random.uniform()).floor();
    let count = (6.0 * random.uniform().powi(2)).floor();
    let is_abroad = chance(random, 0.12);
    let strength = -3.0
        + 0.5 * (amount.ln() - 3.5)
        + 0.5 * (distance.ln() - 2.0)
        + 3.0 * risk
        + 0.35 * count
        + if is_abroad { 1.2 } else { 0.0 }
        + if hour < 5.0 { 0.8 } else { 0.0 };
    let is_fraud = chance(random, sigmoid(2.0 * strength));
    Row {
        features: format!(
            "{amount:.2},{hour},{distance:.2},{risk:.3},{card_age},{count},{},{}",
            u8::from(is_abroad),
            u8::from(is_senior)
        ),
        label: u8::from(is_fraud).to_string(),
        known: Known::TheSameDay,
    }
}
