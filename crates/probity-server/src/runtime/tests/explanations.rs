//! Answers that are explained.

use http::StatusCode;
use serde_json::{Value, json};

use super::{CSV, ROW, SYNC, Served};

fn explainer(enable: Option<&str>) -> Value {
    let mut config = json!({
        "InferenceConfig": {"FeatureHeaders": ["a", "b", "c", "d", "e", "f"]},
        "ShapConfig": {"ShapBaselineConfig": {"ShapBaseline": "0,0,0,0,0,0"}},
    });
    if let Some(enable) = enable {
        config["EnableExplanations"] = json!(enable);
    }
    json!({"ExplainerConfig": {"ClarifyExplainerConfig": config}})
}

#[tokio::test]
async fn an_explanation_adds_up_to_the_answer() {
    let served = Served::new().await;
    served.put_binary(json!({})).await;
    let baseline = served.ask(SYNC, &[CSV], "0,0,0,0,0,0").await;
    let baseline: f64 = baseline.text().trim().parse().unwrap();
    served.put_binary(explainer(None)).await;
    let both = [CSV, ("accept", "text/csv")];
    let two = format!("{ROW}\n1,2,3,4,5,6\n");
    let answer = served.ask(SYNC, &both, &two).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let told = answer.json();
    assert_eq!(told["version"], "1.0");
    assert_eq!(
        told["predictions"]["content_type"],
        "text/csv; charset=utf-8"
    );
    let scores = told["predictions"]["data"].as_str().unwrap();
    let explained = told["explanations"]["kernel_shap"].as_array().unwrap();
    assert_eq!(explained.len(), 2);
    for (score, record) in scores.lines().zip(explained) {
        let features = record.as_array().unwrap();
        assert_eq!(features[0]["feature_header"], "a");
        let sum: f64 = features
            .iter()
            .map(|feature| {
                feature["attributions"][0]["attribution"][0]
                    .as_f64()
                    .unwrap()
            })
            .sum();
        let score: f64 = score.parse().unwrap();
        // Six features: all coalitions are asked, and only rounding is left.
        assert!(
            (baseline + sum - score).abs() < 1e-9,
            "{baseline} + {sum} = {score}"
        );
    }
    // The same request has the same explanation.
    assert_eq!(served.ask(SYNC, &both, &two).await.body, answer.body);
}

#[tokio::test]
async fn records_are_explained_where_the_answer_says() {
    let served = Served::new().await;
    served.put_binary(explainer(Some("[0]>`2`"))).await;
    let both = [CSV, ("accept", "text/csv")];
    let answer = served.ask(SYNC, &both, ROW).await;
    assert_eq!(answer.json()["explanations"], json!({}));
    let header = ("x-amzn-sagemaker-enable-explanations", "`true`");
    let answer = served.ask(SYNC, &[both[0], both[1], header], ROW).await;
    assert_eq!(
        answer.json()["explanations"]["kernel_shap"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let wrong = ("x-amzn-sagemaker-enable-explanations", "[0");
    let answer = served.ask(SYNC, &[both[0], both[1], wrong], ROW).await;
    answer.check_error(400, "ValidationError", "JMESPath");
    let answer = served.ask(SYNC, &[CSV], ROW).await;
    answer.check_error(400, "ValidationError", "Accept is missing");
    served.put_binary(json!({})).await;
    let answer = served.ask(SYNC, &[both[0], both[1], header], ROW).await;
    answer.check_error(400, "ValidationError", "no explainer");
}
