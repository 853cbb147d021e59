//! The row bootstrap (Efron 1979) on counts: drawing n of n rows with replacement makes the
//! counts of the cells multinomial, so that a replicate costs a few binomial draws however
//! many the rows. Percentile and BCa intervals (Efron 1987).
//!
//! Replicates are drawn in order from one ChaCha stream of the seed: same counts and seed,
//! same replicates, whatever the machine's number of cores.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution};
use statrs::distribution::{ContinuousCDF, Normal};

use super::counts::{BiasCounts, OutcomeCounts, Stratum};

/// Which rows a replicate draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resampling {
    /// As many of each group as there are: for what compares rates of groups.
    RowsWithinGroups,
    /// As many of all rows: for what depends on the shares of the groups.
    AllRows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootstrapPlan {
    pub replicates: u32,
    pub seed: u64,
}

impl Default for BootstrapPlan {
    fn default() -> BootstrapPlan {
        BootstrapPlan {
            replicates: 2000,
            seed: 0,
        }
    }
}

/// What a number is in the replicates.
#[derive(Clone, Debug)]
pub struct BootstrapDistribution {
    estimate: f64,
    /// Ascending.
    replicates: Vec<f64>,
    /// Replicates in which the number does not exist.
    n_undefined: u32,
    /// Efron's acceleration, from leaving out one row at a time.
    acceleration: f64,
}

/// `None` when the number does not exist for the counts themselves.
pub fn bootstrap(
    counts: &BiasCounts,
    resampling: Resampling,
    plan: BootstrapPlan,
    statistic: impl Fn(&BiasCounts) -> Option<f64>,
) -> Option<BootstrapDistribution> {
    let estimate = statistic(counts)?;
    let table = CellTable::of(counts);
    let mut generator = ChaCha8Rng::seed_from_u64(plan.seed);
    let mut drawn = counts.clone();
    let mut cells = vec![0; table.cells.len()];
    let mut replicates = Vec::with_capacity(plan.replicates as usize);
    let mut n_undefined = 0;
    for _ in 0..plan.replicates {
        match resampling {
            Resampling::AllRows => draw(&table.cells, |_| true, &mut cells, &mut generator),
            Resampling::RowsWithinGroups => {
                draw(
                    &table.cells,
                    |cell| cell & 4 == 0,
                    &mut cells,
                    &mut generator,
                );
                draw(
                    &table.cells,
                    |cell| cell & 4 != 0,
                    &mut cells,
                    &mut generator,
                );
            }
        }
        table.fill(&cells, &mut drawn);
        match statistic(&drawn) {
            Some(value) if !value.is_nan() => replicates.push(value),
            Some(_) | None => n_undefined += 1,
        }
    }
    replicates.sort_by(f64::total_cmp);
    Some(BootstrapDistribution {
        estimate,
        replicates,
        n_undefined,
        acceleration: acceleration(&table, &mut drawn, &statistic),
    })
}

impl BootstrapDistribution {
    pub fn n_undefined(&self) -> u32 {
        self.n_undefined
    }

    /// Ascending; without those in which the number does not exist.
    pub fn replicates(&self) -> &[f64] {
        &self.replicates
    }

    /// Quantiles of the replicates.
    pub fn percentile_interval(&self, level: f64) -> Option<(f64, f64)> {
        let tail = (1.0 - level) / 2.0;
        Some((self.quantile(tail)?, self.quantile(1.0 - tail)?))
    }

    /// Quantiles moved by the bias of the replicates' median and by the acceleration.
    pub fn bca_interval(&self, level: f64) -> Option<(f64, f64)> {
        let normal = Normal::standard();
        let below = self.replicates.partition_point(|&r| r < self.estimate) as f64;
        let up_to = self.replicates.partition_point(|&r| r <= self.estimate) as f64;
        // Replicates equal to the estimate, frequent for counts, are half below it.
        let bias = normal.inverse_cdf(f64::midpoint(below, up_to) / self.replicates.len() as f64);
        if !bias.is_finite() {
            return self.percentile_interval(level);
        }
        let moved = |z: f64| {
            let sum = bias + z;
            normal.cdf(bias + sum / (1.0 - self.acceleration * sum))
        };
        let z = super::projection::two_sided_deviations(level);
        Some((self.quantile(moved(-z))?, self.quantile(moved(z))?))
    }

    fn quantile(&self, rank: f64) -> Option<f64> {
        let last = self.replicates.len().checked_sub(1)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank within the replicates"
        )]
        let place = (rank.clamp(0.0, 1.0) * last as f64).round() as usize;
        self.replicates.get(place).copied()
    }
}

/// The cells of all strata, and of the rows that are in none, one after the other.
struct CellTable {
    cells: Vec<u64>,
    n_strata: usize,
}

const CELLS: usize = 8;

impl CellTable {
    fn of(counts: &BiasCounts) -> CellTable {
        let strata: &[Stratum] = counts.strata.as_deref().unwrap_or_default();
        let mut cells: Vec<u64> = strata.iter().flat_map(|s| *s.counts.cells()).collect();
        let mut rest = *counts.total.cells();
        for (place, &rows) in cells.iter().enumerate() {
            rest[place % CELLS] = rest[place % CELLS].saturating_sub(rows);
        }
        cells.extend(rest);
        CellTable {
            cells,
            n_strata: strata.len(),
        }
    }

