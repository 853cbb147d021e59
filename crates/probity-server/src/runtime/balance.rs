//! Which variant answers the next request: in the proportion of the weights, spread evenly, and
//! without chance. Smooth weighted round-robin, as nginx has it: each turn everyone's credit
//! grows by their weight, and who has most pays the sum of all.

use std::sync::{Mutex, PoisonError};

#[derive(Debug)]
pub(super) struct Balance {
    weights: Vec<f64>,
    credits: Mutex<Vec<f64>>,
}

impl Balance {
    /// Weights are not negative. Where all are zero, all count the same.
    pub(super) fn new(weights: Vec<f64>) -> Balance {
        let usable = |weight: &f64| weight.is_finite() && *weight > 0.0;
        let weights: Vec<f64> = match weights.iter().any(&usable) {
            true => weights
                .into_iter()
                .map(|weight| if usable(&weight) { weight } else { 0.0 })
                .collect(),
            false => vec![1.0; weights.len()],
        };
        Balance {
            credits: Mutex::new(vec![0.0; weights.len()]),
            weights,
        }
    }

    /// The position of the variant.
    pub(super) fn next(&self) -> usize {
        if self.weights.len() < 2 {
            return 0;
        }
        let mut credits = self.credits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut chosen = 0;
        let mut total = 0.0;
        for (at, weight) in self.weights.iter().enumerate() {
            credits[at] += weight;
            total += weight;
            if credits[at] > credits[chosen] && *weight > 0.0 || self.weights[chosen] <= 0.0 {
                chosen = at;
            }
        }
        credits[chosen] -= total;
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(weights: &[f64], turns: usize) -> Vec<usize> {
        let balance = Balance::new(weights.to_vec());
        let mut counts = vec![0; weights.len()];
        for _ in 0..turns {
            counts[balance.next()] += 1;
        }
        counts
    }

    #[test]
    fn requests_are_shared_by_the_weights() {
        assert_eq!(shares(&[1.0], 5), [5]);
        assert_eq!(shares(&[3.0, 1.0], 100), [75, 25]);
        assert_eq!(shares(&[0.0, 1.0], 10), [0, 10]);
        assert_eq!(shares(&[0.0, 0.0], 10), [5, 5]);
        assert_eq!(shares(&[0.9, 0.1, 0.0], 1000), [900, 100, 0]);
    }

    #[test]
    fn the_smaller_share_is_spread() {
        let balance = Balance::new(vec![2.0, 1.0]);
        let turns: Vec<usize> = (0..6).map(|_| balance.next()).collect();
        assert_eq!(turns, [0, 1, 0, 0, 1, 0]);
    }
}
