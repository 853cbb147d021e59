//! Buckets that are folders: `s3://bucket/key` is the file `BUCKETS/bucket/key`. The server answers
//! S3 from it, and analyses read and write it without a network.
//!
//! A file is written beside, brought to the disk, and renamed into place, so that a reader never
//! sees half of it and a killed process leaves nothing under a key. `BUCKETS/.probity` holds what
//! is not an object: files being written (`tmp`), parts of uploads (`uploads`), and what S3 keeps
//! about objects (`meta`). No bucket can have that name. Symbolic links are not followed.

mod error;
mod key;
mod object_store;
mod sidecar;
mod staged;
mod walk;

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File, Metadata};
use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use error::BucketError;
pub use key::{KeyProblem, check_key, is_bucket_name};
pub(crate) use object_store::connect;
pub use sidecar::{Description, content_type, hexadecimal};
pub use staged::Staged;
pub use walk::{ListObjects, Listed, Listing, Resume};

use sidecar::{Sidecar, modified, sidecar_name, synthesised};
use staged::{make_folders, sync_folder};

/// The folder of what is not an object.
const OWN: &str = ".probity";

/// A key's file and its sidecar change together under one of these.
static LOCKS: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];

/// How often a folder may be removed under a file that is put into it before we give up.
const ATTEMPTS: usize = 100;

/// A folder of buckets. All calls block: they belong on a thread that may wait for the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    root: PathBuf,
}

/// What must hold of the object that is there when another takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Always,
    Absent,
    Present,
    Etag(String),
}

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub size: u64,
    pub modified: SystemTime,
    pub description: Description,
}

impl Buckets {
    pub fn new(root: PathBuf) -> Buckets {
        Buckets { root }
    }

    /// Removes what an earlier process was writing when it ended. For the start, before anything
    /// is written; gives the number of files.
    pub fn sweep(&self) -> Result<u64, BucketError> {
        staged::sweep(&self.temporary_folder()).map_err(BucketError::disk("remove temporary files"))
    }

    /// A new file, to be filled and then put in place.
    pub fn stage(&self) -> Result<Staged, BucketError> {
        Staged::create(&self.temporary_folder())
    }

    fn temporary_folder(&self) -> PathBuf {
        self.root.join(OWN).join("tmp")
    }

    /// A folder for what S3 keeps while an object is uploaded in parts.
    pub fn uploads_folder(&self) -> PathBuf {
        self.root.join(OWN).join("uploads")
    }

    /// Names of the buckets with the time of their making, sorted.
    pub fn names(&self) -> Result<Vec<(String, SystemTime)>, BucketError> {
        let list = || -> io::Result<Vec<(String, SystemTime)>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(&self.root)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                if is_bucket_name(&name) && entry.file_type()?.is_dir() {
                    let file = entry.metadata()?;
                    names.push((name, file.created().unwrap_or_else(|_| modified(&file))));
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        match list() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            names => names.map_err(BucketError::disk("list the buckets")),
        }
    }

    /// The folder of a bucket that is there.
    pub fn folder(&self, bucket: &str) -> Result<PathBuf, BucketError> {
        let folder = self.root.join(bucket);
        let there =
            is_bucket_name(bucket) && fs::symlink_metadata(&folder).is_ok_and(|file| file.is_dir());
        if there {
            return Ok(folder);
        }
        Err(BucketError::NoBucket {
            bucket: bucket.to_owned(),
        })
    }

