//! The names of the bias metrics that Clarify lacks, spelled as in fairlearn and AIF360,
//! with their formulas. Sources: Bird et al., "Fairlearn" (2020); Bellamy et al., "AI
//! Fairness 360" (2018); for the entropies Speicher et al. (2018); for differential fairness
//! Foulds et al. (2020).
//!
//! Signs are those of the source: AIF360's differences are *d − a* and its ratios *d/a*
//! (Clarify's differences are mostly a − d), fairlearn's differences are never negative and
//! its ratios at most 1.

use super::rate::Rate;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExtendedMetric {
    DemographicParityDifference,
    DemographicParityRatio,
    EqualizedOddsDifference,
    EqualizedOddsRatio,
    EqualOpportunityDifference,
    EqualOpportunityRatio,
    AverageOddsDifference,
    AverageAbsOddsDifference,
    AveragePredictiveValueDifference,
    ErrorRateDifference,
    ErrorRateRatio,
    FalsePositiveRateDifference,
    FalsePositiveRateRatio,
    FalseNegativeRateDifference,
    FalseNegativeRateRatio,
    FalseDiscoveryRateDifference,
    FalseDiscoveryRateRatio,
    FalseOmissionRateDifference,
    FalseOmissionRateRatio,
    DifferentialFairness,
    TheilIndex,
    CoefficientOfVariation,
    BetweenGroupGeneralizedEntropyIndex,
    BetweenGroupTheilIndex,
}

/// How a metric sets the rates of both groups against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// d − a
    Difference,
    /// |d − a|
    Gap,
    /// d/a
    Ratio,
    /// The smaller over the larger.
    SmallerToLarger,
    /// max(|ln(d/a)|, |ln((1 − d)/(1 − a))|)
    LargestLogRatio,
}

