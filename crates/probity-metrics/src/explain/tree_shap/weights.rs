//! Shares of a difference between a row and a background row among the features that make it.
//!
//! Where a leaf is reached by taking `n_row` features from the row and `n_background` from the
//! background row, and either choice fails otherwise, the Shapley value of a feature from the
//! row is `∫ t^(n_row − 1) (1 − t)^n_background dt` of the leaf, and that of one from the
//! background row is the same with the parts changed, and negative.

/// Sums of features up to which weights are kept.
const KEPT: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// `∫ t^a (1 − t)^c dt` at `a · KEPT + c`.
    kept: Vec<f64>,
}

impl Weights {
    pub(super) fn new() -> Weights {
        let kept = (0..KEPT * KEPT)
            .map(|idx| integral(idx / KEPT, idx % KEPT))
            .collect();
        Weights { kept }
    }

    /// `∫ t^a (1 − t)^c dt`.
    pub(super) fn integral(&self, a: usize, c: usize) -> f64 {
        if a < KEPT && c < KEPT {
            self.kept[a * KEPT + c]
        } else {
            integral(a, c)
        }
    }

    /// The weights of a feature from the row and of one from the background row; 0 for a
    /// side without features.
    pub(super) fn of(&self, n_row: usize, n_background: usize) -> (f64, f64) {
        let of_row = match n_row {
            0 => 0.0,
            _ => self.integral(n_row - 1, n_background),
        };
        let of_background = match n_background {
            0 => 0.0,
            _ => self.integral(n_row, n_background - 1),
        };
        (of_row, of_background)
    }
}

/// `a! c! / (a + c + 1)!`, as one over a product, which ends at 0 before it overflows.
fn integral(a: usize, c: usize) -> f64 {
    let (few, many) = (a.min(c), a.max(c));
    let mut integral = 1.0 / (many as f64 + 1.0);
    for k in 1..=few {
        integral *= k as f64 / (many as f64 + 1.0 + k as f64);
        if integral == 0.0 {
            break;
        }
    }
    integral
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_orders() {
        let weights = Weights::new();
        // One of each: half of the orders take the row's feature first.
        assert_eq!(weights.of(1, 1), (0.5, 0.5));
        // Two from the row: the other one is there already in half of the orders.
        assert_eq!(weights.of(2, 0), (0.5, 0.0));
        // 2! · 1! / 4!.
        assert!((weights.of(3, 1).0 - 1.0 / 12.0).abs() < 1e-17);
        assert!((weights.integral(KEPT, 1) - 1.0 / 4290.0).abs() < 1e-18);
    }
}
