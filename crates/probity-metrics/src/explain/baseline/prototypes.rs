//! k-prototypes (Huang, 1998) by alternation (Lloyd, 1982): rows go to the nearest prototype,
//! prototypes to the mean and the mode of their rows. Started by k-means++ (Arthur,
//! Vassilvitskii, 2007) with the same distance, several times, and the best result taken.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::mixed_table::MixedTable;

/// Starts, of which the best is taken.
const STARTS: u64 = 4;

/// Rounds after which a start ends that still changes.
const MOST_ROUNDS: usize = 100;

/// Rows in clusters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clustering {
    /// Per row, its cluster: 0 is the largest.
    pub(super) cluster: Vec<usize>,
    n_clusters: usize,
    /// Sum of the rows' distances to their prototypes.
    cost: f64,
}

struct Prototype {
    numbers: Vec<f64>,
    codes: Vec<u32>,
}

impl Clustering {
    /// Fewer clusters than asked for where fewer rows differ.
    pub(super) fn best(table: &MixedTable, n_clusters: usize, seed: u64) -> Clustering {
        let start = |start: u64| {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            generator.set_stream(((n_clusters as u64) << 8) | start);
            Clustering::from_start(table, n_clusters, &mut generator)
        };
        let mut best = start(0);
        for next in (1..STARTS).map(start) {
            if next.cost < best.cost {
                best = next;
            }
        }
        best
    }

    fn from_start(table: &MixedTable, n_clusters: usize, generator: &mut ChaCha8Rng) -> Clustering {
        let mut prototypes = spread_out(table, n_clusters, generator);
        let mut cluster = vec![usize::MAX; table.n_rows()];
        let mut cost = f64::INFINITY;
        for _ in 0..MOST_ROUNDS {
            let (changed, total) = assign(table, &prototypes, &mut cluster);
            cost = total;
            if !changed {
                break;
            }
            prototypes = update(table, &cluster, prototypes.len());
        }
        by_falling_size(cluster, cost)
    }

    pub(super) fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    pub(super) fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.n_clusters];
        for cluster in &self.cluster {
            sizes[*cluster] += 1;
        }
        sizes
    }

    /// The rows of a cluster.
    pub(super) fn members(&self, cluster: usize) -> Vec<usize> {
        let of_cluster = |row: &usize| self.cluster[*row] == cluster;
        (0..self.cluster.len()).filter(of_cluster).collect()
    }
}

/// k-means++: each next prototype is a row drawn in proportion to its distance from those
/// that are there. Ends early where no row has any.
fn spread_out(table: &MixedTable, n_clusters: usize, generator: &mut ChaCha8Rng) -> Vec<Prototype> {
    let first = (uniform(generator) * table.n_rows() as f64).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the rows"
    )]
    let mut chosen = (first as usize).min(table.n_rows() - 1);
    let mut nearest = vec![f64::INFINITY; table.n_rows()];
    let mut prototypes = Vec::with_capacity(n_clusters);
    loop {
        prototypes.push(Prototype {
            numbers: table.numbers(chosen).to_vec(),
            codes: table.codes(chosen).to_vec(),
        });
        if prototypes.len() == n_clusters {
            return prototypes;
        }
        for (row, distance) in nearest.iter_mut().enumerate() {
            *distance = distance.min(table.distance_of_rows(row, chosen));
        }
        let total: f64 = nearest.iter().sum();
        let mut left = uniform(generator) * total;
        let drawn = nearest.iter().position(|distance| {
            left -= distance;
            left < 0.0 && *distance > 0.0
        });
        // Rounding may leave a rest behind the last row.
        let farther = || nearest.iter().rposition(|distance| *distance > 0.0);
        match drawn.or_else(farther) {
            Some(row) => chosen = row,
            None => return prototypes,
        }
    }
}

/// In `[0, 1)`.
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 * f64::from_bits((1023 - 53) << 52)
}

/// Whether a row changed, and the cost.
fn assign(table: &MixedTable, prototypes: &[Prototype], cluster: &mut [usize]) -> (bool, f64) {
    let (mut changed, mut cost) = (false, 0.0);
    for (row, cluster) in cluster.iter_mut().enumerate() {
        let mut nearest = (f64::INFINITY, 0);
        for (place, prototype) in prototypes.iter().enumerate() {
            let distance = table.distance(row, &prototype.numbers, &prototype.codes);
            if distance < nearest.0 {
                nearest = (distance, place);
            }
        }
        changed |= *cluster != nearest.1;
        *cluster = nearest.1;
        cost += nearest.0;
    }
    (changed, cost)
}

/// A cluster that has lost all its rows is left out; the others keep their order.
fn update(table: &MixedTable, cluster: &[usize], n_clusters: usize) -> Vec<Prototype> {
    let mut members = vec![Vec::new(); n_clusters];
    for (row, cluster) in cluster.iter().enumerate() {
        members[*cluster].push(row);
    }
    let filled = members.iter().filter(|rows| !rows.is_empty());
    filled.map(|rows| prototype(table, rows)).collect()
}

fn prototype(table: &MixedTable, rows: &[usize]) -> Prototype {
    let mut numbers = vec![0.0; table.raw.len()];
    for row in rows {
        for (sum, number) in numbers.iter_mut().zip(table.numbers(*row)) {
            *sum += number;
        }
    }
    for sum in &mut numbers {
        *sum /= rows.len() as f64;
    }
    let columns = 0..table.n_codes().len();
    Prototype {
        numbers,
        codes: columns.map(|column| mode(table, column, rows)).collect(),
    }
}

/// The most frequent code; of equally frequent ones that which appears first in the table.
pub(super) fn mode(table: &MixedTable, column: usize, rows: &[usize]) -> u32 {
    let mut counts = vec![0_u32; table.n_codes()[column]];
    for row in rows {
        counts[table.codes(*row)[column] as usize] += 1;
    }
    let mut best = (0, 0);
    for (code, count) in (0..).zip(counts) {
        if count > best.1 {
            best = (code, count);
        }
    }
    best.0
}

/// Numbers the clusters anew, the largest first; equally large ones by their first row.
fn by_falling_size(cluster: Vec<usize>, cost: f64) -> Clustering {
    let mut clusters: Vec<(usize, usize, usize)> = Vec::new();
    for (row, &old) in cluster.iter().enumerate() {
        match clusters.iter_mut().find(|(known, _, _)| *known == old) {
            Some((_, size, _)) => *size += 1,
            None => clusters.push((old, 1, row)),
        }
    }
    clusters.sort_by_key(|(_, size, first)| (std::cmp::Reverse(*size), *first));
    let mut place = vec![
        0;
        clusters
            .iter()
            .map(|(old, _, _)| old + 1)
            .max()
            .unwrap_or(0)
    ];
    for (new, (old, _, _)) in clusters.iter().enumerate() {
        place[*old] = new;
    }
    Clustering {
        cluster: cluster.into_iter().map(|old| place[old]).collect(),
        n_clusters: clusters.len(),
        cost,
    }
}
