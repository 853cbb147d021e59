//! The server as those see it who work on it: two people with their keys, its clock, and when it has nothing
//! left to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use probity_app::{App, Clock, endpoint, ground_truth, processing_job, roll_up, transform_job};
use probity_app::{monitoring_execution, monitoring_schedule};
use probity_store::job;
use serde_json::{Value, json};

use crate::client::Client;
use crate::command::serve::clock::SteppedClock;
use crate::exit::Failed;

/// As `probity env` has it.
pub(super) const REGION: &str = "us-west-2";
const BUCKET: &str = "demo";

/// What a server without anything to do has none of.
const JOBS: [&str; 7] = [
    monitoring_schedule::SLOT_JOB,
    monitoring_execution::EXECUTION_JOB,
    ground_truth::LATE_LABELS_JOB,
    roll_up::JOB_KIND,
    processing_job::JOB_KIND,
    transform_job::JOB_KIND,
    endpoint::JOB_KIND,
];
const LOOK: Duration = Duration::from_millis(8);
/// Something has gone wrong by then.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(super) struct Stage {
    /// Who builds models and looks after them.
    pub(super) builder: Client,
    /// Who reviews and approves.
    pub(super) reviewer: Client,
    pub(super) clock: Arc<SteppedClock>,
    pub(super) app: App,
}

impl Stage {
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// An operation of SageMaker, by who builds models.
    pub(super) async fn sagemaker(&self, operation: &str, input: Value) -> Result<Value> {
        call(&self.builder, &format!("SageMaker.{operation}"), input).await
    }

    /// The same, by who reviews.
    pub(super) async fn review(&self, target: &str, input: Value) -> Result<Value> {
        call(&self.reviewer, target, input).await
    }

    pub(super) async fn probity(&self, operation: &str, input: Value) -> Result<Value> {
        call(&self.builder, &format!("Probity.{operation}"), input).await
    }

    pub(super) async fn make_bucket(&self) -> Result<()> {
        let made = self.builder.make_bucket(BUCKET).await;
        made.context("failed to make the demo's bucket")
    }

    pub(super) async fn put(&self, key: &str, content: impl Into<Bytes>) -> Result<String> {
        let uri = uri(key);
        self.builder.put(&uri, content.into()).await?;
        Ok(uri)
    }

    pub(super) async fn get(&self, key: &str) -> Result<Bytes> {
        Ok(self.builder.get(&uri(key)).await?)
    }

    /// Until nothing is due and nothing runs.
    pub(super) async fn idle(&self) -> Result<()> {
        let started = Instant::now();
        self.app.jobs.notify_one();
        while self.is_busy().await? {
            if started.elapsed() > PATIENCE {
                let text = "the demo's server did not come to an end of its jobs";
                return Err(Failed(text.to_owned()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn is_busy(&self) -> Result<bool> {
        let now_ms = self.now_ms();
        for kind in JOBS {
            let jobs = job::of_kind(&self.app.store, REGION, kind).await?;
            if jobs.iter().any(|job| job.run_at_ms <= now_ms) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Refuses to go on when a job or an endpoint is not what it should be.
    pub(super) async fn demand(
        &self,
        (operation, input): (&str, Value),
        (member, wanted): (&str, &str),
    ) -> Result<()> {
        let told = self.sagemaker(operation, input.clone()).await?;
        if told[member] == wanted {
            return Ok(());
        }
        Err(Failed(format!(
            "{input} is {} instead of {wanted}: {}",
            told[member], told["FailureReason"]
        ))
        .into())
    }
}

async fn call(client: &Client, target: &str, input: Value) -> Result<Value> {
    let answer = client.call(target, input).await;
    answer.with_context(|| format!("the demo's call of {target} failed"))
}

pub(super) fn uri(key: &str) -> String {
    format!("s3://{BUCKET}/{key}")
}

/// An execution role; here it has no meaning beyond its form.
pub(super) fn role(stage: &Stage) -> String {
    let account = &stage.app.settings.account_id;
    format!("arn:aws:iam::{account}:role/service-role/ModelGovernance")
}

/// The machine that requests of SageMaker have to name.
pub(super) fn cluster() -> Value {
    json!({"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}})
}
