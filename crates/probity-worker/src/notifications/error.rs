//! Why a notification was not delivered. Texts are kept with the notification and shown to
//! operators: they hold no address, no password and nothing of an answer's body.

use thiserror::Error;

use crate::local_process::RunProcess;

#[derive(Debug, Error)]
pub(crate) enum SendNotification {
    #[error("the receiver cannot be reached")]
    Unreachable {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("no answer within {seconds} seconds")]
    TimedOut { seconds: u64 },
    #[error("the receiver answered with status {status}")]
    Refused { status: u16 },
    #[error("the receiver asks to wait: status {status}")]
    Wait { status: u16, until: Until },
    #[error("the address belongs to the machine's own network link, which is told nothing")]
    LinkLocal,
    #[error("the mail server refuses the message")]
    Mail {
        #[source]
        source: lettre::transport::smtp::Error,
    },
    #[error("the channel's settings cannot be used: {problem}")]
    Settings { problem: String },
    #[error("the command cannot run")]
    Command {
        #[from]
        source: RunProcess,
    },
    #[error("the command ended with code {code}: {last_lines}")]
    CommandFailed { code: i32, last_lines: String },
    #[error("failed to write the message")]
    Message {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Until when a receiver wants to hear nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// So long from now.
    Seconds(i64),
    AtMs(i64),
}

/// What a failure means for what else waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing reaches this receiver now.
    ReceiverDown,
    /// This message was not taken; others may be.
    NotTaken,
    /// The receiver says that it will never take it.
    Final,
}

impl SendNotification {
    pub(super) fn meaning(&self) -> Meaning {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Wait { .. } => {
                Meaning::ReceiverDown
            }
            // `Gone` says that nobody will ever listen there again.
            Self::Refused { status: 410 } => Meaning::Final,
            Self::Refused { .. }
            | Self::LinkLocal
            | Self::Mail { .. }
            | Self::Settings { .. }
            | Self::Command { .. }
            | Self::CommandFailed { .. }
            | Self::Message { .. } => Meaning::NotTaken,
        }
    }
}
