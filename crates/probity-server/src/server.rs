//! From a request to its answer: who asks, for which service, and what that service says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use metrics_exporter_prometheus::PrometheusHandle;
use probity_analysis::card_document::Fonts;
use probity_app::{Access, App, Caller, Clock};
use probity_data::location::Environment;
use s3s::service::S3Service;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument;

use crate::answer::{Answer, AnswerBody, BodyError};
use crate::aws::{
    AwsError, Credentials, Keys, Protocol, Refused, Style, Target, Verifier, error_of_refused,
    json, overloaded, query, unknown_operation,
};
use crate::body::{Patient, ReadBody, is_large, read_whole};
use crate::host::refuse_foreign;
use crate::leftover::lend;
use crate::limits::Limits;
use crate::operations::Tools;
use crate::pages::{self, Pages};
use crate::probe;
use crate::report::{Chain, log_unserved};
use crate::route::{Probe, Route};
use crate::s3::with_message;
use crate::unsigned::without_signature;

/// The region of a request that names none, and that of `probity env`: a page shows on a new server
/// what a shell makes there.
pub const DEFAULT_REGION: &str = "us-west-2";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Answers everything below `/endpoints/`.
#[async_trait]
pub trait Runtime: std::fmt::Debug + Send + Sync {
    /// The signature of `request` was checked. The answer needs no request id.
    async fn answer(&self, caller: &Caller, request: http::Request<Bytes>) -> Answer;
}

/// Who may call.
#[derive(Clone, Debug)]
pub enum Authentication {
    Keys(Arc<dyn Keys>),
    /// `--insecure-no-auth`: everybody may do everything, by a name of this machine or below the
    /// server's domain.
    None,
}

/// What a server is made of.
#[derive(Clone, Debug)]
pub struct ServerParts {
    pub app: App,
    /// Where the documents lie that callers name, read by the same rules as for their jobs.
    pub environment: Environment,
    /// Of the PDFs of model cards.
    pub fonts: Fonts,
    pub authentication: Authentication,
    /// The host name of the server beside those of this machine.
    pub domain: Option<String>,
    /// The real time, also where `app` lives on simulated time: clients sign with theirs.
    pub wall_clock: Arc<dyn Clock>,
    pub runtime: Option<Arc<dyn Runtime>>,
    /// `None` with an external S3.
    pub objects: Option<ObjectService>,
    /// What `/metrics` shows.
    pub metrics: Option<MetricsPage>,
    pub limits: Limits,
}

/// S3, which checks the signatures of its requests itself.
#[derive(Clone)]
pub struct ObjectService(pub S3Service);

impl std::fmt::Debug for ObjectService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectService").finish_non_exhaustive()
    }
}

/// Who may read the numbers: this machine, and whoever shows the token.
#[derive(Clone)]
pub struct MetricsPage {
    pub recorder: PrometheusHandle,
    pub token: Option<String>,
}

impl std::fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsPage").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) app: App,
    environment: Environment,
    fonts: Fonts,
    verifier: Option<Verifier>,
    /// Where there is no verifier, the host name that requests may have beside this machine's.
    domain: Option<String>,
    runtime: Option<Arc<dyn Runtime>>,
    objects: Option<ObjectService>,
    pub(crate) metrics: Option<MetricsPage>,
    pub(crate) limits: Limits,
    pages: Pages,
    requests: Arc<Semaphore>,
}

impl Server {
    pub(crate) fn new(parts: ServerParts) -> Server {
        let keys = match parts.authentication {
            Authentication::Keys(keys) => Some(keys),
            Authentication::None => None,
        };
        let verifier = keys
            .clone()
            .map(|keys| Verifier::new(keys, Arc::clone(&parts.wall_clock)));
        Server {
            app: parts.app,
            environment: parts.environment,
            fonts: parts.fonts,
            verifier,
            domain: parts.domain,
            runtime: parts.runtime,
            objects: parts.objects,
            metrics: parts.metrics,
            pages: Pages::new(keys, parts.wall_clock),
            requests: Arc::new(Semaphore::new(parts.limits.requests_at_once)),
            limits: parts.limits,
        }
    }

    /// Ends what would go on by itself: the server is about to end.
    pub(crate) fn end_streams(&self) {
        self.pages.live.end();
    }

