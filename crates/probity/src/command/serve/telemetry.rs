//! Log lines, and traces to a collector where the usual OpenTelemetry variables name one
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::arguments::{LogArguments, LogFormatArgument};
use crate::command::wiring::variable;
use crate::exit::Usage;

/// Held while the server runs; the last traces are sent when it is shut down.
#[derive(Debug)]
pub(crate) struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Begins to log to standard error, and to send traces where they are wanted.
    pub(crate) fn begin(arguments: &LogArguments) -> Result<Telemetry> {
        // The S3 library logs each refusal as an error, and whole requests below that; refusals are
        // logged by the server itself.
        let provider = traces()?;
        let spans = match provider {
            Some(_) => "info",
            None => "off",
        };
        let filter = format!("s3s=off,probity_trace={spans},{}", arguments.log);
        let filter = EnvFilter::try_new(filter).map_err(|error| {
            Usage(format!(
                "`--log {}` is not a filter ({error}); write `info` or `probity_worker=debug,warn`",
                arguments.log
            ))
        })?;
        let lines = match arguments.log_format {
            LogFormatArgument::Text => fmt::layer()
                .with_writer(stderr)
                .with_ansi(stderr().is_terminal())
                .boxed(),
            LogFormatArgument::Json => fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(stderr)
                .boxed(),
        };
        let spans = provider
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("probity")));
        tracing_subscriber::registry()
            .with(spans)
            .with(lines)
            .with(filter)
            .try_init()
            .context("failed to begin logging")?;
        Ok(Telemetry { provider })
    }

    pub(crate) fn end(self) {
        if let Some(provider) = self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!("failed to send the last traces: {error}");
        }
    }
}

/// A provider that sends in the background, when a collector is named and traces are not off.
fn traces() -> Result<Option<SdkTracerProvider>> {
    let wanted = variable("OTEL_EXPORTER_OTLP_ENDPOINT")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
    let off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value == "true")
        || variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
    if wanted.is_none() || off {
        return Ok(None);
    }
    let client = Collector {
        client: reqwest::Client::new(),
        runtime: Handle::current(),
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .build()
        .context("failed to prepare the sending of traces")?;
    let mut resource = Resource::builder();
    if variable("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name("probity");
    }
    Ok(Some(
        SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build(),
    ))
}

/// Sends batches on the server's runtime: the exporter's own thread has none.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime
            .spawn(async move {
                let request: reqwest::Request = request.try_into()?;
                let answer = client.execute(request).await?;
                let status = answer.status();
                let body = answer.bytes().await?;
                Ok(Response::builder().status(status).body(body)?)
            })
            .await?
    }
}
