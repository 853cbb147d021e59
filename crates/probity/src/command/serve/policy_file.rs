//! `governance.toml`: read at the start, where a bad one keeps the server from starting, and looked
//! at every second, so that a change takes effect without a restart.
//!
//! While the server runs, a file that is broken or gone leaves the policy in force that was: a slip
//! of an editor must not lift the rules.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use probity_app::governance_policy::{PolicyFile, put_in_force};
use probity_app::{App, PolicySource};
use probity_domain::document::governance_policy::GovernancePolicy;
use ring::digest;
use tokio::time::{MissedTickBehavior, interval};

use super::data_folder::DataFolder;
use crate::exit::Usage;

const NAME: &str = "governance.toml";
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A policy is a page or two; this is for whoever names the wrong file.
const LARGEST: u64 = 1 << 20;

/// Which file, and whether there must be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyPlace {
    /// In the data folder, where nobody has to put one.
    Folder(PathBuf),
    /// The one that `--policy` names.
    Named(PathBuf),
}

impl PolicyPlace {
    pub(crate) fn of(named: Option<&Path>, folder: &DataFolder) -> PolicyPlace {
        match named {
            Some(path) => Self::Named(path.to_owned()),
            None => Self::Folder(folder.root().join(NAME)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Named(path) => path,
        }
    }
}

/// What lies there.
#[derive(Clone, Debug)]
pub(crate) struct ReadPolicy {
    pub(crate) policy: GovernancePolicy,
    pub(crate) sha256: String,
    pub(crate) text: String,
}

/// `None` where the data folder has none.
pub(crate) fn read(place: &PolicyPlace) -> Result<Option<ReadPolicy>> {
    let Some(text) = text(place)? else {
        return Ok(None);
    };
    let policy = GovernancePolicy::from_toml(&text)
        .map_err(|error| Usage(format!("`{}`: {error}", place.path().display())))?;
    Ok(Some(ReadPolicy {
        policy,
        sha256: sha256(&text),
        text,
    }))
}

fn text(place: &PolicyPlace) -> Result<Option<String>> {
    let path = place.path();
    let unreadable = || format!("failed to read the policy `{}`", path.display());
    let length = match (std::fs::metadata(path), place) {
        (Ok(found), _) => found.len(),
        (Err(error), PolicyPlace::Folder(_)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        (Err(error), _) => return Err(error).with_context(unreadable),
    };
    if length > LARGEST {
        return Err(Usage(format!(
            "`{}` has {length} bytes: that is no policy",
            path.display()
        ))
        .into());
    }
    std::fs::read_to_string(path)
        .map(Some)
        .with_context(unreadable)
}

fn sha256(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Puts the policy of the start in force.
pub(crate) async fn begin(app: &App, place: &PolicyPlace) -> Result<()> {
    apply(app, place, read(place)?).await
}

async fn apply(app: &App, place: &PolicyPlace, found: Option<ReadPolicy>) -> Result<()> {
    let path = std::path::absolute(place.path()).unwrap_or_else(|_| place.path().to_owned());
    let file = found.map(|found| PolicyFile {
        policy: found.policy,
        source: PolicySource {
            path: path.display().to_string(),
            sha256: found.sha256,
            since_ms: app.clock.now_ms(),
        },
        text: found.text,
    });
    put_in_force(app, file)
        .await
        .context("failed to put the policy in force")
}

/// Follows the file for ever.
pub(crate) async fn follow(app: App, place: PolicyPlace) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What was complained about last, so that it is told once.
    let mut told = String::new();
    loop {
        look.tick().await;
        match changed(&app, &place).await {
            Ok(false) => told.clear(),
            Ok(true) => {
                told.clear();
                let hash = app.policy.source().map(|source| source.sha256);
                tracing::info!(
                    path = %place.path().display(),
                    sha256 = hash.as_deref(),
                    "a changed policy is in force from now on"
                );
            }
            Err(error) => {
                let said = format!("{error:#}");
                if said != told {
                    tracing::error!(
                        path = %place.path().display(),
                        "the policy in force stays, because its changed file is refused: {said}"
                    );
                    told = said;
                }
            }
        }
    }
}

/// Whether another policy is in force than before.
async fn changed(app: &App, place: &PolicyPlace) -> Result<bool> {
    let in_force = app.policy.source();
    let looked_at = place.clone();
    let found = tokio::task::spawn_blocking(move || read(&looked_at)).await??;
    match (&found, &in_force) {
        (None, None) => Ok(false),
        (None, Some(_)) => Err(anyhow::anyhow!(
            "the file is gone; without it, the next start demands nothing"
        )),
        (Some(found), Some(in_force)) if found.sha256 == in_force.sha256 => Ok(false),
        (Some(_), _) => {
            apply(app, place, found).await?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path, text: &str) -> PolicyPlace {
        let path = folder.join(NAME);
        std::fs::write(&path, text).unwrap();
        PolicyPlace::Folder(path)
    }

    #[test]
    fn only_a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert!(read(&PolicyPlace::Folder(path.clone())).unwrap().is_none());
        let missing = read(&PolicyPlace::Named(path)).unwrap_err();
        assert!(missing.to_string().contains(NAME), "{missing}");
    }

    #[test]
    fn a_policy_has_the_hash_of_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let found = read(&place(folder.path(), "")).unwrap().unwrap();
        assert_eq!(found.policy, GovernancePolicy::default());
        // FIPS 180-2, of nothing.
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(found.sha256, hash);
        let found = read(&place(folder.path(), "[review]\nfour_eyes = true\n"));
        assert!(found.unwrap().unwrap().policy.review.four_eyes);
    }

    #[test]
    fn a_bad_file_is_named_with_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let bad = read(&place(folder.path(), "[review]\nfour_ears = true\n")).unwrap_err();
        let said = bad.to_string();
        assert!(said.contains(NAME) && said.contains("four_ears"), "{said}");
        let large = "#".repeat(2 << 20);
        let large = read(&place(folder.path(), &large)).unwrap_err();
        assert!(large.to_string().contains("no policy"), "{large}");
    }
}