    /// Answers any request.
    pub(crate) async fn answer<B>(&self, request: http::Request<B>, peer: SocketAddr) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let credentials = Credentials::of(&parts);
        let route = match &self.verifier {
            Some(_) => Route::of(&parts, &credentials).or_no_page(&parts),
            None => Route::of(&parts, &credentials),
        };
        let begun = Instant::now();
        let name = service_name(&route);
        let request_id = self.app.ids.uuid();
        let (body, leftover) = lend(&parts.headers, body);
        let request = http::Request::from_parts(parts, body);
        // Recorded where a collector of traces listens, and nowhere else.
        let span = tracing::info_span!(
            target: "probity_trace",
            "request",
            otel.kind = "server",
            otel.name = operation_name(&route),
            service = name,
            request.id = %request_id,
            http.response.status_code = tracing::field::Empty,
        );
        let answering = async {
            if self.verifier.is_none()
                && let Err(refused) = refuse_foreign(&request, self.domain.as_deref())
            {
                return refused.answer(protocol(&route), &request_id);
            }
            match &route {
                Route::Probe(asked) => self.probe(*asked, (&request, peer)).await,
                // Boxed, as the other long ways are: a call of an endpoint moves the whole future
                // several times.
                Route::Page => match Arc::clone(&self.requests).try_acquire_owned() {
                    Ok(_permit) => Box::pin(self.page(request, (&request_id, peer))).await,
                    Err(_) => overloaded().answer(Protocol::Plain, &request_id),
                },
                _ => match Arc::clone(&self.requests).try_acquire_owned() {
                    Ok(_permit) if route == Route::Objects => {
                        let answer = Box::pin(self.objects(request)).await;
                        Server::note_refused_object(&answer);
                        answer
                    }
                    Ok(_permit) => {
                        self.call((&route, &credentials), request, &request_id)
                            .await
                    }
                    Err(_) => overloaded().answer(protocol(&route), &request_id),
                },
            }
        };
        let mut answer = answering.instrument(span.clone()).await;
        span.record("http.response.status_code", answer.status().as_u16());
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            answer.headers_mut().insert(REQUEST_ID, id);
        }
        metrics::histogram!("probity_request_seconds", "service" => name)
            .record(begun.elapsed().as_secs_f64());
        metrics::counter!("probity_requests_total", "service" => name, "status" => class(answer.status()))
            .increment(1);
        leftover.clear(&mut answer, self.limits.linger_time).await;
        answer
    }

    async fn probe<B>(
        &self,
        asked: Probe,
        (request, peer): (&http::Request<B>, SocketAddr),
    ) -> Answer {
        match asked {
            Probe::Health => probe::plain(StatusCode::OK, "ok\n"),
            Probe::Ready => Box::pin(probe::ready(&self.app)).await,
            Probe::Metrics => probe::metrics(self.metrics.as_ref(), request.headers(), peer),
        }
    }

    /// For a person with a browser, whose cookie says who it is.
    async fn page<B>(
        &self,
        request: http::Request<B>,
        (request_id, peer): (&str, SocketAddr),
    ) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let limits = Limits {
            body_bytes: pages::LONGEST_FORM,
            ..self.limits.clone()
        };
        let body = match read_whole(body, &limits).await {
            Ok(body) => body,
            Err(error) => return refused_body(&error).answer(Protocol::Plain, request_id),
        };
        let desk = pages::Desk {
            app: &self.app,
            tools: self.tools(),
            pages: &self.pages,
            request_id,
            peer,
        };
        let answering = pages::answer(desk, http::Request::from_parts(parts, body));
        match timeout(self.limits.request_time, answering).await {
            Ok(answer) => answer,
            Err(_) => unavailable().answer(Protocol::Plain, request_id),
        }
    }

    /// Checks who asks, and asks the service.
    async fn call<B>(
        &self,
        (route, credentials): (&Route, &Credentials),
        request: http::Request<B>,
        request_id: &str,
    ) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: Into<BodyError>,
    {
        let protocol = protocol(route);
        let (parts, body) = request.into_parts();
        // Memory is filled for those only who name a key of ours.
        if let Some(verifier) = &self.verifier
            && is_large(&body)
            && let Err(refused) = verifier.owner(credentials).await
        {
            report_refused(&refused, request_id);
            return error_of_refused(&refused, style(protocol)).answer(protocol, request_id);
        }
        let body = match read_whole(body, &self.limits).await {
            Ok(body) => body,
            Err(error) => return refused_body(&error).answer(protocol, request_id),
        };
        let request = http::Request::from_parts(parts, body);
        let (caller, request) = match self.caller(request, credentials, request_id).await {
            Ok(known) => known,
            Err(refused) => {
                report_refused(&refused, request_id);
                return error_of_refused(&refused, style(protocol)).answer(protocol, request_id);
            }
        };
        match route {
            // What a model may take is the runtime's to say.
            Route::Runtime => match &self.runtime {
                Some(runtime) => runtime.answer(&caller, request).await,
                None => absent("the runtime API").answer(protocol, request_id),
            },
            _ => {
                let scope = credentials.service();
                let service = Box::pin(self.service(&caller, (route, scope), &request));
                match timeout(self.limits.request_time, service).await {
                    Ok(answer) => answer,
                    Err(_) => unavailable().answer(protocol, request_id),
                }
            }
        }
    }

    async fn service(
        &self,
        caller: &Caller,
        (route, scope): (&Route, Option<&str>),
        request: &http::Request<Bytes>,
    ) -> Answer {
        let id = caller.request_id.as_str();
        match route {
            Route::Json(target) => {
                json::answer((self.tools(), caller), target, request, &self.limits).await
            }
            Route::Rest(service, operation) => {
                let target = Target {
                    service: *service,
                    operation: (*operation).to_owned(),
                    protocol: Protocol::RestJson,
                };
                json::answer((self.tools(), caller), &target, request, &self.limits).await
            }
            Route::Form => query::answer(self.tools(), caller, scope, request).await,
            Route::UnknownTarget(name) => {
                let known: String = name.chars().take(100).collect();
                log_unserved(&known);
                unknown_operation(&known).answer(Protocol::Json11, id)
            }
            Route::Scheduler => {
                let name = request.uri().path().rsplit('/').next().unwrap_or_default();
                AwsError::new(
                    "ResourceNotFoundException",
                    format!("Schedule {name} does not exist."),
                )
                .status(StatusCode::NOT_FOUND)
                .answer(Protocol::RestJson, id)
            }
            Route::FeatureStore => absent("the feature store").answer(Protocol::RestJson, id),
            Route::Cbor => AwsError::new(
                "UnknownOperationException",
                "The protocol rpc-v2-cbor is not served; use AWS JSON.",
            )
            .answer(Protocol::Json10, id),
            // Answered before a caller was asked for.
            Route::Runtime | Route::Probe(_) | Route::Page | Route::Objects => {
                absent("this path").answer(Protocol::Plain, id)
            }
        }
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            app: &self.app,
            environment: &self.environment,
            fonts: &self.fonts,
        }
    }

    /// Who signed the request; everybody where no signature is asked for.
    async fn caller(
        &self,
        request: http::Request<Bytes>,
        credentials: &Credentials,
        request_id: &str,
    ) -> Result<(Caller, http::Request<Bytes>), Refused> {
        let region = credentials
            .scope()
            .map_or(DEFAULT_REGION, |scope| &scope.region);
        let mut caller = Caller {
            user: "anonymous".to_owned(),
            access: Access::Administrator,
            account: self.app.settings.account_id.clone(),
            region: region.to_owned(),
            request_id: request_id.to_owned(),
        };
        let Some(verifier) = &self.verifier else {
            return Ok((caller, request));
        };
        let (owner, request) = verifier.verify(request, credentials).await?;
        caller.user = owner.user;
        caller.access = owner.access;
        Ok((caller, request))
    }

    /// Refusals of S3, which checks its signatures itself.
    fn note_refused_object(answer: &Answer) {
        let status = answer.status();
        if status == StatusCode::FORBIDDEN || status == StatusCode::UNAUTHORIZED {
            metrics::counter!("probity_refused_signatures_total", "reason" => "s3").increment(1);
            tracing::warn!(
                status = status.as_u16(),
                "refused a request for objects with {}",
                status.as_u16()
            );
        }
    }

    async fn objects<B>(&self, request: http::Request<B>) -> Answer
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BodyError>,
    {
        let Some(ObjectService(service)) = &self.objects else {
            return AwsError::new("NoSuchBucket", "This server keeps no objects itself.")
                .status(StatusCode::NOT_FOUND)
                .answer(Protocol::Query, "");
        };
        let request = match self.verifier {
            Some(_) => request,
            None => without_signature(request),
        };
        let idle = self.limits.idle_time;
        let request = request.map(|body| s3s::Body::http_body_unsync(Patient::new(body, idle)));
        match service.call(request).await {
            Ok(answer) => {
                let answer = with_message(answer).await;
                locked_up(answer.map(|body| AnswerBody::Object(Box::new(body))))
            }
            Err(error) => {
                tracing::error!("failed to answer a request for objects: {error:?}");
                AwsError::internal().answer(Protocol::Query, "")
            }
        }
    }
}

