//! How many clusters there are: the number with the largest mean silhouette (Rousseeuw,
//! "Silhouettes", 1987), a row's being (b − a) / max(a, b) with a its mean distance to its own
//! cluster and b that to the nearest other one.
//!
//! Why not a penalised cost: the penalty of k-means' BIC assumes round normal clusters,
//! which tables with categories do not have, while a silhouette asks for nothing but distances.
//! It says nothing about one cluster; that is the answer where the best
//! silhouette is below 0.25, which Kaufman and Rousseeuw ("Finding Groups in Data", 1990) read
//! as no substantial structure. One mean row then stands for all.

use super::MOST_TRIED_CLUSTERS;
use super::mixed_table::MixedTable;
use super::prototypes::Clustering;

/// Below, clusters are an artefact.
const LEAST_STRUCTURE: f64 = 0.25;

/// Rows that the numbers of clusters are tried on: the cost of silhouettes grows with their
/// square. All rows are clustered once the number is known.
const MOST_ROWS: usize = 1_000;

pub(super) fn best_number(table: &MixedTable, seed: u64) -> Clustering {
    let some = table.subset(&evenly_spaced(table.n_rows()));
    let distances = Distances::new(&some);
    let mut best = (f64::NEG_INFINITY, 1);
    for n_clusters in 2..=MOST_TRIED_CLUSTERS.min(some.n_rows()) {
        let clustering = Clustering::best(&some, n_clusters, seed);
        if clustering.n_clusters() < n_clusters {
            // No more rows differ.
            break;
        }
        let width = distances.mean_silhouette(&clustering);
        if width > best.0 {
            best = (width, n_clusters);
        }
    }
    let (width, n_clusters) = best;
    let n_clusters = if width < LEAST_STRUCTURE {
        1
    } else {
        n_clusters
    };
    Clustering::best(table, n_clusters, seed)
}

/// The rows are a random sample already, or the whole table.
fn evenly_spaced(n_rows: usize) -> Vec<usize> {
    let n = n_rows.min(MOST_ROWS);
    (0..n).map(|place| place * n_rows / n).collect()
}

/// Between all pairs of some rows.
struct Distances {
    n: usize,
    values: Vec<f32>,
}

impl Distances {
    fn new(table: &MixedTable) -> Distances {
        let n = table.n_rows();
        let mut values = Vec::with_capacity(n * n);
        for a in 0..n {
            // The root makes it a metric: that of the numbers with γ/2 for each 0/1 column of
            // a category.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "seven digits are enough for a mean of distances"
            )]
            let of_row = (0..n).map(|b| table.distance_of_rows(a, b).sqrt() as f32);
            values.extend(of_row);
        }
        Distances { n, values }
    }

    fn mean_silhouette(&self, clustering: &Clustering) -> f64 {
        let cluster = &clustering.cluster;
        let mut sizes = vec![0_u32; clustering.n_clusters()];
        for place in cluster {
            sizes[*place] += 1;
        }
        let mut sum = 0.0;
        for (row, own) in cluster.iter().enumerate() {
            let mut sums = vec![0.0; sizes.len()];
            for (other, distance) in self.values[row * self.n..][..self.n].iter().enumerate() {
                sums[cluster[other]] += f64::from(*distance);
            }
            sum += silhouette(*own, &sums, &sizes);
        }
        sum / self.n as f64
    }
}

/// Of a row that is alone in its cluster 0, as Rousseeuw defines it.
fn silhouette(own: usize, sums: &[f64], sizes: &[u32]) -> f64 {
    if sizes[own] < 2 {
        return 0.0;
    }
    let within = sums[own] / f64::from(sizes[own] - 1);
    let others = sums.iter().zip(sizes).enumerate();
    let nearest = others
        .filter(|(cluster, (_, size))| *cluster != own && **size > 0)
        .map(|(_, (sum, size))| sum / f64::from(*size))
        .fold(f64::INFINITY, f64::min);
    if !nearest.is_finite() {
        return 0.0;
    }
    let larger = within.max(nearest);
    if larger > 0.0 {
        (nearest - within) / larger
    } else {
        0.0
    }
}
