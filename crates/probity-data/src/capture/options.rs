//! What the operator decides about a capture log, and what a record is filed under.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::location::Environment;

/// When a record must have reached the disk. It has always reached the kernel when the answer
/// leaves, so that a killed process loses nothing; this is about power cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureSync {
    /// Before the answer leaves. Answers that wait at the same time share one trip to the disk.
    Always,
    /// A few milliseconds later; where trips to the disk take long, less often.
    Interval,
    /// When the system likes.
    Off,
}

impl CaptureSync {
    pub const NAMES: [&'static str; 3] = ["always", "interval", "off"];

    pub fn parse(text: &str) -> Option<CaptureSync> {
        match text {
            "always" => Some(Self::Always),
            "interval" => Some(Self::Interval),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// Gives a new random UUID at every call; segments are named by it.
#[derive(Clone)]
pub struct NewNames(Arc<dyn Fn() -> String + Send + Sync>);

impl NewNames {
    pub fn new(name: impl Fn() -> String + Send + Sync + 'static) -> NewNames {
        NewNames(Arc::new(name))
    }

    pub(crate) fn name(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for NewNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewNames")
    }
}

/// Settings of a capture log.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    pub sync: CaptureSync,
    /// With `Interval`, how long the first record of a group waits.
    pub sync_every: Duration,
    /// The age, in real time, at which a segment is delivered.
    pub seal_after: Duration,
    pub seal_bytes: u64,
    /// What may lie undelivered; more is lost and counted.
    pub max_bytes: Option<u64>,
    pub names: NewNames,
    /// Where destinations are, and how to reach them.
    pub environment: Environment,
}

impl CaptureOptions {
    /// About a minute, as SageMaker delivers, and a size that one request can upload.
    pub fn new(names: NewNames, environment: Environment) -> CaptureOptions {
        CaptureOptions {
            sync: CaptureSync::Interval,
            sync_every: Duration::from_millis(5),
            seal_after: Duration::from_secs(60),
            seal_bytes: 64 * 1024 * 1024,
            max_bytes: None,
            names,
            environment,
        }
    }
}

/// Whose records share a segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaptureKey {
    /// `s3://bucket/prefix`, or a folder.
    pub destination: String,
    pub region: String,
    pub endpoint: String,
    pub variant: String,
}
