//! What a file leaves to the server: text is written in the repository, evidence is bound where the
//! reports are. Applying a file must not throw away what was bound there.

use probity_domain::document::model_card::Binding;
use serde_json::{Map, Value};

/// The content of a file with the evidence that the server's content has beside it: evaluations
/// that are bound there and that the file does not have; and of those that the file has without
/// any numbers of its own the numbers, the job and the datasets.
pub(super) fn with_evidence_of(server: &Value, file: &Value) -> Value {
    let mut content = file.clone();
    let bound = evaluations(server).filter(|evaluation| is_bound(evaluation));
    for evaluation in bound {
        let Some(sections) = content.as_object_mut() else {
            break;
        };
        let list = sections
            .entry("evaluation_details")
            .or_insert_with(|| Value::Array(Vec::new()));
        let Some(list) = list.as_array_mut() else {
            break;
        };
        let own = list
            .iter_mut()
            .find(|own| own["name"] == evaluation["name"]);
        match own {
            None => list.push(evaluation.clone()),
            Some(own) if has_numbers(own) || is_bound(own) => take_stamp(own, evaluation),
            Some(own) => take_numbers(own, evaluation),
        }
    }
    content
}

fn evaluations(content: &Value) -> impl Iterator<Item = &Value> {
    content["evaluation_details"]
        .as_array()
        .into_iter()
        .flatten()
}

fn is_bound(evaluation: &Value) -> bool {
    let metadata = evaluation["metadata"].as_object();
    metadata.is_some_and(|metadata| metadata.keys().any(|name| Binding::owns(name)))
}

fn has_numbers(evaluation: &Value) -> bool {
    let groups = evaluation["metric_groups"].as_array();
    groups.is_some_and(|groups| !groups.is_empty())
}

/// What says of the numbers whose they are; a file that says it keeps its own.
const ABOUT_NUMBERS: [&str; 2] = ["evaluation_job_arn", "datasets"];

fn take_numbers(own: &mut Value, evaluation: &Value) {
    let mut metadata = own["metadata"]
        .as_object()
        .cloned()
        .unwrap_or_else(Map::new);
    let known = evaluation["metadata"].as_object().into_iter().flatten();
    for (name, value) in known.filter(|(name, _)| Binding::owns(name)) {
        metadata.insert(name.clone(), value.clone());
    }
    own["metadata"] = Value::Object(metadata);
    own["metric_groups"] = evaluation["metric_groups"].clone();
    for member in ABOUT_NUMBERS {
        if own[member].is_null() && !evaluation[member].is_null() {
            own[member] = evaluation[member].clone();
        }
    }
}

/// Who bound a report, and when, is told by the server: applying the same file again is no edit.
fn take_stamp(own: &mut Value, evaluation: &Value) {
    let (Some(mine), Some(known)) = (binding(own), binding(evaluation)) else {
        return;
    };
    let metadata = own.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata
        && mine.is_to_same_report(&known)
    {
        metadata.retain(|name, _| !Binding::owns(name));
        let members = known.members().into_iter();
        metadata.extend(members.map(|(name, value)| (name.to_owned(), value.into())));
    }
}

fn binding(evaluation: &Value) -> Option<Binding> {
    let metadata = evaluation.get("metadata")?.as_object()?;
    let texts = metadata.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some((name.clone(), value.to_owned()))
    });
    Binding::of(&texts.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bound(name: &str) -> Value {
        json!({"name": name, "metadata": {"probity:report": "s3://b/k", "own": "1"}, "metric_groups": [{"name": "g"}]})
    }

    #[test]
    fn what_is_bound_at_the_server_stays() {
        let server = json!({"evaluation_details": [bound("fairness"), {"name": "typed"}]});
        let file = json!({"evaluation_details": [{"name": "holdout"}], "business_details": {}});
        let applied = with_evidence_of(&server, &file);
        assert_eq!(
            applied,
            json!({"evaluation_details": [{"name": "holdout"}, bound("fairness")], "business_details": {}})
        );
        assert_eq!(with_evidence_of(&applied, &file), applied);
        assert_eq!(
            with_evidence_of(&server, &json!({})),
            json!({"evaluation_details": [bound("fairness")]})
        );
    }

    #[test]
    fn a_file_may_say_what_an_evaluation_means() {
        let server = json!({"evaluation_details": [bound("fairness")]});
        let file =
            json!({"evaluation_details": [{"name": "fairness", "evaluation_observation": "fair"}]});
        let applied = with_evidence_of(&server, &file);
        let one = &applied["evaluation_details"][0];
        assert_eq!(one["evaluation_observation"], "fair");
        assert_eq!(one["metadata"], json!({"probity:report": "s3://b/k"}));
        assert_eq!(one["metric_groups"], json!([{"name": "g"}]));
    }

    #[test]
    fn the_numbers_keep_their_job_and_datasets() {
        let mut there = bound("fairness");
        there["evaluation_job_arn"] = json!("arn:aws:sagemaker:eu-west-1:1:processing-job/p");
        there["datasets"] = json!(["s3://b/test.csv"]);
        let server = json!({ "evaluation_details": [there] });
        let apply = |own: Value| {
            let file = json!({ "evaluation_details": [own] });
            let applied = with_evidence_of(&server, &file);
            let again = with_evidence_of(&applied, &file);
            assert_eq!(again, applied);
            applied["evaluation_details"][0].clone()
        };
        let silent = apply(json!({"name": "fairness"}));
        assert_eq!(silent["evaluation_job_arn"], there["evaluation_job_arn"]);
        assert_eq!(silent["datasets"], there["datasets"]);
        let own = apply(json!({"name": "fairness", "datasets": ["s3://b/own.csv"]}));
        assert_eq!(own["datasets"], json!(["s3://b/own.csv"]));
        assert_eq!(own["evaluation_job_arn"], there["evaluation_job_arn"]);
    }

    #[test]
    fn numbers_of_the_file_win() {
        let server = json!({"evaluation_details": [bound("fairness")]});
        let own = json!({"name": "fairness", "metric_groups": [{"name": "mine"}]});
        let file = json!({ "evaluation_details": [own] });
        assert_eq!(with_evidence_of(&server, &file), file);
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert_eq!(with_evidence_of(&json!({}), &json!({})), json!({}));
    }

    #[test]
    fn the_server_tells_who_bound_a_report() {
        let of = |hash: &str, by: &str| {
            let metadata = json!({"probity:report": "s3://b/k", "probity:sha256": hash, "probity:kind": "k", "probity:bound-by": by});
            json!({"evaluation_details": [{"name": "e", "metadata": metadata}]})
        };
        let server = of("ab", "ada");
        assert_eq!(with_evidence_of(&server, &of("ab", "somebody")), server);
        let another = of("cd", "somebody");
        assert_eq!(with_evidence_of(&server, &another), another);
    }
}
