//! What each metric asks, its formula, its ideal value and where it comes from.
//!
//! Formulas and signs are those that the numbers follow: SageMaker Clarify's developer guide
//! ("Measure Pre-training Bias", "Measure Posttraining Data and Model Bias") corrected where
//! its service computes something else, and the papers named below. Subscripts are written
//! `_a` and `_d`.

use maud::{Markup, html};

/// What a metric says when there is no bias, and how its picture is spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ideal {
    /// A difference or a distance.
    Zero,
    /// A ratio.
    One,
    /// A share that should be whole; it has no place on a scale around an ideal value.
    Whole,
}

impl Ideal {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Zero => 0.0,
            Self::One | Self::Whole => 1.0,
        }
    }

    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::One | Self::Whole => "1",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MetricText {
    pub(crate) name: &'static str,
    pub(crate) formula: &'static str,
    /// What it asks, and what its sign means.
    pub(crate) meaning: &'static str,
    pub(crate) source: &'static str,
}

/// `None` for a metric that this version does not know: the document's own description serves.
pub(crate) fn text_of(name: &str) -> Option<&'static MetricText> {
    CLARIFY
        .iter()
        .chain(EXTENDED)
        .find(|text| text.name == name)
}

pub(crate) fn ideal_of(name: &str) -> Ideal {
    match name {
        "DI" => Ideal::One,
        "consistency" => Ideal::Whole,
        _ if name.ends_with("_ratio") => Ideal::One,
        _ => Ideal::Zero,
    }
}

/// Whether a value on one side of the ideal one means another thing than on the other. A
/// distance has no direction: its interval lies above 0 however equal the groups are. Nothing is claimed of unknown metrics.
pub(crate) fn has_direction(name: &str) -> bool {
    let is_distance = matches!(
        name,
        "JS" | "KL"
            | "KS"
            | "LP"
            | "TVD"
            | "GE"
            | "demographic_parity_difference"
            | "demographic_parity_ratio"
            | "equalized_odds_difference"
            | "equalized_odds_ratio"
            | "equal_opportunity_ratio"
            | "average_abs_odds_difference"
            | "theil_index"
            | "coefficient_of_variation"
            | "differential_fairness"
            | "consistency"
    );
    !is_distance && !name.starts_with("between_group") && text_of(name).is_some()
}

/// `DPL`, or words of `equalized_odds_difference`.
pub(crate) fn shown_name(name: &str) -> String {
    if name.contains('_') || name.chars().all(|c| c.is_ascii_lowercase()) {
        let words = name.replace('_', " ");
        let mut characters = words.chars();
        let first = characters.next().map(|c| c.to_ascii_uppercase());
        return first.into_iter().chain(characters).collect();
    }
    name.to_owned()
}

/// `Difference in …` of `Difference in … (DPL)`: the name stands beside it already.
pub(crate) fn description_without_name<'a>(description: &'a str, name: &str) -> &'a str {
    // `Theil index: mean of …` of a name in words that stands beside it.
    if name.contains('_') {
        return description
            .split_once(": ")
            .map_or(description, |(_, formula)| formula);
    }
    description
        .strip_suffix(')')
        .and_then(|text| text.strip_suffix(name))
        .and_then(|text| text.strip_suffix(" ("))
        .unwrap_or(description)
}

/// A formula with its subscripts lowered.
pub(crate) fn formula(text: &str) -> Markup {
    let mut parts = text.split('_');
    let first = parts.next().unwrap_or_default();
    html! {
        (first)
        @for part in parts {
            @let end = part.chars().next().map_or(0, char::len_utf8);
            sub { (part[..end]) } (part[end..])
        }
    }
}

const CLARIFY_GUIDE: &str = "SageMaker Clarify";

const fn clarify(name: &'static str, formula: &'static str, meaning: &'static str) -> MetricText {
    MetricText {
        name,
        formula,
        meaning,
        source: CLARIFY_GUIDE,
    }
}

const fn from_paper(text: MetricText, source: &'static str) -> MetricText {
    MetricText { source, ..text }
}

