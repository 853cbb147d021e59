//! Every operation that changes something refuses a user who may only read.

use probity_server::{Limits, coverage_json};
use serde_json::Value;

use crate::client::{Running, SHORT_SECRET, Signed};

const READING: [&str; 9] = [
    "BatchDescribe",
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "List",
    "Preview",
    "QueryLineage",
    "Search",
];

/// What the service's requests carry in `X-Amz-Target`; `None` for those with another protocol.
fn target(service: &str, operation: &str) -> Option<String> {
    let prefix = match service {
        "sagemaker" => "SageMaker",
        "logs" => "Logs_20140328",
        "cloudwatch" => "GraniteServiceVersion20100801",
        "probity" => "Probity",
        "ecr" => "AmazonEC2ContainerRegistry_V20150921",
        _ => return None,
    };
    Some(format!("{prefix}.{operation}"))
}

#[tokio::test]
async fn readers_change_nothing() {
    let server = Running::start(Limits::default()).await;
    let coverage: Value = serde_json::from_str(&coverage_json()).unwrap();
    for row in coverage["operations"].as_array().unwrap() {
        let operation = row["operation"].as_str().unwrap();
        let Some(target) = target(row["service"].as_str().unwrap(), operation) else {
            continue;
        };
        if row["standing"] == "absent" {
            continue;
        }
        let request = Signed {
            key: "READER",
            secret: SHORT_SECRET,
            ..Signed::json(&target, "{}")
        };
        let reply = server.call(&request).await;
        let reads = READING.iter().any(|start| operation.starts_with(start));
        let denied = reply.status == 400 && reply.code() == "AccessDeniedException";
        assert_eq!(
            denied, !reads,
            "{operation}: {} {}",
            reply.status, reply.body
        );
        if denied {
            let text = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: ";
            assert!(reply.body.contains(text), "{}", reply.body);
        }
    }
}
