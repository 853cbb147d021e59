//! Log lines as the SDKs tail them.

use probity_app::{Fault, logs};
use probity_store::log_event::{self, LogLine, StreamKey};
use serde_json::{Value, json};

use crate::server::{Server, invalid, values};

const GROUP: &str = "/aws/sagemaker/ProcessingJobs";

async fn append(server: &Server, stream: &str, lines: &[(i64, &str)]) {
    let key = StreamKey {
        region: "us-west-2",
        group: GROUP,
        stream,
    };
    let lines: Vec<LogLine> = lines
        .iter()
        .map(|(at_ms, message)| LogLine {
            at_ms: *at_ms,
            message: (*message).to_owned(),
        })
        .collect();
    let mut unit = server.app.store.begin().await.unwrap();
    log_event::append(&mut unit, key, 1, &lines).await.unwrap();
    unit.commit().await.unwrap();
}

async fn events(server: &Server, input: Value) -> Result<Value, Fault> {
    logs::get_events(&server.app, &server.ada, input).await
}

fn of_job(more: Value) -> Value {
    let mut input = json!({"logGroupName": GROUP, "logStreamName": "job/algo-1-1"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

/// What `logs_for_processing_job` of the SDK does: pages until one is empty, then again from the
/// last millisecond, without the lines that it has seen there.
#[tokio::test]
async fn a_tail_sees_each_line_once_in_order() {
    let server = Server::start().await;
    let mut seen: Vec<String> = Vec::new();
    let mut last = (0, 0);
    for round in 0..4 {
        let texts: Vec<String> = (0..3).map(|number| format!("{round}-{number}")).collect();
        // Two rounds share a millisecond.
        let lines: Vec<(i64, &str)> = texts
            .iter()
            .map(|text| (1000 + i64::from(round) / 2, text.as_str()))
            .collect();
        append(&server, "job/algo-1-1", &lines).await;
        let (mut skip, mut input) = (
            last.1,
            of_job(json!({"startTime": last.0, "startFromHead": true, "limit": 2})),
        );
        for page in 0.. {
            assert!(page < 20, "the pages have no end");
            let answer = events(&server, input.clone()).await.unwrap();
            let found = answer["events"].as_array().unwrap();
            if found.is_empty() {
                break;
            }
            for event in found {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let at_ms = event["timestamp"].as_i64().unwrap();
                last = if at_ms == last.0 {
                    (at_ms, last.1 + 1)
                } else {
                    (at_ms, 1)
                };
                seen.push(event["message"].as_str().unwrap().to_owned());
            }
            input["nextToken"] = answer["nextForwardToken"].clone();
        }
    }
    let expected: Vec<String> = (0..4)
        .flat_map(|round| (0..3).map(move |number| format!("{round}-{number}")))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn tokens_lead_forward_and_backward() {
    let server = Server::start().await;
    append(
        &server,
        "job/algo-1-1",
        &[(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")],
    )
    .await;
    let page = async |more: Value| {
        let answer = events(&server, of_job(more)).await.unwrap();
        let text = values(&answer, "events", "message").concat();
        (
            text,
            answer["nextForwardToken"].clone(),
            answer["nextBackwardToken"].clone(),
        )
    };
    let (newest, forward, backward) = page(json!({"limit": 2})).await;
    assert_eq!(newest, "de");
    let (earlier, _, backward) = page(json!({"limit": 2, "nextToken": backward})).await;
    assert_eq!(earlier, "bc");
    let (first, again, backward) = page(json!({"limit": 2, "nextToken": backward})).await;
    assert_eq!(first, "a");
    let (none, _, same) = page(json!({"nextToken": backward})).await;
    assert_eq!((none.as_str(), &same), ("", &backward));
    let (rest, _, _) = page(json!({"nextToken": again})).await;
    assert_eq!(rest, "bcde");
    let (none, same, _) = page(json!({"nextToken": forward})).await;
    assert_eq!((none.as_str(), &same), ("", &forward));
    append(&server, "job/algo-1-1", &[(6, "f")]).await;
    assert_eq!(page(json!({"nextToken": forward})).await.0, "f");
    invalid(events(&server, of_job(json!({"nextToken": "x/1"}))).await);
    assert_eq!(
        page(json!({"startTime": 2, "endTime": 4, "startFromHead": true}))
            .await
            .0,
        "bc"
    );
}

#[tokio::test]
async fn an_empty_stream_has_tokens() {
    let server = Server::start().await;
    for (stream, from_head) in [("one", true), ("two", false)] {
        append(&server, stream, &[]).await;
        let empty = json!({"logStreamName": stream, "startFromHead": from_head});
        let answer = events(&server, of_job(empty)).await.unwrap();
        assert_eq!(answer["events"], json!([]));
        append(&server, stream, &[(9, "x")]).await;
        let next = json!({"logStreamName": stream, "nextToken": answer["nextForwardToken"]});
        let answer = events(&server, of_job(next)).await.unwrap();
        assert_eq!(values(&answer, "events", "message"), ["x"]);
    }
}

#[tokio::test]
async fn a_page_has_at_most_a_mebibyte() {
    let server = Server::start().await;
    let long = "x".repeat(100_000);
    let lines: Vec<(i64, &str)> = (0..25).map(|number| (number, long.as_str())).collect();
    append(&server, "job/algo-1-1", &lines).await;
    let mut input = of_job(json!({"startFromHead": true}));
    let mut pages = Vec::new();
    loop {
        let answer = events(&server, input.clone()).await.unwrap();
        let count = answer["events"].as_array().unwrap().len();
        if count == 0 {
            break;
        }
        pages.push(count);
        input["nextToken"] = answer["nextForwardToken"].clone();
    }
    assert_eq!(pages, [10, 10, 5]);
    let newest = events(&server, of_job(json!({}))).await.unwrap();
    assert_eq!(newest["events"].as_array().unwrap().len(), 10);
    assert_eq!(newest["events"][9]["timestamp"], 24);
}

#[tokio::test]
async fn streams_have_a_token_only_when_more_is_left() {
    let server = Server::start().await;
    for stream in ["job/algo-1-1", "job/algo-2-1", "other/algo-1-1"] {
        append(&server, stream, &[(5, "x")]).await;
    }
    let describe = async |more: Value| {
        let mut input = json!({"logGroupName": GROUP, "logStreamNamePrefix": "job/",
                               "orderBy": "LogStreamName"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        logs::describe_streams(&server.app, &server.ada, input)
            .await
            .unwrap()
    };
    let all = describe(json!({"limit": 2})).await;
    let names = values(&all, "logStreams", "logStreamName");
    assert_eq!(names, ["job/algo-1-1", "job/algo-2-1"]);
    assert_eq!(all.get("nextToken"), None);
    assert_eq!(all["logStreams"][0]["lastEventTimestamp"], 5);
    let first = describe(json!({"limit": 1})).await;
    let second = describe(json!({"limit": 1, "nextToken": first["nextToken"]})).await;
    assert_eq!(
        values(&second, "logStreams", "logStreamName"),
        ["job/algo-2-1"]
    );
    assert_eq!(second.get("nextToken"), None);
}

#[tokio::test]
async fn what_is_not_there_yet_is_missing() {
    let server = Server::start().await;
    let missing = json!({"logGroupName": "/aws/sagemaker/Endpoints/none"});
    let streams = logs::describe_streams(&server.app, &server.ada, missing).await;
    assert!(matches!(streams, Err(Fault::Missing { .. })));
    // A client may look for its job's log before the first job wrote a line.
    let of_jobs = json!({"logGroupName": GROUP});
    let streams = logs::describe_streams(&server.app, &server.ada, of_jobs).await;
    assert_eq!(streams.unwrap(), json!({"logStreams": []}));
    assert!(matches!(
        events(&server, of_job(json!({}))).await,
        Err(Fault::Missing { .. })
    ));
    append(&server, "other/algo-1-1", &[]).await;
    assert!(matches!(
        events(&server, of_job(json!({}))).await,
        Err(Fault::Missing { .. })
    ));
    let prefix = json!({"logGroupName": GROUP, "logStreamNamePrefix": "job/"});
    let none = logs::describe_streams(&server.app, &server.ada, prefix)
        .await
        .unwrap();
    assert_eq!(none, json!({"logStreams": []}));
}

#[tokio::test]
async fn groups_are_described() {
    let server = Server::start().await;
    append(&server, "job/algo-1-1", &[]).await;
    let found = logs::describe_groups(&server.app, &server.ada, json!({}))
        .await
        .unwrap();
    assert_eq!(values(&found, "logGroups", "logGroupName"), [GROUP]);
    let arn = format!("arn:aws:logs:us-west-2:111122223333:log-group:{GROUP}:*");
    assert_eq!(found["logGroups"][0]["arn"], arn);
    // The ARN names the group as well.
    let by_arn = json!({"logGroupIdentifier": arn});
    let streams = logs::describe_streams(&server.app, &server.ada, by_arn)
        .await
        .unwrap();
    assert_eq!(
        values(&streams, "logStreams", "logStreamName"),
        ["job/algo-1-1"]
    );
    let none = json!({"logGroupNamePrefix": "/other"});
    let none = logs::describe_groups(&server.app, &server.ada, none)
        .await
        .unwrap();
    assert_eq!(none, json!({"logGroups": []}));
}

#[tokio::test]
async fn lines_of_all_streams_are_filtered_in_time_order() {
    let server = Server::start().await;
    append(
        &server,
        "a",
        &[(1, "ERROR one"), (3, "fine"), (5, "ERROR two")],
    )
    .await;
    append(&server, "b", &[(2, "ERROR three"), (4, "ERROR four")]).await;
    let filter = async |more: Value| {
        let mut input = json!({"logGroupName": GROUP});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        logs::filter_events(&server.app, &server.ada, input).await
    };
    let errors = filter(json!({"filterPattern": "ERROR"})).await.unwrap();
    let messages = values(&errors, "events", "message");
    assert_eq!(
        messages,
        ["ERROR one", "ERROR three", "ERROR four", "ERROR two"]
    );
    let some = filter(json!({"startTime": 2, "endTime": 4})).await.unwrap();
    assert_eq!(
        values(&some, "events", "message"),
        ["ERROR three", "fine", "ERROR four"]
    );
    let one = filter(json!({"logStreamNames": ["b"]})).await.unwrap();
    assert_eq!(values(&one, "events", "logStreamName"), ["b", "b"]);
    let mut pages = Vec::new();
    let mut more = json!({"limit": 2});
    loop {
        let page = filter(more.clone()).await.unwrap();
        pages.extend(
            values(&page, "events", "message")
                .iter()
                .map(|text| text.len()),
        );
        match page.get("nextToken") {
            Some(token) => more["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, [9, 11, 4, 10, 9]);
    invalid(filter(json!({"filterPattern": "{ $.x = 1 }"})).await);
}