const CLARIFY: &[MetricText] = &[
    from_paper(
        clarify(
            "CDDL",
            "Σ_g (n_g ÷ n) · DD_g,  DD = share of d among negative labels − share of d among positive labels",
            "Is d more common among the rejected than among the accepted, within each value of the group variable? Positive: yes, d is disadvantaged. Strata are weighted by their rows.",
        ),
        "Wachter, Mittelstadt, Russell (2020); SageMaker Clarify",
    ),
    clarify(
        "CI",
        "(n_a − n_d) ÷ (n_a + n_d)",
        "How unequal are the groups in size? Positive: d has fewer rows. It says nothing of outcomes, but a small group is learnt and measured less well.",
    ),
    clarify(
        "DPL",
        "q_a − q_d",
        "q is the share of positive labels. Positive: d has the positive label less often.",
    ),
    from_paper(
        clarify(
            "JS",
            "½ [KL(P_a ‖ P) + KL(P_d ‖ P)],  P = ½ (P_a + P_d)",
            "How far apart are the two distributions of the label? From 0 to ln 2; it has no direction.",
        ),
        "Lin (1991); SageMaker Clarify",
    ),
    from_paper(
        clarify(
            "KL",
            "Σ P_a ln(P_a ÷ P_d)",
            "How surprising are the labels of a to someone who expects those of d? 0 when equal; it has no direction and no upper bound.",
        ),
        "Kullback, Leibler (1951); SageMaker Clarify",
    ),
    clarify(
        "KS",
        "max |P_a − P_d|",
        "Largest difference of a label’s share between the groups. It has no direction.",
    ),
    clarify(
        "LP",
        "(Σ (P_a − P_d)²)^½",
        "Euclidean distance of the two distributions of the label. It has no direction.",
    ),
    clarify(
        "TVD",
        "½ Σ |P_a − P_d|",
        "Share of the rows of d whose label would have to change for equal distributions. It has no direction.",
    ),
    clarify(
        "AD",
        "accuracy_a − accuracy_d",
        "Positive: the predictions for d are wrong more often.",
    ),
    from_paper(
        clarify(
            "CDDPL",
            "as CDDL, with predictions in place of labels",
            "Positive: within the strata, d is more common among the rejected than among the accepted.",
        ),
        "Wachter, Mittelstadt, Russell (2020); SageMaker Clarify",
    ),
    clarify(
        "DAR",
        "precision_a − precision_d,  precision = TP ÷ (TP + FP)",
        "Positive: of the accepted, fewer in d deserve it by their label.",
    ),
    clarify(
        "DCA",
        "c_a − c_d,  c = positive labels ÷ positive predictions",
        "Positive: relative to their labels, a is accepted less often than d. Negative: d is accepted less often than its labels say, compared with a.",
    ),
    clarify(
        "DCR",
        "r_d − r_a,  r = negative labels ÷ negative predictions",
        "Positive: relative to their labels, a is rejected more often than d. Negative: d is rejected more often. Note the order, d − a.",
    ),
    from_paper(
        clarify(
            "DI",
            "q̂_d ÷ q̂_a",
            "q̂ is the share of positive predictions. Below 1: d is predicted positive less often. The four-fifths rule of US employment practice asks for 0.8 or more. Pictures space it by its logarithm.",
        ),
        "Feldman et al. (2015); SageMaker Clarify",
    ),
    clarify(
        "DPPL",
        "q̂_a − q̂_d",
        "Positive: d is predicted positive less often.",
    ),
    clarify(
        "DRR",
        "v_d − v_a,  v = TN ÷ (TN + FN)",
        "Positive: of the rejected, more in d deserve it by their label. Negative: d is rejected wrongly more often. Note the order, d − a.",
    ),
    from_paper(
        clarify(
            "FT",
            "(n_+ − n_−) ÷ n_d,  + where d is predicted positive and its neighbours in a are not, − where the reverse",
            "Do similar rows of a get another prediction? Negative: d is treated worse than its nearest neighbours in a. The guide prints the opposite sign; the service computes this one.",
        ),
        "Black, Yeom, Fredrikson (2020); SageMaker Clarify",
    ),
    from_paper(
        clarify(
            "GE",
            "1 ÷ (2n) · Σ [(b ÷ b̄)² − 1],  b = ŷ − y + 1",
            "How unequally do single rows benefit from the predictions? 0 when all benefit alike. It compares rows, not groups, so it is the same for every facet.",
        ),
        "Speicher et al. (2018); SageMaker Clarify",
    ),
    from_paper(
        clarify(
            "RD",
            "recall_a − recall_d,  recall = TP ÷ (TP + FN)",
            "Positive: rows of d that deserve acceptance by their label are accepted less often.",
        ),
        "equal opportunity of Hardt, Price, Srebro (2016); SageMaker Clarify",
    ),
    clarify(
        "SD",
        "s_d − s_a,  s = TN ÷ (TN + FP)",
        "Positive: rows of d that deserve rejection by their label are rejected more often than those of a. Note the order, d − a.",
    ),
    from_paper(
        clarify(
            "TE",
            "FN_d ÷ FP_d − FN_a ÷ FP_a",
            "Are errors of the same kind in both groups? Positive: the errors on d are more often wrong rejections. Infinite when a group has no wrong acceptance.",
        ),
        "Berk et al. (2021); SageMaker Clarify",
    ),
];

