//! What a baseline asks of the data that will be checked against it: the constraints of a
//! column, and the settings that hold for the whole file.

use maud::{Markup, html};
use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, DistributionConstraints, FeatureConstraints,
    MonitoringConfig, Switch,
};

use super::DataQualityReport;
use super::feature::Feature;
use crate::number;

/// Values of a domain that are listed; `constraints.json` has all.
const MOST_VALUES: usize = 8;
const LONGEST_VALUE: usize = 40;

/// Constraints without a check: the report is of a baseline.
pub(crate) fn is_baseline(report: &DataQualityReport<'_>) -> bool {
    report.probity.check.is_none() && report.constraints.is_some()
}

/// Whether distributions are compared under `settings`; what they do not say is on.
pub(crate) fn compares_distributions(settings: &MonitoringConfig) -> bool {
    let distribution = settings.distribution_constraints.as_ref();
    settings.evaluate_constraints != Some(Switch::Disabled)
        && distribution.is_none_or(|distribution| {
            distribution.perform_comparison != Some(Switch::Disabled)
                && distribution.enable_comparisons != Some(false)
        })
}

/// The settings of a column: its own, and where they are silent those of the file.
pub(crate) fn settings_of(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
) -> MonitoringConfig {
    let own = feature.constraint.map(FeatureConstraints::overrides);
    let of_file = report
        .constraints
        .and_then(|file| file.monitoring_config.clone())
        .unwrap_or_default();
    own.unwrap_or_default().or(&of_file)
}

/// The constraints of a column, in the report of a baseline.
pub(crate) fn of_column(report: &DataQualityReport<'_>, feature: &Feature<'_>) -> Markup {
    match is_baseline(report) {
        true => asked_of(report, feature),
        false => html! {},
    }
}

/// What the constraints ask of a column, whatever the report is of.
pub(crate) fn asked_of(report: &DataQualityReport<'_>, feature: &Feature<'_>) -> Markup {
    let Some(constraint) = feature.constraint else {
        return html! {};
    };
    let settings = settings_of(report, feature);
    let has_own = constraint.overrides() != MonitoringConfig::default();
    let mut rows = vec![("Data type", data_type(constraint, &settings))];
    if let Some(completeness) = constraint.completeness {
        let share = number::limit_percent(completeness);
        rows.push(("Completeness", format!("{share} of the rows or more")));
    }
    if let Some(numeric) = &constraint.num_constraints {
        let sign = if numeric.is_non_negative {
            "no negative value"
        } else {
            "any"
        };
        rows.push(("Sign", sign.to_owned()));
    }
    if let Some(values) = domain(constraint, feature, &settings) {
        rows.push(("Values", values));
    }
    rows.push(("Drift", drift(constraint, &settings)));
    let is_off = settings.evaluate_constraints == Some(Switch::Disabled);
    html! {
        table.limits {
            caption { "Constraints" @if has_own { " " span.badge { "Own settings" } } }
            tbody { @for (what, limit) in rows { tr { th scope="row" { (what) } td { bdi { (limit) } } } } }
        }
        @if is_off { p.fine { "Switched off: a check does not look at this column." } }
    }
}

fn data_type(constraint: &FeatureConstraints, settings: &MonitoringConfig) -> String {
    let name = constraint.inferred_type.name();
    let share = settings.datatype_check_threshold;
    share.map_or_else(
        || name.to_owned(),
        |share| format!("{name}, {}", at_least(share)),
    )
}

fn at_least(share: f64) -> String {
    if share >= 1.0 {
        "all values".to_owned()
    } else {
        format!("{} of the values or more", number::limit_percent(share))
    }
}

