//! The log of a job, where CloudWatch's clients read it while they wait.
//!
//! Group `/aws/sagemaker/ProcessingJobs` or `/aws/sagemaker/TransformJobs`, stream
//! `JOB/algo-1-EPOCH`, as AWS names them. Lines are written from a task of their own, so that a
//! computation never waits for the database. What a script prints is bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use probity_app::App;
use probity_store::log_event::{self, LogLine, StreamKey};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::warn;

/// Lines of one job that are kept.
const MAX_LINES: usize = 100_000;

/// Of a line, in bytes; CloudWatch takes 256 KiB.
const MAX_LINE_BYTES: usize = 16 << 10;

/// A final status waits so long for the log.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Written at once.
const LINES_AT_ONCE: usize = 500;

/// Where a job's lines go. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct JobLog {
    lines: mpsc::UnboundedSender<LogLine>,
    clock: Arc<dyn probity_app::Clock>,
    n_lines: Arc<AtomicUsize>,
}

/// Writes what is told, until every [`JobLog`] is gone.
#[derive(Debug)]
pub(crate) struct LogWriter {
    task: JoinHandle<()>,
}

/// Where on CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPlace {
    pub(crate) region: String,
    pub(crate) group: &'static str,
    pub(crate) stream: String,
}

impl LogPlace {
    pub(crate) fn of_processing_job((region, name): (&str, &str), started_ms: i64) -> LogPlace {
        LogPlace {
            region: region.to_owned(),
            group: "/aws/sagemaker/ProcessingJobs",
            stream: format!("{name}/algo-1-{}", started_ms / 1000),
        }
    }

    pub(crate) fn of_transform_job((region, name): (&str, &str), started_ms: i64) -> LogPlace {
        LogPlace {
            region: region.to_owned(),
            group: "/aws/sagemaker/TransformJobs",
            stream: format!("{name}/algo-1-{}", started_ms / 1000),
        }
    }
}

/// Opens the log of a job.
pub(crate) fn open(app: &App, place: LogPlace) -> (JobLog, LogWriter) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let log = JobLog {
        lines: sender,
        clock: Arc::clone(&app.clock),
        n_lines: Arc::default(),
    };
    let task = tokio::spawn(write_lines(app.clone(), place, receiver));
    (log, LogWriter { task })
}

impl JobLog {
    /// A log that nobody keeps, for an analysis that is no job.
    pub fn unheard(clock: Arc<dyn probity_app::Clock>) -> JobLog {
        let (lines, _) = mpsc::unbounded_channel();
        JobLog {
            lines,
            clock,
            n_lines: Arc::default(),
        }
    }

    /// Adds one line, or several where `text` has line ends.
    pub fn line(&self, text: impl AsRef<str>) {
        for line in text.as_ref().lines() {
            match self.n_lines.fetch_add(1, Ordering::Relaxed) {
                n_lines if n_lines < MAX_LINES => self.send(cut(line)),
                MAX_LINES => self.send(format!(
                    "the log holds {MAX_LINES} lines; what follows is not kept"
                )),
                _ => {}
            }
        }
    }

    fn send(&self, message: String) {
        let line = LogLine {
            at_ms: self.clock.now_ms(),
            message,
        };
        // Only a writer that failed is gone; it has said so.
        let _ = self.lines.send(line);
    }
}

impl LogWriter {
    /// Waits until every line is written, and every [`JobLog`] is gone: a computation that was
    /// stopped may hold one until it rests.
    pub(crate) async fn finish(self) {
        // A writer that panicked has nothing left to say.
        let _ = tokio::time::timeout(LAST_WAIT, self.task).await;
    }
}

async fn write_lines(app: App, place: LogPlace, mut lines: mpsc::UnboundedReceiver<LogLine>) {
    let mut batch = Vec::with_capacity(LINES_AT_ONCE);
    while lines.recv_many(&mut batch, LINES_AT_ONCE).await > 0 {
        let written = async {
            let mut unit = app.store.begin().await?;
            let key = StreamKey {
                region: &place.region,
                group: place.group,
                stream: &place.stream,
            };
            log_event::append(&mut unit, key, app.clock.now_ms(), &batch).await?;
            unit.commit().await
        };
        if let Err(error) = written.await {
            warn!(
                stream = place.stream,
                error = &error as &dyn std::error::Error,
                "failed to write {} lines of log `{}`",
                batch.len(),
                place.stream
            );
        }
        batch.clear();
    }
}

/// At most so many bytes, at the border of a character.
fn cut(line: &str) -> String {
    if line.len() <= MAX_LINE_BYTES {
        return line.to_owned();
    }
    let mut end = MAX_LINE_BYTES;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let long = "ä".repeat(MAX_LINE_BYTES);
        let kept = cut(&long);
        assert!(kept.ends_with('…') && kept.len() <= MAX_LINE_BYTES + "…".len());
        assert_eq!(cut("short"), "short");
    }
}
