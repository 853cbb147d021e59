//! What processing jobs and transform jobs have in common: they are created in progress, a worker
//! starts them, somebody may stop them, and they end once.

use probity_domain::resource::{JobEnd, JobState};
use probity_store::Unit;
use probity_store::job::NewJob;
use probity_store::resource::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::stored::{self, Edited, Stored};
use crate::timestamp;

/// The longest texts that Describe may show.
const LONGEST_TEXT: usize = 1024;

/// A kind of job.
#[derive(Debug)]
pub(crate) struct LongJob {
    pub(crate) stored: &'static Stored,
    /// In the queue; its subject is the job's name.
    pub(crate) queue: &'static str,
    pub(crate) start_member: &'static str,
    pub(crate) end_member: &'static str,
    /// In sentences: `processing job`.
    pub(crate) words: &'static str,
}

/// What a worker finds that takes up a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Started<T> {
    /// It is to be run, perhaps for the second time.
    Run(Running<T>),
    /// It was stopped before it began to run: finish it as stopped.
    Stopping,
    /// There is nothing to do: it has ended, or is no more.
    Over,
}

/// A job that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Running<T> {
    pub arn: String,
    pub created_ms: i64,
    pub started_ms: i64,
    pub job: T,
}

/// How a job ended, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    pub end: JobEnd,
    /// What the job itself said last.
    pub exit_message: Option<String>,
    /// Why it failed, beginning with `ClientError: ` where the caller can mend it.
    pub failure_reason: Option<String>,
}

impl JobOutcome {
    pub fn completed(exit_message: Option<String>) -> JobOutcome {
        JobOutcome {
            end: JobEnd::Completed,
            exit_message,
            failure_reason: None,
        }
    }

    pub fn failed(reason: impl Into<String>) -> JobOutcome {
        JobOutcome {
            end: JobEnd::Failed,
            exit_message: None,
            failure_reason: Some(reason.into()),
        }
    }

    pub fn stopped(exit_message: Option<String>) -> JobOutcome {
        JobOutcome {
            end: JobEnd::Stopped,
            exit_message,
            failure_reason: None,
        }
    }
}

impl LongJob {
    pub(crate) fn queued(&self, deed: &Deed<'_>, name: &str) -> NewJob {
        NewJob {
            id: deed.app.ids.uuid(),
            kind: self.queue.to_owned(),
            subject: name.to_owned(),
            region: deed.region.to_owned(),
            run_at_ms: deed.now_ms,
        }
    }

    /// A caller's wish to stop. The worker notices, and finishes the job.
    pub(crate) async fn stop(&self, deed: &Deed<'_>, name: &str) -> Result<(), Fault> {
        stored::change(deed, self.stored, name, |resource| {
            let state = state(resource)?;
            let stopping = state.stop().map_err(|over| {
                Fault::invalid(format!(
                    "The request was rejected because the {} is in status {}",
                    self.words,
                    over.state.as_str()
                ))
            })?;
            if stopping == state {
                return Ok(Edited::Not);
            }
            resource.status = stopping.as_str().to_owned();
            Ok(Edited::Yes)
        })
        .await?;
        Ok(())
    }

    /// A worker takes up the job. The first time is the start that Describe shows.
    pub(crate) async fn start<T: DeserializeOwned>(
        &self,
        app: &App,
        region: &str,
        name: &str,
    ) -> Result<Started<T>, Fault> {
        let deed = Deed::of_server(app, region, "probity:StartJob");
        let changed = stored::change(&deed, self.stored, name, |resource| {
            let is_first = resource.body.get(self.start_member).is_none();
            if state(resource)? != JobState::InProgress || !is_first {
                return Ok(Edited::Not);
            }
            show(resource, self.start_member, timestamp::seconds(deed.now_ms));
            Ok(Edited::Yes)
        })
        .await;
        let resource = match changed {
            Ok(resource) => resource,
            Err(Fault::NotFound { .. }) => return Ok(Started::Over),
            Err(fault) => return Err(fault),
        };
        match state(&resource)? {
            JobState::InProgress => {}
            JobState::Stopping => return Ok(Started::Stopping),
            JobState::Completed | JobState::Failed | JobState::Stopped => {
                return Ok(Started::Over);
            }
        }
        let started = resource.body.get(self.start_member);
        let started_ms = match started {
            Some(value) => timestamp::read(self.start_member, value)?,
            None => deed.now_ms,
        };
        Ok(Started::Run(Running {
            job: stored::read_body(&resource)?,
            created_ms: resource.created_ms,
            started_ms,
            arn: resource.arn,
        }))
    }

    /// Whether a running job must give up: somebody stops it, or it has ended elsewhere.
    pub(crate) async fn is_stopping(
        &self,
        app: &App,
        region: &str,
        name: &str,
    ) -> Result<bool, Fault> {
        let deed = Deed::of_server(app, region, "probity:WatchJob");
        match stored::get(&deed, self.stored, name).await {
            Ok(resource) => Ok(state(&resource)? != JobState::InProgress),
            Err(Fault::NotFound { .. }) => Ok(true),
            Err(fault) => Err(fault),
        }
    }

    /// Writes the final state, once: a job that is over stays as it is.
    pub(crate) async fn finish(
        &self,
        app: &App,
        region: &str,
        (name, outcome): (&str, &JobOutcome),
    ) -> Result<(), Fault> {
        let deed = Deed::of_server(app, region, "probity:FinishJob");
        let mut unit = app.store.begin().await?;
        self.finish_in(&mut unit, &deed, (name, outcome)).await?;
        unit.commit().await?;
        Ok(())
    }

    /// The same together with what else `unit` writes.
    pub(crate) async fn finish_in(
        &self,
        unit: &mut Unit,
        deed: &Deed<'_>,
        (name, outcome): (&str, &JobOutcome),
    ) -> Result<(), Fault> {
        let key = self.stored.key(deed, name);
        let finished = stored::change_in(unit, deed, key, |resource| {
            self.end(resource, outcome, deed.now_ms)
        })
        .await;
        match finished {
            Ok(_) | Err(Fault::NotFound { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn end(
        &self,
        resource: &mut Resource,
        outcome: &JobOutcome,
        now_ms: i64,
    ) -> Result<Edited, Fault> {
        let Ok(next) = state(resource)?.finish(outcome.end) else {
            return Ok(Edited::Not);
        };
        resource.status = next.as_str().to_owned();
        show(resource, self.end_member, timestamp::seconds(now_ms));
        let texts = [
            ("ExitMessage", &outcome.exit_message),
            ("FailureReason", &outcome.failure_reason),
        ];
        for (member, text) in texts {
            if let Some(text) = text {
                show(resource, member, cut(text).into());
            }
        }
        Ok(Edited::Yes)
    }
}

pub(crate) fn state(resource: &Resource) -> Result<JobState, Fault> {
    JobState::parse(&resource.status).ok_or_else(|| {
        let problem = std::io::Error::other(format!("no state `{}`", resource.status));
        Fault::internal(format!("read `{}`", resource.arn), problem)
    })
}

fn show(resource: &mut Resource, member: &str, value: Value) {
    if let Value::Object(body) = &mut resource.body {
        body.insert(member.to_owned(), value);
    }
}

/// The first characters, as many as Describe may show.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
