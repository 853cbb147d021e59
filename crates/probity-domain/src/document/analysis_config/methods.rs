//! `methods`: what is computed.

use serde::{Serialize, Serializer};

use super::node::Node;
use super::place::{Place, column, count, list, quoted, text};
use super::problem::ConfigProblem;
use super::schema;
use super::shap::{self, Shap};
use super::spelling::nearest;
use super::time_series::{self, AsymmetricShapley};
use super::value::ColumnReference;

/// In the order of `analysis.json`.
pub const PRE_TRAINING_METRICS: [&str; 8] = ["CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"];

/// In the order of `analysis.json`.
pub const POST_TRAINING_METRICS: [&str; 13] = [
    "AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE",
];

/// A method that is absent is not computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Methods {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_training_bias: Option<BiasMethods>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_training_bias: Option<BiasMethods>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shap: Option<Shap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdp: Option<PartialDependence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asymmetric_shapley_value: Option<AsymmetricShapley>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportMethod>,
}

impl Methods {
    /// In the order of `analysis.json`.
    pub fn pre_training_metrics(&self) -> Vec<&'static str> {
        selected(self.pre_training_bias.as_ref(), &PRE_TRAINING_METRICS)
    }

    /// In the order of `analysis.json`.
    pub fn post_training_metrics(&self) -> Vec<&'static str> {
        selected(self.post_training_bias.as_ref(), &POST_TRAINING_METRICS)
    }

    /// Whether a method explains predictions, and so asks a model.
    pub fn explains(&self) -> bool {
        self.shap.is_some() || self.pdp.is_some() || self.asymmetric_shapley_value.is_some()
    }
}

fn selected(bias: Option<&BiasMethods>, metrics: &[&'static str]) -> Vec<&'static str> {
    bias.map(|bias| bias.methods.of(metrics))
        .unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BiasMethods {
    pub methods: MetricSelection,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricSelection {
    All,
    /// In the order of the file.
    Named(Vec<String>),
}

impl MetricSelection {
    /// Those of `metrics` that are selected, in the order of `metrics`.
    pub fn of(&self, metrics: &[&'static str]) -> Vec<&'static str> {
        let selected = |metric: &&&str| match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == **metric),
        };
        metrics.iter().filter(selected).copied().collect()
    }
}

impl Serialize for MetricSelection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartialDependence {
    /// Buckets of a numeric feature; 15 where absent, as in the SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_resolution: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<ColumnReference>>,
    /// So many features by global SHAP value, where `features` is absent; 10 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k_features: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportMethod {
    /// Of the files, without extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

pub(super) fn read(place: &Place<'_>) -> Option<Methods> {
    let members = place.object(
        schema::METHODS,
        r#"{"pre_training_bias": {"methods": "all"}}"#,
    )?;
    Some(Methods {
        pre_training_bias: members.optional("pre_training_bias", |place| bias(place, &PRE)),
        post_training_bias: members.optional("post_training_bias", |place| bias(place, &POST)),
        shap: members.optional("shap", shap::read),
        pdp: members.optional("pdp", partial_dependence),
        asymmetric_shapley_value: members
            .optional("asymmetric_shapley_value", time_series::asymmetric),
        report: members.optional("report", report),
    })
}

/// A stage and the one that its metrics are confused with.
struct Stage {
    metrics: &'static [&'static str],
    other_metrics: &'static [&'static str],
    other_method: &'static str,
}

const PRE: Stage = Stage {
    metrics: &PRE_TRAINING_METRICS,
    other_metrics: &POST_TRAINING_METRICS,
    other_method: "methods.post_training_bias",
};

const POST: Stage = Stage {
    metrics: &POST_TRAINING_METRICS,
    other_metrics: &PRE_TRAINING_METRICS,
    other_method: "methods.pre_training_bias",
};

fn bias(place: &Place<'_>, stage: &Stage) -> Option<BiasMethods> {
    let members = place.object(schema::BIAS, r#"{"methods": "all"}"#)?;
    let methods = members.required("methods", "it is `\"all\"` or a list of metrics", |place| {
        selection(place, stage)
    })?;
    Some(BiasMethods { methods })
}

fn selection(place: &Place<'_>, stage: &Stage) -> Option<MetricSelection> {
    let example = format!("[\"{}\"]", stage.metrics[1]);
    match place.node {
        Node::Text(text) if text == "all" => Some(MetricSelection::All),
        Node::List(names) if !names.is_empty() => {
            list(|place| metric(place, stage), &example)(place).map(MetricSelection::Named)
        }
        _ => place.wrong("`\"all\"` or a list of metrics", &example),
    }
}

fn metric(place: &Place<'_>, stage: &Stage) -> Option<String> {
    let name = text(&format!("\"{}\"", stage.metrics[1]))(place)?;
    if stage.metrics.contains(&name.as_str()) {
        return Some(name);
    }
    let problem = format!(
        "there is no metric `{name}` of this stage, its metrics are {}",
        quoted(stage.metrics)
    );
    let problem = ConfigProblem::error(place.path(), problem);
    if stage.other_metrics.contains(&name.as_str()) {
        return place.add(problem.with_remedy(format!("it belongs in `{}`", stage.other_method)));
    }
    if name.eq_ignore_ascii_case("all") {
        return place.add(problem.with_remedy("for all of them write `\"all\"` without a list"));
    }
    place.add(match nearest(&name, stage.metrics) {
        Some(meant) => problem.with_remedy(format!("did you mean `{meant}`?")),
        None => problem,
    })
}

fn partial_dependence(place: &Place<'_>) -> Option<PartialDependence> {
    let members = place.object(
        schema::PDP,
        r#"{"grid_resolution": 15, "features": ["age"]}"#,
    )?;
    let features = list(column("\"age\""), r#"["age"]"#);
    Some(PartialDependence {
        grid_resolution: members.optional("grid_resolution", count("15")),
        features: members.optional("features", features),
        top_k_features: members.optional("top_k_features", count("10")),
    })
}

fn report(place: &Place<'_>) -> Option<ReportMethod> {
    let members = place.object(schema::REPORT, r#"{"name": "report"}"#)?;
    Some(ReportMethod {
        name: members.optional("name", text("\"report\"")),
        title: members.optional("title", text("\"Analysis Report\"")),
    })
}
