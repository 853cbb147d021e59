//! Which coalitions of a size are asked: all of them, or a simple random sample.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use super::coalition::Coalition;
use super::levels::Level;

/// The smaller halves of a level's pairs; in the middle level, where both halves are of one
/// size, the half that has player 0.
pub(super) fn pairs_of(
    level: &Level,
    n_players: usize,
    generator: &mut ChaCha8Rng,
) -> Vec<Coalition> {
    // Redrawing what was drawn before is slow where most are drawn.
    if level.n_asked > level.n_pairs / 2 {
        let mut all = every_pair(n_players, level.size);
        let n_asked = usize::try_from(level.n_asked).unwrap_or(usize::MAX);
        keep_sample(&mut all, n_asked, generator);
        return all;
    }
    let mut seen = HashSet::new();
    let mut drawn = Vec::new();
    while (drawn.len() as u64) < level.n_asked {
        let subset = canonical(random_subset(n_players, level.size, generator));
        if seen.insert(subset.clone()) {
            drawn.push(subset);
        }
    }
    drawn
}

fn canonical(subset: Coalition) -> Coalition {
    let is_middle = 2 * subset.n_present() == subset.n_players();
    if is_middle && !subset.contains(0) {
        return subset.complement();
    }
    subset
}

/// In lexicographic order.
fn every_pair(n_players: usize, size: usize) -> Vec<Coalition> {
    let is_middle = 2 * size == n_players;
    let mut chosen: Vec<usize> = (0..size).collect();
    let mut all = Vec::new();
    loop {
        if is_middle && chosen[0] != 0 {
            return all;
        }
        all.push(Coalition::of(n_players, chosen.iter().copied()));
        // The last position that can still move on.
        let movable = (0..size).rfind(|&at| chosen[at] < n_players - size + at);
        let Some(at) = movable else {
            return all;
        };
        let next = chosen[at] + 1;
        for (position, player) in (at..size).zip(next..) {
            chosen[position] = player;
        }
    }
}

/// A sample without replacement, in the order in which it stood. Selection sampling (Knuth,
/// The Art of Computer Programming 2, §3.4.2, S).
fn keep_sample(all: &mut Vec<Coalition>, n_wanted: usize, generator: &mut ChaCha8Rng) {
    let (mut n_left, mut n_wanted) = (all.len() as u64, n_wanted as u64);
    if n_wanted >= n_left {
        return;
    }
    all.retain(|_| {
        let is_kept = below(n_left, generator) < n_wanted;
        n_left -= 1;
        n_wanted -= u64::from(is_kept);
        is_kept
    });
}

/// Floyd's algorithm (Bentley and Floyd, 1987): `size` draws, all subsets equally likely.
fn random_subset(n_players: usize, size: usize, generator: &mut ChaCha8Rng) -> Coalition {
    let mut subset = Coalition::empty(n_players);
    for last in n_players - size..n_players {
        let drawn = usize::try_from(below(last as u64 + 1, generator)).unwrap_or(last);
        let is_taken = subset.contains(drawn);
        subset.insert(if is_taken { last } else { drawn });
    }
    subset
}

/// Uniform in `0..bound` (Lemire, 2019, without the rejection: biased by less than
/// `bound`/2^64).
fn below(bound: u64, generator: &mut ChaCha8Rng) -> u64 {
    let product = u128::from(generator.next_u64()) * u128::from(bound);
    (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn every_subset_of_a_size_is_listed_once() {
        for (n_players, size, expected) in [(5, 2, 10), (6, 3, 10), (2, 1, 1), (7, 1, 7)] {
            let all = every_pair(n_players, size);
            let distinct: HashSet<Coalition> = all.iter().cloned().collect();
            assert_eq!((all.len(), distinct.len()), (expected, expected));
            assert!(all.iter().all(|subset| subset.n_present() == size));
        }
    }

    /// How often each of the pairs is among those drawn, over many seeds.
    #[track_caller]
    fn check(n_players: usize, level: Level) {
        let n_seeds = 20_000;
        let mut counts = std::collections::HashMap::new();
        for seed in 0..n_seeds {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            let drawn = pairs_of(&level, n_players, &mut generator);
            assert_eq!(drawn.len() as u64, level.n_asked);
            for pair in drawn {
                *counts.entry(pair).or_insert(0u32) += 1;
            }
        }
        assert_eq!(counts.len() as u64, level.n_pairs);
        // Five standard errors of a share of 20,000 seeds.
        let share = level.n_asked as f64 / level.n_pairs as f64;
        let bound = 5.0 * (share * (1.0 - share) / n_seeds as f64).sqrt();
        for count in counts.values() {
            let found = f64::from(*count) / n_seeds as f64;
            assert!((found - share).abs() < bound, "{found} {share}");
        }
    }

    fn level(size: usize, n_pairs: u64, n_asked: u64) -> Level {
        Level {
            size,
            n_pairs,
            n_asked,
            weight: 1.0,
        }
    }

    #[test]
    fn every_pair_is_drawn_equally_often() {
        check(7, level(2, 21, 5));
        check(6, level(3, 10, 3));
        check(7, level(3, 35, 30));
        check(6, level(3, 10, 9));
    }
}
