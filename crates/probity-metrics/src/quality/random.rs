//! Seeded random draws: SplitMix64 (Steele, Lea, Flood, 2014), and samples without
//! replacement. The same seed gives the same draws on every machine.

use crate::drift::Hypergeometric;

/// Counts up to this are drawn row by row, larger ones at once.
const ROW_BY_ROW: u64 = 32;

/// Step of SplitMix64's state: 2^64 divided by the golden ratio.
const GOLDEN_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// One of many independent streams of a seed.
    pub(crate) fn stream(seed: u64, stream: u64) -> Self {
        let mut of_stream = Self(stream ^ 0x5851_f42d_4c95_7f2d);
        Self(seed ^ of_stream.next())
    }

    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_STEP);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Uniform in `0..bound` (Lemire, 2019, without the rejection: biased by less than
    /// `bound`/2^64).
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        (product >> 64) as u64
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 * f64::from_bits((1023 - 53) << 52)
    }
}

/// Rows drawn without replacement, as the cells that they are counted in pass by: each
/// draw is hypergeometric, given what was drawn before.
#[derive(Debug)]
pub(crate) struct Draw<'a> {
    random: &'a mut Random,
    /// Rows of the cells that have not passed by.
    rows_left: u64,
    /// Of them to be drawn.
    draws_left: u64,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(random: &'a mut Random, rows: u64, draws: u64) -> Self {
        Self {
            random,
            rows_left: rows,
            draws_left: draws.min(rows),
        }
    }

    /// Rows drawn from the next cell, which has `count`; at most as many as are left.
    #[inline]
    pub(crate) fn next_cell(&mut self, count: u64) -> u64 {
        if count > ROW_BY_ROW {
            return self.large_cell(count);
        }
        (0..count).map(|_| self.next_row()).sum()
    }

    /// 1 when the next row is drawn, else 0: selection sampling (Knuth, The Art of Computer
    /// Programming 2, §3.4.2, S).
    #[inline]
    pub(crate) fn next_row(&mut self) -> u64 {
        let is_drawn = u64::from(self.random.below(self.rows_left) < self.draws_left);
        self.rows_left -= 1;
        self.draws_left -= is_drawn;
        is_drawn
    }

    fn large_cell(&mut self, count: u64) -> u64 {
        let distribution = Hypergeometric::new(self.rows_left, count, self.draws_left);
        let drawn = distribution.at_probability(self.random.uniform());
        self.rows_left -= count;
        self.draws_left -= drawn;
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_takes_exactly_what_it_is_asked_for() {
        let mut random = Random::stream(1, 1);
        for cells in [vec![1; 100], vec![50, 3, 1_000_000, 0, 40], vec![7]] {
            let rows: u64 = cells.iter().sum();
            let wanted = rows * 4 / 5;
            let mut draw = Draw::new(&mut random, rows, wanted);
            let drawn: Vec<u64> = cells.iter().map(|&count| draw.next_cell(count)).collect();
            assert_eq!(drawn.iter().sum::<u64>(), wanted);
            assert!(
                drawn
                    .iter()
                    .zip(&cells)
                    .all(|(drawn, count)| drawn <= count)
            );
        }
    }

    #[test]
    fn cells_are_drawn_with_the_variance_of_sampling_without_replacement() {
        // 40 of 100 rows in the cell, 80 drawn: mean 32, variance 80·0.4·0.6·20/99 = 3.879.
        // Of 4,000 draws the mean errs by 0.031, the variance by √(2/4000) = 2.2 %: four
        // standard errors each. Cells of 20 are drawn row by row, one of 40 at once.
        for cells in [vec![20, 20], vec![40]] {
            let mut random = Random::stream(20_261_124, 3);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..4000 {
                let mut draw = Draw::new(&mut random, 100, 80);
                let drawn: u64 = cells.iter().map(|&count| draw.next_cell(count)).sum();
                sum += drawn as f64;
                squares += (drawn as f64 - 32.0).powi(2);
            }
            assert!((sum / 4000.0 - 32.0).abs() < 0.125, "{}", sum / 4000.0);
            let variance = squares / 4000.0;
            assert!((variance / 3.879 - 1.0).abs() < 0.09, "{variance}");
        }
    }
}
