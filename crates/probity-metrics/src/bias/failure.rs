//! Why a bias metric has no value, in the words of Clarify's documents: readers of
//! `analysis.json` search for them, so the spelling is the service's, differences and all.

/// Why a metric has no value. Other metrics of the same facet may have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BiasFailure {
    #[error("CI: facet set is empty. Check that x[facet] has non-zero length.")]
    ImbalanceWithoutFacet,
    #[error("CI: negated facet set is empty. Check that x[~facet] has non-zero length.")]
    ImbalanceWithoutNegatedFacet,
    /// DPL, DPPL.
    #[error("Facet set is empty.")]
    ProportionsWithoutFacet,
    #[error("Negative facet set is empty.")]
    ProportionsWithoutNegatedFacet,
    /// KL, JS, LP, TVD, KS.
    #[error("No instance of common facet found, dataset may be too small")]
    NoCommonOutcome,
    /// AD, DI, FT, TE.
    #[error("Facet set is empty")]
    NoFacet,
    /// AD, FT, TE.
    #[error("Negated Facet set is empty")]
    NoNegatedFacet,
    #[error("Negated facet set is empty")]
    ImpactWithoutNegatedFacet,
    /// DCA, DCR.
    #[error("DCO: Facet set is empty")]
    ConditionalOutcomeWithoutFacet,
    #[error("DCO: Negated Facet set is empty")]
    ConditionalOutcomeWithoutNegatedFacet,
    /// DAR, DRR.
    #[error("DLR: Facet set is empty")]
    LabelRateWithoutFacet,
    #[error("DLR: Negated Facet set is empty")]
    LabelRateWithoutNegatedFacet,
    /// RD, SD.
    #[error("DLA: Facet set is empty")]
    LabelAccuracyWithoutFacet,
    #[error("DLA: Negated Facet set is empty")]
    LabelAccuracyWithoutNegatedFacet,
    /// CDDL, CDDPL.
    #[error("Group variable is empty or not provided")]
    NoGroupVariable,
    #[error("No positive labels in set")]
    NoPositiveLabels,
    #[error("No negative labels in set")]
    NoNegativeLabels,
    /// GE.
    #[error(
        "All predicted labels are false negatives. There should be at least one prediction that is not false negative."
    )]
    OnlyFalseNegatives,
    /// FT is no function of counts.
    #[error("the flip test needs the feature values of each row")]
    NeedsFeatures,
}
