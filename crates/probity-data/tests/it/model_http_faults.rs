//! Models behind HTTP that are slow, that fail, that answer too little or too much: all scores come back,
//! in order, or a reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use probity_data::model::http::{HttpModel, HttpOptions, Protocol, Retries};
use probity_data::model::{AskModel, Predict};
use tokio::sync::{Barrier, watch};

use crate::model_server::{ModelServer, Reply, expected, ok, records, sum, sums};

const FELL_BACK: &str = "Fallback to per-record prediction because of model error.";
const RETRIED: &str = "Some requests to the model failed and were sent again.";

/// The error with its cause.
fn told(error: &AskModel) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn scores(model: &HttpModel, n_records: usize) -> Vec<f64> {
    model.predict(&records(n_records)).await.unwrap().scores
}

async fn failure(model: &HttpModel, n_records: usize) -> String {
    told(&model.predict(&records(n_records)).await.unwrap_err())
}

#[tokio::test]
async fn scores_do_not_depend_on_the_size_of_requests() {
    for (max_records, n_requests) in [(1, 100), (7, 15), (1000, 1)] {
        let server = ModelServer::start(|call| ok(sums(call))).await;
        let model = server.model(|options| options.max_records = max_records);
        assert_eq!(scores(&model, 100).await, expected(100));
        assert_eq!(server.calls().len(), n_requests);
        assert!(server.connections() <= 4, "connections are used again");
        let statistics = model.statistics();
        assert_eq!(
            (statistics.requests, statistics.records),
            (n_requests as u64, 100)
        );
        assert!(statistics.seconds > 0.0);
    }
}

#[tokio::test]
async fn requests_are_no_larger_than_allowed() {
    let server = ModelServer::start(|call| ok(sums(call))).await;
    let model = server.model(|options| options.max_payload_bytes = 40);
    assert_eq!(scores(&model, 50).await, expected(50));
    let calls = server.calls();
    assert!(calls.iter().all(|call| call.body.len() <= 40));
    assert!(calls.len() < 20, "{} requests", calls.len());
}

#[tokio::test]
async fn a_record_that_is_larger_than_allowed_is_named() {
    let server = ModelServer::start(|call| ok(sums(call))).await;
    let model = server.model(|options| {
        options.max_payload_bytes = 5;
        options.concurrency = 1;
    });
    assert_eq!(
        failure(&model, 20).await,
        "the model cannot take these records: record 2 alone makes a request of 6 bytes, more than the 5 that are allowed"
    );
}

#[tokio::test]
async fn nothing_is_asked_about_no_records() {
    let server = ModelServer::start(|_| ok("")).await;
    let model = server.model(|_| {});
    assert!(model.predict(&records(0)).await.unwrap().scores.is_empty());
    assert!(server.calls().is_empty());
}

/// Every request waits until the one after it was answered.
#[tokio::test]
async fn the_order_is_that_of_the_records_whatever_comes_first() {
    let (answered, watching) = watch::channel(4_usize);
    let answered = Arc::new(answered);
    let server = ModelServer::start_async(move |call| {
        let (mut watching, answered) = (watching.clone(), Arc::clone(&answered));
        Box::pin(async move {
            let first = call.lines()[0]
                .split(',')
                .next()
                .unwrap()
                .parse::<usize>()
                .unwrap();
            let place = first / 5;
            watching.wait_for(|last| *last == place + 1).await.unwrap();
            answered.send_replace(place);
            ok(sums(&call))
        })
    })
    .await;
    let model = server.model(|options| options.max_records = 5);
    assert_eq!(scores(&model, 20).await, expected(20));
}

/// Four requests arrive together or none is answered; a fifth would be seen.
#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let barrier = Arc::new(Barrier::new(4));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = ModelServer::start_async(move |call| {
        let (barrier, now, most) = (Arc::clone(&barrier), Arc::clone(&now), Arc::clone(&most));
        Box::pin(async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            barrier.wait().await;
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            ok(sums(&call))
        })
    })
    .await;
    let model = server.model(|options| options.max_records = 1);
    // Two batches at once share the same four.
    let (batch, other) = (records(20), records(20));
    let (first, second) = tokio::join!(model.predict(&batch), model.predict(&other));
    assert_eq!(first.unwrap().scores, expected(20));
    assert_eq!(second.unwrap().scores, expected(20));
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_model_that_fails_every_tenth_call_is_asked_again() {
    for status in [500, 503, 429, 408] {
        let server = ModelServer::start(move |call| match call.number % 10 {
            9 => Reply::Answer(status, "busy".to_owned()),
            _ => ok(sums(call)),
        })
        .await;
        let model = server.model(|options| options.max_records = 2);
        assert_eq!(scores(&model, 100).await, expected(100));
        assert_eq!(model.notes(), [RETRIED]);
        let statistics = model.statistics();
        assert_eq!((statistics.requests, statistics.retries), (55, 5));
    }
}

