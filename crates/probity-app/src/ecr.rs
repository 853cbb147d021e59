//! The container images that run here, as the Elastic Container Registry lists them.
//!
//! Source: DescribeRepositories and DescribeImages in the ECR API reference. No image is kept:
//! their names choose the built-in analyses, so any tag of them is there.

use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;

/// The repositories whose images run the built-in analyses, with the tag that clients ask for.
const REPOSITORIES: [(&str, &str); 2] = [
    ("sagemaker-clarify-processing", "1.0"),
    ("sagemaker-model-monitor-analyzer", "latest"),
];

pub async fn describe_repositories(
    app: &App,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    app.authorise(caller, "ecr:DescribeRepositories")?;
    let wanted: Option<Vec<&str>> = input
        .get("repositoryNames")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect());
    if let Some(wanted) = &wanted {
        for name in wanted {
            known(caller, name)?;
        }
    }
    let repositories: Vec<Value> = REPOSITORIES
        .iter()
        .filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(name)))
        .map(|(name, _)| repository(caller, name))
        .collect();
    Ok(json!({"repositories": repositories}))
}

pub async fn describe_images(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "ecr:DescribeImages")?;
    let name = input
        .get("repositoryName")
        .and_then(Value::as_str)
        .unwrap_or("");
    let tag = known(caller, name)?;
    let asked = input.get("imageIds").and_then(Value::as_array);
    let tags: Vec<&str> = match asked {
        Some(ids) => ids
            .iter()
            .filter_map(|id| id.get("imageTag").and_then(Value::as_str))
            .collect(),
        None => vec![tag],
    };
    let images: Vec<Value> = tags
        .into_iter()
        .map(|tag| {
            json!({
                "registryId": caller.account,
                "repositoryName": name,
                "imageTags": [tag],
            })
        })
        .collect();
    Ok(json!({"imageDetails": images}))
}

fn repository(caller: &Caller, name: &str) -> Value {
    let Caller {
        account, region, ..
    } = caller;
    json!({
        "repositoryArn": format!("arn:aws:ecr:{region}:{account}:repository/{name}"),
        "registryId": account,
        "repositoryName": name,
        "repositoryUri": format!("{account}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "imageTagMutability": "IMMUTABLE",
    })
}

fn known(caller: &Caller, name: &str) -> Result<&'static str, Fault> {
    REPOSITORIES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, tag)| *tag)
        .ok_or_else(|| Fault::Missing {
            message: format!(
                "The repository with name '{name}' does not exist in the registry with id '{}'",
                caller.account
            ),
        })
}
