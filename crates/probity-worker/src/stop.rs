//! Why a job must end before it is done, and how it is told.

use std::future::Future;

use tokio::sync::watch;

/// Who wants a job to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A user stopped it.
    Asked,
    /// `MaxRuntimeInSeconds` is over.
    TimeLimit,
    /// Another worker has it: nothing may be written any more.
    LeaseLost,
    /// The process ends; the job is run again.
    Shutdown,
}

/// Told once; the first reason counts.
#[derive(Clone, Debug)]
pub(crate) struct Stopper {
    told: watch::Sender<Option<StopReason>>,
}

/// What a job looks at.
#[derive(Clone, Debug)]
pub struct Stop {
    heard: watch::Receiver<Option<StopReason>>,
}

pub(crate) fn channel() -> (Stopper, Stop) {
    let (told, heard) = watch::channel(None);
    (Stopper { told }, Stop { heard })
}

impl Stopper {
    pub(crate) fn stop(&self, reason: StopReason) {
        self.told.send_if_modified(|told| {
            let first = told.is_none();
            if first {
                *told = Some(reason);
            }
            first
        });
    }
}

impl Stop {
    /// One that never happens.
    pub fn never() -> Stop {
        let (told, heard) = watch::channel(None);
        drop(told);
        Stop { heard }
    }

    /// Whether the job must end.
    pub(crate) fn is_told(&self) -> bool {
        self.heard.borrow().is_some()
    }

    /// Ends when the job must.
    pub async fn wait(&self) -> StopReason {
        let mut heard = self.heard.clone();
        let reason = match heard.wait_for(Option::is_some).await {
            Ok(reason) => *reason,
            Err(_) => None,
        };
        match reason {
            Some(reason) => reason,
            // Nobody is left who could stop it.
            None => std::future::pending().await,
        }
    }

    /// `work` to its end, or why not.
    pub async fn unless<T>(&self, work: impl Future<Output = T>) -> Result<T, StopReason> {
        tokio::select! {
            biased;
            reason = self.wait() => Err(reason),
            done = work => Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts() {
        let (stopper, stop) = channel();
        stopper.stop(StopReason::Asked);
        stopper.stop(StopReason::Shutdown);
        let ended = stop.unless(std::future::pending::<()>()).await;
        assert_eq!(ended, Err(StopReason::Asked));
    }

    #[tokio::test]
    async fn work_that_nobody_stops_ends_by_itself() {
        assert_eq!(Stop::never().unless(async { 7 }).await, Ok(7));
    }
}
