//! Threads for long computations, apart from those that answer requests.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// A runtime of its own. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Compute {
    runtime: Arc<Background>,
}

#[derive(Debug)]
struct Background(Option<Runtime>);

impl Drop for Background {
    /// A runtime that is dropped where another one runs would block it.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Compute {
    pub fn new(threads: NonZeroUsize) -> std::io::Result<Compute> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.get())
            .thread_name("probity-job")
            .enable_all()
            .build()?;
        Ok(Compute {
            runtime: Arc::new(Background(Some(runtime))),
        })
    }

    /// Runs what `start` makes on these threads. A caller that is gone stops it at its next rest.
    ///
    /// The work stays on one thread: an analysis lends references that need not be shared.
    pub(crate) async fn run<T, Work>(
        &self,
        start: impl FnOnce() -> Work + Send + 'static,
    ) -> Result<T, Lost>
    where
        T: Send + 'static,
        Work: Future<Output = T>,
    {
        let Some(runtime) = &self.runtime.0 else {
            return Err(Lost);
        };
        let (mut done, answer) = oneshot::channel();
        let handle = runtime.handle().clone();
        runtime.spawn_blocking(move || {
            handle
                .block_on(async move {
                    let work = start();
                    tokio::select! {
                        biased;
                        () = done.closed() => None,
                        answer = work => Some((done, answer)),
                    }
                })
                .map(|(done, answer)| done.send(answer).ok())
        });
        answer.await.map_err(|_| Lost)
    }
}

/// The computation broke off without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a computation stopped unexpectedly")]
pub(crate) struct Lost;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn work_runs_elsewhere_and_its_panic_is_no_panic_here() {
        let compute = Compute::new(NonZeroUsize::MIN).unwrap();
        let name = compute
            .run(|| async { std::thread::current().name().map(str::to_owned) })
            .await;
        assert_eq!(name.unwrap().as_deref(), Some("probity-job"));
        let broken: Result<(), Lost> = compute.run(|| async { panic!("as planned") }).await;
        assert!(broken.is_err());
    }

    #[tokio::test]
    async fn work_ends_with_its_caller() {
        let compute = Compute::new(NonZeroUsize::MIN).unwrap();
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let work = compute.run(move || async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        assert!(
            tokio::time::timeout(Duration::from_millis(20), work)
                .await
                .is_err()
        );
        for _ in 0..1000 {
            if Arc::strong_count(&alive) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the work goes on");
    }
}
