//! The runtime API of SageMaker: invocations of endpoints, at once, as a stream, and later; and
//! the gateway, which is one endpoint without the rest.
//!
//! Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html>
//! and what clients send (restJson1).

mod asynchronous;
mod balance;
mod endpoints;
mod error;
mod gateway;
mod headers;
mod in_service;
mod invoke;
mod path;
mod record;
mod stream;
#[cfg(test)]
mod tests;
mod traffic;

use std::sync::Arc;

pub use gateway::{GatewayCapture, GatewayOptions, StartGateway, gateway};
pub use record::CaptureParts;
pub use traffic::{EndpointTraffic, Minute};

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use probity_app::{App, Caller};
use probity_data::location::Environment;

use crate::answer::Answer;
use crate::server::Runtime;
use endpoints::Endpoints;
use error::RuntimeError;
use path::Operation;

/// Of a body, as AWS allows.
const MAX_BODY_BYTES: usize = 25 << 20;

/// What answers invocations. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct EndpointRuntime {
    endpoints: Arc<Endpoints>,
}

/// What the runtime is made of.
#[derive(Clone, Debug)]
pub struct RuntimeParts {
    pub app: App,
    /// Of object stores: models, baselines and inputs are read with it.
    pub environment: Environment,
    /// `None`: nothing is captured.
    pub capture: Option<CaptureParts>,
}

impl EndpointRuntime {
    pub fn new(parts: RuntimeParts) -> EndpointRuntime {
        EndpointRuntime {
            endpoints: Arc::new(Endpoints::new(parts)),
        }
    }

    /// Learns of changes to endpoints as they are made, until it is dropped. Without it they are
    /// seen within a second.
    pub async fn follow_changes(&self) {
        self.endpoints.follow_changes().await;
    }

    /// The calls that were counted.
    pub fn traffic(&self) -> EndpointTraffic {
        self.endpoints.traffic().clone()
    }

    async fn operate(
        &self,
        caller: &Caller,
        head: &Parts,
        body: Bytes,
    ) -> Result<Answer, RuntimeError> {
        let (endpoint, operation) = path::parse(&head.method, head.uri.path())?;
        let app = &self.endpoints.parts().app;
        let action = match operation {
            Operation::Invoke => probity_app::invocation::INVOKE,
            Operation::InvokeStreaming => probity_app::invocation::INVOKE_STREAMING,
            Operation::InvokeAsync => probity_app::invocation::INVOKE_ASYNC,
        };
        app.authorise(caller, action)?;
        if body.len() > MAX_BODY_BYTES {
            return Err(RuntimeError::TooLarge);
        }
        let in_service = self.endpoints.find(&caller.region, &endpoint).await?;
        let in_service = in_service.ok_or_else(|| RuntimeError::NoEndpoint {
            name: endpoint.into_owned(),
            account: caller.account.clone(),
        })?;
        match operation {
            Operation::Invoke => invoke::invoke(&in_service, (&head.headers, body)).await,
            Operation::InvokeStreaming => stream::invoke(&in_service, (&head.headers, body)).await,
            Operation::InvokeAsync => {
                asynchronous::accept((app, caller), &in_service, &head.headers).await
            }
        }
    }
}

#[async_trait]
impl Runtime for EndpointRuntime {
    async fn answer(&self, caller: &Caller, request: http::Request<Bytes>) -> Answer {
        let (head, body) = request.into_parts();
        let answered = self.operate(caller, &head, body).await;
        answered.unwrap_or_else(|error| error.answer(caller))
    }
}