#[tokio::test]
async fn broken_connections_are_made_again() {
    let server = ModelServer::start(|call| match call.number {
        0 => Reply::CloseWithoutAnswer,
        1 => Reply::BreakOff(sums(call)),
        _ => ok(sums(call)),
    })
    .await;
    let model = server.model(|options| options.concurrency = 1);
    assert_eq!(scores(&model, 10).await, expected(10));
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn a_model_that_takes_single_records_gets_them() {
    let server = ModelServer::start(|call| match call.lines().len() {
        1 => ok(sums(call)),
        _ => Reply::Answer(400, "one at a time".to_owned()),
    })
    .await;
    let model = server.model(|options| options.max_records = 10);
    assert_eq!(scores(&model, 200).await, expected(200));
    assert_eq!(model.notes(), [FELL_BACK]);
    let large = server
        .calls()
        .iter()
        .filter(|call| call.lines().len() > 1)
        .count();
    assert!(large <= 5, "{large} requests were too large");
}

#[tokio::test]
async fn an_answer_with_fewer_or_more_records_is_no_answer() {
    let short = |answer: String| {
        answer
            .lines()
            .skip(1)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let long = |answer: String| format!("{answer}0.5\n");
    let changes: [fn(String) -> String; 2] = [short, long];
    for change in changes {
        let server = ModelServer::start(move |call| match call.lines().len() {
            1 => ok(sums(call)),
            _ => ok(change(sums(call))),
        })
        .await;
        let model = server.model(|options| options.max_records = 50);
        assert_eq!(scores(&model, 20).await, expected(20));
        assert_eq!(model.notes(), [FELL_BACK]);
        let server = ModelServer::start(move |call| ok(change(sums(call)))).await;
        let error = failure(&server.model(|_| {}), 20).await;
        assert!(
            error.contains("records to a request of 1 (to record"),
            "{error}"
        );
    }
}

/// Every other answer is garbage: sent one by one, some records never get a score, and none gets a wrong one.
#[tokio::test]
async fn garbage_ends_with_the_record_and_what_was_said() {
    let server = ModelServer::start(|call| match call.lines().contains(&"7,1.75") {
        true => ok("<html>\x1b[31m\nTraceback `x`"),
        false => ok(sums(call)),
    })
    .await;
    let model = server.model(|_| {});
    assert_eq!(
        failure(&model, 10).await,
        "the model answered with 2 records to a request of 1 (to record 8): `<html> [31m Traceback 'x'`"
    );
    assert_eq!(model.statistics().records, 0);
}

#[tokio::test]
async fn a_model_that_dies_half_way_ends_the_run_with_a_reason() {
    let server = ModelServer::start(|call| match call.number {
        0..5 => ok(sums(call)),
        _ => Reply::Answer(500, "out of memory".to_owned()),
    })
    .await;
    let model = server.model(|options| {
        options.max_records = 2;
        options.concurrency = 1;
    });
    assert_eq!(
        failure(&model, 20).await,
        "the model answered 500 Internal Server Error to record 11 in 4 attempts: `out of memory`"
    );
    // 5 that worked, 4 attempts of two records, 4 of one.
    assert_eq!(server.calls().len(), 13);
}

/// An outage must not make the rest of a long run a request per record.
#[tokio::test]
async fn a_model_that_was_overburdened_gets_fewer_records_but_not_single_ones() {
    let server = ModelServer::start(|call| match call.number {
        0 => Reply::Answer(500, "out of memory".to_owned()),
        _ => ok(sums(call)),
    })
    .await;
    let model = server.model(|options| {
        options.max_records = 16;
        options.concurrency = 1;
        options.retries.count = 0;
    });
    assert_eq!(scores(&model, 32).await, expected(32));
    let calls = server.calls();
    let sizes: Vec<usize> = calls.iter().map(|call| call.lines().len()).collect();
    let after = [[16].as_slice(), &[1; 16], &[4; 4]].concat();
    assert_eq!(sizes, after);
    assert_eq!(model.notes(), [FELL_BACK]);
}

#[tokio::test]
async fn a_server_that_is_gone_is_named_without_its_password() {
    let server = ModelServer::start(|_| Reply::CloseWithoutAnswer).await;
    let mut options = server.options(Protocol::SageMaker);
    options.url = server.url.replace("http://", "http://me:hush@");
    let error = failure(&HttpModel::new(options.clone()).unwrap(), 2).await;
    assert!(
        error.starts_with(&format!(
            "failed to reach the model at `{}/invocations`",
            server.url
        )),
        "{error}"
    );
    assert!(
        error.contains("the connection broke before the answer to record 1 in 4 attempts"),
        "{error}"
    );
    // The port of a listener that is dropped refuses.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    options.url = format!(
        "http://me:hush@{}/invocations",
        listener.local_addr().unwrap()
    );
    drop(listener);
    let refused = failure(&HttpModel::new(options).unwrap(), 2).await;
    assert!(refused.contains("refused"), "{refused}");
    assert!(refused.contains("4 attempts"), "{refused}");
    assert!(
        !error.contains("hush") && !refused.contains("hush"),
        "{error} {refused}"
    );
}

#[tokio::test]
async fn what_the_server_repeats_of_a_secret_is_blanked() {
    let server = ModelServer::start(|call| {
        let seen = call.header("authorization").unwrap_or("nothing").to_owned();
        Reply::Answer(403, format!("not for {seen}"))
    })
    .await;
    let model = server.model(|options| {
        options.headers = vec![("authorization".to_owned(), "Bearer hush-hush".to_owned())];
    });
    assert_eq!(
        failure(&model, 2).await,
        "the model answered 403 Forbidden to records 1 to 2: `not for …`"
    );
    assert_eq!(server.calls().len(), 1, "no other request would be allowed");
    assert!(!format!("{model:?}").contains("hush"), "{model:?}");
}

#[tokio::test]
async fn a_request_that_is_too_large_is_halved_until_it_is_not() {
    let server = ModelServer::start(|call| match call.lines().len() {
        0..=30 => ok(sums(call)),
        _ => Reply::Answer(413, String::new()),
    })
    .await;
    let model = server.model(|options| {
        options.max_records = 200;
        options.concurrency = 1;
    });
    assert_eq!(scores(&model, 200).await, expected(200));
    let sizes: Vec<usize> = server
        .calls()
        .iter()
        .map(|call| call.lines().len())
        .collect();
    assert_eq!(sizes, [200, 100, 50, 25, 25, 25, 25, 25, 25, 25, 25]);
    assert!(model.notes().is_empty());
}

fn impatient(options: &mut HttpOptions) {
    options.timeouts.request = Duration::from_millis(150);
    options.concurrency = 1;
}

#[tokio::test]
async fn a_model_that_is_slow_on_many_records_gets_fewer() {
    let server = ModelServer::start(|call| match call.lines().len() {
        0..=16 => ok(sums(call)),
        _ => Reply::Never,
    })
    .await;
    let model = server.model(impatient);
    assert_eq!(scores(&model, 64).await, expected(64));
    let sizes: Vec<usize> = server
        .calls()
        .iter()
        .map(|call| call.lines().len())
        .collect();
    assert_eq!(sizes, [64, 16, 16, 16, 16]);
}

#[tokio::test]
async fn a_model_that_never_answers_is_given_up() {
    let server = ModelServer::start(|_| Reply::Never).await;
    let model = server.model(|options| {
        impatient(options);
        options.retries.count = 1;
    });
    let error = failure(&model, 2).await;
    assert!(
        error.ends_with("no answer to record 1 in 2 attempts within 0.15 seconds"),
        "{error}"
    );
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server = ModelServer::start(|_| Reply::Endless).await;
    let model = server.model(|options| options.max_answer_bytes = 100_000);
    assert_eq!(
        failure(&model, 1).await,
        "the model answered more than 100000 bytes to record 1"
    );
    let long = ModelServer::start(|_| ok("1".repeat(1001))).await;
    let model = long.model(|options| options.max_answer_bytes = 1000);
    assert_eq!(
        failure(&model, 1).await,
        "the model answered more than 1000 bytes to record 1"
    );
}

#[tokio::test]
async fn another_server_is_not_followed_to() {
    let other = ModelServer::start(|call| ok(sums(call))).await;
    let location = format!("location: {}/invocations?token=hush\r\n", other.url);
    let location: &'static str = Box::leak(location.into_boxed_str());
    let server = ModelServer::start(move |_| Reply::WithHeader(307, location, String::new())).await;
    assert_eq!(
        failure(&server.model(|_| {}), 1).await,
        format!(
            "the model answered 307 Temporary Redirect to record 1: it is at `{}/invocations` now; give that address",
            other.url
        )
    );
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn the_same_server_is_followed_when_the_request_stays_whole() {
    let server = ModelServer::start(|call| match call.line.as_str() {
        "POST /invocations" => Reply::WithHeader(308, "location: /invocations/\r\n", String::new()),
        _ => ok(sums(call)),
    })
    .await;
    assert_eq!(scores(&server.model(|_| {}), 3).await, expected(3));
    let turning =
        ModelServer::start(|_| Reply::WithHeader(307, "location: /invocations\r\n", String::new()));
    let turning = turning.await;
    let error = failure(&turning.model(|_| {}), 1).await;
    assert!(error.contains("307 Temporary Redirect"), "{error}");
    assert!(turning.calls().len() <= 5);
    let found =
        ModelServer::start(|_| Reply::WithHeader(302, "location: /other\r\n", String::new())).await;
    let error = failure(&found.model(|_| {}), 1).await;
    assert!(error.contains("302 Found"), "{error}");
}

/// The server asks for a pause beyond the longest; with the pause that was asked for, the test would take hours.
#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_bounded() {
    let server = ModelServer::start(|call| match call.number {
        0 => Reply::WithHeader(429, "retry-after: 7200\r\n", String::new()),
        _ => ok(sums(call)),
    })
    .await;
    assert_eq!(scores(&server.model(|_| {}), 3).await, expected(3));
}

#[tokio::test]
async fn a_server_that_is_overrun_is_not_asked_record_by_record() {
    let server = ModelServer::start(|_| Reply::Answer(429, "slow down".to_owned())).await;
    let error = failure(&server.model(|_| {}), 10).await;
    assert_eq!(
        error,
        "the model answered 429 Too Many Requests to records 1 to 10 in 4 attempts: `slow down`"
    );
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn an_answer_of_another_width_is_no_answer() {
    let server = ModelServer::start(|call| match call.number {
        0 => ok(sums(call)),
        _ => ok(call
            .lines()
            .iter()
            .map(|line| format!("{},1\n", sum(line)))
            .collect::<String>()),
    })
    .await;
    let model = server.model(|options| options.max_records = 5);
    let error = failure(&model, 10).await;
    assert!(error.contains("scores for a record, after"), "{error}");
    // Nor in another batch.
    let server = ModelServer::start(|call| match call.number {
        0 => ok(sums(call)),
        _ => ok("1,2\n3,4\n"),
    })
    .await;
    let model = server.model(|_| {});
    assert_eq!(scores(&model, 2).await, expected(2));
    let error = failure(&model, 2).await;
    assert!(
        error.contains("with 2 scores for a record, after 1"),
        "{error}"
    );
}

/// A batch that nobody waits for any more takes nothing from the next one.
#[tokio::test]
async fn a_batch_can_be_given_up() {
    let server = ModelServer::start(|call| match call.number {
        0..4 => Reply::Never,
        _ => ok(sums(call)),
    })
    .await;
    let model = server.model(|options| options.max_records = 1);
    let batch = records(8);
    let given_up = tokio::time::timeout(Duration::from_millis(100), model.predict(&batch)).await;
    assert!(given_up.is_err());
    assert_eq!(scores(&model, 8).await, expected(8));
    let statistics = model.statistics();
    assert_eq!((statistics.requests, statistics.records), (12, 8));
    assert_eq!(
        statistics.seconds.to_bits(),
        model.statistics().seconds.to_bits()
    );
}

#[tokio::test]
async fn a_model_that_is_not_ready_says_so() {
    let server = ModelServer::start(|_| Reply::Answer(503, "loading".to_owned())).await;
    let error = server.model(|_| {}).ping().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the model answered 503 Service Unavailable to `{}/ping`: `loading`",
            server.url
        )
    );
    assert_eq!(server.calls().len(), 1);
}

#[test]
fn retries_end() {
    let Retries {
        count,
        longest_pause,
        ..
    } = Retries::default();
    assert!(longest_pause * count < Duration::from_secs(120));
}
