//! How to read the numbers of model quality.

use maud::{Markup, html};

use crate::masthead::terms;

const TERMS: [(&str, &str); 7] = [
    (
        "TP, FP, TN, FN",
        "Rows predicted positive rightly and wrongly, and negative rightly and wrongly. P is precision, R recall.",
    ),
    (
        "Interval",
        "It holds the value of the population behind the sample in so many of a hundred samples. The method is named beside it, and why there is none.",
    ),
    (
        "Std deviation",
        "SageMaker’s: of the metric over five random subsamples of 80% of the rows. It is smaller than the sampling error, which the interval shows. Not written below 200 rows.",
    ),
    (
        "ROC curve",
        "True against false positive rate as the threshold falls. The dotted diagonal is guessing; the area below the curve is the AUC.",
    ),
    (
        "Precision against recall",
        "The same thresholds from the side of the positive predictions. The dotted line, the share of positive labels, is guessing.",
    ),
    (
        "Calibration",
        "Of rows with a probability of about 0.7, about 70% should be positive. Points below the diagonal: the model promises too much.",
    ),
    (
        "Residuals",
        "label − prediction, sorted. A straight flat line at 0 would be perfect; long ends are rare large errors, and a middle off 0 is a constant error.",
    ),
];

pub(crate) fn section() -> Markup {
    html! {
        section.method {
            h2 { "How to read the numbers" }
            (terms(&TERMS))
        }
    }
}
