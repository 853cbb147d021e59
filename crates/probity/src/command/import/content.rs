//! What a document is, from a look into it: which monitor left it, or what its lines are.

use probity_data::location::{Environment, ReadLocation, read_document, read_object};
use serde_json::Value;

/// What lies by the hour and is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    Captures,
    GroundTruth,
    /// Captures joined with their labels.
    Merged,
    Unknown,
}

impl Lines {
    /// From the first line of a file.
    pub(super) fn of(text: &str) -> Lines {
        let first = text.lines().find(|line| !line.trim().is_empty());
        let record: Value = first
            .and_then(|line| serde_json::from_str(line).ok())
            .unwrap_or_default();
        match (
            record["captureData"].is_object(),
            record["groundTruthData"].is_object(),
        ) {
            (true, false) => Self::Captures,
            (true, true) => Self::Merged,
            (false, true) => Self::GroundTruth,
            (false, false) => Self::Unknown,
        }
    }

    pub(super) async fn of_object(
        uri: &str,
        environment: &Environment,
    ) -> Result<Lines, ReadLocation> {
        let bytes = read_object(uri, environment).await?;
        Ok(Self::of(&String::from_utf8_lossy(&bytes)))
    }
}

/// Which kind of monitor left a folder, and of which problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) kind: &'static str,
    /// Model quality only.
    pub(super) problem: Option<&'static str>,
    /// Names of the columns, where the folder tells them.
    pub(super) features: Vec<String>,
}

impl Left {
    fn of_kind(kind: &'static str) -> Left {
        Left {
            kind,
            problem: None,
            features: Vec::new(),
        }
    }

    /// From one document of the folder; `None` where it tells nothing.
    pub(super) fn of(name: &str, document: &Value) -> Option<Left> {
        match name {
            "analysis.json" => of_analysis(document),
            "statistics.json" | "constraints.json" => of_numbers(document),
            "constraint_violations.json" => of_violations(document),
            _ => None,
        }
    }

    /// From the documents of a folder, the most telling first.
    pub(super) async fn of_folder(
        folder: &str,
        environment: &Environment,
    ) -> Result<Option<Left>, ReadLocation> {
        for name in [
            "analysis.json",
            "statistics.json",
            "constraints.json",
            "constraint_violations.json",
        ] {
            let bytes = match read_document(folder, name, environment).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) | Err(ReadLocation::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            if let Some(left) = Left::of(name, &document) {
                return Ok(Some(left));
            }
        }
        Ok(None)
    }
}

fn of_analysis(document: &Value) -> Option<Left> {
    let has = |member: &str| document[member].is_object();
    if has("pre_training_bias_metrics") || has("post_training_bias_metrics") {
        return Some(Left::of_kind("ModelBias"));
    }
    has("explanations").then(|| Left::of_kind("ModelExplainability"))
}

fn of_numbers(document: &Value) -> Option<Left> {
    if let Some(features) = document["features"].as_array() {
        let names = features
            .iter()
            .filter_map(|feature| feature["name"].as_str());
        return Some(Left {
            features: names.map(str::to_owned).collect(),
            ..Left::of_kind("DataQuality")
        });
    }
    let problems = [
        ("binary_classification", "BinaryClassification"),
        ("multiclass_classification", "MulticlassClassification"),
        ("regression", "Regression"),
    ];
    let (_, problem) = problems.into_iter().find(|(section, _)| {
        document[format!("{section}_metrics")].is_object()
            || document[format!("{section}_constraints")].is_object()
    })?;
    Some(Left {
        problem: Some(problem),
        ..Left::of_kind("ModelQuality")
    })
}

/// A file without violations does not tell.
fn of_violations(document: &Value) -> Option<Left> {
    let first = document["violations"].get(0)?;
    let has = |member: &str| first[member].is_string();
    if has("feature_name") {
        Some(Left::of_kind("DataQuality"))
    } else if has("facet") {
        Some(Left::of_kind("ModelBias"))
    } else if has("label") {
        Some(Left::of_kind("ModelExplainability"))
    } else {
        has("metric_name").then(|| Left::of_kind("ModelQuality"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &str, document: Value, kind: Option<&str>) {
        let found = Left::of(name, &document);
        assert_eq!(found.map(|left| left.kind), kind, "{document}");
    }

    #[test]
    fn documents_tell_which_monitor_left_them() {
        let features = json!({"features": [{"name": "a"}]});
        check("statistics.json", features, Some("DataQuality"));
        let metrics = json!({"regression_metrics": {"mae": {}}});
        check("statistics.json", metrics, Some("ModelQuality"));
        let bias = json!({"post_training_bias_metrics": {"facets": {}}});
        check("analysis.json", bias, Some("ModelBias"));
        let shap = json!({"explanations": {"kernel_shap": {}}});
        check("analysis.json", shap, Some("ModelExplainability"));
        let facet = json!({"violations": [{"facet": "Sex", "metric_name": "CI"}]});
        check("constraint_violations.json", facet, Some("ModelBias"));
        check(
            "constraint_violations.json",
            json!({"violations": []}),
            None,
        );
    }

    #[test]
    fn lines_are_told_by_what_they_have() {
        let capture = r#"{"captureData":{},"eventMetadata":{}}"#;
        assert_eq!(Lines::of(capture), Lines::Captures);
        let label = r#"{"groundTruthData":{"data":"1"}}"#;
        assert_eq!(Lines::of(label), Lines::GroundTruth);
        let merged = r#"{"captureData":{},"groundTruthData":{}}"#;
        assert_eq!(Lines::of(merged), Lines::Merged);
        assert_eq!(Lines::of("a,b\n1,2"), Lines::Unknown);
        assert_eq!(Lines::of(""), Lines::Unknown);
    }
}
