//! Formulas over the confusion matrix of a binary classifier. `None` where a formula divides
//! nothing by nothing.

use crate::bias::Confusion;

/// `None` when `whole` is zero: a share of nothing is unknown.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub(crate) fn recall(confusion: &Confusion) -> Option<f64> {
    share(confusion.true_positives, confusion.positive_labels())
}

pub(crate) fn precision(confusion: &Confusion) -> Option<f64> {
    share(confusion.true_positives, confusion.positive_predictions())
}

pub(crate) fn correct(confusion: &Confusion) -> u64 {
    confusion.true_positives + confusion.true_negatives
}

pub(crate) fn negative_labels(confusion: &Confusion) -> u64 {
    confusion.false_positives + confusion.true_negatives
}

/// (1 + β²)PR/(β²P + R), in this form because its digits are those of SageMaker's samples.
/// 0 where P and R are 0 and something was missed or wrongly found.
pub(crate) fn f_beta(confusion: &Confusion, beta: f64) -> Option<f64> {
    let found = confusion.positive_labels() + confusion.positive_predictions();
    if found == 0 {
        return None;
    }
    if confusion.true_positives == 0 {
        return Some(0.0);
    }
    Some(f_of(precision(confusion)?, recall(confusion)?, beta))
}

/// The F-measure of a precision and a recall that are not both 0; else 0.
pub(crate) fn f_of(precision: f64, recall: f64, beta: f64) -> f64 {
    let squared = beta * beta;
    let denominator = squared * precision + recall;
    if denominator <= 0.0 {
        return 0.0;
    }
    (1.0 + squared) * precision * recall / denominator
}

/// The classifier that says "positive" to every row.
pub(crate) fn always_positive(confusion: &Confusion) -> Confusion {
    Confusion {
        true_positives: confusion.positive_labels(),
        false_positives: negative_labels(confusion),
        true_negatives: 0,
        false_negatives: 0,
    }
}

/// Matthews's correlation (1975). `None` when a row or a column of the matrix is empty.
pub(crate) fn matthews(cells: [f64; 4]) -> Option<f64> {
    let [
        true_negatives,
        false_positives,
        false_negatives,
        true_positives,
    ] = cells;
    let labels = (true_positives + false_negatives) * (true_negatives + false_positives);
    let predictions = (true_positives + false_positives) * (true_negatives + false_negatives);
    if labels <= 0.0 || predictions <= 0.0 {
        return None;
    }
    let agreement = true_positives * true_negatives - false_positives * false_negatives;
    Some(agreement / labels.sqrt() / predictions.sqrt())
}

/// In the order of [`matthews`].
pub(crate) fn cells(confusion: &Confusion) -> [f64; 4] {
    [
        confusion.true_negatives as f64,
        confusion.false_positives as f64,
        confusion.false_negatives as f64,
        confusion.true_positives as f64,
    ]
}

/// Derivatives of an F-measure by the shares of the four cells.
pub(crate) fn f_beta_gradient(cells: [f64; 4], beta: f64) -> [f64; 4] {
    // F = a·TP / (a·TP + β²·FN + FP) with a = 1 + β².
    let [_, false_positives, false_negatives, true_positives] = shares(cells);
    let (squared, scale) = (beta * beta, 1.0 + beta * beta);
    let wrong = squared * false_negatives + false_positives;
    let all = scale * true_positives + wrong;
    let by_wrong = -scale * true_positives / (all * all);
    [
        0.0,
        by_wrong,
        squared * by_wrong,
        scale * wrong / (all * all),
    ]
}

/// Derivatives of Matthews's correlation by the shares of the four cells.
pub(crate) fn matthews_gradient(cells: [f64; 4]) -> [f64; 4] {
    let [tn, fp, fn_, tp] = shares(cells);
    let (labels, found) = (tp + fn_, tp + fp);
    let (other_labels, not_found) = (tn + fp, tn + fn_);
    let scale = (labels * found * other_labels * not_found).sqrt();
    let value = (tp * tn - fp * fn_) / scale;
    // d ln(scale)/dx is half the sum of 1/margin over the margins that hold the cell.
    let slope = |a: f64, b: f64| value / 2.0 * (1.0 / a + 1.0 / b);
    [
        tp / scale - slope(other_labels, not_found),
        -fn_ / scale - slope(other_labels, found),
        -fp / scale - slope(labels, not_found),
        tn / scale - slope(labels, found),
    ]
}

fn shares(cells: [f64; 4]) -> [f64; 4] {
    let rows: f64 = cells.iter().sum();
    cells.map(|cell| cell / rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The matrix of SageMaker's sample.
    const SAMPLE: Confusion = Confusion {
        true_negatives: 1,
        false_positives: 2,
        false_negatives: 0,
        true_positives: 1,
    };

    #[test]
    fn f_measures_are_those_of_the_sample_to_the_last_digit() {
        let measures = [0.5, 1.0, 2.0].map(|beta| f_beta(&SAMPLE, beta));
        assert_eq!(
            measures,
            [
                Some(0.384_615_384_615_384_6),
                Some(0.5),
                Some(0.714_285_714_285_714_3)
            ]
        );
        let constant = always_positive(&SAMPLE);
        let measures = [0.5, 1.0, 2.0].map(|beta| f_beta(&constant, beta));
        assert_eq!(
            measures,
            [Some(0.294_117_647_058_823_54), Some(0.4), Some(0.625)]
        );
    }

    #[test]
    fn f_is_zero_when_nothing_was_found_and_unknown_when_nothing_was_there() {
        let missed = Confusion {
            true_positives: 0,
            ..SAMPLE
        };
        assert_eq!(f_beta(&missed, 1.0), Some(0.0));
        let nothing = Confusion {
            true_negatives: 5,
            ..Confusion::default()
        };
        assert_eq!(f_beta(&nothing, 1.0), None);
    }

    #[track_caller]
    fn check_gradient(value: impl Fn([f64; 4]) -> f64, gradient: [f64; 4]) {
        let cells = [30.0, 7.0, 5.0, 18.0];
        for place in 0..4 {
            let mut moved = [cells, cells];
            moved[0][place] -= 1e-4;
            moved[1][place] += 1e-4;
            // By shares of 60 rows; central differences of step 1e-4 err by about 1e-9.
            let slope = (value(moved[1]) - value(moved[0])) / 2e-4 * 60.0;
            assert!(
                (slope - gradient[place]).abs() < 1e-6,
                "{place}: {slope} {gradient:?}"
            );
        }
    }

    #[test]
    fn gradients_are_the_slopes_of_their_functions() {
        let cells = [30.0, 7.0, 5.0, 18.0];
        let f2 = |[_, fp, fn_, tp]: [f64; 4]| 5.0 * tp / (5.0 * tp + 4.0 * fn_ + fp);
        check_gradient(f2, f_beta_gradient(cells, 2.0));
        check_gradient(|cells| matthews(cells).unwrap(), matthews_gradient(cells));
    }
}
