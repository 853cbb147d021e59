//! The demo's people: a loan book that is made up, the same on every machine.

use std::fmt::Write;

/// A year in which the demo's data was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Year {
    /// What the model was trained on.
    Training,
    /// Incomes rose, a new sales channel opened, and a form stopped asking for the term.
    Drifted,
}

pub(super) const REGIONS: [(&str, f64); 4] = [
    ("north", 0.31),
    ("south", 0.27),
    ("east", 0.24),
    ("west", 0.18),
];
const PURPOSES: [(&str, f64); 5] = [
    ("car", 0.34),
    ("home", 0.26),
    ("education", 0.16),
    ("medical", 0.14),
    ("travel", 0.10),
];
const CHANNELS: [(&str, f64); 2] = [("branch", 0.58), ("web", 0.42)];
const CHANNELS_DRIFTED: [(&str, f64); 3] = [("branch", 0.31), ("web", 0.37), ("partner", 0.32)];

/// A CSV of `rows` applicants.
pub(crate) fn csv(year: Year, rows: usize, seed: u64) -> String {
    let mut random = SplitMix64(seed);
    let mut text = String::from(
        "age,income,employment_years,loan_amount,term_months,region,channel,purpose,\
         has_guarantor,credit_score\n",
    );
    for _ in 0..rows {
        push_applicant(&mut text, year, &mut random);
    }
    text
}

fn push_applicant(text: &mut String, year: Year, random: &mut SplitMix64) {
    let drifted = year == Year::Drifted;
    let age = (21.0 + 46.0 * random.uniform().powf(1.4)).floor();
    let growth = if drifted { 1.22 } else { 1.0 };
    let income = growth * (10.2 + 0.011 * (age - 21.0) + 0.42 * random.normal()).exp();
    let employment_years = ((age - 18.0) * random.uniform().powf(1.7)).floor();
    let loan_amount = (income * (0.2 + 0.5 * random.uniform()) / 100.0).floor() * 100.0;
    let term = 12.0 * (1.0 + (random.uniform() * 7.0).floor());
    let term_is_missing = random.uniform() < if drifted { 0.12 } else { 0.0 };
    let region = pick(&REGIONS, random.uniform());
    let channels: &[(&str, f64)] = if drifted {
        &CHANNELS_DRIFTED
    } else {
        &CHANNELS
    };
    let channel = pick(channels, random.uniform());
    let purpose = pick(&PURPOSES, random.uniform());
    let has_guarantor = random.uniform() < 0.23;
    let credit_score = (620.0 + 1.1 * (age - 21.0) + 61.0 * random.normal())
        .clamp(300.0, 850.0)
        .round();
    let term = if term_is_missing {
        String::new()
    } else {
        term.to_string()
    };
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "{age},{income:.2},{employment_years},{loan_amount},{term},{region},{channel},{purpose},\
         {has_guarantor},{credit_score}"
    );
}

pub(super) fn pick<'a>(shares: &[(&'a str, f64)], uniform: f64) -> &'a str {
    let mut left = uniform;
    for (value, share) in shares {
        if left < *share {
            return value;
        }
        left -= share;
    }
    shares.last().map_or("", |(value, _)| value)
}

/// Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
pub(super) struct SplitMix64(pub(super) u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let numerator = (self.next() >> 11) as f64;
        numerator / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller (1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::{Year, csv};

    #[test]
    fn the_same_seed_makes_the_same_people() {
        assert_eq!(csv(Year::Training, 50, 1), csv(Year::Training, 50, 1));
        assert_ne!(csv(Year::Training, 50, 1), csv(Year::Training, 50, 2));
    }

    #[test]
    fn every_row_has_every_column() {
        for line in csv(Year::Drifted, 200, 3).lines() {
            assert_eq!(line.split(',').count(), 10, "{line}");
        }
    }
}
