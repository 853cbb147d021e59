//! The check of requests on bodies that clients send, and on any JSON.

use std::fs;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use serde_json::{Map, Value, json};

use super::{Rejected, accept, service_model};

fn checked(operation: &str, request: Value) -> Result<Value, Rejected> {
    accept(service_model("sagemaker").unwrap(), operation, request)
}

#[track_caller]
fn check_message(operation: &str, request: Value, expected: &str) {
    let message = match checked(operation, request) {
        Err(Rejected::Constraints { message } | Rejected::Type { message }) => message,
        Ok(accepted) => panic!("accepted {accepted}"),
    };
    assert_eq!(message, expected);
}

#[test]
fn several_faults_are_told_at_once() {
    check_message(
        "DeleteModel",
        json!({}),
        "1 validation error detected: Value null at 'modelName' failed to satisfy constraint: \
         Member must not be null",
    );
    check_message(
        "CreateEndpoint",
        json!({"EndpointName": "a_b"}),
        "2 validation errors detected: Value 'a_b' at 'endpointName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; \
         Value null at 'endpointConfigName' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn lengths_values_and_enums_are_told_in_the_words_of_aws() {
    let cases = [
        (
            json!({"MaxResults": 0}),
            "Value '0' at 'maxResults' failed to satisfy constraint: \
             Member must have value greater than or equal to 1",
        ),
        (
            json!({"MaxResults": 101}),
            "Value '101' at 'maxResults' failed to satisfy constraint: \
             Member must have value less than or equal to 100",
        ),
        (
            json!({"SortOrder": "Up"}),
            "Value 'Up' at 'sortOrder' failed to satisfy constraint: \
             Member must satisfy enum value set: [Ascending, Descending]",
        ),
    ];
    for (request, expected) in cases {
        let expected = format!("1 validation error detected: {expected}");
        check_message("ListModels", request, &expected);
    }
}

#[test]
fn elements_are_counted_from_one() {
    check_message(
        "CreateModel",
        json!({"ModelName": "m", "Tags": [{"Key": "k", "Value": "v"}, {"Value": "v"}]}),
        "1 validation error detected: Value null at 'tags.2.member.key' failed to satisfy \
         constraint: Member must not be null",
    );
}

#[test]
fn faults_of_scalars_in_lists_and_maps_are_those_of_the_whole() {
    check_message(
        "DeleteTags",
        json!({"ResourceArn": "arn:aws:sagemaker:us-east-1:111122223333:model/m", "TagKeys": ["a", "b\n"]}),
        "1 validation error detected: Value '[a, b\n]' at 'tagKeys' failed to satisfy constraint: \
         Member must satisfy constraint: [Member must have length less than or equal to 128, Member \
         must have length greater than or equal to 1, Member must satisfy regular expression pattern: \
         ([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)]",
    );
    let environment = json!({"ModelName": "m", "PrimaryContainer": {"Environment": {"1a": "v"}}});
    check_message(
        "CreateModel",
        environment,
        "1 validation error detected: Value '{1a=v}' at 'primaryContainer.environment' failed to \
         satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or \
         equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]",
    );
}

#[test]
fn a_wrong_type_ends_the_check() {
    for (request, expected) in [
        (
            json!({"ModelName": 1}),
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            json!({"ModelName": ["a"]}),
            "Start of list found where not expected",
        ),
        (
            json!({"Tags": {}}),
            "Start of structure or map found where not expected.",
        ),
        (
            json!({"EnableNetworkIsolation": "true"}),
            "STRING_VALUE can not be converted to a Boolean",
        ),
    ] {
        check_message("CreateModel", request, expected);
    }
    check_message(
        "ListModels",
        json!({"MaxResults": 1.5}),
        "DECIMAL_VALUE can not be converted to an Integer",
    );
    check_message(
        "ListModels",
        json!([]),
        "Start of list found where not expected",
    );
}

#[test]
fn what_is_kept_has_no_nulls_and_no_unknown_members() {
    let request = json!({"NameContains": null, "Nonsense": 1, "MaxResults": 5.0,
        "CreationTimeAfter": "2026-11-27T00:00:00.5Z"});
    let accepted = checked("ListModels", request).unwrap();
    assert_eq!(
        accepted,
        json!({"MaxResults": 5, "CreationTimeAfter": 1_795_737_600.5})
    );
}

#[test]
fn a_long_value_is_not_repeated_whole() {
    let request = json!({"ModelName": "x".repeat(100_000)});
    let Err(Rejected::Constraints { message }) = checked("DeleteModel", request) else {
        panic!("a name of 100,000 characters is too long");
    };
    assert!(message.len() < 2000, "{}", message.len());
}

#[test]
fn many_faults_cost_little_and_are_counted() {
    let tags: Vec<Value> = (0..10_000).map(|_| json!({})).collect();
    let Err(Rejected::Constraints { message }) = checked("AddTags", json!({"Tags": tags})) else {
        panic!("no tag has its key");
    };
    assert!(
        message.starts_with("20002 validation errors detected: "),
        "{}",
        &message[..50]
    );
    assert!(message.len() < 20_000, "{}", message.len());
}

#[test]
fn requests_of_real_clients_are_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/wire");
    let mut n_requests = 0;
    let mut take = |operation: &str, request: &Value| {
        n_requests += 1;
        let accepted = checked(operation, request.clone())
            .unwrap_or_else(|rejected| panic!("{operation}: {rejected:?}"));
        assert_eq!(
            &without_nulls(&accepted),
            &without_nulls(request),
            "{operation}"
        );
    };
    for entry in fs::read_dir(folder.join("requests")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let operation = stem.split('-').next().unwrap();
        match serde_json::from_slice(&fs::read(&path).unwrap()).unwrap() {
            Value::Array(requests) => requests.iter().for_each(|request| take(operation, request)),
            request => take(operation, &request),
        }
    }
    for name in ["lineage.json", "experiments.json"] {
        let recorded: Value =
            serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
        for call in recorded.as_array().unwrap() {
            let operation = call["op"].as_str().unwrap();
            if operation.contains("Metrics") {
                continue;
            }
            take(operation, &call["body"]);
        }
    }
    assert!(n_requests > 50, "{n_requests}");
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(
                kept.map(|(name, member)| (name.clone(), without_nulls(member)))
                    .collect(),
            )
        }
        Value::Array(elements) => elements.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// JSON that often has members of the models.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("ModelName"),
        Just("PrimaryContainer"),
        Just("Environment"),
        Just("Tags"),
        Just("Key"),
        Just("SearchExpression"),
        Just("SubExpressions"),
        Just("Filters"),
        Just("Name"),
        Just("Value"),
        Just("ProductionVariants"),
        Just("InitialInstanceCount"),
        Just("CreationTimeAfter"),
        Just("MaxResults"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let name = prop_oneof![3 => names.clone().prop_map(str::to_owned), 1 => ".{0,8}".prop_map(String::from)];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            btree_map(name, inner, 0..6).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_accepted_or_refused(request in any_json()) {
        for operation in ["CreateModel", "Search", "CreateEndpointConfig", "ListModels"] {
            if let Ok(accepted) = checked(operation, request.clone()) {
                assert_eq!(checked(operation, accepted.clone()), Ok(accepted));
            }
        }
    }
}