const fn extended(
    name: &'static str,
    formula: &'static str,
    meaning: &'static str,
    source: &'static str,
) -> MetricText {
    MetricText {
        name,
        formula,
        meaning,
        source,
    }
}

const EXTENDED: &[MetricText] = &[
    extended(
        "demographic_parity_difference",
        "max q̂ − min q̂",
        "Largest difference in the share of positive predictions. It has no direction.",
        "Dwork et al. (2012); as in Fairlearn",
    ),
    extended(
        "demographic_parity_ratio",
        "min q̂ ÷ max q̂",
        "1 when both groups are predicted positive equally often, 0 when one never is.",
        "Feldman et al. (2015); as in Fairlearn",
    ),
    extended(
        "equalized_odds_difference",
        "max(|TPR_a − TPR_d|, |FPR_a − FPR_d|)",
        "The larger of the gaps in true and false positive rate. It has no direction.",
        "Hardt, Price, Srebro (2016); as in Fairlearn",
    ),
    extended(
        "equalized_odds_ratio",
        "the smaller of the TPR and FPR ratios, min ÷ max",
        "1 when both rates are equal in both groups.",
        "Hardt, Price, Srebro (2016); as in Fairlearn",
    ),
    extended(
        "equal_opportunity_difference",
        "TPR_d − TPR_a",
        "Negative: rows of d that deserve acceptance are accepted less often. Equals −RD.",
        "Hardt, Price, Srebro (2016); as in AIF360",
    ),
    extended(
        "equal_opportunity_ratio",
        "min TPR ÷ max TPR",
        "1 when rows that deserve acceptance are accepted equally often in both groups.",
        "Hardt, Price, Srebro (2016); as in Fairlearn",
    ),
    extended(
        "average_odds_difference",
        "½ [(FPR_d − FPR_a) + (TPR_d − TPR_a)]",
        "Negative: d is predicted positive less often, at equal labels.",
        "as in AIF360",
    ),
    extended(
        "average_abs_odds_difference",
        "½ [|FPR_d − FPR_a| + |TPR_d − TPR_a|]",
        "As above, where gaps of opposite sign do not cancel.",
        "as in AIF360",
    ),
    extended(
        "average_predictive_value_difference",
        "½ [(PPV_d − PPV_a) + (FOR_d − FOR_a)]",
        "Difference in how often labels are positive, at equal predictions.",
        "as in AIF360",
    ),
    extended(
        "error_rate_difference",
        "error_d − error_a",
        "Positive: predictions for d are wrong more often. Equals AD.",
        "as in AIF360",
    ),
    extended(
        "error_rate_ratio",
        "error_d ÷ error_a",
        "Above 1: predictions for d are wrong more often.",
        "as in AIF360",
    ),
    extended(
        "false_positive_rate_difference",
        "FPR_d − FPR_a,  FPR = FP ÷ (FP + TN)",
        "Positive: rows that deserve rejection by their label are accepted more often in d.",
        "as in AIF360",
    ),
    extended(
        "false_positive_rate_ratio",
        "FPR_d ÷ FPR_a,  FPR = FP ÷ (FP + TN)",
        "Above 1: rows that deserve rejection by their label are accepted more often in d.",
        "as in AIF360",
    ),
    extended(
        "false_negative_rate_difference",
        "FNR_d − FNR_a,  FNR = FN ÷ (FN + TP)",
        "Positive: rows that deserve acceptance by their label are rejected more often in d.",
        "as in AIF360",
    ),
    extended(
        "false_negative_rate_ratio",
        "FNR_d ÷ FNR_a,  FNR = FN ÷ (FN + TP)",
        "Above 1: rows that deserve acceptance by their label are rejected more often in d.",
        "as in AIF360",
    ),
    extended(
        "false_discovery_rate_difference",
        "FDR_d − FDR_a,  FDR = FP ÷ (FP + TP)",
        "Positive: of the accepted, more in d do not deserve it by their label.",
        "as in AIF360",
    ),
    extended(
        "false_discovery_rate_ratio",
        "FDR_d ÷ FDR_a,  FDR = FP ÷ (FP + TP)",
        "Above 1: of the accepted, more in d do not deserve it by their label.",
        "as in AIF360",
    ),
    extended(
        "false_omission_rate_difference",
        "FOR_d − FOR_a,  FOR = FN ÷ (FN + TN)",
        "Positive: of the rejected, more in d deserve acceptance by their label.",
        "as in AIF360",
    ),
    extended(
        "false_omission_rate_ratio",
        "FOR_d ÷ FOR_a,  FOR = FN ÷ (FN + TN)",
        "Above 1: of the rejected, more in d deserve acceptance by their label.",
        "as in AIF360",
    ),
    extended(
        "theil_index",
        "1 ÷ n · Σ (b ÷ b̄) ln(b ÷ b̄),  b = ŷ − y + 1",
        "Inequality of benefit between single rows: generalized entropy with α = 1.",
        "Speicher et al. (2018)",
    ),
    extended(
        "coefficient_of_variation",
        "√(2 · GE)",
        "The inequality of GE on the scale of a standard deviation.",
        "as in AIF360",
    ),
    extended(
        "between_group_generalized_entropy_index",
        "GE with every benefit replaced by its group’s mean",
        "The part of GE that lies between the groups.",
        "Speicher et al. (2018)",
    ),
    extended(
        "between_group_theil_index",
        "Theil index with every benefit replaced by its group’s mean",
        "The part of the Theil index that lies between the groups.",
        "Speicher et al. (2018)",
    ),
    extended(
        "differential_fairness",
        "max |ln(p_a ÷ p_d)| over positive and negative predictions",
        "0 when both groups have the same odds of every outcome.",
        "Foulds et al. (2020)",
    ),
    extended(
        "consistency",
        "1 − 1 ÷ n · Σ |ŷ − mean ŷ of the 5 nearest rows|",
        "1 when similar rows always get the same prediction.",
        "Zemel et al. (2013); as in AIF360",
    ),
];

#[cfg(test)]
mod tests {
    use super::{CLARIFY, EXTENDED, description_without_name, formula, shown_name};

    #[test]
    fn every_metric_is_explained_once() {
        assert_eq!(CLARIFY.len(), 21);
        let mut names: Vec<&str> = CLARIFY.iter().chain(EXTENDED).map(|t| t.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn subscripts_are_lowered() {
        assert_eq!(
            formula("q_a − q_d").into_string(),
            "q<sub>a</sub> − q<sub>d</sub>"
        );
    }

    #[test]
    fn a_description_does_not_repeat_the_name() {
        assert_eq!(
            description_without_name("Disparate Impact (DI)", "DI"),
            "Disparate Impact"
        );
        assert_eq!(description_without_name("free text", "DI"), "free text");
        assert_eq!(
            description_without_name("Theil index: mean of (b/b̄) ln(b/b̄)", "theil_index"),
            "mean of (b/b̄) ln(b/b̄)"
        );
    }

    #[test]
    fn names_of_code_are_shown_as_words() {
        assert_eq!(shown_name("theil_index"), "Theil index");
        assert_eq!(shown_name("CDDPL"), "CDDPL");
    }
}
