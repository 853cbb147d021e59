//! Nearest rows, and what is made of them, against brute force: in numpy and scikit-learn
//! (`golden/bias/nearest`), in smclarify (`golden/bias/flip_test`), in AIF360
//! (`golden/bias/consistency`), and in the plainest Rust.

use probity_metrics::bias::nearest::{NearestRows, RowMajor, squared_distance};
use probity_metrics::bias::{FlipTestRows, consistency, flip_test};
use proptest::prelude::*;
use serde::Deserialize;

use crate::generator::{SplitMix64, golden};

fn flat(rows: &[Vec<f64>]) -> Vec<f64> {
    rows.concat()
}

/// Rows and squared distances of the `k` nearest rows of every query.
fn nearest(fitted: &[Vec<f64>], queries: &[Vec<f64>], k: usize) -> Vec<Vec<(u32, f64)>> {
    let n_columns = fitted[0].len();
    let (fitted, queries) = (flat(fitted), flat(queries));
    let index = NearestRows::of(RowMajor::new(&fitted, n_columns).unwrap());
    let queries = RowMajor::new(&queries, n_columns).unwrap();
    index.for_each_query(queries, k, |found| {
        found
            .iter()
            .map(|one| (one.row, one.squared_distance))
            .collect()
    })
}

/// A stable sort of all distances.
fn by_brute_force(fitted: &[Vec<f64>], query: &[f64], k: usize) -> Vec<(u32, f64)> {
    let distance = |row: &Vec<f64>| squared_distance(row, query);
    let mut all: Vec<(u32, f64)> = (0u32..).zip(fitted.iter().map(distance)).collect();
    all.sort_by(|left, right| left.1.total_cmp(&right.1));
    all.truncate(k);
    all
}

#[track_caller]
fn check(fitted: &[Vec<f64>], queries: &[Vec<f64>], k: usize) {
    for (query, found) in queries.iter().zip(nearest(fitted, queries, k)) {
        assert_eq!(found, by_brute_force(fitted, query, k), "{query:?}");
    }
}

#[derive(Deserialize)]
struct NearestCase {
    name: String,
    k: usize,
    fitted: Vec<Vec<f64>>,
    queries: Vec<Vec<f64>>,
    target: Vec<u8>,
    nearest: Vec<Vec<u32>>,
    farthest_squared_distance: Vec<f64>,
    votes: Vec<u8>,
}

#[test]
fn neighbours_and_votes_agree_with_brute_force_in_numpy_and_scikit_learn() {
    let cases: Vec<NearestCase> =
        serde_json::from_value(golden("bias/nearest/expected.json")).unwrap();
    for case in cases {
        let found = nearest(&case.fitted, &case.queries, case.k);
        for (at, found) in found.iter().enumerate() {
            let rows: Vec<u32> = found.iter().map(|one| one.0).collect();
            assert_eq!(rows, case.nearest[at], "{}, query {at}", case.name);
            // The same sum in the same order: the same bits.
            let farthest = found.last().unwrap().1;
            assert_eq!(
                farthest, case.farthest_squared_distance[at],
                "{}",
                case.name
            );
            let votes: usize = rows
                .iter()
                .map(|&row| usize::from(case.target[row as usize]))
                .sum();
            assert_eq!(
                u8::from(2 * votes > case.k),
                case.votes[at],
                "{}",
                case.name
            );
        }
    }
}

#[derive(Deserialize)]
struct FlipCase {
    name: String,
    features: Vec<Vec<f64>>,
    disadvantaged: Vec<u8>,
    predicted: Vec<u8>,
    smclarify: f64,
    by_lowest_row: f64,
    rows_with_a_tie_at_the_last_place: u32,
}

/// Tables of ties alone, where scikit-learn's algorithms differ among themselves.
const MADE_OF_TIES: [&str; 2] = ["integers, many ties", "duplicated rows"];

