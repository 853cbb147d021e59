//! Notifications against receivers of this test: what arrives, how often, and when a receiver is
//! down.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use probity_app::monitoring_alert::{Watched, raise, settle};
use probity_app::{alert_silence, notification_channel};
use probity_store::notification::{self, ListNotifications, Notification};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::world::World;

/// One request as it came: its head, and its body.
type Request = (String, Vec<u8>);

/// An HTTP server that answers each request with the next status, the last one again and again.
#[derive(Debug, Clone)]
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Request>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(statuses: &[u16]) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            got: Arc::default(),
            statuses: Arc::new(Mutex::new(statuses.to_vec())),
        };
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.answer(stream).await });
            }
        });
        receiver
    }

    async fn answer(&self, stream: tokio::net::TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap() == 0 {
                return;
            }
        }
        let length = header(&head, "content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        self.got.lock().unwrap().push((head, body));
        let status = {
            let mut statuses = self.statuses.lock().unwrap();
            match statuses.len() {
                1 => statuses[0],
                _ => statuses.remove(0),
            }
        };
        let location = match status {
            429 => "retry-after: 120\r\n",
            _ => "location: http://127.0.0.1:9/elsewhere\r\n",
        };
        let answer = format!("HTTP/1.1 {status} x\r\n{location}content-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }

    fn got(&self) -> Vec<Request> {
        self.got.lock().unwrap().clone()
    }

    fn documents(&self) -> Vec<Value> {
        let got = self.got();
        got.iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

async fn channel(world: &World, mut input: Value, name: &str) {
    input["ChannelName"] = name.into();
    notification_channel::create(&world.app, &world.caller, input)
        .await
        .unwrap();
}

fn watched() -> Watched {
    Watched {
        region: "us-west-2".to_owned(),
        subject: "endpoint/e".to_owned(),
        // The heartbeat knows nothing of it, and leaves it alone.
        alert: "Drill",
    }
}

async fn alarm(world: &World) {
    raise(&world.app, &watched(), "nothing is captured")
        .await
        .unwrap();
}

async fn all(world: &World) -> Vec<Notification> {
    let wanted = ListNotifications {
        limit: 100,
        ..ListNotifications::default()
    };
    notification::list(&world.app.store, &wanted)
        .await
        .unwrap()
        .items
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "not so: {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_status(world: &World, status: &str, n: usize) {
    until(status, async || {
        let found = all(world).await;
        found.iter().filter(|one| one.status == status).count() == n
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_signed_json() {
    let world = World::new().await;
    let receiver = Receiver::start(&[200]).await;
    let secret = "0123456789abcdef";
    let settings = json!({ "Webhook": { "Url": receiver.url, "SigningSecret": secret } });
    channel(&world, settings, "ops").await;
    let running = world.start("w");
    alarm(&world).await;
    until_status(&world, "sent", 1).await;
    running.stop().await;
    let got = receiver.got();
    assert_eq!(got.len(), 1);
    let (head, body) = &got[0];
    let timestamp = header(head, "x-probity-timestamp").unwrap();
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = ring::hmac::sign(&key, &signed);
    let hex: String = tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let signature = header(head, "x-probity-signature").unwrap();
    assert_eq!(signature, format!("sha256={hex}"));
    let document = &receiver.documents()[0];
    assert_eq!(document["version"], 1);
    assert_eq!(document["events"][0]["state"], "InAlert");
    assert_eq!(document["events"][0]["subject"], "endpoint/e");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_refuses_is_asked_again_with_the_same_event() {
    let world = World::new().await;
    let receiver = Receiver::start(&[503, 302, 200]).await;
    channel(&world, json!({ "Slack": { "Url": receiver.url } }), "chat").await;
    let running = world.start("w");
    alarm(&world).await;
    for attempts in [1, 2] {
        until("tried", async || all(&world).await[0].attempts == attempts).await;
        let waiting = &all(&world).await[0];
        assert!(waiting.last_error.contains("status"), "{waiting:?}");
        // Nobody has waited for the pause.
        assert!(waiting.next_ms > world.app.clock.now_ms(), "{waiting:?}");
        world.clock.advance(Duration::from_secs(3600));
    }
    until_status(&world, "sent", 1).await;
    running.stop().await;
    let documents = receiver.documents();
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[0], documents[2]);
    let text = documents[0]["text"].as_str().unwrap();
    assert!(text.contains("nothing is captured"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_to_wait_is_left_alone_for_so_long() {
    let world = World::new().await;
    let receiver = Receiver::start(&[429, 200]).await;
    channel(&world, json!({ "Slack": { "Url": receiver.url } }), "chat").await;
    alarm(&world).await;
    let another = Watched {
        alert: "Other",
        ..watched()
    };
    raise(&world.app, &another, "another one").await.unwrap();
    let asked_ms = world.app.clock.now_ms();
    let running = world.start("w");
    until("tried", async || {
        all(&world).await.iter().any(|one| one.attempts == 1)
    })
    .await;
    until("both put off", async || {
        let waiting = all(&world).await;
        waiting.iter().all(|one| one.next_ms >= asked_ms + 120_000)
    })
    .await;
    world.clock.advance(Duration::from_secs(90));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(receiver.got().len(), 1, "nobody was to ask again so soon");
    world.clock.advance(Duration::from_secs(60));
    until_status(&world, "sent", 2).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_that_were_refused_hold_up_no_other_alert() {
    let world = World::new().await;
    let receiver = Receiver::start(&[200]).await;
    channel(&world, json!({ "Slack": { "Url": receiver.url } }), "chat").await;
    alarm(&world).await;
    let [due] = all(&world).await.try_into().unwrap();
    let mut unit = world.app.store.begin().await.unwrap();
    for n in 0..450 {
        let refused = Notification {
            id: format!("refused-{n}"),
            created_ms: due.created_ms - 1000 + n,
            next_ms: i64::MAX,
            attempts: 3,
            body: due.body.replace("Drill", &format!("Drill{n}")),
            ..due.clone()
        };
        notification::insert(&mut unit, &refused).await.unwrap();
    }
    unit.commit().await.unwrap();
    let running = world.start("w");
    until("the one that is due is sent", async || {
        let found = notification::get(&world.app.store, &due.id).await.unwrap();
        found.unwrap().status == "sent"
    })
    .await;
    running.stop().await;
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_survives_a_killed_worker() {
    let world = World::new().await;
    // Nobody listens at this port yet.
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", place.local_addr().unwrap());
    channel(&world, json!({ "Webhook": { "Url": url } }), "ops").await;
    alarm(&world).await;
    let address = place.local_addr().unwrap();
    drop(place);
    let first = world.start("first");
    until("tried", async || all(&world).await[0].attempts >= 1).await;
    first.kill().await;

    let listener = TcpListener::bind(address).await.unwrap();
    let second = world.start("second");
    world.clock.advance(Duration::from_secs(3600));
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = vec![0; 4096];
    let n_bytes = stream.read(&mut read).await.unwrap();
    assert!(n_bytes > 0);
    stream
        .write_all(b"HTTP/1.1 204 x\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    until_status(&world, "sent", 1).await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_receiver_holds_up_nobody_else() {
    let world = World::new().await;
    // It takes connections and never answers.
    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", slow.local_addr().unwrap());
    channel(&world, json!({ "Webhook": { "Url": url } }), "a-slow").await;
    let receiver = Receiver::start(&[200]).await;
    channel(
        &world,
        json!({ "Webhook": { "Url": receiver.url } }),
        "z-quick",
    )
    .await;
    let running = world.start("w");
    let started = Instant::now();
    alarm(&world).await;
    until_status(&world, "sent", 1).await;
    settle(&world.app, &watched(), "it goes on").await.unwrap();
    until_status(&world, "sent", 2).await;
    assert!(started.elapsed() < Duration::from_secs(9), "held up");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_alert_does_not_overtake_its_alarm() {
    let world = World::new().await;
    let receiver = Receiver::start(&[500, 202]).await;
    let settings = json!({ "PagerDuty": { "RoutingKey": "k", "EventsUrl": receiver.url } });
    channel(&world, settings, "pager").await;
    let running = world.start("w");
    alarm(&world).await;
    until("tried", async || all(&world).await[0].attempts == 1).await;
    world.clock.advance(Duration::from_millis(1));
    settle(&world.app, &watched(), "it goes on").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(receiver.got().len(), 1);
    world.clock.advance(Duration::from_secs(3600));
    until_status(&world, "sent", 2).await;
    running.stop().await;
    let documents = receiver.documents();
    let actions: Vec<&str> = documents
        .iter()
        .map(|document| document["event_action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["trigger", "trigger", "resolve"]);
    assert_eq!(documents[1]["dedup_key"], documents[2]["dedup_key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_for_good_is_a_dead_letter() {
    let world = World::new().await;
    let receiver = Receiver::start(&[410, 200]).await;
    channel(&world, json!({ "Webhook": { "Url": receiver.url } }), "ops").await;
    let running = world.start("w");
    alarm(&world).await;
    until_status(&world, "dead", 1).await;
    let id = all(&world).await[0].id.clone();
    let retry = json!({ "NotificationId": id });
    probity_app::notification::retry(&world.app, &world.caller, retry)
        .await
        .unwrap();
    until_status(&world, "sent", 1).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_tells_a_span_at_once_and_a_test_by_itself() {
    let world = World::new().await;
    let receiver = Receiver::start(&[200]).await;
    let settings = json!({ "Webhook": { "Url": receiver.url }, "DigestInSeconds": 600 });
    channel(&world, settings, "ops").await;
    let running = world.start("w");
    alarm(&world).await;
    until("a span", async || all(&world).await[0].next_ms > 0).await;
    world.clock.advance(Duration::from_secs(1));
    settle(&world.app, &watched(), "it goes on").await.unwrap();
    let input = json!({ "ChannelName": "ops" });
    notification_channel::test(&world.app, &world.caller, input)
        .await
        .unwrap();
    until_status(&world, "sent", 1).await;
    assert_eq!(receiver.documents()[0]["events"][0]["kind"], "test");
    assert_eq!(receiver.got().len(), 1);
    world.clock.advance(Duration::from_secs(600));
    until_status(&world, "sent", 3).await;
    running.stop().await;
    let documents = receiver.documents();
    assert_eq!(documents.len(), 2);
    let events = documents[1]["events"].as_array().unwrap();
    let states: Vec<&str> = events
        .iter()
        .map(|event| event["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["InAlert", "OK"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_is_told_at_its_end() {
    let world = World::new().await;
    let receiver = Receiver::start(&[200]).await;
    channel(&world, json!({ "Webhook": { "Url": receiver.url } }), "ops").await;
    let until_s = world.app.clock.now_ms() / 1000 + 3600;
    let input = json!({ "Until": until_s, "Reason": "planned" });
    alert_silence::create(&world.app, &world.caller, input)
        .await
        .unwrap();
    alarm(&world).await;
    let running = world.start("w");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(receiver.got(), []);
    // The heartbeat finds the silence over.
    world.clock.advance(Duration::from_secs(3601));
    until_status(&world, "sent", 1).await;
    running.stop().await;
}

/// A mail server that takes one message after the other.
async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 test\r\n").await.unwrap();
            let mut said = String::new();
            let mut in_data = false;
            let mut line = String::new();
            while stream.read_line(&mut line).await.unwrap() > 0 {
                said += &line;
                let answer: &[u8] = match (in_data, line.trim_end()) {
                    (true, ".") => {
                        in_data = false;
                        kept.lock().unwrap().push(said.clone());
                        b"250 taken\r\n"
                    }
                    (true, _) => b"",
                    (false, "DATA") => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    (false, "QUIT") => b"221 bye\r\n",
                    (false, _) => b"250 ok\r\n",
                };
                stream.write_all(answer).await.unwrap();
                line.clear();
            }
        }
    });
    (url, got)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_plain_text_for_everybody_named() {
    let world = World::new().await;
    let (url, got) = mail_server().await;
    let settings = json!({ "Email": {
        "SmtpUrl": url, "From": "probity@example.org", "To": ["a@example.org", "b@example.org"],
    } });
    channel(&world, settings, "mail").await;
    let running = world.start("w");
    alarm(&world).await;
    until_status(&world, "sent", 1).await;
    running.stop().await;
    let mail = got.lock().unwrap()[0].clone();
    for part in [
        "RCPT TO:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "Subject: Alert: Drill, endpoint e",
        "nothing is captured",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
}
