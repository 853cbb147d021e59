//! `governance.toml`: read at the start, where a bad one keeps the server from starting, and looked
//! at every second, so that a change takes effect without a restart.
//!
//! A file that is broken or gone leaves the policy in force that was, also over a restart, because
//! the store keeps it: a slip of an editor must not lift the rules. An empty file does. Servers of
//! one store obey the same policy, whichever of them read it last.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use probity_app::governance_policy::{self, KeptPolicy, PolicyFile};
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

/// Which policy a start obeys.
#[derive(Debug)]
enum AtStart {
    /// No file and no policy in force: nothing is demanded.
    Nothing,
    /// What the store keeps.
    Obey(KeptPolicy),
    /// What this server's file says, from now on.
    Put(ReadPolicy),
}

/// Whether a file may take the place of what another server put in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replacing {
    Refused,
    /// `--replace-policy`.
    Allowed,
}

/// A start must not lift rules by accident: without a file, those in force stay, and a file takes
/// their place only where it is the changed file of the server that put them in force.
fn at_start(
    found: Option<ReadPolicy>,
    kept: Option<KeptPolicy>,
    (place, server, replacing): (&PolicyPlace, &str, Replacing),
) -> Result<AtStart> {
    match (found, kept) {
        (None, None) => Ok(AtStart::Nothing),
        (None, Some(kept)) => Ok(AtStart::Obey(kept)),
        (Some(found), None) => Ok(AtStart::Put(found)),
        (Some(found), Some(kept)) if found.sha256 == kept.sha256 => Ok(AtStart::Obey(kept)),
        (Some(found), Some(kept)) => {
            if kept.put_by == server || replacing == Replacing::Allowed {
                return Ok(AtStart::Put(found));
            }
            Err(Usage(format!(
                "the policy in force, SHA-256 {}, was put so by another server of this database, \
                 from `{}`, and `{}` differs: copy that file, or start without one to obey the \
                 policy in force, or give --replace-policy to put this file in force on all servers",
                kept.sha256,
                kept.path,
                place.path().display()
            ))
            .into())
        }
    }
}

/// A file of a running server, and what was last found there.
#[derive(Debug)]
pub(crate) struct Followed {
    place: PolicyPlace,
    /// Of this server, as the store tells who put a policy in force.
    server: String,
    seen: Option<String>,
}

/// Puts the policy of the start in force.
pub(crate) async fn begin(
    app: &App,
    (place, server, replacing): (PolicyPlace, String, Replacing),
) -> Result<Followed> {
    let found = read(&place)?;
    let kept = kept(app, (&found, replacing)).await?;
    let followed = Followed {
        seen: found.as_ref().map(|found| found.sha256.clone()),
        place,
        server,
    };
    let named = (&followed.place, followed.server.as_str(), replacing);
    match at_start(found, kept, named)? {
        AtStart::Nothing => {}
        AtStart::Obey(kept) => {
            if followed.seen.is_none() {
                tracing::warn!(
                    path = %followed.place.path().display(),
                    sha256 = %kept.sha256,
                    "there is no policy file: the policy in force, SHA-256 {}, stays; an empty \
                     file lifts it",
                    kept.sha256
                );
            }
            governance_policy::obey(app, &kept)?;
        }
        AtStart::Put(found) => followed.put(app, found).await?,
    }
    Ok(followed)
}

/// What the store keeps. One that cannot be read is as good as none where it is to be replaced.
async fn kept(
    app: &App,
    (found, replacing): (&Option<ReadPolicy>, Replacing),
) -> Result<Option<KeptPolicy>> {
    let kept = governance_policy::in_force(app).await;
    if found.is_none() || replacing == Replacing::Refused {
        return Ok(kept?);
    }
    let read = kept.and_then(|kept| {
        kept.iter()
            .try_for_each(|kept| governance_policy::obey(app, kept))?;
        Ok(kept)
    });
    match read {
        Ok(kept) => Ok(kept),
        Err(error) => {
            tracing::warn!(
                "the policy in force cannot be read, and is replaced: {:#}",
                anyhow::Error::from(error)
            );
            Ok(None)
        }
    }
}

impl Followed {
    async fn put(&self, app: &App, found: ReadPolicy) -> Result<()> {
        let path = self.place.path();
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let file = PolicyFile {
            policy: found.policy,
            source: PolicySource {
                path: path.display().to_string(),
                sha256: found.sha256,
                since_ms: app.clock.now_ms(),
            },
            text: found.text,
            put_by: self.server.clone(),
        };
        governance_policy::put_in_force(app, file)
            .await
            .context("failed to put the policy in force")
    }

