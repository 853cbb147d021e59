//! Pictures of a model's predictions: who is confused with whom, curves, calibration,
//! residuals.

use maud::{Markup, html};
use probity_domain::document::ConfusionMatrix;
use probity_domain::document::model_quality_file::{CalibrationCurve, ResidualFacts};
use probity_domain::document::model_quality_statistics::{
    BinaryMetrics, ModelQualityStatistics, ProblemMetrics,
};

use super::words::metric_number;
use crate::chart::{
    Axis, ConfusionChart, CurveChart, CurvePoint, Guide, confusion_chart, curve_chart, score_bars,
};
use crate::number;

/// Classes of a picture, those with most rows; the table of classes has more.
const MOST_CLASSES: usize = 30;

pub(crate) fn confusion(matrix: &ConfusionMatrix) -> Markup {
    let mut shown: Vec<usize> = (0..matrix.classes.len()).collect();
    if shown.len() > MOST_CLASSES {
        shown.sort_by_key(|class| std::cmp::Reverse(matrix.rows[*class].iter().sum::<u64>()));
        shown.truncate(MOST_CLASSES);
        shown.sort_unstable();
    }
    let chart = ConfusionChart {
        classes: shown
            .iter()
            .map(|class| matrix.classes[*class].clone())
            .collect(),
        rows: shown
            .iter()
            .map(|actual| {
                shown
                    .iter()
                    .map(|predicted| matrix.rows[*actual][*predicted])
                    .collect()
            })
            .collect(),
    };
    html! {
        figure {
            figcaption { span { b { "Confusion matrix" } } span.unit { "share of the actual class" } }
            (confusion_chart(&chart, "Confusion matrix"))
            @if chart.classes.len() < matrix.classes.len() {
                p.fine { "The " (MOST_CLASSES) " classes with most rows of " (number::count(matrix.classes.len() as u64)) "." }
            }
            details { summary { "Numbers of this picture" } (confusion_table(&chart)) }
        }
    }
}

fn confusion_table(chart: &ConfusionChart) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.numbers {
                thead { tr { th scope="col" { "Actual ↓ predicted →" } @for class in &chart.classes { th scope="col" { bdi { (class) } } } } }
                tbody {
                    @for (class, row) in chart.classes.iter().zip(&chart.rows) {
                        tr { th scope="row" { bdi { (class) } } @for count in row { td { (number::count(*count)) } } }
                    }
                }
            }
        }
    }
}

fn binary_of(statistics: Option<&ModelQualityStatistics>) -> Option<&BinaryMetrics> {
    match &statistics?.metrics {
        ProblemMetrics::Binary(metrics) => Some(metrics),
        ProblemMetrics::Regression(_) | ProblemMetrics::Multiclass(_) => None,
    }
}

fn zipped(xs: &[f64], ys: &[f64]) -> Vec<(f64, f64)> {
    xs.iter().copied().zip(ys.iter().copied()).collect()
}

fn legend(chart: &CurveChart) -> Markup {
    html! {
        @if !chart.then.is_empty() { span { i.key.then {} "Baseline" } span { i.key.line {} "Current" } }
    }
}

pub(crate) fn roc(metrics: &BinaryMetrics, baseline: Option<&ModelQualityStatistics>) -> Markup {
    let points = |metrics: &BinaryMetrics| {
        let curve = &metrics.receiver_operating_characteristic_curve;
        zipped(&curve.false_positive_rates, &curve.true_positive_rates)
    };
    let then = binary_of(baseline);
    let chart = CurveChart {
        then: then.map(points).unwrap_or_default(),
        now: points(metrics),
        guide: Guide::Diagonal,
        points: operating_point(metrics.false_positive_rate.value, metrics.recall.value),
        x: Axis::UNIT,
        y: Axis::UNIT,
        x_label: "false positive rate",
        y_label: "true positive rate",
    };
    let auc = metrics
        .auc
        .value
        .map_or("unknown".to_owned(), metric_number);
    let described = format!(
        "Area under the curve {auc}. {}",
        told_then(then.and_then(|m| m.auc.value))
    );
    html! {
        figure {
            figcaption { span { b { "ROC curve" } } (legend(&chart)) span.unit { "area " (auc) "; ● where the predictions are" } }
            (curve_chart(&chart, "Receiver operating characteristic", &described))
            details { summary { "Numbers of this picture" } (curve_table(("False positive rate", "True positive rate"), &chart.now)) }
        }
    }
}

fn told_then(area: Option<f64>) -> String {
    area.map_or("The dotted line is guessing.".to_owned(), |area| {
        format!("It was {} in the baseline (dashed).", metric_number(area))
    })
}

fn operating_point(x: Option<f64>, y: Option<f64>) -> Vec<CurvePoint> {
    let point = x.zip(y).map(|(x, y)| CurvePoint {
        x,
        y,
        interval: None,
    });
    point.into_iter().collect()
}

pub(crate) fn precision_recall(
    metrics: &BinaryMetrics,
    baseline: Option<&ModelQualityStatistics>,
) -> Markup {
    let points = |metrics: &BinaryMetrics| {
        let curve = &metrics.precision_recall_curve;
        zipped(&curve.recalls, &curve.precisions)
    };
    let then = binary_of(baseline);
    let positives = positive_share(&metrics.confusion_matrix);
    let chart = CurveChart {
        then: then.map(points).unwrap_or_default(),
        now: points(metrics),
        guide: Guide::Level(positives),
        points: operating_point(metrics.recall.value, metrics.precision.value),
        x: Axis::UNIT,
        y: Axis::UNIT,
        x_label: "recall",
        y_label: "precision",
    };
    html! {
        figure {
            figcaption { span { b { "Precision against recall" } } (legend(&chart)) span.unit { "● where the predictions are" } }
            (curve_chart(&chart, "Precision against recall", "The dotted line is the share of positive labels, which guessing reaches."))
            details { summary { "Numbers of this picture" } (curve_table(("Recall", "Precision"), &chart.now)) }
        }
    }
}

