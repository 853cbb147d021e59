//! Listing the objects of a bucket in the order of S3: by the bytes of the key. A folder is read
//! when the listing comes to it, so a page costs what it shows, not what the bucket holds.

use std::collections::BTreeSet;
use std::fs::{self, FileType};
use std::io;
use std::path::Path;

use super::error::BucketError;
use super::key::check_names;
use super::{Buckets, Found};

/// Which objects to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjects {
    pub prefix: String,
    /// Keys that share their start up to this text are told as one.
    pub delimiter: Option<String>,
    pub after: Option<Resume>,
    pub limit: usize,
}

/// Where a listing goes on, whatever was put or removed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Behind this key.
    After(String),
    /// Behind every key that begins so.
    Past(String),
}

impl Resume {
    /// Whether a key was passed.
    fn covers(&self, key: &str) -> bool {
        match self {
            Resume::After(last) => key <= last.as_str(),
            Resume::Past(prefix) => key <= prefix.as_str() || key.starts_with(prefix.as_str()),
        }
    }

    /// Whether all keys of a folder, given with its slash, were passed.
    fn covers_folder(&self, folder: &str) -> bool {
        match self {
            Resume::After(last) => folder <= last.as_str() && !last.starts_with(folder),
            Resume::Past(prefix) => {
                folder.starts_with(prefix.as_str())
                    || (folder <= prefix.as_str() && !prefix.starts_with(folder))
            }
        }
    }
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub objects: Vec<Listed>,
    /// What keys share up to the delimiter, sorted.
    pub prefixes: BTreeSet<String>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Resume>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub found: Found,
}

impl Buckets {
    /// A page of the objects of a bucket.
    pub fn list(&self, bucket: &str, request: &ListObjects) -> Result<Listing, BucketError> {
        let mut walk = Walk::begin(self, bucket, request)?;
        let mut page = Listing::default();
        let mut last = None;
        while let Some(key) = walk.next()? {
            if page.objects.len() + page.prefixes.len() >= request.limit {
                page.next = last;
                return Ok(page);
            }
            if let Some(shared) = shared_prefix(&key, request) {
                let resume = Resume::Past(shared.to_owned());
                page.prefixes.insert(shared.to_owned());
                walk.resume = Some(resume.clone());
                last = Some(resume);
                continue;
            }
            match self.find(bucket, &key) {
                Ok(found) => {
                    last = Some(Resume::After(key.clone()));
                    page.objects.push(Listed { key, found });
                }
                // Removed since its folder was read.
                Err(BucketError::NoObject { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(page)
    }
}

/// The start of a key up to the first delimiter behind the prefix.
fn shared_prefix<'a>(key: &'a str, request: &ListObjects) -> Option<&'a str> {
    let delimiter = request.delimiter.as_deref()?;
    let start = request.prefix.len();
    let end = start + key.get(start..)?.find(delimiter)? + delimiter.len();
    key.get(..end)
}

struct Walk<'a> {
    buckets: &'a Buckets,
    bucket: &'a str,
    prefix: &'a str,
    resume: Option<Resume>,
    /// Folders that are open, each with what is left of it, the next at the end.
    open: Vec<Vec<Entry>>,
}

/// A name of a folder as a key: folders end in a slash, which is what orders them.
struct Entry {
    key: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Folder,
}

impl<'a> Walk<'a> {
    fn begin(
        buckets: &'a Buckets,
        bucket: &'a str,
        request: &'a ListObjects,
    ) -> Result<Walk<'a>, BucketError> {
        buckets.folder(bucket)?;
        let mut walk = Walk {
            buckets,
            bucket,
            prefix: &request.prefix,
            resume: request.after.clone(),
            open: Vec::new(),
        };
        // No key begins with what is not a path.
        let start = request
            .prefix
            .rfind('/')
            .map_or("", |end| &request.prefix[..=end]);
        if start.is_empty() {
            walk.enter("")?;
        } else if check_names(&start[..start.len() - 1]).is_ok()
            && walk.buckets.place(bucket, start).is_ok()
        {
            walk.open.push(vec![Entry {
                key: start.to_owned(),
                kind: Kind::Folder,
            }]);
        }
        Ok(walk)
    }

    /// The next key that was not passed.
    fn next(&mut self) -> Result<Option<String>, BucketError> {
        while let Some(entries) = self.open.last_mut() {
            let Some(entry) = entries.pop() else {
                self.open.pop();
                continue;
            };
            match entry.kind {
                Kind::Object => {
                    if !self.passed(&entry.key) {
                        return Ok(Some(entry.key));
                    }
                }
                Kind::Folder => {
                    let passed = |resume: &Resume| resume.covers_folder(&entry.key);
                    if self.resume.as_ref().is_some_and(passed) {
                        continue;
                    }
                    self.enter(&entry.key)?;
                    let is_marker = entry.key.starts_with(self.prefix)
                        && !self.passed(&entry.key)
                        && self.buckets.sidecar(self.bucket, &entry.key)?.is_some();
                    if is_marker {
                        return Ok(Some(entry.key));
                    }
                }
            }
        }
        Ok(None)
    }

    fn passed(&self, key: &str) -> bool {
        self.resume
            .as_ref()
            .is_some_and(|resume| resume.covers(key))
    }

    /// Reads a folder, given by its key with a slash.
    fn enter(&mut self, folder: &str) -> Result<(), BucketError> {
        let path = self.buckets.root.join(self.bucket).join(folder);
        let mut entries = match self.read(&path, folder) {
            Ok(entries) => entries,
            // Removed meanwhile.
            Err(error) if super::is_missing(&error) => Vec::new(),
            Err(source) => return Err(BucketError::disk("list a folder")(source)),
        };
        entries.sort_unstable_by(|left, right| right.key.cmp(&left.key));
        self.open.push(entries);
        Ok(())
    }

    fn read(&self, path: &Path, folder: &str) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let Some(kind) = kind(entry.file_type()?) else {
                continue;
            };
            let mut key = format!("{folder}{name}");
            let wanted = match kind {
                Kind::Object => key.starts_with(self.prefix) && !self.passed(&key),
                Kind::Folder => {
                    key.push('/');
                    let reachable = key.starts_with(self.prefix) || self.prefix.starts_with(&key);
                    let passed = |resume: &Resume| resume.covers_folder(&key);
                    reachable && !self.resume.as_ref().is_some_and(passed)
                }
            };
            if wanted {
                entries.push(Entry { key, kind });
            }
        }
        Ok(entries)
    }
}

/// Symbolic links, sockets and the like are no objects.
fn kind(file: FileType) -> Option<Kind> {
    if file.is_file() {
        Some(Kind::Object)
    } else if file.is_dir() {
        Some(Kind::Folder)
    } else {
        None
    }
}
