//! One class against all others: precision, recall and F1 with Wilson's intervals.

use probity_domain::document::model_quality_file::ClassQuality;

use super::binary_metrics::f1_interval;
use super::interval::share_interval;
use super::rates::share;

/// Of a class with so many right rows, of `(rows with this label, with this prediction)`.
pub(crate) fn class_quality(
    class: &str,
    right: u64,
    (support, predicted): (u64, u64),
) -> ClassQuality {
    let either = support + predicted - right;
    ClassQuality {
        class: class.to_owned(),
        support,
        n_predicted: predicted,
        precision: share(right, predicted),
        precision_interval: (predicted > 0).then(|| share_interval(right, predicted)),
        recall: share(right, support),
        recall_interval: (support > 0).then(|| share_interval(right, support)),
        f1: share(2 * right, support + predicted),
        f1_interval: (either > 0).then(|| f1_interval(right, either)),
    }
}
