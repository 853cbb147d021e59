//! The demo's decisions: a model that scores applicants, and what became of their loans. It is
//! made so that women are turned down more often than their repayments warrant.

use std::fmt::Write;

use super::population::{REGIONS, SplitMix64, pick};

/// A CSV of `rows` decisions.
pub(crate) fn csv(rows: usize, seed: u64) -> String {
    let mut random = SplitMix64(seed);
    let mut text = String::from("sex,region,age,income,repaid,score,approved\n");
    for _ in 0..rows {
        let is_woman = random.uniform() < 0.42;
        let region = pick(&REGIONS, random.uniform());
        let age = (21.0 + 46.0 * random.uniform().powf(1.4)).floor();
        let income = (10.2 + 0.011 * (age - 21.0) + 0.42 * random.normal()).exp();
        let strength = (income.ln() - 10.4) + 0.02 * (age - 40.0);
        let repays = 1.0 / (1.0 + (-(0.9 + 1.6 * strength)).exp());
        let repaid = u8::from(random.uniform() < repays);
        let held_against_her = if is_woman { 0.55 } else { 0.0 };
        let seen = 0.7 + 1.4 * strength - held_against_her + 0.3 * random.normal();
        let score = 1.0 / (1.0 + (-seen).exp());
        let approved = u8::from(score > 0.5);
        let sex = if is_woman { "F" } else { "M" };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{sex},{region},{age},{income:.2},{repaid},{score:.4},{approved}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn the_same_seed_makes_the_same_decisions() {
        assert_eq!(csv(50, 1), csv(50, 1));
        assert_ne!(csv(50, 1), csv(50, 2));
    }

    #[test]
    fn every_score_is_a_probability() {
        for line in csv(300, 3).lines().skip(1) {
            let score: f64 = line.split(',').nth(5).unwrap_or("").parse().unwrap_or(-1.0);
            assert!((0.0..=1.0).contains(&score), "{line}");
        }
    }
}
