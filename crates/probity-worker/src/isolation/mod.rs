//! Where a user's script runs: a process that sees the system's programs, the job's own folder
//! and nothing else of ours.
//!
//! The server starts its own binary again with a hidden subcommand ([`SUBCOMMAND`]), because a
//! process with several threads cannot enter a user namespace. That second process makes the
//! walls, and then starts the script:
//!
//! * a user and a mount namespace, in which the job's folder is `/opt/ml`, `/tmp` is private and
//!   the server's folders are empty, and a process namespace, so that nothing outlives the job
//!   and no signal reaches the server;
//! * Landlock, which lets it read the system's folders, and write the job's folder alone.
//!
//! Either keeps the server's data and environment away; with Landlock alone there is no
//! `/opt/ml`. The network stays as it is.

mod availability;
mod control;
mod enter;
mod landlock_rules;
mod mounts;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use availability::{Availability, Isolation, available};
pub(crate) use control::{Control, Controlled};
pub use enter::enter;

/// The hidden subcommand of the command. Its one argument is an [`Enclosure`] as JSON.
pub const SUBCOMMAND: &str = "__isolated";

/// What the second process is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    pub walls: Walls,
    /// The job's own folder: `opt/ml` and `tmp` lie in it.
    pub folder: PathBuf,
    /// Never seen inside: the data folder, the key file, the database.
    pub hidden: Vec<PathBuf>,
    /// Read as well as the system's folders.
    pub readable: Vec<PathBuf>,
    /// Empty: only tell which walls stand.
    pub command: Vec<String>,
    /// Where the command starts, as it is seen inside.
    pub start_in: PathBuf,
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Walls {
    /// Namespaces, and Landlock where the kernel has it.
    Namespace,
    Landlock,
    /// None: the operator allowed it.
    Nothing,
}

/// Written into the job's folder when the walls could not be made, and nothing was started.
pub(crate) const FAILURE_FILE: &str = "isolation-failed";