impl ExtendedMetric {
    /// In the order of reports.
    pub const ALL: [ExtendedMetric; 24] = [
        ExtendedMetric::DemographicParityDifference,
        ExtendedMetric::DemographicParityRatio,
        ExtendedMetric::EqualizedOddsDifference,
        ExtendedMetric::EqualizedOddsRatio,
        ExtendedMetric::EqualOpportunityDifference,
        ExtendedMetric::EqualOpportunityRatio,
        ExtendedMetric::AverageOddsDifference,
        ExtendedMetric::AverageAbsOddsDifference,
        ExtendedMetric::AveragePredictiveValueDifference,
        ExtendedMetric::ErrorRateDifference,
        ExtendedMetric::ErrorRateRatio,
        ExtendedMetric::FalsePositiveRateDifference,
        ExtendedMetric::FalsePositiveRateRatio,
        ExtendedMetric::FalseNegativeRateDifference,
        ExtendedMetric::FalseNegativeRateRatio,
        ExtendedMetric::FalseDiscoveryRateDifference,
        ExtendedMetric::FalseDiscoveryRateRatio,
        ExtendedMetric::FalseOmissionRateDifference,
        ExtendedMetric::FalseOmissionRateRatio,
        ExtendedMetric::DifferentialFairness,
        ExtendedMetric::TheilIndex,
        ExtendedMetric::CoefficientOfVariation,
        ExtendedMetric::BetweenGroupGeneralizedEntropyIndex,
        ExtendedMetric::BetweenGroupTheilIndex,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::DemographicParityDifference => "demographic_parity_difference",
            Self::DemographicParityRatio => "demographic_parity_ratio",
            Self::EqualizedOddsDifference => "equalized_odds_difference",
            Self::EqualizedOddsRatio => "equalized_odds_ratio",
            Self::EqualOpportunityDifference => "equal_opportunity_difference",
            Self::EqualOpportunityRatio => "equal_opportunity_ratio",
            Self::AverageOddsDifference => "average_odds_difference",
            Self::AverageAbsOddsDifference => "average_abs_odds_difference",
            Self::AveragePredictiveValueDifference => "average_predictive_value_difference",
            Self::ErrorRateDifference => "error_rate_difference",
            Self::ErrorRateRatio => "error_rate_ratio",
            Self::FalsePositiveRateDifference => "false_positive_rate_difference",
            Self::FalsePositiveRateRatio => "false_positive_rate_ratio",
            Self::FalseNegativeRateDifference => "false_negative_rate_difference",
            Self::FalseNegativeRateRatio => "false_negative_rate_ratio",
            Self::FalseDiscoveryRateDifference => "false_discovery_rate_difference",
            Self::FalseDiscoveryRateRatio => "false_discovery_rate_ratio",
            Self::FalseOmissionRateDifference => "false_omission_rate_difference",
            Self::FalseOmissionRateRatio => "false_omission_rate_ratio",
            Self::DifferentialFairness => "differential_fairness",
            Self::TheilIndex => "theil_index",
            Self::CoefficientOfVariation => "coefficient_of_variation",
            Self::BetweenGroupGeneralizedEntropyIndex => "between_group_generalized_entropy_index",
            Self::BetweenGroupTheilIndex => "between_group_theil_index",
        }
    }

    /// Its name in words.
    pub fn title(self) -> &'static str {
        let description = self.description();
        description
            .split_once(':')
            .map_or(description, |(title, _)| title)
    }

    /// What it is, with its formula.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn description(self) -> &'static str {
        match self {
            Self::DemographicParityDifference => {
                "Demographic parity difference: |positive prediction rate of d − of a| (fairlearn)"
            }
            Self::DemographicParityRatio => {
                "Demographic parity ratio: smaller positive prediction rate / larger (fairlearn)"
            }
            Self::EqualizedOddsDifference => {
                "Equalized odds difference: the larger of |TPR_d − TPR_a| and |FPR_d − FPR_a| (fairlearn, AIF360)"
            }
            Self::EqualizedOddsRatio => {
                "Equalized odds ratio: the smaller of the ratios of true and of false positive rates, smaller rate / larger (fairlearn)"
            }
            Self::EqualOpportunityDifference => {
                "Equal opportunity difference: TPR_d − TPR_a (AIF360)"
            }
            Self::EqualOpportunityRatio => {
                "Equal opportunity ratio: smaller true positive rate / larger (fairlearn)"
            }
            Self::AverageOddsDifference => {
                "Average odds difference: ½[(FPR_d − FPR_a) + (TPR_d − TPR_a)] (AIF360)"
            }
            Self::AverageAbsOddsDifference => {
                "Average absolute odds difference: ½[|FPR_d − FPR_a| + |TPR_d − TPR_a|] (AIF360)"
            }
            Self::AveragePredictiveValueDifference => {
                "Average predictive value difference: ½[(PPV_d − PPV_a) + (FOR_d − FOR_a)] (AIF360)"
            }
            Self::ErrorRateDifference => {
                "Error rate difference: share of wrong predictions of d − of a (AIF360)"
            }
            Self::ErrorRateRatio => {
                "Error rate ratio: share of wrong predictions of d / of a (AIF360)"
            }
            Self::FalsePositiveRateDifference => {
                "False positive rate difference: FP/(FP + TN) of d − of a (AIF360)"
            }
            Self::FalsePositiveRateRatio => {
                "False positive rate ratio: FP/(FP + TN) of d / of a (AIF360)"
            }
            Self::FalseNegativeRateDifference => {
                "False negative rate difference: FN/(FN + TP) of d − of a (AIF360)"
            }
            Self::FalseNegativeRateRatio => {
                "False negative rate ratio: FN/(FN + TP) of d / of a (AIF360)"
            }
            Self::FalseDiscoveryRateDifference => {
                "False discovery rate difference: FP/(FP + TP) of d − of a (AIF360)"
            }
            Self::FalseDiscoveryRateRatio => {
                "False discovery rate ratio: FP/(FP + TP) of d / of a (AIF360)"
            }
            Self::FalseOmissionRateDifference => {
                "False omission rate difference: FN/(FN + TN) of d − of a (AIF360)"
            }
            Self::FalseOmissionRateRatio => {
                "False omission rate ratio: FN/(FN + TN) of d / of a (AIF360)"
            }
            Self::DifferentialFairness => {
                "Differential fairness ε: the larger of |ln(ratio of positive prediction rates)| and |ln(ratio of negative ones)|, without smoothing (Foulds et al. 2020)"
            }
            Self::TheilIndex => {
                "Theil index: mean of (b/b̄) ln(b/b̄) over the benefits b = ŷ − y + 1 (AIF360)"
            }
            Self::CoefficientOfVariation => {
                "Coefficient of variation: deviation / mean of the benefits b = ŷ − y + 1, √(2·GE) (AIF360)"
            }
            Self::BetweenGroupGeneralizedEntropyIndex => {
                "Between-group generalized entropy: ½[Σ (n_g/n)(b̄_g/b̄)² − 1] (AIF360, α = 2)"
            }
            Self::BetweenGroupTheilIndex => {
                "Between-group Theil index: Σ (n_g/n)(b̄_g/b̄) ln(b̄_g/b̄) (AIF360)"
            }
        }
    }

    /// The value where both groups are treated alike.
    pub fn ideal(self) -> f64 {
        match self.comparison() {
            Some((_, Comparison::Ratio | Comparison::SmallerToLarger)) => 1.0,
            _ if self == ExtendedMetric::EqualizedOddsRatio => 1.0,
            _ => 0.0,
        }
    }

    /// For the metrics that compare one rate.
    pub(crate) fn comparison(self) -> Option<(Rate, Comparison)> {
        Some(match self {
            Self::DemographicParityDifference => (Rate::PositivePredictions, Comparison::Gap),
            Self::DemographicParityRatio => {
                (Rate::PositivePredictions, Comparison::SmallerToLarger)
            }
            Self::EqualOpportunityDifference => (Rate::TruePositive, Comparison::Difference),
            Self::EqualOpportunityRatio => (Rate::TruePositive, Comparison::SmallerToLarger),
            Self::ErrorRateDifference => (Rate::Error, Comparison::Difference),
            Self::ErrorRateRatio => (Rate::Error, Comparison::Ratio),
            Self::FalsePositiveRateDifference => (Rate::FalsePositive, Comparison::Difference),
            Self::FalsePositiveRateRatio => (Rate::FalsePositive, Comparison::Ratio),
            Self::FalseNegativeRateDifference => (Rate::FalseNegative, Comparison::Difference),
            Self::FalseNegativeRateRatio => (Rate::FalseNegative, Comparison::Ratio),
            Self::FalseDiscoveryRateDifference => (Rate::FalseDiscovery, Comparison::Difference),
            Self::FalseDiscoveryRateRatio => (Rate::FalseDiscovery, Comparison::Ratio),
            Self::FalseOmissionRateDifference => (Rate::FalseOmission, Comparison::Difference),
            Self::FalseOmissionRateRatio => (Rate::FalseOmission, Comparison::Ratio),
            Self::DifferentialFairness => (Rate::PositivePredictions, Comparison::LargestLogRatio),
            Self::EqualizedOddsDifference
            | Self::EqualizedOddsRatio
            | Self::AverageOddsDifference
            | Self::AverageAbsOddsDifference
            | Self::AveragePredictiveValueDifference
            | Self::TheilIndex
            | Self::CoefficientOfVariation
            | Self::BetweenGroupGeneralizedEntropyIndex
            | Self::BetweenGroupTheilIndex => return None,
        })
    }

    /// Rates that must exist in both groups.
    pub(crate) fn rates(self) -> &'static [Rate] {
        match self {
            Self::DemographicParityDifference
            | Self::DemographicParityRatio
            | Self::DifferentialFairness => &[Rate::PositivePredictions],
            Self::EqualizedOddsDifference
            | Self::EqualizedOddsRatio
            | Self::AverageOddsDifference
            | Self::AverageAbsOddsDifference => &[Rate::TruePositive, Rate::FalsePositive],
            Self::AveragePredictiveValueDifference => {
                &[Rate::PositivePredictiveValue, Rate::FalseOmission]
            }
            Self::EqualOpportunityDifference | Self::EqualOpportunityRatio => &[Rate::TruePositive],
            Self::ErrorRateDifference | Self::ErrorRateRatio => &[Rate::Error],
            Self::FalsePositiveRateDifference | Self::FalsePositiveRateRatio => {
                &[Rate::FalsePositive]
            }
            Self::FalseNegativeRateDifference | Self::FalseNegativeRateRatio => {
                &[Rate::FalseNegative]
            }
            Self::FalseDiscoveryRateDifference | Self::FalseDiscoveryRateRatio => {
                &[Rate::FalseDiscovery]
            }
            Self::FalseOmissionRateDifference | Self::FalseOmissionRateRatio => {
                &[Rate::FalseOmission]
            }
            Self::BetweenGroupGeneralizedEntropyIndex | Self::BetweenGroupTheilIndex => {
                &[Rate::Accuracy]
            }
            Self::TheilIndex | Self::CoefficientOfVariation => &[],
        }
    }
}