/// Objects may be pages that anybody wrote, and they come from the address of the dashboard: a
/// browser must not take them for a part of it. Their scripts run, as those of reports do, without
/// our cookies and forms. A PDF runs nothing, and viewers refuse to show one that is locked up.
fn locked_up(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !content_type.is_some_and(|known| known.starts_with(b"application/pdf")) {
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox allow-scripts allow-popups allow-downloads"),
        );
    }
    answer
}

/// What a trace calls the request.
fn operation_name(route: &Route) -> &str {
    match route {
        Route::Json(target) => &target.operation,
        Route::Rest(_, operation) => operation,
        Route::Runtime => "InvokeEndpoint",
        Route::Form
        | Route::Objects
        | Route::Probe(_)
        | Route::Page
        | Route::UnknownTarget(_)
        | Route::Scheduler
        | Route::FeatureStore
        | Route::Cbor => service_name(route),
    }
}

fn service_name(route: &Route) -> &'static str {
    match route {
        Route::Json(target) => target.service.as_str(),
        Route::Rest(service, _) => service.as_str(),
        Route::Form => "query",
        Route::Runtime => "sagemaker-runtime",
        Route::Objects => "s3",
        Route::Probe(_) => "operations",
        Route::Page => "dashboard",
        Route::UnknownTarget(_) | Route::Scheduler | Route::FeatureStore | Route::Cbor => {
            "unserved"
        }
    }
}

