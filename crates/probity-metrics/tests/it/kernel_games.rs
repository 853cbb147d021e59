//! Games of which the Shapley values are known: by the definition, over all coalitions, or as
//! sums of games of a few players.

use probity_metrics::explain::kernel::{Coalition, CoalitionValues, KernelDesign, Solution};

use crate::generator::SplitMix64;

/// Uniform in −1 … 1.
pub(crate) fn uniform(random: &mut SplitMix64) -> f64 {
    (random.next() >> 11) as f64 * 0.5_f64.powi(52) - 1.0
}

/// A value for every coalition of a few players, by the bits of the players present.
pub(crate) struct TableGame {
    pub(crate) n_players: usize,
    pub(crate) values: Vec<f64>,
}

impl TableGame {
    pub(crate) fn new(n_players: usize, value: impl FnMut(usize) -> f64) -> TableGame {
        TableGame {
            n_players,
            values: (0..1usize << n_players).map(value).collect(),
        }
    }

    pub(crate) fn random(n_players: usize, random: &mut SplitMix64) -> TableGame {
        TableGame::new(n_players, |_| uniform(random))
    }

    fn value(&self, coalition: &Coalition) -> f64 {
        let bits: usize = coalition.present().map(|player| 1 << player).sum();
        self.values[bits]
    }

    /// φ_i = Σ_S |S|!·(M−|S|−1)!/M! · (v(S ∪ i) − v(S))
    pub(crate) fn shapley_values(&self) -> Vec<f64> {
        let m = self.n_players;
        let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
        let weight = |size: usize| factorial(size) * factorial(m - size - 1) / factorial(m);
        (0..m)
            .map(|player| {
                (0..self.values.len())
                    .filter(|bits| bits >> player & 1 == 0)
                    .map(|bits| {
                        let gain = self.values[bits | 1 << player] - self.values[bits];
                        weight(bits.count_ones() as usize) * gain
                    })
                    .sum()
            })
            .collect()
    }

    pub(crate) fn solve(&self, design: &KernelDesign) -> Solution {
        let values: Vec<f64> = (design.coalitions().iter())
            .map(|coalition| self.value(coalition))
            .collect();
        let (empty, full) = (self.values[0], self.values[self.values.len() - 1]);
        let values = CoalitionValues {
            empty,
            full,
            values: &values,
        };
        design.solve(&values).unwrap()
    }
}

/// A sum of games of a few of many players, so that the Shapley values are sums as well.
pub(crate) struct SumGame {
    pub(crate) n_players: usize,
    parts: Vec<(Vec<usize>, TableGame)>,
}

impl SumGame {
    /// One game of 1 to 4 players for each player.
    pub(crate) fn random(n_players: usize, seed: u64) -> SumGame {
        let mut random = SplitMix64(seed);
        let parts = (0..n_players)
            .map(|_| {
                let size = 1 + (random.next() % 4) as usize;
                let mut players = Vec::new();
                while players.len() < size {
                    let player = (random.next() % n_players as u64) as usize;
                    if !players.contains(&player) {
                        players.push(player);
                    }
                }
                (players, TableGame::random(size, &mut random))
            })
            .collect();
        SumGame { n_players, parts }
    }

    pub(crate) fn shapley_values(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.n_players];
        for (players, game) in &self.parts {
            for (player, value) in players.iter().zip(game.shapley_values()) {
                sums[*player] += value;
            }
        }
        sums
    }

    pub(crate) fn value(&self, coalition: &Coalition) -> f64 {
        (self.parts.iter())
            .map(|(players, game)| {
                let bits: usize = (players.iter().enumerate())
                    .map(|(at, player)| usize::from(coalition.contains(*player)) << at)
                    .sum();
                game.values[bits]
            })
            .sum()
    }

    pub(crate) fn solve(&self, design: &KernelDesign) -> Solution {
        solve(design, |coalition| self.value(coalition))
    }
}

/// The solution of any game.
pub(crate) fn solve(design: &KernelDesign, value: impl Fn(&Coalition) -> f64) -> Solution {
    let values: Vec<f64> = design.coalitions().iter().map(&value).collect();
    let values = CoalitionValues {
        empty: value(&Coalition::empty(design.n_players())),
        full: value(&Coalition::full(design.n_players())),
        values: &values,
    };
    design.solve(&values).unwrap()
}

/// Largest difference.
pub(crate) fn gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    (a.iter().zip(b)).fold(0.0, |gap, (a, b)| gap.max((a - b).abs()))
}
