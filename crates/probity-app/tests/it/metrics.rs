//! Metrics put, read over periods and listed, as CloudWatch does.

use std::collections::BTreeSet;

use probity_app::cloudwatch::endpoint_metrics;
use probity_app::{Access, Fault, cloudwatch};
use probity_store::endpoint_latency::{self, EndpointLatency, Latencies, MINUTE_MS};
use serde_json::{Value, json};

use crate::server::{self, Server, invalid, values};

/// 2026-11-27T00:00:00Z.
const START: i64 = 1_795_737_600;

async fn put(server: &Server, data: Value) -> Result<Value, Fault> {
    let input = json!({"Namespace": "aws/sagemaker", "MetricData": data});
    cloudwatch::put_data(&server.app, &server.ada, input).await
}

async fn statistics(server: &Server, more: Value) -> Result<Value, Fault> {
    let mut input = json!({
        "Namespace": "aws/sagemaker",
        "MetricName": "drift",
        "Dimensions": [{"Name": "Endpoint", "Value": "e"}],
        "StartTime": START,
        "EndTime": START + 600,
        "Period": 60,
        "Statistics": ["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
    });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    cloudwatch::get_statistics(&server.app, &server.ada, input).await
}

fn datum(at: i64, more: Value) -> Value {
    let mut datum = json!({
        "MetricName": "drift",
        "Dimensions": [{"Name": "Endpoint", "Value": "e"}],
        "Timestamp": at,
    });
    for (name, value) in more.as_object().unwrap() {
        datum[name] = value.clone();
    }
    datum
}

#[tokio::test]
async fn values_sets_and_counts_become_one_statistic() {
    let server = Server::start().await;
    let data = json!([
        datum(START + 1, json!({"Value": 4.0})),
        datum(
            START + 59,
            json!({"Values": [1.0, 2.0], "Counts": [3.0, 1.0]})
        ),
        datum(
            START + 30,
            json!({"StatisticValues":
            {"SampleCount": 5.0, "Sum": 11.0, "Minimum": -1.0, "Maximum": 6.0}})
        ),
        datum(START + 60, json!({"Value": 7.5})),
    ]);
    assert_eq!(put(&server, data).await.unwrap(), json!({}));
    let found = statistics(&server, json!({})).await.unwrap();
    assert_eq!(found["Label"], "drift");
    // 4 + (3·1 + 1·2) + 11 = 20 over 1 + 4 + 5 = 10 samples.
    let expected = json!([
        {"Timestamp": 1_795_737_600.0, "Sum": 20.0, "Average": 2.0, "Minimum": -1.0,
         "Maximum": 6.0, "SampleCount": 10.0, "Unit": "None"},
        {"Timestamp": 1_795_737_660.0, "Sum": 7.5, "Average": 7.5, "Minimum": 7.5,
         "Maximum": 7.5, "SampleCount": 1.0, "Unit": "None"},
    ]);
    assert_eq!(found["Datapoints"], expected);
}

#[tokio::test]
async fn units_are_told_apart_and_filtered() {
    let server = Server::start().await;
    let data = json!([
        datum(START, json!({"Value": 1.0, "Unit": "Count"})),
        datum(START, json!({"Value": 2.0, "Unit": "Percent"})),
        datum(START, json!({"Value": 3.0})),
    ]);
    put(&server, data).await.unwrap();
    let all = statistics(&server, json!({})).await.unwrap();
    assert_eq!(
        values(&all, "Datapoints", "Unit"),
        ["None", "Count", "Percent"]
    );
    let one = statistics(&server, json!({"Unit": "Percent"}))
        .await
        .unwrap();
    assert_eq!(one["Datapoints"][0]["Sum"], 2.0);
    let none = statistics(&server, json!({"Unit": "None"})).await.unwrap();
    assert_eq!(none["Datapoints"][0]["Sum"], 3.0);
}

#[tokio::test]
async fn the_end_is_not_part_of_the_range() {
    let server = Server::start().await;
    let data: Vec<Value> = [-1, 0, 599, 600]
        .iter()
        .map(|at| datum(START + at, json!({"Value": 1.0})))
        .collect();
    put(&server, json!(data)).await.unwrap();
    let found = statistics(&server, json!({"Period": 600})).await.unwrap();
    assert_eq!(found["Datapoints"][0]["SampleCount"], 2.0);
    // The start is rounded down to the minute.
    let earlier = json!({"StartTime": START - 30, "Period": 60});
    let found = statistics(&server, earlier).await.unwrap();
    assert_eq!(found["Datapoints"][0]["Timestamp"], 1_795_737_540.0);
}

#[tokio::test]
async fn what_cannot_be_a_metric_is_refused() {
    let server = Server::start().await;
    for wrong in [
        json!({}),
        json!({"Value": "NaN"}),
        json!({"Value": 1e200}),
        json!({"Value": 1.0, "Values": [1.0]}),
        json!({"Values": [1.0], "Counts": [1.0, 2.0]}),
        json!({"StatisticValues": {"Sum": 1.0}}),
        json!({"Value": 1.0, "MetricName": ""}),
        json!({"Value": 1.0, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}),
    ] {
        let text = invalid(put(&server, json!([datum(START, wrong.clone())])).await);
        assert!(!text.is_empty(), "{wrong}");
    }
    invalid(put(&server, json!([])).await);
    // Of a request with one wrong datum nothing is kept.
    let both = json!([datum(START, json!({"Value": 1.0})), datum(START, json!({}))]);
    invalid(put(&server, both).await);
    let found = statistics(&server, json!({})).await.unwrap();
    assert_eq!(found["Datapoints"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_computed_is_refused() {
    let server = Server::start().await;
    let text = invalid(statistics(&server, json!({"ExtendedStatistics": ["tm99"]})).await);
    assert!(text.contains("tm99"), "{text}");
    let text = invalid(statistics(&server, json!({"Statistics": ["p99"]})).await);
    assert!(text.contains("ExtendedStatistics"), "{text}");
    invalid(statistics(&server, json!({"Statistics": []})).await);
    invalid(statistics(&server, json!({"Period": 7})).await);
    invalid(statistics(&server, json!({"EndTime": START})).await);
    let text = invalid(statistics(&server, json!({"EndTime": START + 86_401, "Period": 60})).await);
    assert!(text.contains("1441 datapoints"), "{text}");
}

fn query(id: &str, stat: &str) -> Value {
    json!({"Id": id, "MetricStat": {
        "Metric": {"Namespace": "aws/sagemaker", "MetricName": "drift",
                   "Dimensions": [{"Name": "Endpoint", "Value": "e"}]},
        "Period": 60, "Stat": stat,
    }})
}

async fn data(server: &Server, queries: Value, more: Value) -> Result<Value, Fault> {
    let mut input = json!({
        "MetricDataQueries": queries, "StartTime": START, "EndTime": START + 600,
    });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    cloudwatch::get_data(&server.app, &server.ada, input).await
}

#[tokio::test]
async fn several_metrics_are_read_at_once_in_both_directions() {
    let server = Server::start().await;
    let points: Vec<Value> = (0..3)
        .map(|minute| datum(START + minute * 60, json!({"Values": [minute, 10]})))
        .collect();
    put(&server, json!(points)).await.unwrap();
    let queries = json!([query("low", "Minimum"), query("n", "SampleCount")]);
    let found = data(&server, queries.clone(), json!({})).await.unwrap();
    let results = &found["MetricDataResults"];
    assert_eq!(results[0]["Values"], json!([2.0, 1.0, 0.0]));
    assert_eq!(results[0]["Timestamps"][0], 1_795_737_720.0);
    assert_eq!(
        (&results[1]["Id"], &results[1]["StatusCode"]),
        (&json!("n"), &json!("Complete"))
    );
    assert_eq!(found.get("NextToken"), None);
    let ascending = json!({"ScanBy": "TimestampAscending"});
    let found = data(&server, queries, ascending).await.unwrap();
    assert_eq!(
        found["MetricDataResults"][0]["Values"],
        json!([0.0, 1.0, 2.0])
    );
}

#[tokio::test]
async fn pages_of_data_show_each_period_once() {
    let server = Server::start().await;
    let points: Vec<Value> = (0..5)
        .map(|minute| datum(START + minute * 60, json!({"Value": minute})))
        .collect();
    put(&server, json!(points)).await.unwrap();
    for scan_by in ["TimestampAscending", "TimestampDescending"] {
        for most in 1..=11 {
            let mut more = json!({"MaxDatapoints": most, "ScanBy": scan_by});
            let mut seen: Vec<(String, f64)> = Vec::new();
            loop {
                let queries = json!([query("a", "Sum"), query("b", "Maximum")]);
                let page = data(&server, queries, more.clone()).await.unwrap();
                let mut count = 0;
                for result in page["MetricDataResults"].as_array().unwrap() {
                    for value in result["Values"].as_array().unwrap() {
                        seen.push((result["Id"].to_string(), value.as_f64().unwrap()));
                        count += 1;
                    }
                }
                assert!(count <= most, "{count} of {most}");
                match page.get("NextToken") {
                    Some(token) => more["NextToken"] = token.clone(),
                    None => break,
                }
            }
            assert_eq!(seen.len(), 10, "{scan_by} {most} {seen:?}");
            seen.sort_by(|one, other| one.partial_cmp(other).unwrap());
            seen.dedup();
            assert_eq!(seen.len(), 10, "{scan_by} {most}");
        }
    }
}

#[tokio::test]
async fn expressions_and_trimmed_means_are_refused() {
    let server = Server::start().await;
    let expression = json!([{"Id": "x", "Expression": "a + 1"}]);
    assert!(invalid(data(&server, expression, json!({})).await).contains("Expression"));
    assert!(invalid(data(&server, json!([query("a", "tm90")]), json!({})).await).contains("tm90"));
    let twice = json!([query("a", "Sum"), query("a", "Sum")]);
    assert!(invalid(data(&server, twice, json!({})).await).contains("unique"));
}

#[tokio::test]
async fn metrics_are_listed_by_name_and_dimension_in_pages() {
    let server = Server::start().await;
    let points: Vec<Value> = (0..700)
        .map(|number| {
            json!({"MetricName": "drift", "Value": 1.0, "Dimensions": [
                {"Name": "Endpoint", "Value": "e"},
                {"Name": "Feature", "Value": format!("f{number:03}")},
            ]})
        })
        .collect();
    put(&server, json!(points)).await.unwrap();
    put(&server, json!([{"MetricName": "accuracy", "Value": 1.0}]))
        .await
        .unwrap();
    let list = async |input: Value| {
        cloudwatch::list_metrics(&server.app, &server.ada, input)
            .await
            .unwrap()
    };
    let by_name = json!({"MetricName": "drift", "Dimensions": [{"Name": "Feature"}]});
    let first = list(by_name.clone()).await;
    assert_eq!(first["Metrics"].as_array().unwrap().len(), 500);
    let mut next = by_name;
    next["NextToken"] = first["NextToken"].clone();
    let second = list(next).await;
    assert_eq!(second["Metrics"].as_array().unwrap().len(), 200);
    assert_eq!(second.get("NextToken"), None);
    let one = list(json!({"Dimensions": [{"Name": "Feature", "Value": "f007"}]})).await;
    assert_eq!(one["Metrics"].as_array().unwrap().len(), 1);
    let accuracy = list(json!({"MetricName": "accuracy", "RecentlyActive": "PT3H"})).await;
    let expected = json!([
        {"Namespace": "aws/sagemaker", "MetricName": "accuracy", "Dimensions": []}
    ]);
    assert_eq!(accuracy["Metrics"], expected);
}

#[tokio::test]
async fn a_reader_puts_nothing() {
    let server = Server::start().await;
    let bob = server::caller("bob", Access::ReadOnly, "us-west-2");
    let input = json!({"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0}]});
    let put = cloudwatch::put_data(&server.app, &bob, input).await;
    assert!(matches!(put, Err(Fault::Denied { .. })));
    let listed = cloudwatch::list_metrics(&server.app, &bob, json!({})).await;
    assert_eq!(listed.unwrap(), json!({"Metrics": []}));
}

#[tokio::test]
async fn percentiles_are_of_single_values() {
    let server = Server::start().await;
    let values: Vec<Value> = (1..=100)
        .map(|value| datum(START + 1, json!({"Value": f64::from(value)})))
        .collect();
    put(&server, Value::Array(values)).await.unwrap();
    let asked = json!({"Statistics": ["Maximum"], "ExtendedStatistics": ["p50", "p99", "p99.5"]});
    let found = statistics(&server, asked).await.unwrap();
    let point = &found["Datapoints"][0];
    assert_eq!(point["Maximum"], 100.0);
    let expected = json!({"p50": 50.0, "p99": 99.0, "p99.5": 100.0});
    assert_eq!(point["ExtendedStatistics"], expected);
    // A set hides what lies between its bounds.
    let set = json!({"StatisticValues":
        {"SampleCount": 5.0, "Sum": 11.0, "Minimum": -1.0, "Maximum": 6.0}});
    put(&server, json!([datum(START + 1, set)])).await.unwrap();
    let asked = json!({"ExtendedStatistics": ["p50"]});
    let found = statistics(&server, asked).await.unwrap();
    assert_eq!(found["Datapoints"][0].get("ExtendedStatistics"), None);
}

/// 990 calls of a millisecond, and ten of two seconds, in two minutes and by two processes.
async fn with_latencies(server: &Server) {
    let mut unit = server.app.store.begin().await.unwrap();
    for (part, from_ms) in [
        ("a", START * 1000),
        ("b", START * 1000),
        ("a", START * 1000 + 60_000),
    ] {
        let mut calls = Latencies {
            failed: 1,
            ..Latencies::default()
        };
        for call in 0..330 {
            let is_slow = part == "b" && call < 10;
            calls.model.record(if is_slow { 2_000_000 } else { 1000 });
            calls.overhead.record(40);
        }
        let row = EndpointLatency {
            region: server.ada.region.clone(),
            endpoint: "e".to_owned(),
            variant: "v".to_owned(),
            length_ms: MINUTE_MS,
            from_ms,
            part: part.to_owned(),
            calls,
        };
        endpoint_latency::put(&mut unit, &row).await.unwrap();
    }
    let called = ("e".to_owned(), "v".to_owned());
    let called = (server.ada.region.clone(), called.0, called.1, START * 1000);
    let called = BTreeSet::from([called]);
    endpoint_metrics::announce(&mut unit, &called)
        .await
        .unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn endpoints_have_cloudwatchs_metrics_with_their_tail() {
    let server = Server::start().await;
    with_latencies(&server).await;
    let asked = |name: &str, more: Value| {
        let mut input = json!({
            "Namespace": "AWS/SageMaker",
            "MetricName": name,
            "Dimensions": [{"Name": "EndpointName", "Value": "e"}, {"Name": "VariantName", "Value": "v"}],
            "Period": 3600,
            "EndTime": START + 3600,
        });
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    let extended =
        json!({"Statistics": ["Average"], "ExtendedStatistics": ["p50", "p99", "p99.5"]});
    let found = statistics(&server, asked("ModelLatency", extended))
        .await
        .unwrap();
    let point = &found["Datapoints"][0];
    assert_eq!(point["Unit"], "Microseconds");
    let tail = |name: &str| point["ExtendedStatistics"][name].as_f64().unwrap();
    // Of 990 calls the 980 fast ones are 98.99 %: p99 is one of the slow.
    assert!((tail("p50") - 1000.0).abs() < 1000.0 / 32.0, "{point}");
    assert!((tail("p99") - 2e6).abs() < 2e6 / 32.0, "{point}");
    // 980 of a millisecond and ten of two seconds.
    let mean = (980.0 * 1e3 + 10.0 * 2e6) / 990.0;
    assert!(
        (point["Average"].as_f64().unwrap() - mean).abs() < 1e-6,
        "{point}"
    );
    for (name, sum) in [
        ("Invocations", 990.0),
        ("Invocation5XXErrors", 3.0),
        ("Invocation4XXErrors", 0.0),
    ] {
        let found = statistics(&server, asked(name, json!({"Statistics": ["Sum"]})))
            .await
            .unwrap();
        assert_eq!(found["Datapoints"][0]["Sum"], sum, "{name}");
    }
    let by_minute = json!({"Statistics": ["SampleCount"], "Period": 60});
    let found = statistics(&server, asked("OverheadLatency", by_minute))
        .await
        .unwrap();
    assert_eq!(found["Datapoints"].as_array().unwrap().len(), 2);
    let listed = cloudwatch::list_metrics(
        &server.app,
        &server.ada,
        json!({"Namespace": "AWS/SageMaker"}),
    );
    assert_eq!(
        listed.await.unwrap()["Metrics"].as_array().unwrap().len(),
        5
    );
}