#[test]
fn flip_test_agrees_with_smclarify() {
    let cases: Vec<FlipCase> =
        serde_json::from_value(golden("bias/flip_test/expected.json")).unwrap();
    for case in cases {
        let n_columns = case.features[0].len();
        let is_one = |marks: &[u8]| -> Vec<bool> { marks.iter().map(|&mark| mark == 1).collect() };
        let found = flip_test(&FlipTestRows {
            features: RowMajor::new(&flat(&case.features), n_columns).unwrap(),
            disadvantaged: &is_one(&case.disadvantaged),
            predicted_positive: &is_one(&case.predicted),
        });
        // Quotients of counts, which all sides round once.
        let found = found.unwrap();
        assert_eq!(found.value(), case.by_lowest_row, "{}", case.name);
        if MADE_OF_TIES.contains(&case.name.as_str()) {
            let tied = f64::from(case.rows_with_a_tie_at_the_last_place);
            let gap = (found.value() - case.smclarify).abs();
            assert!(
                gap <= tied / found.disadvantaged_rows as f64,
                "{}",
                case.name
            );
        } else {
            assert_eq!(found.value(), case.smclarify, "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct ConsistencyCase {
    name: String,
    features: Vec<Vec<f64>>,
    predicted: Vec<u8>,
    consistency: f64,
}

#[test]
fn consistency_agrees_with_numpy_and_aif360() {
    let cases: Vec<ConsistencyCase> =
        serde_json::from_value(golden("bias/consistency/expected.json")).unwrap();
    for case in cases {
        let features = flat(&case.features);
        let features = RowMajor::new(&features, case.features[0].len()).unwrap();
        let predicted: Vec<bool> = case.predicted.iter().map(|&one| one == 1).collect();
        let found = consistency(features, &predicted).unwrap().value();
        // A mean of at most 200 multiples of 1/5, each rounded: 200 × 2⁻⁵³.
        let gap = (found - case.consistency).abs();
        assert!(
            gap < 3e-14,
            "{}: {found} is not {}",
            case.name,
            case.consistency
        );
    }
}

/// Tables of few and many columns whose values often, or never, repeat.
fn tables() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<Vec<f64>>, usize)> {
    let value = |kind: u8, bits: u64| match kind {
        0 => (bits % 3) as f64,
        1 => (bits % 40) as f64 - 20.0,
        2 => (bits >> 11) as f64,
        // Sums of these round at every step.
        _ => (bits % 1000) as f64 * 0.1 + ((bits >> 20) % 7) as f64 * 1e9,
    };
    (1..20usize, 1..400usize, 0..4u8, 1..9usize, any::<u64>()).prop_map(
        move |(n_columns, n_rows, kind, k, seed)| {
            let mut bits = SplitMix64(seed);
            let mut rows = |n: usize| -> Vec<Vec<f64>> {
                (0..n)
                    .map(|_| (0..n_columns).map(|_| value(kind, bits.next())).collect())
                    .collect()
            };
            (rows(n_rows), rows(30), k)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neighbours_are_those_of_a_stable_sort((fitted, queries, k) in tables()) {
        check(&fitted, &queries, k);
    }

    #[test]
    fn rows_that_repeat_are_found_lowest_first((fitted, queries, k) in tables()) {
        let repeated: Vec<Vec<f64>> = [&fitted[..], &fitted[..], &queries[..]].concat();
        check(&repeated, &fitted[..fitted.len().min(30)], k);
    }
}

/// Independent columns, in which a query needs a large part of the tree.
#[track_caller]
fn check_many_columns(n_columns: u32, value: impl Fn(u64) -> f64) {
    let mut bits = SplitMix64(13);
    let mut rows = |n: usize| -> Vec<Vec<f64>> {
        (0..n)
            .map(|_| (0..n_columns).map(|_| value(bits.next())).collect())
            .collect()
    };
    check(&rows(20_000), &rows(300), 5);
}

#[test]
fn queries_that_finish_together_agree_with_brute_force() {
    check_many_columns(13, |bits| (bits >> 11) as f64);
}

#[test]
fn ties_are_broken_alike_by_queries_that_finish_together() {
    check_many_columns(9, |bits| (bits % 4) as f64);
}

#[test]
fn distances_too_large_for_a_double_are_ties_of_infinity() {
    let rows = [[1e200], [-1e200], [3.0], [2.0]].map(|row| row.to_vec());
    check(&rows, &[vec![0.0], vec![1e300], vec![-1e308]], 3);
}

#[test]
fn a_table_without_rows_has_no_neighbours() {
    let index = NearestRows::of(RowMajor::new(&[], 2).unwrap());
    let queries = RowMajor::new(&[1.0, 2.0], 2).unwrap();
    assert_eq!(index.for_each_query(queries, 5, <[_]>::len), [0]);
}

#[test]
fn threads_do_not_change_the_answer() {
    let mut bits = SplitMix64(5);
    let mut rows = |n: usize| -> Vec<Vec<f64>> {
        (0..n)
            .map(|_| (0..4).map(|_| (bits.next() % 12) as f64).collect())
            .collect()
    };
    let (fitted, queries) = (rows(3000), rows(2000));
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        pool.install(|| nearest(&fitted, &queries, 5))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

/// All pairs would be 10¹⁰ distances, a minute's work; see the budget of a test.
#[track_caller]
fn check_large(row: impl Fn(usize) -> [f64; 2], query: usize, expected: [u32; 5]) {
    let fitted: Vec<Vec<f64>> = (0..200_000).map(|at| row(at).to_vec()).collect();
    let found = nearest(&fitted, &fitted[..50_000], 5);
    let rows: Vec<u32> = found[query].iter().map(|one| one.0).collect();
    assert_eq!(rows, expected);
}

#[test]
fn identical_rows_do_not_become_all_pairs() {
    check_large(|_| [3.0, 4.0], 7, [0, 1, 2, 3, 4]);
}

#[test]
fn a_column_that_rules_all_distances_does_not_become_all_pairs() {
    let row = |at: usize| [(at % 3) as f64, at as f64 * 1e6];
    check_large(row, 100, [100, 99, 101, 98, 102]);
}

#[test]
fn far_outliers_do_not_become_all_pairs() {
    // Nearly all values are zero in both columns, and the others are all different.
    let row = |at: usize| match at % 50 {
        0 => [1e9 + at as f64, 0.0],
        1 => [0.0, -(at as f64).exp2().min(1e300)],
        _ => [0.0, (at % 7) as f64],
    };
    check_large(row, 2, [2, 9, 16, 23, 30]);
}

#[test]
fn ties_at_the_last_place_do_not_become_all_pairs() {
    // On a grid of 450 × 450 every row has four neighbours at distance 1, four at √2.
    check_large(
        |at| [(at % 450) as f64, (at / 450) as f64],
        451,
        [451, 1, 450, 452, 901],
    );
}
