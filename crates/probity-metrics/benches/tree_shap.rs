//! CPU-seconds of tree SHAP on complete trees, path-dependent and interventional, and of
//! interaction values.
//!
//! `cargo bench -p probity-metrics --bench tree_shap [-- SHAPE]`, with `RAYON_NUM_THREADS=1`
//! for one thread. Time is that of all threads of the process where the system tells it
//! (Linux), so that a busy machine shows little in the figures.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::time::Instant;

use probity_metrics::explain::{Background, TreeExplainer};
use probity_metrics::model::{
    Branch, Condition, EnsembleTree, Feature, FeatureKind, FeatureMatrix, Link, Node, Precision,
    Split, Target, Tree, TreeEnsemble,
};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

const N_FEATURES: u32 = 50;

/// A complete tree; node `i` has the children `2i + 1` and `2i + 2`.
fn tree(random: &mut Random, depth: u32) -> Tree {
    let n_splits = (1_u32 << depth) - 1;
    let n_nodes = 2 * n_splits + 1;
    let nodes = (0..n_nodes).map(|node| match node < n_splits {
        true => Node::Split(Split {
            feature: u32::try_from(random.next() % u64::from(N_FEATURES)).unwrap(),
            condition: Condition::Below(0.2 + 0.6 * random.uniform()),
            missing: Branch::First,
            zero_is_missing: false,
            first: 2 * node + 1,
            second: 2 * node + 2,
        }),
        false => Node::Leaf(node - n_splits),
    });
    let nodes = nodes.collect();
    let mut covers = vec![0.0; n_nodes as usize];
    for node in (0..n_nodes as usize).rev() {
        covers[node] = match node < n_splits as usize {
            true => covers[2 * node + 1] + covers[2 * node + 2],
            false => 1.0 + 99.0 * random.uniform(),
        };
    }
    let leaves = (0..=n_splits).map(|_| random.uniform() - 0.5).collect();
    Tree::new(nodes, covers, leaves, 1).unwrap()
}

fn ensemble(n_trees: usize, depth: u32) -> TreeEnsemble {
    let random = &mut Random(1);
    let feature = |idx| Feature {
        name: format!("x{idx}"),
        kind: FeatureKind::Numeric,
    };
    let trees = (0..n_trees).map(|_| EnsembleTree {
        tree: tree(random, depth),
        target: Target::One(0),
    });
    let trees = trees.collect();
    let features = (0..N_FEATURES).map(feature).collect();
    let link = (Link::Identity, Precision::Single);
    TreeEnsemble::new(features, trees, vec![0.5], link).unwrap()
}

fn rows(seed: u64, n_rows: usize) -> FeatureMatrix {
    let random = &mut Random(seed);
    let values = (0..n_rows * N_FEATURES as usize).map(|_| random.uniform());
    FeatureMatrix::new(values.collect(), N_FEATURES as usize).unwrap()
}

/// Seconds that all threads of this process have run, or that have passed since `start`.
fn elapsed(start: Instant) -> f64 {
    let mut total = 0.0;
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten() {
        let path = task.unwrap().path().join("schedstat");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let on_cpu = text
            .split(' ')
            .next()
            .and_then(|text| text.parse::<f64>().ok());
        total += on_cpu.unwrap_or(0.0) / 1e9;
    }
    if total > 0.0 {
        total
    } else {
        start.elapsed().as_secs_f64()
    }
}

fn report(name: &str, work: impl FnOnce() -> f64) {
    let start = Instant::now();
    let before = elapsed(start);
    let check = work();
    let seconds = elapsed(start) - before;
    println!("{name:<64} {seconds:8.3} CPU-s  ({check:+.6})");
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |name: &str| {
        let named = asked.iter().filter(|text| !text.starts_with("--"));
        let mut named = named.peekable();
        named.peek().is_none() || named.any(|text| name.contains(text.as_str()))
    };
    for (n_trees, depth, n_rows) in [(500, 6, 10_000), (200, 12, 1_000)] {
        let ensemble = ensemble(n_trees, depth);
        let (data, background) = (rows(2, n_rows), rows(3, 100));
        let few = rows(4, n_rows / 10);
        let tell = |what: &str, work: &dyn Fn() -> f64| {
            let name = format!("{n_trees} trees of depth {depth}, {what}");
            if is_asked(&name) {
                report(&name, work);
            }
        };
        let data = &data;
        let explainer = TreeExplainer::new(&ensemble, Background::PathDependent).unwrap();
        tell("scores of all rows", &|| sum(&ensemble.raw_scores(data)));
        tell("path-dependent, preparation", &|| {
            let explainer = TreeExplainer::new(&ensemble, Background::PathDependent).unwrap();
            sum(explainer.expected_values())
        });
        tell(&format!("path-dependent, {n_rows} rows"), &|| {
            sum(&explainer.shap_values(data))
        });
        let some = rows(5, n_rows / 100);
        tell(
            &format!("path-dependent, interactions, {} rows", n_rows / 100),
            &|| sum(&explainer.interaction_values(&some)),
        );
        let on = Background::Interventional(&background);
        tell("interventional, preparation", &|| {
            sum(TreeExplainer::new(&ensemble, on).unwrap().expected_values())
        });
        let explainer = TreeExplainer::new(&ensemble, on).unwrap();
        tell(
            &format!("interventional on 100, {} rows", n_rows / 10),
            &|| sum(&explainer.shap_values(&few)),
        );
    }
}
