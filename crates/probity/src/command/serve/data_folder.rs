//! The folder of a server: what lies where, its lock, its key file, and the note that says which
//! server runs on it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use probity_app::Ids;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::exit::Usage;

/// Bytes of the key that secrets are encrypted with.
pub(crate) const KEY_BYTES: usize = 32;

#[derive(Clone, Debug)]
pub(crate) struct DataFolder {
    root: PathBuf,
}

/// Which server runs on the folder, for the commands beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunningServer {
    pub(crate) endpoint_url: String,
    pub(crate) process_id: u32,
}

impl DataFolder {
    /// Makes the folder when it is not there; nobody else may look into it.
    pub(crate) fn create(root: &Path) -> Result<DataFolder> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(|| format!("failed to create the data folder `{}`", root.display()))?;
        DataFolder::open(root)
    }

    /// A folder that is there.
    pub(crate) fn open(root: &Path) -> Result<DataFolder> {
        let absolute = fs::canonicalize(root).map_err(|error| {
            Usage(format!(
                "no data folder at `{}` ({error}); `probity serve` makes one",
                root.display()
            ))
        })?;
        Ok(DataFolder { root: absolute })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("probity.db")
    }

    /// `sqlite://…`, made when it is missing.
    pub(crate) fn database_url(&self, given: Option<&str>) -> Result<String> {
        if let Some(url) = given {
            return Ok(url.to_owned());
        }
        let url = probity_store::sqlite_url(&self.database());
        url.ok_or_else(|| {
            Usage(format!(
                "the data folder `{}` has a name that is no text",
                self.root.display()
            ))
            .into()
        })
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(crate) fn captures(&self) -> PathBuf {
        self.root.join("capture")
    }

    pub(crate) fn jobs(&self) -> PathBuf {
        self.root.join("jobs")
    }

    pub(crate) fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// Held as long as the server runs: two servers on one folder would write over each other.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.root.join("server.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("failed to open `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(Usage(format!(
                "another server runs on the data folder `{}`",
                self.root.display()
            ))
            .into()),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("failed to lock `{}`", path.display()))
            }
        }
    }

    /// What the server of this folder is called beside others on one database, made by the first
    /// start: who starts here again delivers what was captured before.
    pub(crate) fn server_id(&self, ids: &dyn Ids) -> Result<String> {
        let path = self.root.join("server.id");
        match fs::read_to_string(&path) {
            Ok(id) if !id.trim().is_empty() => return Ok(id.trim().to_owned()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("failed to read `{}`", path.display()));
            }
            // An empty one is made anew.
            Ok(_) | Err(_) => {}
        }
        let id = ids.uuid();
        write_private(&path, id.as_bytes())
            .with_context(|| format!("failed to write `{}`", path.display()))?;
        Ok(id)
    }

    /// The key of secrets at rest, made by the first start.
    pub(crate) fn key(&self) -> Result<[u8; KEY_BYTES]> {
        let path = self.key_file();
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|bytes: Vec<u8>| {
                Usage(format!(
                    "`{}` has {} bytes instead of {KEY_BYTES}; put the key file of this data folder back",
                    path.display(),
                    bytes.len()
                ))
                .into()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_key(&path),
            Err(error) => {
                Err(error).with_context(|| format!("failed to read `{}`", path.display()))
            }
        }
    }

    fn make_key(&self, path: &Path) -> Result<[u8; KEY_BYTES]> {
        let mut key = [0; KEY_BYTES];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| io::Error::other("no random numbers"))?;
        write_private(path, &key)
            .with_context(|| format!("failed to write `{}`", path.display()))?;
        Ok(key)
    }

    /// Whether others than the owner can read the key file.
    pub(crate) fn key_is_private(&self) -> Option<bool> {
        let mode = fs::metadata(self.key_file()).ok()?.permissions().mode();
        Some(mode & 0o077 == 0)
    }

    pub(crate) fn note_running(&self, server: &RunningServer) -> Result<()> {
        let text = serde_json::to_vec(server)?;
        write_private(&self.root.join("server.json"), &text)
            .context("failed to note the address of the server")
    }

    pub(crate) fn forget_running(&self) {
        // Nothing depends on it: `running` looks whether the lock is held.
        let _ = fs::remove_file(self.root.join("server.json"));
    }

    /// The server that runs on the folder now.
    pub(crate) fn running(&self) -> Option<RunningServer> {
        let lock = File::open(self.root.join("server.lock")).ok()?;
        if !matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)) {
            return None;
        }
        let text = fs::read(self.root.join("server.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Writes a file that its owner alone can read: beside, then in place.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::serve::clock::RandomIds;

    #[test]
    fn the_key_is_made_once_and_kept_private() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(&scratch.path().join("data")).unwrap();
        let key = folder.key().unwrap();
        assert_eq!(folder.key().unwrap(), key);
        assert_eq!(folder.key_is_private(), Some(true));
    }

    #[test]
    fn a_folder_keeps_the_name_of_its_server() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(scratch.path()).unwrap();
        let id = folder.server_id(&RandomIds).unwrap();
        assert_eq!(folder.server_id(&RandomIds).unwrap(), id);
        fs::write(scratch.path().join("server.id"), "").unwrap();
        assert_ne!(folder.server_id(&RandomIds).unwrap(), id);
    }

    #[test]
    fn a_damaged_key_is_told() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(scratch.path()).unwrap();
        fs::write(folder.key_file(), b"short").unwrap();
        let error = folder.key().unwrap_err().to_string();
        assert!(error.contains("5 bytes instead of 32"), "{error}");
    }

    #[test]
    fn a_folder_has_one_server() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(scratch.path()).unwrap();
        let note = RunningServer {
            endpoint_url: "http://127.0.0.1:1".to_owned(),
            process_id: 1,
        };
        let held = folder.lock().unwrap();
        folder.note_running(&note).unwrap();
        assert!(folder.lock().is_err());
        assert_eq!(folder.running().unwrap().endpoint_url, note.endpoint_url);
        drop(held);
        assert!(folder.running().is_none());
    }
}
