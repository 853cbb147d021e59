//! A model of the demo: what it is asked, what turns out to be true, and how it is watched. Its rows are
//! drawn, the same on every machine; what happens to it in the month is told where they are drawn.

use crate::command::population::SplitMix64;

/// Of the month that is played.
pub(super) const DAYS: usize = 30;

/// When a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Before the model was trained.
    Training,
    /// On a day of the month, counted from 0.
    Day(usize),
}

impl When {
    /// Days since `first`, from 1 on; `None` before it.
    pub(super) fn since(self, first: usize) -> Option<usize> {
        match self {
            Self::Training => None,
            Self::Day(day) => (day >= first).then(|| day - first + 1),
        }
    }
}

/// When it is known what is true of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    TheSameDay,
    Late,
}

/// One row: the values of the features as a call has them, and what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) features: String,
    pub(super) label: String,
    pub(super) known: Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Binary,
    Regression,
}

impl Problem {
    /// As job definitions spell it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "BinaryClassification",
            Self::Regression => "Regression",
        }
    }

    /// How the column of the model's answers is called in tables of scored rows.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::Binary => "probability",
            Self::Regression => "prediction",
        }
    }
}

/// Who is compared with whom, and what is favourable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fairness {
    pub(super) facet: &'static str,
    /// Labels that are favourable, or the number above which one is.
    pub(super) favourable: f64,
    /// By how much a difference between the groups may be larger than in the training rows: chance
    /// does so much on a day.
    pub(super) room: f64,
}

/// A model's file, and who may use it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    pub(super) file: &'static str,
    pub(super) content: &'static str,
    pub(super) description: &'static str,
}

#[derive(Debug)]
pub(super) struct Subject {
    /// Of its endpoint, its group of versions and its card.
    pub(super) name: &'static str,
    /// How the column of what it says is called.
    pub(super) answer: &'static str,
    pub(super) label: &'static str,
    pub(super) features: &'static [&'static str],
    pub(super) problem: Problem,
    pub(super) fairness: Fairness,
    /// Its versions; the last one serves.
    pub(super) versions: &'static [Version],
    pub(super) calls_a_day: usize,
    pub(super) draw: fn(&mut SplitMix64, When) -> Row,
    /// Of its random numbers.
    pub(super) seed: u64,
}

impl Subject {
    /// Rows of the model's training population.
    pub(super) fn training(&self, rows: usize) -> Vec<Row> {
        let mut random = SplitMix64(self.seed);
        (0..rows)
            .map(|_| (self.draw)(&mut random, When::Training))
            .collect()
    }

    /// What the endpoint is asked on a day.
    pub(super) fn day(&self, day: usize) -> Vec<Row> {
        // Far from each other: a generator that starts next to another would give its numbers again.
        let seed = self
            .seed
            .wrapping_add(0x5851_f42d_4c95_7f2d_u64.wrapping_mul(1 + day as u64));
        let mut random = SplitMix64(seed);
        (0..self.calls_a_day)
            .map(|_| (self.draw)(&mut random, When::Day(day)))
            .collect()
    }

    pub(super) fn serving(&self) -> Version {
        self.versions[self.versions.len() - 1]
    }

    /// `credit-approval-bias`.
    pub(super) fn schedule(&self, monitor: &str) -> String {
        format!("{}-{monitor}", self.name)
    }
}

/// A normal number between 0 and 1 that a score becomes.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// 1 with this probability.
pub(super) fn chance(random: &mut SplitMix64, probability: f64) -> bool {
    random.uniform() < probability
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::demo::setup::SUBJECTS;

    #[test]
    fn every_row_has_every_feature_and_the_same_seed_gives_the_same_rows() {
        for subject in SUBJECTS {
            for rows in [subject.training(50), subject.day(0), subject.day(DAYS - 1)] {
                for row in rows {
                    let values = row.features.split(',').count();
                    assert_eq!(values, subject.features.len(), "{}: {row:?}", subject.name);
                }
            }
            assert_eq!(subject.day(3), subject.day(3), "{}", subject.name);
            assert_ne!(subject.day(3), subject.day(4), "{}", subject.name);
        }
    }

    #[test]
    fn days_are_counted_from_the_first_one_of_a_story() {
        assert_eq!(When::Training.since(0), None);
        assert_eq!(When::Day(4).since(5), None);
        assert_eq!(When::Day(5).since(5), Some(1));
        assert_eq!(When::Day(7).since(5), Some(3));
    }
}
