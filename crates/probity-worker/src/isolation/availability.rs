//! What this kernel lets us do, found out by doing it once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::{Enclosure, SUBCOMMAND, Walls};

/// Which walls a script runs behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Its own `/opt/ml`, and nothing of ours.
    Namespace,
    /// Nothing of ours, and no `/opt/ml`.
    LandlockOnly,
    None,
}

/// Each wall, or why it is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    pub namespaces: Result<(), String>,
    pub landlock: Result<(), String>,
}

impl Availability {
    pub fn isolation(&self) -> Isolation {
        match (&self.namespaces, &self.landlock) {
            (Ok(()), _) => Isolation::Namespace,
            (Err(_), Ok(())) => Isolation::LandlockOnly,
            (Err(_), Err(_)) => Isolation::None,
        }
    }
}

/// A line for `probity doctor`.
impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |wall: &Result<(), String>| match wall {
            Ok(()) => "on".to_owned(),
            Err(why) => format!("off ({why})"),
        };
        write!(
            f,
            "namespaces {}, Landlock {}",
            said(&self.namespaces),
            said(&self.landlock)
        )
    }
}

/// Starts `executable`, which has the hidden subcommand, once. Blocks for a moment.
pub fn available(executable: &Path) -> Availability {
    let nothing = |why: String| Availability {
        namespaces: Err(why.clone()),
        landlock: Err(why),
    };
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => return nothing(format!("no temporary folder: {error}")),
    };
    let asked = Enclosure {
        walls: Walls::Namespace,
        folder: folder.path().to_owned(),
        hidden: Vec::new(),
        readable: Vec::new(),
        command: Vec::new(),
        start_in: PathBuf::from("/"),
    };
    let Ok(asked) = serde_json::to_string(&asked) else {
        return nothing("the temporary folder's name is no text".to_owned());
    };
    let answer = Command::new(executable)
        .args([SUBCOMMAND, &asked])
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match answer {
        Ok(answer) => serde_json::from_slice(&answer.stdout)
            .unwrap_or_else(|_| nothing("the isolated process did not answer".to_owned())),
        Err(error) => nothing(format!("the isolated process did not start: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wall_is_isolation_and_none_is_not() {
        let missing = || Err("not compiled in".to_owned());
        let check = |namespaces: Result<(), String>, landlock, expected| {
            let found = Availability {
                namespaces,
                landlock,
            };
            assert_eq!(found.isolation(), expected, "{found}");
        };
        check(Ok(()), missing(), Isolation::Namespace);
        check(missing(), Ok(()), Isolation::LandlockOnly);
        check(missing(), missing(), Isolation::None);
    }

    #[test]
    fn a_binary_that_is_not_there_gives_no_isolation() {
        let found = available(Path::new("/nowhere/probity"));
        assert_eq!(found.isolation(), Isolation::None);
    }
}