    fn fill(&self, cells: &[u64], counts: &mut BiasCounts) {
        let mut total = [0; CELLS];
        for (place, &rows) in cells.iter().enumerate() {
            total[place % CELLS] += rows;
        }
        counts.total = OutcomeCounts::new(total);
        let strata = counts.strata.iter_mut().flatten();
        for (stratum, cells) in strata.zip(cells.chunks_exact(CELLS)).take(self.n_strata) {
            let mut drawn = [0; CELLS];
            drawn.copy_from_slice(cells);
            stratum.counts = OutcomeCounts::new(drawn);
        }
    }
}

/// A multinomial draw of the cells that `is_drawn`, one binomial at a time given the rest.
fn draw(
    observed: &[u64],
    is_drawn: impl Fn(usize) -> bool,
    cells: &mut [u64],
    generator: &mut ChaCha8Rng,
) {
    let of_draw = |place: &usize| is_drawn(place % CELLS);
    let total: u64 = (0..observed.len())
        .filter(of_draw)
        .map(|place| observed[place])
        .sum();
    let (mut rows, mut weight) = (total, total);
    for place in (0..observed.len()).filter(of_draw) {
        let expected = observed[place];
        cells[place] = if expected == weight {
            rows
        } else if expected == 0 || rows == 0 {
            0
        } else {
            let binomial = Binomial::new(rows, expected as f64 / weight as f64)
                .expect("a part of a whole is a probability");
            binomial.sample(generator)
        };
        rows -= cells[place];
        weight -= expected;
    }
}

/// Σ (m − θᵢ)³/(6 (Σ (m − θᵢ)²)^{3/2}) with θᵢ the number without row i and m their mean:
/// the rows of a cell are alike, so that each cell is left out once and counted for all.
fn acceleration(
    table: &CellTable,
    counts: &mut BiasCounts,
    statistic: &impl Fn(&BiasCounts) -> Option<f64>,
) -> f64 {
    let mut without = Vec::new();
    let mut cells = table.cells.clone();
    for place in 0..cells.len() {
        if table.cells[place] == 0 {
            continue;
        }
        cells[place] -= 1;
        table.fill(&cells, counts);
        cells[place] += 1;
        if let Some(value) = statistic(counts).filter(|value| value.is_finite()) {
            without.push((value, table.cells[place] as f64));
        }
    }
    let rows: f64 = without.iter().map(|w| w.1).sum();
    let mean = without.iter().map(|w| w.0 * w.1).sum::<f64>() / rows;
    let moment =
        |power: i32| -> f64 { without.iter().map(|w| (mean - w.0).powi(power) * w.1).sum() };
    let spread = moment(2);
    if spread > 0.0 {
        moment(3) / (6.0 * spread.powf(1.5))
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::Group;
    use super::*;

    fn counts() -> BiasCounts {
        BiasCounts {
            total: OutcomeCounts::new([400, 0, 0, 600, 300, 0, 0, 100]),
            strata: None,
        }
    }

    fn share(group: Group) -> impl Fn(&BiasCounts) -> Option<f64> {
        move |counts| {
            let group = counts.total.of(group);
            Some(group.positive_labels() as f64 / group.rows() as f64)
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_replicates_and_another_one_others() {
        let replicates = |seed| {
            let plan = BootstrapPlan {
                replicates: 50,
                seed,
            };
            let found = bootstrap(
                &counts(),
                Resampling::AllRows,
                plan,
                share(Group::Advantaged),
            );
            found.map(|found| found.replicates().to_vec())
        };
        assert_eq!(replicates(7), replicates(7));
        assert_ne!(replicates(7), replicates(8));
    }

    #[test]
    fn rows_within_groups_keep_the_groups_and_all_rows_do_not() {
        let rows_of_d = |resampling| {
            let of =
                |counts: &BiasCounts| Some(counts.total.of(Group::Disadvantaged).rows() as f64);
            let found = bootstrap(&counts(), resampling, BootstrapPlan::default(), of);
            found.and_then(|found| found.percentile_interval(0.95))
        };
        assert_eq!(
            rows_of_d(Resampling::RowsWithinGroups),
            Some((400.0, 400.0))
        );
        // 400 of 1,400 rows: standard deviation √(400 × 5/7) = 16.9.
        let (low, high) = rows_of_d(Resampling::AllRows).unwrap_or_default();
        assert!((low - 367.0).abs() < 5.0 && (high - 433.0).abs() < 5.0);
    }

    /// The deviation of 2,000 replicates is off by 1/√4000 = 1.6 % of itself, an end of the
    /// interval by about 4 % of its distance from the middle.
    #[test]
    fn both_intervals_are_the_normal_one_for_many_rows() {
        let plan = BootstrapPlan::default();
        let found = bootstrap(
            &counts(),
            Resampling::RowsWithinGroups,
            plan,
            share(Group::Advantaged),
        );
        let found = found.expect("the group has rows");
        let margin = 1.96 * (0.6_f64 * 0.4 / 1000.0).sqrt();
        for interval in [found.percentile_interval(0.95), found.bca_interval(0.95)] {
            let (low, high) = interval.unwrap_or_default();
            assert!((0.6 - low - margin).abs() < 0.2 * margin, "{low}");
            assert!((high - 0.6 - margin).abs() < 0.2 * margin, "{high}");
        }
        assert_eq!(found.n_undefined(), 0);
    }

    #[test]
    fn a_number_that_does_not_exist_has_no_distribution() {
        let plan = BootstrapPlan::default();
        assert!(bootstrap(&counts(), Resampling::AllRows, plan, |_| None).is_none());
    }
}
