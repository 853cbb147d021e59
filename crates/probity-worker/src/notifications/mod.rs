//! Tells people what alerts became: sends the outbox, channel by channel.
//!
//! Each channel with something due has a task of its own, so that a slow receiver holds up nobody
//! else. A notification is claimed before it is sent and noted after: who dies in between leaves a
//! claim that runs out, and it is sent again, with the same id. Time is the world's here, whatever
//! the server's clock says.

mod backoff;
mod channel;
mod command;
mod email;
mod error;
mod http;
mod link;
mod pager;
mod slack;
mod webhook;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use probity_app::{App, Clock};
use probity_domain::resource::AlertState;
use probity_store::{StoreError, monitoring_alert, notification};
use tokio::task::{Id, JoinSet};
use tracing::{error, warn};

use crate::local_process::LocalProcess;
use crate::stop::Stop;
use crate::worker::Parts;

pub(crate) use error::SendNotification;

/// How often it is looked for what is due.
const LOOK: Duration = Duration::from_secs(1);

/// How often receipts are pruned and counts shown.
const TIDY: Duration = Duration::from_secs(15);

/// Receipts of what was sent are kept for so long.
const KEEP_SENT_MS: i64 = 30 * 86_400_000;

/// What sending needs.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) app: App,
    /// The world's.
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: reqwest::Client,
    pub(crate) scripts: LocalProcess,
    /// Commands have their folders below it.
    pub(crate) folder: PathBuf,
}

/// Sends until it is told to stop. What is under way then is cut off, and sent again by its claim.
pub(crate) async fn run(parts: Arc<Parts>, stop: Stop) {
    let sender = match http::client() {
        Ok(client) => Sender {
            app: parts.app.clone(),
            clock: Arc::clone(&parts.lease.clock),
            client,
            scripts: parts.scripts.clone(),
            folder: parts.jobs_folder.clone(),
        },
        Err(error) => {
            error!(
                error = &error as &dyn std::error::Error,
                "notifications cannot be sent by this process"
            );
            return;
        }
    };
    let mut tasks = Tasks::default();
    let mut tidied: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = stop.wait() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
        tasks.forget_ended();
        if let Err(error) = look(&sender, &mut tasks).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "failed to look for notifications"
            );
        }
        if tidied.is_none_or(|at| at.elapsed() > TIDY) {
            tidied = Some(Instant::now());
            if let Err(error) = tidy(&sender).await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to count notifications"
                );
            }
        }
    }
}

/// Sends that are under way, one for each channel at most. Dropped, they are cut off.
#[derive(Debug, Default)]
struct Tasks {
    running: JoinSet<()>,
    channels: HashMap<Id, String>,
}

impl Tasks {
    fn forget_ended(&mut self) {
        while let Some(ended) = self.running.try_join_next_with_id() {
            let id = match ended {
                Ok((id, ())) => id,
                Err(error) => {
                    error!("the sending to a channel ended: {error}");
                    error.id()
                }
            };
            self.channels.remove(&id);
        }
    }

    fn is_busy(&self, channel: &str) -> bool {
        self.channels.values().any(|busy| busy == channel)
    }
}

async fn look(sender: &Sender, tasks: &mut Tasks) -> Result<(), StoreError> {
    let now_ms = sender.clock.now_ms();
    for name in notification::due_channels(&sender.app.store, now_ms).await? {
        if tasks.is_busy(&name) {
            continue;
        }
        let (sender, channel) = (sender.clone(), name.clone());
        let task = tasks.running.spawn(async move {
            if let Err(fault) = channel::send_waiting(&sender, &channel).await {
                error!(channel = %channel, error = &fault as &dyn std::error::Error,
                    "failed to see to the notifications of channel `{channel}`");
            }
        });
        tasks.channels.insert(task.id(), name);
    }
    Ok(())
}

async fn tidy(sender: &Sender) -> Result<(), StoreError> {
    let store = &sender.app.store;
    let before_ms = sender.clock.now_ms().saturating_sub(KEEP_SENT_MS);
    notification::prune_sent(store, before_ms).await?;
    for status in [notification::WAITING, notification::DEAD] {
        let count = notification::count(store, status).await?;
        metrics::gauge!("probity_notifications", "status" => status).set(count as f64);
    }
    for state in AlertState::ALL {
        let count = monitoring_alert::count(store, state.as_str()).await?;
        metrics::gauge!("probity_alerts", "status" => state.as_str()).set(count as f64);
    }
    Ok(())
}