fn protocol(route: &Route) -> Protocol {
    match route {
        Route::Json(target) => target.protocol,
        Route::UnknownTarget(_) => Protocol::Json11,
        Route::Cbor => Protocol::Json10,
        Route::Rest(..) | Route::Runtime | Route::Scheduler | Route::FeatureStore => {
            Protocol::RestJson
        }
        Route::Form | Route::Objects => Protocol::Query,
        Route::Probe(_) | Route::Page => Protocol::Plain,
    }
}

fn style(protocol: Protocol) -> Style {
    match protocol {
        Protocol::Query => Style::Query,
        Protocol::Json11 | Protocol::Json10 | Protocol::RestJson | Protocol::Plain => Style::Json,
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        0..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

fn refused_body(error: &ReadBody) -> AwsError {
    match error {
        ReadBody::TooLarge => json::too_large(),
        ReadBody::TooSlow => AwsError::new(
            "RequestTimeout",
            "The request's body was not sent within the time allowed.",
        )
        .status(StatusCode::REQUEST_TIMEOUT),
        ReadBody::Broken { .. } => {
            AwsError::new("IncompleteBody", "The request's body ended early.")
        }
    }
}

fn absent(what: &str) -> AwsError {
    AwsError::new(
        "UnknownOperationException",
        format!("This server does not serve {what}."),
    )
    .status(StatusCode::NOT_FOUND)
}

fn unavailable() -> AwsError {
    AwsError::new("ServiceUnavailable", "The request took too long.")
        .status(StatusCode::SERVICE_UNAVAILABLE)
}

/// An attack shows in the log, without the key that was tried.
fn report_refused(refused: &Refused, request_id: &str) {
    metrics::counter!("probity_refused_signatures_total", "reason" => refused.reason())
        .increment(1);
    match refused {
        Refused::Keys { .. } | Refused::Check { .. } => tracing::error!(
            request_id,
            "failed to check the signature of request `{request_id}`: {}",
            Chain(refused)
        ),
        Refused::Missing
        | Refused::UnknownKey
        | Refused::Incomplete { .. }
        | Refused::Wrong { .. } => tracing::warn!(
            request_id,
            reason = refused.reason(),
            "refused request `{request_id}`: its signature is {}",
            refused.reason()
        ),
    }
}