    pub fn create(&self, bucket: &str) -> Result<(), BucketError> {
        if !is_bucket_name(bucket) {
            return Err(BucketError::NoBucket {
                bucket: bucket.to_owned(),
            });
        }
        let make = || -> io::Result<()> {
            make_folders(&self.root)?;
            fs::create_dir(self.root.join(bucket))?;
            sync_folder(&self.root)
        };
        make().map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => BucketError::Exists {
                bucket: bucket.to_owned(),
            },
            _ => BucketError::disk("make a bucket")(source),
        })
    }

    /// Removes a bucket without objects.
    pub fn remove(&self, bucket: &str) -> Result<(), BucketError> {
        let folder = self.folder(bucket)?;
        let request = ListObjects {
            limit: 1,
            ..ListObjects::default()
        };
        let not_empty = || BucketError::NotEmpty {
            bucket: bucket.to_owned(),
        };
        if !self.list(bucket, &request)?.objects.is_empty() {
            return Err(not_empty());
        }
        let remove = || -> io::Result<()> {
            remove_empty_folders(&folder)?;
            match fs::remove_dir_all(self.sidecars(bucket)) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                removed => removed?,
            }
            sync_folder(&self.root)
        };
        remove().map_err(|source| match source.kind() {
            ErrorKind::DirectoryNotEmpty => not_empty(),
            _ => BucketError::disk("remove a bucket")(source),
        })
    }

    /// The status and the description of an object.
    pub fn find(&self, bucket: &str, key: &str) -> Result<Found, BucketError> {
        let path = self.place(bucket, key)?;
        self.find_at(bucket, key, || fs::symlink_metadata(&path))
    }

    /// An object, open for reading: what is read stays one version, whatever is put meanwhile.
    pub fn open(&self, bucket: &str, key: &str) -> Result<(File, Found), BucketError> {
        let path = self.place(bucket, key)?;
        let mut opened = None;
        let found = self.find_at(bucket, key, || {
            if !key.ends_with('/') && fs::symlink_metadata(&path)?.is_file() {
                let file = File::open(&path)?;
                let status = file.metadata();
                opened = Some(file);
                return status;
            }
            fs::symlink_metadata(&path)
        })?;
        match opened {
            Some(file) => Ok((file, found)),
            // A folder marker has no bytes, and neither has a new temporary file.
            None => Ok((self.stage()?.file, found)),
        }
    }

    fn find_at(
        &self,
        bucket: &str,
        key: &str,
        mut status: impl FnMut() -> io::Result<Metadata>,
    ) -> Result<Found, BucketError> {
        let mut file = status().map_err(|source| missing(key, source))?;
        let mut sidecar = self.sidecar(bucket, key)?;
        let matches = |sidecar: &Option<Sidecar>, file: &Metadata| {
            sidecar
                .as_ref()
                .is_some_and(|sidecar| sidecar.describes(key, file))
        };
        if !key.ends_with('/') && !matches(&sidecar, &file) {
            // Perhaps just being put: the lock is free when both have changed.
            let _changing = self.lock(bucket, key);
            file = status().map_err(|source| missing(key, source))?;
            sidecar = self.sidecar(bucket, key)?;
        }
        let described = matches(&sidecar, &file);
        let there = if key.ends_with('/') {
            file.is_dir() && sidecar.as_ref().is_some_and(|sidecar| sidecar.key == key)
        } else {
            file.is_file()
        };
        if !there {
            return Err(BucketError::NoObject {
                key: key.to_owned(),
            });
        }
        let is_marker = key.ends_with('/');
        let description = match sidecar {
            Some(sidecar) if described || is_marker => sidecar.description,
            _ => synthesised(key, &file),
        };
        Ok(Found {
            size: if is_marker { 0 } else { file.len() },
            modified: modified(&file),
            description,
        })
    }

    /// Puts a file in the place of a key, with its description.
    pub fn put(
        &self,
        (bucket, key): (&str, &str),
        (staged, description): (Staged, Description),
        condition: &Condition,
    ) -> Result<Found, BucketError> {
        let path = self.place(bucket, key)?;
        let disk = BucketError::disk("bring an object to the disk");
        staged.file.sync_all().map_err(disk)?;
        let file = staged
            .file
            .metadata()
            .map_err(BucketError::disk("read the status of an object"))?;
        let sidecar = Sidecar::new(key, &file, description);
        let _changing = self.lock(bucket, key);
        self.check(bucket, key, condition)?;
        if key.ends_with('/') {
            make_folders_at_last(&path).map_err(|source| conflict(key, source))?;
        } else if path.is_dir() && self.sidecar(bucket, &format!("{key}/"))?.is_some() {
            return Err(BucketError::Conflict {
                key: key.to_owned(),
            });
        } else {
            move_into_place(staged, &path).map_err(|source| conflict(key, source))?;
        }
        self.write_sidecar(bucket, &sidecar)?;
        Ok(Found {
            size: file.len(),
            modified: modified(&file),
            description: sidecar.description,
        })
    }

    /// Moves a file that is on the disk into the place of a key, without reading it; the object has
    /// no description of its own. Fails with `CrossesDevices` from another file system.
    pub(crate) fn move_in(
        &self,
        (bucket, key): (&str, &str),
        file: &Path,
    ) -> Result<(), BucketError> {
        let path = self.place(bucket, key)?;
        let folder = path.parent().unwrap_or(&path);
        let _changing = self.lock(bucket, key);
        let moved = || -> io::Result<()> {
            for _ in 0..ATTEMPTS {
                make_folders(folder)?;
                match fs::rename(file, &path) {
                    // Somebody removed the folder while it was empty.
                    Err(error) if error.kind() == ErrorKind::NotFound && file.exists() => {}
                    Err(error) => return Err(error),
                    Ok(()) => return sync_folder(folder),
                }
            }
            Err(io::Error::other("the folder is removed again and again"))
        };
        moved().map_err(|source| conflict(key, source))
    }

    /// Writes a new description of an object, whose bytes stay.
    pub fn describe(
        &self,
        bucket: &str,
        key: &str,
        change: impl FnOnce(&mut Description),
    ) -> Result<(), BucketError> {
        let path = self.place(bucket, key)?;
        let _changing = self.lock(bucket, key);
        let file = fs::symlink_metadata(&path).map_err(|source| missing(key, source))?;
        let known = self.sidecar(bucket, key)?;
        let is_marker = key.ends_with('/');
        let mut description = match known {
            Some(sidecar) if is_marker || sidecar.describes(key, &file) => sidecar.description,
            _ if file.is_file() => synthesised(key, &file),
            _ => {
                return Err(BucketError::NoObject {
                    key: key.to_owned(),
                });
            }
        };
        change(&mut description);
        self.write_sidecar(bucket, &Sidecar::new(key, &file, description))
    }

    /// Removes an object; that it is not there is no error. Folders that are left empty go too,
    /// as S3 has none.
    pub fn delete(
        &self,
        bucket: &str,
        key: &str,
        condition: &Condition,
    ) -> Result<(), BucketError> {
        let path = self.place(bucket, key)?;
        {
            let _changing = self.lock(bucket, key);
            self.check(bucket, key, condition)?;
            let removed = if key.ends_with('/') {
                Ok(())
            } else {
                fs::remove_file(&path)
            };
            match removed {
                // A folder is no object: some systems call that a directory, some a refusal.
                Err(_) if path.is_dir() => return Ok(()),
                Err(error) if is_missing(&error) => return Ok(()),
                removed => removed.map_err(BucketError::disk("remove an object"))?,
            }
            match fs::remove_file(self.sidecars(bucket).join(sidecar_name(key))) {
                Err(error) if is_missing(&error) => {}
                removed => removed.map_err(BucketError::disk("remove an object"))?,
            }
        }
        self.remove_folders_left_empty(bucket, key)
    }

    fn remove_folders_left_empty(&self, bucket: &str, key: &str) -> Result<(), BucketError> {
        let disk = || BucketError::disk("bring a removal to the disk");
        let mut key = key;
        if !key.ends_with('/') {
            key = key.rfind('/').map_or("", |end| &key[..=end]);
        }
        while !key.is_empty() {
            let folder = self.root.join(bucket).join(key);
            let _changing = self.lock(bucket, key);
            let kept = self.sidecar(bucket, key)?.is_some();
            if kept || fs::remove_dir(&folder).is_err() {
                return match sync_folder(&folder) {
                    Err(error) if is_missing(&error) => Ok(()),
                    synced => synced.map_err(disk()),
                };
            }
            let above = key.trim_end_matches('/');
            key = above.rfind('/').map_or("", |end| &key[..=end]);
        }
        sync_folder(&self.root.join(bucket)).map_err(disk())
    }

    /// The path of a key in a bucket that is there, without a symbolic link on the way.
    fn place(&self, bucket: &str, key: &str) -> Result<PathBuf, BucketError> {
        let folder = self.folder(bucket)?;
        check_key(key).map_err(BucketError::Key)?;
        let mut path = folder;
        let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
        for name in key.trim_end_matches('/').split('/') {
            path.push(name);
            if is_link(&path) {
                return Err(BucketError::NoObject {
                    key: key.to_owned(),
                });
            }
        }
        Ok(path)
    }

    fn check(&self, bucket: &str, key: &str, condition: &Condition) -> Result<(), BucketError> {
        if *condition == Condition::Always {
            return Ok(());
        }
        let path = self.place(bucket, key)?;
        let found = match fs::symlink_metadata(&path) {
            Ok(file) if file.is_file() || key.ends_with('/') => {
                let sidecar = self.sidecar(bucket, key)?;
                let described =
                    sidecar.filter(|sidecar| key.ends_with('/') || sidecar.describes(key, &file));
                match described {
                    Some(sidecar) => Some(sidecar.description.etag),
                    None if key.ends_with('/') => None,
                    None => Some(synthesised(key, &file).etag),
                }
            }
            _ => None,
        };
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => found.is_none(),
            Condition::Present => found.is_some(),
            Condition::Etag(etag) => found.as_ref() == Some(etag),
        };
        if holds {
            return Ok(());
        }
        Err(BucketError::Condition {
            key: key.to_owned(),
        })
    }

    fn sidecars(&self, bucket: &str) -> PathBuf {
        self.root.join(OWN).join("meta").join(bucket)
    }

    /// An unreadable sidecar is as good as none.
    fn sidecar(&self, bucket: &str, key: &str) -> Result<Option<Sidecar>, BucketError> {
        match fs::read(self.sidecars(bucket).join(sidecar_name(key))) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if is_missing(&error) => Ok(None),
            Err(source) => Err(BucketError::disk("read what is known of an object")(source)),
        }
    }

    fn write_sidecar(&self, bucket: &str, sidecar: &Sidecar) -> Result<(), BucketError> {
        let path = self.sidecars(bucket).join(sidecar_name(&sidecar.key));
        let text = serde_json::to_vec(sidecar).map_err(io::Error::from);
        let mut staged = self.stage()?;
        let written = text.and_then(|text| staged.file.write_all(&text));
        written
            .and_then(|()| staged.file.sync_all())
            .and_then(|()| move_into_place(staged, &path))
            .map_err(BucketError::disk("write what is known of an object"))
    }

    fn lock(&self, bucket: &str, key: &str) -> MutexGuard<'static, ()> {
        let mut hasher = DefaultHasher::new();
        (&self.root, bucket, key).hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % LOCKS.len() as u64).unwrap_or_default();
        LOCKS[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renames a file into place, making the folders on the way. Somebody may remove an empty folder
/// between its making and the renaming.
fn move_into_place(staged: Staged, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let mut source = staged.path;
    for _ in 0..ATTEMPTS {
        make_folders_at_last(folder)?;
        match source.persist(path) {
            Ok(()) => return sync_folder(folder),
            Err(refused) if refused.error.kind() == ErrorKind::NotFound => source = refused.path,
            // A folder that nothing is in any more.
            Err(refused) if path.is_dir() && fs::remove_dir(path).is_ok() => source = refused.path,
            Err(refused) => return Err(refused.error),
        }
    }
    Err(io::Error::other("the folder is removed again and again"))
}

fn make_folders_at_last(folder: &Path) -> io::Result<()> {
    for _ in 0..ATTEMPTS {
        match make_folders(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            made => return made,
        }
    }
    make_folders(folder)
}

/// Removes a folder in which there are folders only.
fn remove_empty_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty_folders(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn missing(key: &str, source: io::Error) -> BucketError {
    if is_missing(&source) {
        return BucketError::NoObject {
            key: key.to_owned(),
        };
    }
    BucketError::disk("read the status of an object")(source)
}

fn conflict(key: &str, source: io::Error) -> BucketError {
    match source.kind() {
        ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::AlreadyExists
        | ErrorKind::DirectoryNotEmpty => BucketError::Conflict {
            key: key.to_owned(),
        },
        _ => BucketError::disk("put an object in place")(source),
    }
}

#[cfg(test)]
mod tests;
