//! One verb that is being done: who does what, where and when. Whoever holds a deed was allowed to
//! do it, so functions that write ask for one.

use probity_domain::{Arn, ArnPlace};

use crate::app::App;
use crate::caller::Caller;
use crate::fault::Fault;

/// The name that stands in events for what the server does by itself, when a job ends.
const SERVER: &str = "probity";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deed<'a> {
    pub(crate) app: &'a App,
    /// Who acts: a user, or the server itself.
    pub(crate) actor: &'a str,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// The IAM action, `sagemaker:CreateModel`.
    pub(crate) action: &'static str,
    pub(crate) request_id: &'a str,
    /// Why, in the words of whoever acts, where the request says it.
    pub(crate) reason: Option<&'a str>,
    pub(crate) now_ms: i64,
}

impl<'a> Deed<'a> {
    /// The first line of every verb.
    pub(crate) fn authorise(
        app: &'a App,
        caller: &'a Caller,
        action: &'static str,
    ) -> Result<Deed<'a>, Fault> {
        app.authorise(caller, action)?;
        Ok(Deed {
            app,
            actor: &caller.user,
            account: &caller.account,
            region: &caller.region,
            action,
            request_id: &caller.request_id,
            reason: None,
            now_ms: app.clock.now_ms(),
        })
    }

    /// What the server does to end a job that somebody was allowed to start.
    pub(crate) fn of_server(app: &'a App, region: &'a str, action: &'static str) -> Deed<'a> {
        Deed {
            app,
            actor: SERVER,
            account: &app.settings.account_id,
            region,
            action,
            request_id: "",
            reason: None,
            now_ms: app.clock.now_ms(),
        }
    }

    pub(crate) fn because(self, reason: Option<&'a str>) -> Deed<'a> {
        Deed { reason, ..self }
    }

    /// `arn:aws:sagemaker:REGION:ACCOUNT:RESOURCE` of the place that the deed is done in.
    pub(crate) fn arn(&self, resource: impl Into<String>) -> Arn {
        let place = ArnPlace {
            service: "sagemaker",
            region: self.region,
            account: self.account,
        };
        Arn::new(place, resource)
    }
}