    /// Whether another policy is in force here than before: that of a changed file, or what another
    /// server put in force.
    async fn changed(&mut self, app: &App) -> Result<bool> {
        let here = app.policy.source().map(|source| source.sha256);
        let looked_at = self.place.clone();
        let found = tokio::task::spawn_blocking(move || read(&looked_at)).await;
        let found = found.map_err(anyhow::Error::from).and_then(|found| found);
        let is_new = |found: &ReadPolicy| self.seen.as_ref() != Some(&found.sha256);
        if let Ok(Some(found)) = &found
            && is_new(found)
        {
            let is_other = here.as_ref() != Some(&found.sha256);
            let sha256 = found.sha256.clone();
            if is_other {
                self.put(app, found.clone()).await?;
            }
            self.seen = Some(sha256);
            return Ok(is_other);
        }
        // Whatever is the matter with the file, what other servers put in force holds here.
        if let Some(kept) = governance_policy::in_force(app).await?
            && here.as_ref() != Some(&kept.sha256)
        {
            governance_policy::obey(app, &kept)?;
            return Ok(true);
        }
        match (found?, &self.seen) {
            (None, Some(_)) => Err(anyhow::anyhow!(
                "the file is gone; an empty one lifts the rules"
            )),
            (None, None) | (Some(_), _) => Ok(false),
        }
    }
}

/// Follows file and store for ever.
pub(crate) async fn follow(app: App, mut followed: Followed) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What was complained about last, so that it is told once.
    let mut told = String::new();
    loop {
        look.tick().await;
        let path = followed.place.path().display().to_string();
        match followed.changed(&app).await {
            Ok(false) => told.clear(),
            Ok(true) => {
                told.clear();
                let source = app.policy.source();
                let hash = source.as_ref().map(|source| source.sha256.as_str());
                let path = source.as_ref().map_or(path.as_str(), |source| &source.path);
                tracing::info!(
                    path,
                    sha256 = hash,
                    "a changed policy is in force from now on"
                );
            }
            Err(error) => {
                let said = format!("{error:#}");
                if said != told {
                    tracing::error!(
                        path,
                        "the policy in force stays, because its changed file is refused: {said}"
                    );
                    told = said;
                }
            }
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

    const SERVER: &str = "server-1";

    fn found(text: &str) -> ReadPolicy {
        let folder = tempfile::tempdir().unwrap();
        read(&place(folder.path(), text)).unwrap().unwrap()
    }

    fn kept(text: &str, put_by: &str) -> KeptPolicy {
        KeptPolicy {
            sha256: sha256(text),
            path: "/elsewhere/governance.toml".to_owned(),
            text: text.to_owned(),
            put_by: put_by.to_owned(),
        }
    }

    fn start(
        file: Option<&str>,
        store: Option<KeptPolicy>,
        replacing: Replacing,
    ) -> Result<AtStart> {
        let place = PolicyPlace::Folder(PathBuf::from("/here/governance.toml"));
        at_start(file.map(found), store, (&place, SERVER, replacing))
    }

    #[test]
    fn a_start_without_a_file_lifts_no_rule() {
        let nothing = start(None, None, Replacing::Refused).unwrap();
        assert!(matches!(nothing, AtStart::Nothing));
        let text = "[review]\nfour_eyes = true\n";
        for put_by in [SERVER, "server-2"] {
            let stays = start(None, Some(kept(text, put_by)), Replacing::Refused).unwrap();
            assert!(matches!(stays, AtStart::Obey(kept) if kept.text == text));
        }
    }

    #[test]
    fn a_file_takes_the_place_of_its_own_servers_policy_only() {
        let text = "[review]\nfour_eyes = true\n";
        let first = start(Some(text), None, Replacing::Refused).unwrap();
        assert!(matches!(first, AtStart::Put(found) if found.text == text));
        let same = start(Some(text), Some(kept(text, "server-2")), Replacing::Refused);
        assert!(matches!(same.unwrap(), AtStart::Obey(_)));
        let own = start(Some(""), Some(kept(text, SERVER)), Replacing::Refused);
        assert!(matches!(own.unwrap(), AtStart::Put(found) if found.text.is_empty()));
        let weaker = || Some(kept(text, "server-2"));
        let refused = start(Some(""), weaker(), Replacing::Refused).unwrap_err();
        let said = refused.to_string();
        for told in ["/elsewhere/", "/here/", "--replace-policy", &sha256(text)] {
            assert!(said.contains(told), "{said}");
        }
        let wanted = start(Some(""), weaker(), Replacing::Allowed).unwrap();
        assert!(matches!(wanted, AtStart::Put(_)));
    }
}
