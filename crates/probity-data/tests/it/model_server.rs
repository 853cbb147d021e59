//! A model behind HTTP inside the test process, on a free port: HTTP/1.1 by hand, so that it can also do
//! what no decent server does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use futures::future::BoxFuture;
use probity_data::model::http::{HttpModel, HttpOptions, Protocol, Retries};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a client sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// From 0, in the order of arrival.
    pub(crate) number: usize,
    /// `POST /invocations`.
    pub(crate) line: String,
    head: String,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Of CSV.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.body.split('\n').collect()
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer(u16, String),
    WithHeader(u16, &'static str, String),
    /// Half of what was announced.
    BreakOff(String),
    CloseWithoutAnswer,
    /// A body of unknown length that never ends.
    Endless,
    Never,
}

pub(crate) fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, body.into())
}

type Answers = dyn Fn(Call) -> BoxFuture<'static, Reply> + Send + Sync;

/// It ends with the runtime of its test.
pub(crate) struct ModelServer {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    connections: Arc<AtomicUsize>,
}

impl ModelServer {
    pub(crate) async fn start(answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_async(move |call| {
            let reply = answer(&call);
            Box::pin(async move { reply })
        })
        .await
    }

    pub(crate) async fn start_async(
        answer: impl Fn(Call) -> BoxFuture<'static, Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = ModelServer {
            url: format!("http://{}", listener.local_addr().unwrap()),
            calls: Arc::default(),
            connections: Arc::default(),
        };
        let calls = Arc::clone(&server.calls);
        let connections = Arc::clone(&server.connections);
        let answer: Arc<Answers> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (calls, answer) = (Arc::clone(&calls), Arc::clone(&answer));
                // A client that goes away is no error of the test.
                tokio::spawn(async move { drop(serve(socket, &calls, &*answer).await) });
            }
        });
        server
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Options with pauses that no test waits for.
    pub(crate) fn options(&self, protocol: Protocol) -> HttpOptions {
        HttpOptions {
            retries: Retries {
                count: 3,
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(4),
            },
            ..HttpOptions::new(&self.url, protocol)
        }
    }

    pub(crate) fn model(&self, change: impl FnOnce(&mut HttpOptions)) -> HttpModel {
        let mut options = self.options(Protocol::SageMaker);
        change(&mut options);
        HttpModel::new(options).unwrap()
    }
}

async fn serve(
    mut socket: TcpStream,
    calls: &Mutex<Vec<Call>>,
    answer: &Answers,
) -> std::io::Result<()> {
    let mut received = Vec::new();
    while let Some((head, body)) = request(&mut socket, &mut received).await? {
        let call = {
            let mut calls = calls.lock().unwrap();
            let call = Call {
                number: calls.len(),
                line: head.lines().next().unwrap().replace(" HTTP/1.1", ""),
                head,
                body,
            };
            calls.push(call.clone());
            call
        };
        match answer(call).await {
            Reply::Answer(status, body) => {
                socket
                    .write_all(whole(status, "", &body).as_bytes())
                    .await?;
            }
            Reply::WithHeader(status, header, body) => {
                socket
                    .write_all(whole(status, header, &body).as_bytes())
                    .await?;
            }
            Reply::BreakOff(body) => {
                let answer = whole(200, "", &body);
                let half = answer.len() - body.len() / 2;
                return socket.write_all(&answer.as_bytes()[..half]).await;
            }
            Reply::CloseWithoutAnswer => return Ok(()),
            Reply::Endless => {
                socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                loop {
                    socket.write_all(&[b'1'; 4096]).await?;
                }
            }
            Reply::Never => std::future::pending().await,
        }
    }
    Ok(())
}

fn whole(status: u16, header: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{header}content-length: {length}\r\n\r\n{body}")
}

async fn request(
    socket: &mut TcpStream,
    received: &mut Vec<u8>,
) -> std::io::Result<Option<(String, String)>> {
    let mut wanted = None;
    loop {
        if wanted.is_none()
            && let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8(received[..end].to_vec()).unwrap();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            wanted = Some((end + 4, length, head));
        }
        if let Some((start, length, head)) = &wanted
            && received.len() >= start + length
        {
            let body = String::from_utf8(received[*start..start + length].to_vec()).unwrap();
            let head = head.clone();
            received.drain(..start + length);
            return Ok(Some((head, body)));
        }
        if socket.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}

/// Records 0, 1, 2, … with the features `a` = record and `b` = record / 4.
pub(crate) fn records(n_records: usize) -> RecordBatch {
    let numbers = 0..i64::try_from(n_records).unwrap();
    let whole: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers.clone()));
    let quarters = numbers.map(|number| f64::from(i32::try_from(number).unwrap()) / 4.0);
    let quarters: ArrayRef = Arc::new(Float64Array::from_iter_values(quarters));
    RecordBatch::try_from_iter([("a", whole), ("b", quarters)]).unwrap()
}

/// a + b, line by line.
pub(crate) fn sum(line: &str) -> f64 {
    line.split(',')
        .map(|field| field.parse::<f64>().unwrap())
        .sum()
}

/// The answer of a model that adds up.
pub(crate) fn sums(call: &Call) -> String {
    call.lines()
        .iter()
        .map(|line| format!("{}\n", sum(line)))
        .collect()
}

/// What that model says of `records(n_records)`.
pub(crate) fn expected(n_records: usize) -> Vec<f64> {
    (0..i32::try_from(n_records).unwrap())
        .map(|number| f64::from(number) * 1.25)
        .collect()
}
