//! What the runtime API needs of what is kept: the endpoint that is asked, and a place in the
//! queue for what is answered later.

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::{Deployment, Endpoint};
use probity_store::job::{NewJob, enqueue};
use probity_store::resource::{self, ResourceKey};
use probity_store::tag;

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;

/// IAM actions of the runtime API.
pub const INVOKE: &str = "sagemaker:InvokeEndpoint";
pub const INVOKE_ASYNC: &str = "sagemaker:InvokeEndpointAsync";
pub const INVOKE_STREAMING: &str = "sagemaker:InvokeEndpointWithResponseStream";

/// An endpoint's tag with rules of what is not to be captured.
pub const REDACTION_TAG: &str = "probity:capture-redact";

/// An endpoint as an invocation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct InvokedEndpoint {
    pub arn: String,
    /// Rises by one with every change.
    pub version: i64,
    /// The tag [`REDACTION_TAG`].
    pub redaction: Option<String>,
    /// Absent while the first deployment is prepared, and after it failed.
    pub in_service: Option<Deployment>,
}

/// The endpoint of this name, whoever asks: the caller was authorised to invoke, which says
/// nothing of describing.
pub async fn endpoint(
    app: &App,
    region: &str,
    name: &str,
) -> Result<Option<InvokedEndpoint>, Fault> {
    let key = ResourceKey {
        kind: ResourceKind::Endpoint,
        region,
        name,
    };
    let Some(row) = resource::get(&app.store, key).await? else {
        return Ok(None);
    };
    let document: Endpoint = serde_json::from_value(row.body)
        .map_err(|error| Fault::internal(format!("read the endpoint `{name}`"), error))?;
    let tags = tag::list(&app.store, &row.arn).await?;
    let redaction = tags.into_iter().find(|(key, _)| key == REDACTION_TAG);
    Ok(Some(InvokedEndpoint {
        redaction: redaction.map(|(_, rules)| rules),
        arn: row.arn,
        version: row.version,
        in_service: document.in_service,
    }))
}

/// Puts an asynchronous invocation into the queue; `subject` says what is to be done.
pub async fn accept(
    app: &App,
    caller: &Caller,
    (kind, subject): (&str, String),
) -> Result<(), Fault> {
    app.authorise(caller, INVOKE_ASYNC)?;
    let mut unit = app.store.begin().await?;
    let job = NewJob {
        id: app.ids.uuid(),
        kind: kind.to_owned(),
        subject,
        region: caller.region.clone(),
        run_at_ms: app.clock.now_ms(),
    };
    enqueue(&mut unit, &job).await?;
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(())
}
