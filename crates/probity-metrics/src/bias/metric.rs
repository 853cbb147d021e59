//! The names of Clarify's bias metrics, as its documents spell them (the slip in
//! "Kullback-Liebler" included).

/// When a metric can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// From labels alone.
    PreTraining,
    /// From labels and predictions.
    PostTraining,
}

/// As Clarify's library lists them in its message.
const REGISTERED_PRE_TRAINING: [&str; 8] = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"];
const REGISTERED_POST_TRAINING: [&str; 13] = [
    "DPPL", "DI", "DCA", "DCR", "RD", "SD", "DAR", "DRR", "AD", "CDDPL", "TE", "FT", "GE",
];

/// A name that is no metric of the stage, in Clarify's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid metric_name: metrics should be one of the registered metrics['{registered}']")]
pub struct UnknownMetric {
    registered: String,
}

/// A bias metric of Clarify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BiasMetric {
    Cddl,
    Ci,
    Dpl,
    Js,
    Kl,
    Ks,
    Lp,
    Tvd,
    Ad,
    Cddpl,
    Dar,
    Dca,
    Dcr,
    Di,
    Dppl,
    Drr,
    Ft,
    Ge,
    Rd,
    Sd,
    Te,
}

impl BiasMetric {
    /// Before training, in the order of the documents.
    pub const PRE_TRAINING: [BiasMetric; 8] = [
        BiasMetric::Cddl,
        BiasMetric::Ci,
        BiasMetric::Dpl,
        BiasMetric::Js,
        BiasMetric::Kl,
        BiasMetric::Ks,
        BiasMetric::Lp,
        BiasMetric::Tvd,
    ];

    /// After training, in the order of the documents.
    pub const POST_TRAINING: [BiasMetric; 13] = [
        BiasMetric::Ad,
        BiasMetric::Cddpl,
        BiasMetric::Dar,
        BiasMetric::Dca,
        BiasMetric::Dcr,
        BiasMetric::Di,
        BiasMetric::Dppl,
        BiasMetric::Drr,
        BiasMetric::Ft,
        BiasMetric::Ge,
        BiasMetric::Rd,
        BiasMetric::Sd,
        BiasMetric::Te,
    ];

    pub fn name(self) -> &'static str {
        self.spelling().0
    }

    /// As `analysis.json` describes the metric.
    pub fn description(self) -> &'static str {
        self.spelling().1
    }

    pub fn stage(self) -> Stage {
        if BiasMetric::PRE_TRAINING.contains(&self) {
            Stage::PreTraining
        } else {
            Stage::PostTraining
        }
    }

    /// The metrics of a stage that are asked for by name, in the order of the documents.
    /// `all` is every one.
    pub fn of_stage(stage: Stage, names: &[&str]) -> Result<Vec<BiasMetric>, UnknownMetric> {
        let (all, registered): (&[BiasMetric], &[&str]) = match stage {
            Stage::PreTraining => (&BiasMetric::PRE_TRAINING, &REGISTERED_PRE_TRAINING),
            Stage::PostTraining => (&BiasMetric::POST_TRAINING, &REGISTERED_POST_TRAINING),
        };
        if names.contains(&"all") {
            return Ok(all.to_vec());
        }
        if names.iter().any(|name| !registered.contains(name)) {
            let registered = registered.join("', '");
            return Err(UnknownMetric { registered });
        }
        let is_asked = |metric: &BiasMetric| names.contains(&metric.name());
        Ok(all.iter().copied().filter(is_asked).collect())
    }

    pub fn from_name(name: &str) -> Option<BiasMetric> {
        BiasMetric::PRE_TRAINING
            .into_iter()
            .chain(BiasMetric::POST_TRAINING)
            .find(|metric| metric.name() == name)
    }

    fn spelling(self) -> (&'static str, &'static str) {
        match self {
            BiasMetric::Cddl => ("CDDL", "Conditional Demographic Disparity in Labels (CDDL)"),
            BiasMetric::Ci => ("CI", "Class Imbalance (CI)"),
            BiasMetric::Dpl => ("DPL", "Difference in Positive Proportions in Labels (DPL)"),
            BiasMetric::Js => ("JS", "Jensen-Shannon Divergence (JS)"),
            BiasMetric::Kl => ("KL", "Kullback-Liebler Divergence (KL)"),
            BiasMetric::Ks => ("KS", "Kolmogorov-Smirnov Distance (KS)"),
            BiasMetric::Lp => ("LP", "L-p Norm (LP)"),
            BiasMetric::Tvd => ("TVD", "Total Variation Distance (TVD)"),
            BiasMetric::Ad => ("AD", "Accuracy Difference (AD)"),
            BiasMetric::Cddpl => (
                "CDDPL",
                "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
            ),
            BiasMetric::Dar => ("DAR", "Difference in Acceptance Rates (DAR)"),
            BiasMetric::Dca => ("DCA", "Difference in Conditional Acceptance (DCA)"),
            BiasMetric::Dcr => ("DCR", "Difference in Conditional Rejection (DCR)"),
            BiasMetric::Di => ("DI", "Disparate Impact (DI)"),
            BiasMetric::Dppl => (
                "DPPL",
                "Difference in Positive Proportions in Predicted Labels (DPPL)",
            ),
            BiasMetric::Drr => ("DRR", "Difference in Rejection Rates (DRR)"),
            BiasMetric::Ft => ("FT", "Flip Test (FT)"),
            BiasMetric::Ge => ("GE", "Generalized Entropy (GE)"),
            BiasMetric::Rd => ("RD", "Recall Difference (RD)"),
            BiasMetric::Sd => ("SD", "Specificity Difference (SD)"),
            BiasMetric::Te => ("TE", "Treatment Equality (TE)"),
        }
    }
}
