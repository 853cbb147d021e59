//! The settings of a data-quality check as `constraints.json` holds them: for the whole
//! file in `monitoring_config`, for one feature in its overrides.
//!
//! Source: AWS developer guide, "Schema for constraints"; the members of 2019 from the
//! test files of the SageMaker Python SDK.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::number::optional_double;

/// A missing member means "inherit" (in an override) or the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitoringConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_constraints: Option<Switch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emit_metrics: Option<Switch>,
    /// Smallest share of values that must have the type.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub datatype_check_threshold: Option<f64>,
    /// Smallest share of values that must lie in the domain.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub domain_content_threshold: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution_constraints: Option<DistributionConstraints>,
    /// Members that we don't know, as read.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

impl MonitoringConfig {
    /// The same settings, with members of 2019 under the names that they have now. Where a
    /// place says both, the new name counts.
    #[must_use]
    pub fn with_current_names(mut self) -> MonitoringConfig {
        let Some(distribution) = &mut self.distribution_constraints else {
            return self;
        };
        let compares = distribution.enable_comparisons.take();
        let compares = compares.map(|compares| {
            if compares {
                Switch::Enabled
            } else {
                Switch::Disabled
            }
        });
        distribution.perform_comparison = distribution.perform_comparison.or(compares);
        let mass = distribution.min_domain_mass.take();
        self.domain_content_threshold = self.domain_content_threshold.or(mass);
        self
    }

    /// These settings, and where they are silent those of `fallback`, with the names that
    /// they have now: an old name in the one and the new name in the other are one setting.
    #[must_use]
    pub fn or(self, fallback: &MonitoringConfig) -> MonitoringConfig {
        let own = self.with_current_names();
        let fallback = fallback.clone().with_current_names();
        let distribution = match (
            own.distribution_constraints,
            fallback.distribution_constraints,
        ) {
            (Some(own), Some(other)) => Some(own.or(other)),
            (own, other) => own.or(other),
        };
        MonitoringConfig {
            evaluate_constraints: own.evaluate_constraints.or(fallback.evaluate_constraints),
            emit_metrics: own.emit_metrics.or(fallback.emit_metrics),
            datatype_check_threshold: own
                .datatype_check_threshold
                .or(fallback.datatype_check_threshold),
            domain_content_threshold: own
                .domain_content_threshold
                .or(fallback.domain_content_threshold),
            distribution_constraints: distribution,
            other_members: merged(own.other_members, fallback.other_members),
        }
    }
}

/// How distributions are compared with the baseline's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DistributionConstraints {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perform_comparison: Option<Switch>,
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub comparison_threshold: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison_method: Option<ComparisonMethod>,
    /// Of string features; where missing, `comparison_threshold`.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub categorical_comparison_threshold: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categorical_drift_method: Option<CategoricalDriftMethod>,
    /// The name of `perform_comparison` in 2019.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_comparisons: Option<bool>,
    /// The name of `domain_content_threshold` in 2019.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_domain_mass: Option<f64>,
    /// Members that we don't know, as read.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

impl DistributionConstraints {
    /// Both must have current names.
    fn or(self, fallback: DistributionConstraints) -> DistributionConstraints {
        DistributionConstraints {
            perform_comparison: self.perform_comparison.or(fallback.perform_comparison),
            comparison_threshold: self.comparison_threshold.or(fallback.comparison_threshold),
            comparison_method: self.comparison_method.or(fallback.comparison_method),
            categorical_comparison_threshold: self
                .categorical_comparison_threshold
                .or(fallback.categorical_comparison_threshold),
            categorical_drift_method: self
                .categorical_drift_method
                .or(fallback.categorical_drift_method),
            enable_comparisons: None,
            min_domain_mass: None,
            other_members: merged(self.other_members, fallback.other_members),
        }
    }
}

fn merged(mut own: Map<String, Value>, fallback: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in fallback {
        own.entry(name).or_insert(value);
    }
    own
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Switch {
    Enabled,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ComparisonMethod {
    Simple,
    Robust,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CategoricalDriftMethod {
    LInfinity,
    ChiSquared,
}

/// A value with names, of which the developer guide and its readers use several.
trait Named: Copy + 'static {
    const EXPECTED: &'static str;
    /// In lower case.
    const NAMES: &'static [(&'static str, Self)];
    /// What `false` and `true` mean, where they occur.
    const BOOLEANS: Option<[Self; 2]> = None;
}

impl Named for Switch {
    const EXPECTED: &'static str = "`Enabled` or `Disabled`";
    const NAMES: &'static [(&'static str, Self)] =
        &[("enabled", Self::Enabled), ("disabled", Self::Disabled)];
    const BOOLEANS: Option<[Self; 2]> = Some([Self::Disabled, Self::Enabled]);
}

impl Named for ComparisonMethod {
    const EXPECTED: &'static str = "`Simple` or `Robust`";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("simple", Self::Simple),
        ("robust", Self::Robust),
        ("linf_simple", Self::Simple),
        ("linf_robust", Self::Robust),
    ];
}

impl Named for CategoricalDriftMethod {
    const EXPECTED: &'static str = "`LInfinity` or `ChiSquared`";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("linfinity", Self::LInfinity),
        ("chisquared", Self::ChiSquared),
    ];
}

struct NamedVisitor<T>(PhantomData<T>);

impl<T: Named> Visitor<'_> for NamedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
        let known = T::NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        known
            .map(|(_, value)| *value)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        let meaning = T::BOOLEANS.map(|meanings| meanings[usize::from(value)]);
        meaning.ok_or_else(|| E::invalid_type(Unexpected::Bool(value), &self))
    }
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for ComparisonMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for CategoricalDriftMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedVisitor(PhantomData))
    }
}
