//! Transform jobs: the predictions of `golden/models`, joined, numbered and captured.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::{World, golden_folder, request};

/// Rows of the golden model as CSV without missing values, and its probabilities of them.
fn golden() -> (Vec<String>, Vec<f64>) {
    let place = golden_folder().join("models/xgboost/binary.expected.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap();
    let rows = golden["rows"].as_array().unwrap().iter();
    let predictions = golden["predictions"].as_array().unwrap().iter();
    let whole = rows.zip(predictions).filter(|(row, _)| {
        let numbers = row.as_array().unwrap();
        numbers
            .iter()
            .all(|value| value.as_f64().is_some_and(|value| value.abs() < 1e6))
    });
    whole
        .take(40)
        .map(|(row, prediction)| {
            let fields: Vec<String> = row
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_f64().unwrap().to_string())
                .collect();
            (fields.join(","), prediction[0].as_f64().unwrap())
        })
        .unzip()
}

async fn ended(world: &World, name: &str) -> Value {
    let started = Instant::now();
    loop {
        let input = json!({"TransformJobName": name});
        let job = probity_app::transform_job::describe(&world.app, &world.caller, input)
            .await
            .unwrap();
        let status = job["TransformJobStatus"].as_str().unwrap();
        if !matches!(status, "InProgress" | "Stopping") {
            return job;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn create(world: &World, body: Value) -> String {
    let name = body["TransformJobName"].as_str().unwrap().to_owned();
    probity_app::transform_job::create(&world.app, &world.caller, body)
        .await
        .unwrap();
    name
}

#[track_caller]
fn check_scores(output: &str, column: usize, expected: &[f64]) {
    let found: Vec<f64> = output
        .lines()
        .map(|line| line.split(',').nth(column).unwrap().parse().unwrap())
        .collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdks_transform_joins_numbers_and_captures() {
    let world = World::new().await;
    let body = request("CreateTransformJob-capture.json");
    world
        .model(body["ModelName"].as_str().unwrap(), "xgboost/binary.json")
        .await;
    let (rows, expected) = golden();
    world.put("async/in.csv", rows.join("\n"));
    let name = create(&world, body).await;
    let worker = world.start("w");
    let job = ended(&world, &name).await;
    assert_eq!(job["TransformJobStatus"], "Completed", "{job}");
    let output = world.read("transform-out/in.csv.out");
    check_scores(&output, 6, &expected);
    for (line, row) in output.lines().zip(&rows) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), 9);
        assert!(line.starts_with(row.as_str()), "{line}");
        assert_eq!(fields[7].len(), 36);
        assert!(fields[8].ends_with('Z'), "{line}");
    }
    let manifest = manifest(&world, "transform-capture/output");
    assert_eq!(
        manifest,
        json!([{"prefix": "s3://governance-wire-test/transform-out/"}, "in.csv.out"])
    );
    assert_eq!(manifest_of_input(&world)[1], "in.csv");
    worker.stop().await;
}

fn manifest_of_input(world: &World) -> Value {
    manifest(world, "transform-capture/input")
}

fn manifest(world: &World, folder: &str) -> Value {
    let mut place = world.object(folder);
    while place.is_dir() {
        place = std::fs::read_dir(&place)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
    }
    serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_object_below_a_prefix_keeps_its_order_and_its_place() {
    let world = World::new().await;
    world.model("m", "xgboost/binary.json").await;
    let (rows, expected) = golden();
    world.put("in/a.csv", rows.join("\n"));
    let packed = {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(rows.join("\n").as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    world.put("packed/x/b.csv.gz", packed);
    let body = |name: &str, prefix: &str, compression: &str| {
        json!({
            "TransformJobName": name,
            "ModelName": "m",
            "BatchStrategy": "SingleRecord",
            "MaxConcurrentTransforms": 4,
            "TransformInput": {
                "DataSource": {"S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": format!("s3://governance-wire-test/{prefix}"),
                }},
                "ContentType": "text/csv", "SplitType": "Line", "CompressionType": compression,
            },
            "TransformOutput": {
                "S3OutputPath": "s3://governance-wire-test/out", "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        })
    };
    let worker = world.start("w");
    for (name, prefix, compression) in [("plain", "in/", "None"), ("packed", "packed", "Gzip")] {
        create(&world, body(name, prefix, compression)).await;
        let job = ended(&world, name).await;
        assert_eq!(job["TransformJobStatus"], "Completed", "{job}");
    }
    check_scores(&world.read("out/a.csv.out"), 0, &expected);
    check_scores(&world.read("out/x/b.csv.gz.out"), 0, &expected);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_model_refuses_is_named() {
    let world = World::new().await;
    world.model("m", "xgboost/binary.json").await;
    world.put("in/a.csv", "1,2,3,4,5,6\n1,2\n");
    let body = json!({
        "TransformJobName": "t", "ModelName": "m", "BatchStrategy": "SingleRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix", "S3Uri": "s3://governance-wire-test/in/a.csv",
            }},
            "ContentType": "text/csv", "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://governance-wire-test/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    });
    create(&world, body).await;
    let worker = world.start("w");
    let job = ended(&world, "t").await;
    assert_eq!(job["TransformJobStatus"], "Failed");
    let reason = job["FailureReason"].as_str().unwrap();
    assert!(reason.starts_with("ClientError: "), "{reason}");
    assert!(
        reason.contains("record 2 of `s3://governance-wire-test/in/a.csv`"),
        "{reason}"
    );
    assert!(!world.object("out/a.csv.out").exists());
    worker.stop().await;
}