/// NaN without rows: there is no line then.
fn positive_share(matrix: &ConfusionMatrix) -> f64 {
    let place = matrix.classes.iter().position(|class| class == "1");
    let positives: u64 = place.map_or(0, |place| matrix.rows[place].iter().sum());
    let all: u64 = matrix.rows.iter().flatten().sum();
    number::share(positives, all).unwrap_or(f64::NAN)
}

fn curve_table((x, y): (&str, &str), points: &[(f64, f64)]) -> Markup {
    html! {
        table.numbers {
            thead { tr { th scope="col" { (x) } th scope="col" { (y) } } }
            tbody { @for point in points { tr { th { (metric_number(point.0)) } td { (metric_number(point.1)) } } } }
        }
    }
}

/// `equal width`
pub(crate) fn bins_of(curve: &CalibrationCurve) -> String {
    curve.bins_by.replace('_', " ")
}

pub(crate) fn calibration(curve: &CalibrationCurve) -> Markup {
    let chart = CurveChart {
        then: Vec::new(),
        now: curve
            .bins
            .iter()
            .map(|bin| (bin.mean_probability, bin.positive_share))
            .collect(),
        guide: Guide::Diagonal,
        points: curve
            .bins
            .iter()
            .map(|bin| CurvePoint {
                x: bin.mean_probability,
                y: bin.positive_share,
                interval: Some((bin.interval.low, bin.interval.high)),
            })
            .collect(),
        x: Axis::UNIT,
        y: Axis::UNIT,
        x_label: "predicted probability",
        y_label: "observed share of positives",
    };
    let bars: Vec<(f64, f64, u64)> = curve
        .bins
        .iter()
        .map(|bin| (bin.low, bin.high, bin.n))
        .collect();
    let described = "On the dotted line, predicted probabilities come true as often as they say.";
    html! {
        figure {
            figcaption { span { b { "Calibration" } } span.unit { "bins of " (bins_of(curve)) } }
            (curve_chart(&chart, "Calibration of the probabilities", described))
            @if curve.bins_by == "equal_width" { (score_bars(&bars, "Rows by predicted probability", &bars_described(&bars))) }
            details { summary { "Numbers of this picture" } (calibration_table(curve)) }
        }
    }
}

fn bars_described(bars: &[(f64, f64, u64)]) -> String {
    let most = bars.iter().max_by_key(|bar| bar.2);
    most.map_or("No rows.".to_owned(), |(low, high, n)| {
        format!(
            "Most rows, {}, lie between {} and {}.",
            number::count(*n),
            metric_number(*low),
            metric_number(*high)
        )
    })
}

fn calibration_table(curve: &CalibrationCurve) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.numbers {
                thead { tr { th scope="col" { "Probability" } th scope="col" { "Rows" } th scope="col" { "Mean" } th scope="col" { "Observed" } th scope="col" { "Interval" } } }
                tbody {
                    @for bin in &curve.bins {
                        tr {
                            th scope="row" { (metric_number(bin.low)) " to " (metric_number(bin.high)) }
                            td { (number::count(bin.n)) }
                            td { (metric_number(bin.mean_probability)) }
                            td { (metric_number(bin.positive_share)) }
                            td { (metric_number(bin.interval.low)) " to " (metric_number(bin.interval.high)) }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn residuals(residuals: &ResidualFacts, baseline: Option<&ResidualFacts>) -> Markup {
    let points = |facts: &ResidualFacts| -> Vec<(f64, f64)> {
        facts
            .quantiles
            .values
            .iter()
            .map(|q| (q.p, q.value))
            .collect()
    };
    let (now, then) = (points(residuals), baseline.map(points).unwrap_or_default());
    let values = now.iter().chain(&then).map(|point| point.1);
    let chart = CurveChart {
        y: Axis::fitting(values.chain([0.0])),
        points: now
            .iter()
            .map(|(x, y)| CurvePoint {
                x: *x,
                y: *y,
                interval: None,
            })
            .collect(),
        then,
        now,
        guide: Guide::Level(0.0),
        x: Axis::UNIT,
        x_label: "share of rows below",
        y_label: "label − prediction",
    };
    let described = format!(
        "From {} to {}, {} rows.",
        metric_number(residuals.min),
        metric_number(residuals.max),
        number::count(residuals.n)
    );
    html! {
        figure {
            figcaption { span { b { "Residuals" } } (legend(&chart)) span.unit { "quantiles of label − prediction" } }
            (curve_chart(&chart, "Quantiles of the residuals", &described))
            details { summary { "Numbers of this picture" } (residual_table(residuals)) }
        }
    }
}

fn residual_table(residuals: &ResidualFacts) -> Markup {
    html! {
        table.numbers {
            thead { tr { th scope="col" { "Rows below" } th scope="col" { "Label − prediction" } } }
            tbody {
                tr { th scope="row" { "smallest" } td { (metric_number(residuals.min)) } }
                @for quantile in &residuals.quantiles.values {
                    tr { th scope="row" { (number::percent(quantile.p)) } td { (metric_number(quantile.value)) } }
                }
                tr { th scope="row" { "largest" } td { (metric_number(residuals.max)) } }
            }
        }
        @if residuals.quantiles.rank_error > 0.0 {
            p.fine { "Ranks are exact to " (number::limit_percent(residuals.quantiles.rank_error)) " of the rows." }
        }
    }
}
