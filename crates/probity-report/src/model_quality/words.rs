//! A model's quality in sentences, for readers who do not know what recall is.

use maud::{Markup, html};
use probity_domain::document::model_quality_file::{ModelQualityFile, QualityFacts, QualityMetric};
use probity_domain::document::model_quality_statistics::ProblemType;

use crate::data_quality::plural_of;
use crate::masthead::Mark;
use crate::number;

/// Four digits: exact figures are in the documents.
pub(crate) fn metric_number(value: f64) -> String {
    if (0.0005..1.0).contains(&value.abs()) {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", number::thousandths(value.abs()));
    }
    number::short(value)
}

pub(crate) fn find<'a>(facts: &'a QualityFacts, name: &str) -> Option<&'a QualityMetric> {
    facts
        .metrics
        .iter()
        .chain(&facts.extended)
        .find(|metric| metric.name == name)
}

fn value(facts: &QualityFacts, name: &str) -> Option<f64> {
    find(facts, name)?.value
}

/// Headline of a result that was compared with nothing.
pub(crate) fn headline(file: &ModelQualityFile) -> (Mark, String) {
    let main: &[(&str, &str)] = match file.problem_type {
        ProblemType::Regression => &[("rmse", "RMSE"), ("r2", "R²")],
        ProblemType::BinaryClassification => &[("accuracy", "Accuracy"), ("auc", "AUC")],
        ProblemType::MulticlassClassification => {
            &[("accuracy", "Accuracy"), ("weighted_f1", "weighted F1")]
        }
    };
    let known: Vec<String> = main
        .iter()
        .filter_map(|(name, shown)| {
            let value = value(&file.whole, name)?;
            Some(format!("{shown} {}", metric_number(value)))
        })
        .collect();
    let rows = plural_of(file.whole.rows.n_used, "row");
    if file.whole.rows.n_used == 0 {
        return (
            Mark::Warning,
            "Nothing could be measured: no row has a label and a prediction".to_owned(),
        );
    }
    (Mark::Neutral, format!("{} on {rows}", known.join(", ")))
}

/// What the main metrics mean, one sentence each.
pub(crate) fn explained(file: &ModelQualityFile) -> Vec<Markup> {
    match file.problem_type {
        ProblemType::Regression => regression(&file.whole),
        ProblemType::BinaryClassification => binary(&file.whole),
        ProblemType::MulticlassClassification => multiclass(&file.whole),
    }
}

/// `72 of 100`: a share as people say it.
fn of_hundred(share: f64) -> String {
    let hundredth = share * 100.0;
    if hundredth > 0.0 && hundredth < 1.0 {
        return "fewer than 1 of 100".to_owned();
    }
    format!("{} of 100", number::short(hundredth.round()))
}

fn binary(facts: &QualityFacts) -> Vec<Markup> {
    let mut said = Vec::new();
    if let Some(recall) = value(facts, "recall") {
        said.push(
            html! { b { (of_hundred(recall)) } " rows with a positive label are found (recall)." },
        );
    }
    if let Some(precision) = value(facts, "precision") {
        said.push(
            html! { b { (of_hundred(precision)) } " positive predictions are right (precision)." },
        );
    }
    if let Some(rate) = value(facts, "false_positive_rate") {
        said.push(html! { b { (of_hundred(rate)) } " rows with a negative label are wrongly predicted positive." });
    }
    if let Some(auc) = value(facts, "auc") {
        said.push(html! { "Of a positive and a negative row, the positive one scores higher in " b { (number::percent(auc)) } " of all pairs (AUC); 50% is guessing." });
    }
    if let Some(error) = value(facts, "expected_calibration_error") {
        said.push(html! { "Predicted probabilities differ from observed shares by " b { (number::short((error * 1000.0).round() / 10.0)) } " percentage points on average." });
    }
    said
}

fn multiclass(facts: &QualityFacts) -> Vec<Markup> {
    let mut said = Vec::new();
    if let Some(accuracy) = value(facts, "accuracy") {
        said.push(html! { b { (of_hundred(accuracy)) } " rows get the right class." });
    }
    let worst = facts
        .classes
        .iter()
        .filter_map(|class| Some((class, class.recall?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((class, recall)) = worst {
        said.push(html! {
            "Hardest is class " b { bdi { (class.class) } } ": " (of_hundred(recall)) " of its "
            (plural_of(class.support, "row")) " are found."
        });
    }
    let never = facts.classes.iter().filter(|class| class.n_predicted == 0);
    let never = never.count() as u64;
    if never > 0 {
        said.push(html! { b { (if never == 1 { "1 class is".to_owned() } else { format!("{} classes are", number::count(never)) }) } " never predicted." });
    }
    said
}

fn regression(facts: &QualityFacts) -> Vec<Markup> {
    let mut said = Vec::new();
    if let Some(error) = value(facts, "mae") {
        said.push(
            html! { "Predictions miss the label by " b { (metric_number(error)) } " on average." },
        );
    }
    let quantile = |p: f64| {
        let values = &facts.residuals.as_ref()?.quantiles.values;
        values
            .iter()
            .find(|q| (q.p - p).abs() < 1e-9)
            .map(|q| q.value)
    };
    if let (Some(low), Some(high)) = (quantile(0.05), quantile(0.95)) {
        said.push(html! { "For nine of ten rows, label − prediction lies between " b { (metric_number(low)) } " and " b { (metric_number(high)) } "." });
    }
    if let Some(r2) = value(facts, "r2") {
        said.push(if r2 > 0.0 {
            html! { b { (number::percent(r2)) } " of the variation of the labels is explained (R²)." }
        } else {
            html! { "The mean of the labels would predict better (R² " b { (metric_number(r2)) } ")." }
        });
    }
    said
}