fn domain(
    constraint: &FeatureConstraints,
    feature: &Feature<'_>,
    settings: &MonitoringConfig,
) -> Option<String> {
    let known = constraint.string_constraints.as_ref()?.domains.as_ref()?;
    let count = number::count(known.len() as u64);
    let old_name = settings.distribution_constraints.as_ref();
    let share = settings
        .domain_content_threshold
        .or(old_name.and_then(|old| old.min_domain_mass));
    let share = share.map_or(String::new(), |share| format!("; {}", at_least(share)));
    if feature.redacted {
        return Some(format!("one of {count}, which are redacted{share}"));
    }
    let shown: Vec<String> = known
        .iter()
        .take(MOST_VALUES)
        .map(|value| {
            format!(
                "“{}”",
                value.chars().take(LONGEST_VALUE).collect::<String>()
            )
        })
        .collect();
    let more = if known.len() > MOST_VALUES {
        ", …"
    } else {
        ""
    };
    Some(format!("one of {count}: {}{more}{share}", shown.join(", ")))
}

fn drift(constraint: &FeatureConstraints, settings: &MonitoringConfig) -> String {
    if !compares_distributions(settings) {
        return "not compared".to_owned();
    }
    let distribution = settings
        .distribution_constraints
        .clone()
        .unwrap_or_default();
    if constraint.inferred_type.is_numeric() {
        numeric_drift(&distribution)
    } else {
        categorical_drift(&distribution)
    }
}

const DEFAULT: &str = "SageMaker’s default";

fn numeric_drift(distribution: &DistributionConstraints) -> String {
    let method = match distribution.comparison_method {
        Some(ComparisonMethod::Simple) => "Simple distance",
        Some(ComparisonMethod::Robust) => "Robust distance",
        None => "distance",
    };
    let limit = distribution.comparison_threshold.map(number::short);
    format!("{method} at most {}", limit.as_deref().unwrap_or(DEFAULT))
}

fn categorical_drift(distribution: &DistributionConstraints) -> String {
    let method = match distribution.categorical_drift_method {
        Some(CategoricalDriftMethod::LInfinity) => "LInfinity distance at most",
        Some(CategoricalDriftMethod::ChiSquared) => "ChiSquared p-value at least",
        None => "distance at most",
    };
    let limit = distribution
        .categorical_comparison_threshold
        .or(distribution.comparison_threshold)
        .map(number::short);
    format!("{method} {}", limit.as_deref().unwrap_or(DEFAULT))
}

/// The settings of the file, in the report of a baseline.
pub(crate) fn of_file(report: &DataQualityReport<'_>) -> Markup {
    let Some(constraints) = report.constraints.filter(|_| is_baseline(report)) else {
        return html! {};
    };
    html! {
        section.settings {
            h2 { "Settings of all columns" }
            @match &constraints.monitoring_config {
                Some(config) => {
                    div.scroll tabindex="0" {
                        table.limits {
                            tbody { @for (what, value) in settings(config) { tr { th scope="row" { (what) } td { (value) } } } }
                        }
                    }
                }
                None => p { "The file sets none: SageMaker’s defaults hold." }
            }
        }
    }
}

fn settings(config: &MonitoringConfig) -> Vec<(&'static str, String)> {
    let on = |switch: Option<Switch>| match switch {
        Some(Switch::Enabled) => "on".to_owned(),
        Some(Switch::Disabled) => "off".to_owned(),
        None => DEFAULT.to_owned(),
    };
    let share = |share: Option<f64>| share.map_or(DEFAULT.to_owned(), at_least);
    let distribution = config.distribution_constraints.clone().unwrap_or_default();
    let compared = if compares_distributions(config) {
        "on"
    } else {
        "off"
    };
    vec![
        ("Constraints are checked", on(config.evaluate_constraints)),
        ("Metrics are emitted", on(config.emit_metrics)),
        ("Must have the type", share(config.datatype_check_threshold)),
        (
            "Must be a known value",
            share(
                config
                    .domain_content_threshold
                    .or(distribution.min_domain_mass),
            ),
        ),
        ("Distributions are compared", compared.to_owned()),
        ("Drift of numbers", numeric_drift(&distribution)),
        ("Drift of other columns", categorical_drift(&distribution)),
    ]
}
