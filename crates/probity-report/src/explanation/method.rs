//! How to read the numbers: what was computed, by which formula, from which source.

use probity_domain::document::explanation_file::{
    AttributionFacts, AttributionMethod, ExplainedOutput, ExplanationFile,
};

use super::words::{output_name, start_place};
use crate::article::{Block, Look, Section, Words};
use crate::data_quality::plural_of;
use crate::number;

pub(crate) fn section(file: &ExplanationFile) -> Section {
    let mut terms: Vec<(String, Words)> = Vec::new();
    if let Some(facts) = &file.attributions {
        terms.extend(of_attributions(facts));
    }
    let mut add = |term: &str, meaning: &str| terms.push((term.to_owned(), Words::of(meaning)));
    if !file.partial_dependence.is_empty() {
        add(
            "Partial dependence",
            "PD(v) = 1/n · Σ f(x with the feature set to v), over the n rows. It shows what the model does on average, also for combinations of values that no row has; correlated features make it misleading. Its interval is that of a mean over rows. Friedman, “Greedy function approximation” (2001).",
        );
        add(
            "Single rows (ICE)",
            "The terms of that sum, a line for each of some rows. Goldstein et al., “Peeking inside the black box” (2015).",
        );
    }
    if !file.drift.is_empty() {
        add(
            "nDCG",
            "DCG = Σ a(i) ÷ log₂(i + 1), where a(i) is the baseline’s attribution of the feature that has rank i now; divided by the DCG of the baseline’s own order. 1: no rank moved. A violation is a value below the threshold, 0.90 in SageMaker Model Monitor (AWS developer guide, “Feature attribution drift”).",
        );
    }
    Section {
        id: "method".to_owned(),
        heading: Words::of("How to read the numbers"),
        look: Look::Method,
        blocks: vec![Block::Terms(terms)],
    }
}

fn of_attributions(facts: &AttributionFacts) -> Vec<(String, Words)> {
    let mut terms: Vec<(String, Words)> = Vec::new();
    let mut add = |term: &str, meaning: String| terms.push((term.to_owned(), Words::of(meaning)));
    add(
        "SHAP value",
        "A feature’s Shapley value: what it adds to the output when it becomes known, averaged over all orders in which the features can become known. φ(i) = Σ |S|! (M − |S| − 1)! ÷ M! · (v(S ∪ i) − v(S)), over all sets S of the other features; v(S) is the output when only S is known. Shapley (1953); Lundberg and Lee, “A unified approach to interpreting model predictions” (2017).".to_owned(),
    );
    add("What an absent feature is", absent(facts));
    add("How it was computed", computed(facts));
    add("What is divided", divided(facts.output).to_owned());
    add("Importance", importance(&facts.aggregation).to_owned());
    if facts
        .labels
        .iter()
        .flat_map(|label| &label.features)
        .any(|feature| feature.interval.is_some())
    {
        add(
            "Interval",
            "Of the importance, over the explained rows as a sample of all rows like them. It does not tell how the values depend on the baseline, nor how the model would differ had it been trained on other rows.".to_owned(),
        );
    }
    add(
        "Additivity",
        format!(
            "{} and all SHAP values of a row add up to the row’s {}. The largest distance in any row and output: {}.",
            if facts.chosen_features {
                "The value that the row starts from".to_owned()
            } else {
                format!(
                    "The mean {} {}",
                    output_name(facts.output),
                    start_place(facts)
                )
            },
            output_name(facts.output),
            number::short(facts.largest_additivity_error)
        ),
    );
    add(
        "What it is not",
        "A SHAP value tells what the model does with a value, not what the value causes in the world. Features that go together share what either would have alone.".to_owned(),
    );
    terms
}

fn absent(facts: &AttributionFacts) -> String {
    let baseline = match facts.n_baseline_rows {
        Some(n) if facts.baseline.is_empty() => plural_of(n, "row"),
        Some(n) => format!("{}: {}", plural_of(n, "row"), facts.baseline),
        None => facts.baseline.clone(),
    };
    let unchosen = if facts.chosen_features {
        " Columns that were not chosen are never absent: they keep the row’s own values."
    } else {
        ""
    };
    match facts.method {
        AttributionMethod::TreePathDependent => "Each tree averages over its branches by the training rows that went each way. No baseline is needed; the values belong to the data that the model was trained on.".to_owned(),
        AttributionMethod::TreeInterventional | AttributionMethod::KernelEnumerated | AttributionMethod::KernelSampled => format!("It takes the baseline’s values, and v(S) is the mean over the baseline ({baseline}).{unchosen}"),
    }
}

fn computed(facts: &AttributionFacts) -> String {
    let n = facts.n_coalitions.map_or(String::new(), |n| {
        format!(" {} of each row were asked.", plural_of(n, "coalition"))
    });
    let seed = facts
        .seed
        .map_or(String::new(), |seed| format!(" Seed: {seed}."));
    match facts.method {
        AttributionMethod::TreePathDependent => "Exactly, from the trees themselves, in polynomial time. Lundberg et al., “From local explanations to global understanding with explainable AI for trees” (2020), Tree SHAP with path-dependent perturbation.".to_owned(),
        AttributionMethod::TreeInterventional => "Exactly, from the trees themselves, against every row of the baseline. Lundberg et al., “From local explanations to global understanding with explainable AI for trees” (2020), Tree SHAP with interventional perturbation.".to_owned(),
        AttributionMethod::KernelEnumerated => format!("Exactly, by asking the model for every set of features: the weighted least squares of Lundberg and Lee (2017), without sampling.{n}"),
        AttributionMethod::KernelSampled => format!("By asking the model for sampled sets of features, in pairs with their complements, and weighted least squares. Lundberg and Lee (2017); Covert and Lee, “Improving KernelSHAP” (2021). A standard error tells how far a row’s value may be off by the choice of sets.{n}{seed}"),
    }
}

fn divided(output: ExplainedOutput) -> &'static str {
    match output {
        ExplainedOutput::RawScore => {
            "The raw score: the sum of the trees, before the link. Of a classifier it is in log-odds (or the margin of a class), not a probability."
        }
        ExplainedOutput::Reported => {
            "What the model reports: a value, or the probability of a class."
        }
        ExplainedOutput::LogOdds => {
            "The logit of the probability: ln(p ÷ (1 − p)). A step of 0.7 about doubles the odds."
        }
    }
}

fn importance(aggregation: &str) -> &'static str {
    match aggregation {
        "mean_abs" => {
            "The mean of the SHAP values’ sizes over all explained rows, whatever their direction: how far a feature moves a row on average."
        }
        "median" => {
            "The median of the SHAP values over all explained rows, with its sign. A feature that moves some rows up and others down may have 0."
        }
        "mean_sq" => {
            "The mean of the squared SHAP values over all explained rows: features that move a few rows far count more."
        }
        _ => "The SHAP values of all explained rows, as one number.",
    }
}
