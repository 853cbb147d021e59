//! A client of a running server, for the commands that ask one: AWS JSON signed with Signature
//! Version 4, and objects by S3 at the same address.
//!
//! ```text
//! let client = Client::new(&arguments.server)?;
//! let answer = client.call("Probity.DescribeServer", json!({})).await?;
//! let listed = client.pages("SageMaker.ListEndpoints", json!({}), "Endpoints").await?;
//! client.put("s3://bucket/key", bytes).await?;
//! ```

mod error;
mod place;
mod sign;

use std::time::{Duration, SystemTime};

use anyhow::Result;
use bytes::Bytes;
use probity_data::location::{Environment, ReadLocation, read_object, write_object};
use serde_json::{Value, json};

pub(crate) use error::CallError;
use place::Place;
use sign::Service;

use crate::arguments::ServerArguments;
use crate::command::environment;

/// Longer than any operation takes that answers while the caller waits.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone, Debug)]
pub(crate) struct Client {
    place: Place,
    http: reqwest::Client,
    /// What the functions of `probity_data::location` need to find `s3://` at the same server.
    environment: Environment,
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(PATIENCE)
}

impl Client {
    /// Reads where the server is and whose key signs; nothing is sent yet.
    pub(crate) fn new(arguments: &ServerArguments) -> Result<Client> {
        Client::of(Place::of(arguments, &environment())?, builder())
    }

    /// Of a server of this process at `url`, with the key of one of its users: no proxy leads there,
    /// whatever the environment says.
    pub(crate) fn with_key(url: &str, region: &str, key: (&str, &str)) -> Result<Client> {
        Client::of(Place::with_key(url, region, key), builder().no_proxy())
    }

    fn of(place: Place, mut http: reqwest::ClientBuilder) -> Result<Client> {
        for certificate in place.authorities()? {
            http = http.add_root_certificate(certificate);
        }
        Ok(Client {
            environment: place.environment(),
            http: http.build()?,
            place,
        })
    }

    /// Calls one operation by its target, `SageMaker.ListEndpoints` or `Probity.DescribeServer`.
    pub(crate) async fn call(&self, target: &str, input: Value) -> Result<Value, CallError> {
        let url = format!("{}/", self.place.url);
        let body = input.to_string();
        let request = sign::Request {
            service: Service::SageMaker,
            method: "POST",
            url: &url,
            headers: &[
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", target),
            ],
            body: body.as_bytes(),
        };
        let (status, bytes) = self.send(&request).await?;
        self.document(status, &bytes)
    }

    /// Asks an endpoint about one record, and gives its answer.
    pub(crate) async fn invoke(
        &self,
        endpoint: &str,
        (inference_id, record): (&str, &str),
    ) -> Result<Bytes, CallError> {
        let url = format!("{}/endpoints/{endpoint}/invocations", self.place.url);
        let request = sign::Request {
            service: Service::SageMaker,
            method: "POST",
            url: &url,
            headers: &[
                ("content-type", "text/csv"),
                ("x-amzn-sagemaker-inference-id", inference_id),
            ],
            body: record.as_bytes(),
        };
        let (status, bytes) = self.send(&request).await?;
        match status {
            200 => Ok(bytes),
            _ => Err(CallError::Refused {
                code: format!("status {status}"),
                message: String::from_utf8_lossy(&bytes).into_owned(),
            }),
        }
    }

    /// Makes a bucket that is not there yet.
    pub(crate) async fn make_bucket(&self, name: &str) -> Result<(), CallError> {
        let url = format!("{}/{name}", self.place.url);
        let request = sign::Request {
            service: Service::S3,
            method: "PUT",
            url: &url,
            headers: &[],
            body: &[],
        };
        match self.send(&request).await? {
            (200, _) => Ok(()),
            (status, bytes) => Err(CallError::Refused {
                code: format!("status {status}"),
                message: String::from_utf8_lossy(&bytes).into_owned(),
            }),
        }
    }

    async fn send(&self, request: &sign::Request<'_>) -> Result<(u16, Bytes), CallError> {
        let headers = sign::headers(request, &self.place.signer, now())?;
        let mut asking = match request.method {
            "PUT" => self.http.put(request.url),
            _ => self.http.post(request.url),
        };
        for (name, value) in headers {
            asking = asking.header(name, value);
        }
        let unreachable = |source| CallError::unreachable(&self.place.url, source);
        let body = Bytes::copy_from_slice(request.body);
        let answer = asking.body(body).send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        Ok((status, bytes))
    }

    /// Every element of a listing, page after page.
    pub(crate) async fn pages(
        &self,
        target: &str,
        mut input: Value,
        member: &str,
    ) -> Result<Vec<Value>, CallError> {
        let mut found = Vec::new();
        loop {
            let mut page = self.call(target, input.clone()).await?;
            if let Some(elements) = page.get_mut(member).and_then(Value::as_array_mut) {
                found.append(elements);
            }
            match page.get_mut("NextToken").map(Value::take) {
                Some(Value::String(token)) => input["NextToken"] = Value::String(token),
                Some(_) | None => return Ok(found),
            }
        }
    }

    /// The server's now in milliseconds: simulated where its clock is.
    pub(crate) async fn server_now_ms(&self) -> Result<i64, CallError> {
        let answer = self.call("Probity.DescribeServer", json!({})).await?;
        let seconds = answer["CurrentTime"].as_f64().unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time of a calendar in milliseconds is far below 2^53"
        )]
        let ms = (seconds * 1000.0).round() as i64;
        Ok(ms)
    }

    /// The bytes of an object.
    pub(crate) async fn get(&self, uri: &str) -> Result<Bytes, ReadLocation> {
        read_object(uri, &self.environment).await
    }

    /// Puts an object in its place, whole or not at all.
    pub(crate) async fn put(&self, uri: &str, content: Bytes) -> Result<()> {
        Ok(write_object(uri, content, &self.environment).await?)
    }

    /// For functions that read `s3://` themselves.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn document(&self, status: u16, bytes: &[u8]) -> Result<Value, CallError> {
        let document = serde_json::from_slice::<Value>(bytes);
        match (status, document) {
            (200..300, Ok(document)) => Ok(document),
            (_, Ok(document)) if document["__type"].is_string() => Err(self.refused(&document)),
            (_, _) => Err(CallError::Stranger {
                url: self.place.url.clone(),
                status,
            }),
        }
    }

    fn refused(&self, document: &Value) -> CallError {
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let code = text("__type");
        // Shapes may come with their namespace before a `#`.
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        if !self.place.signer.is_named && error::is_about_keys(&code) {
            return CallError::NoKey {
                url: self.place.url.clone(),
            };
        }
        CallError::Refused {
            code,
            message: text("message"),
        }
    }
}

/// Signatures are checked against the machine's time, never a simulated one.
#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the clock"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests;
