//! Numbers that Python and Rust generate alike: SplitMix64 (Steele, Lea, Flood, 2014), and the
//! kinds of column of `golden/summary/kll/make.py` and `golden/summary/moments/make.py`.

use std::path::PathBuf;

pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

pub(crate) fn values(kind: &str, seed: u64, n: u32) -> Vec<f64> {
    let mut bits = SplitMix64(seed);
    let value = |i: u32| {
        let word = bits.next();
        let uniform = (word >> 11) as f64 * (0.5f64).powi(53);
        match kind {
            "uniform" => uniform,
            "discrete" => (word % 50) as f64,
            "decimal" => (word % 100_000) as f64 / 100.0 - 300.0,
            "rising" => f64::from(i),
            "falling" => f64::from(n - i),
            "large_mean" => 1e9 + uniform * 30.0,
            "skewed" => uniform * uniform * uniform * uniform,
            other => panic!("no kind `{other}`"),
        }
    };
    (0..n).map(value).collect()
}

/// A file under `golden/`.
pub(crate) fn golden(path: &str) -> serde_json::Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../golden")
        .join(path);
    serde_json::from_slice(&std::fs::read(root).unwrap()).unwrap()
}
