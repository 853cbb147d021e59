//! Parts of objects while they are uploaded: `.probity/uploads/ID`, with `upload.json` for what the
//! object will be, and for each part its bytes and `NNNNN.json`, which names them. A part is there
//! when its JSON is; bytes without go with the upload.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use probity_data::location::buckets::{BucketError, Buckets, Description, Staged};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checksum::Checksums;

/// What the object will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) description: Description,
    /// Of the checksums of parts.
    pub(super) algorithm: Option<String>,
    /// The checksum is of the whole object, not of those of its parts.
    pub(super) whole_object: bool,
}

/// A part that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    file: String,
    pub(super) size: u64,
    /// Hexadecimal MD5.
    pub(super) etag: String,
    pub(super) checksums: Checksums,
}

/// The folder of uploads.
#[derive(Clone, Debug)]
pub(super) struct Uploads {
    buckets: Buckets,
}

impl Uploads {
    pub(super) fn new(buckets: Buckets) -> Uploads {
        Uploads { buckets }
    }

    /// `None` when the id is not one that we gave: it must not become a path.
    fn folder(&self, id: &str) -> Option<PathBuf> {
        let is_ours = !id.is_empty()
            && id.len() <= 64
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_ours.then(|| self.buckets.uploads_folder().join(id))
    }

    pub(super) fn begin(&self, id: &str, upload: &Upload) -> Result<(), BucketError> {
        let folder = self.folder(id).ok_or_else(|| unknown(id))?;
        self.write(folder.join("upload.json"), upload)
    }

    /// The upload of that id and of that object.
    pub(super) fn find(
        &self,
        id: &str,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Upload>, BucketError> {
        let Some(folder) = self.folder(id) else {
            return Ok(None);
        };
        let upload: Option<Upload> = read(folder.join("upload.json"))?;
        Ok(upload.filter(|upload| upload.bucket == bucket && upload.key == key))
    }

    /// `unique` names the file of the bytes.
    pub(super) fn add_part(
        &self,
        (id, number, unique): (&str, i32, &str),
        staged: Staged,
        (etag, checksums): (String, Checksums),
    ) -> Result<Part, BucketError> {
        let folder = self.folder(id).ok_or_else(|| unknown(id))?;
        let part = Part {
            file: format!("{number:05}-{unique}.part"),
            size: staged.size(),
            etag,
            checksums,
        };
        staged.keep(&folder.join(&part.file))?;
        let path = folder.join(format!("{number:05}.json"));
        let earlier: Option<Part> = read(path.clone())?;
        self.write(path, &part)?;
        if let Some(earlier) = earlier {
            // What stays of it goes with the upload.
            let _ = fs::remove_file(folder.join(earlier.file));
        }
        Ok(part)
    }

    pub(super) fn part(&self, id: &str, number: i32) -> Result<Option<Part>, BucketError> {
        match self.folder(id) {
            Some(folder) => read(folder.join(format!("{number:05}.json"))),
            None => Ok(None),
        }
    }

    pub(super) fn open(&self, id: &str, part: &Part) -> Result<File, BucketError> {
        let folder = self.folder(id).ok_or_else(|| unknown(id))?;
        File::open(folder.join(&part.file)).map_err(disk("open a part of an upload"))
    }

    /// All parts by their numbers, with the time when they came.
    pub(super) fn parts(&self, id: &str) -> Result<Vec<(i32, Part, SystemTime)>, BucketError> {
        let folder = self.folder(id).ok_or_else(|| unknown(id))?;
        let mut parts = Vec::new();
        for entry in fs::read_dir(&folder).map_err(disk("list an upload"))? {
            let entry = entry.map_err(disk("list an upload"))?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".json"));
            let Some(number) = number.and_then(|digits| digits.parse().ok()) else {
                continue;
            };
            if let Some(part) = read(entry.path())? {
                let file = entry.metadata().map_err(disk("list an upload"))?;
                parts.push((number, part, file.modified().unwrap_or(UNIX_EPOCH)));
            }
        }
        parts.sort_unstable_by_key(|(number, ..)| *number);
        Ok(parts)
    }

    /// Uploads that were begun and neither completed nor aborted, with their ids and times, by key.
    pub(super) fn all(&self) -> Result<Vec<(Upload, String, SystemTime)>, BucketError> {
        let mut uploads = Vec::new();
        let entries = match fs::read_dir(self.buckets.uploads_folder()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(uploads),
            entries => entries.map_err(disk("list uploads"))?,
        };
        for entry in entries {
            let entry = entry.map_err(disk("list uploads"))?;
            let path = entry.path().join("upload.json");
            let (Ok(id), Some(upload)) = (entry.file_name().into_string(), read(path.clone())?)
            else {
                continue;
            };
            let begun = fs::metadata(path).and_then(|file| file.modified());
            uploads.push((upload, id, begun.unwrap_or(UNIX_EPOCH)));
        }
        uploads.sort_unstable_by(
            |(left, left_id, left_time), (right, right_id, right_time)| {
                (&left.key, left_time, left_id).cmp(&(&right.key, right_time, right_id))
            },
        );
        Ok(uploads)
    }

    /// Removes an upload with its parts.
    pub(super) fn remove(&self, id: &str) -> Result<(), BucketError> {
        let folder = self.folder(id).ok_or_else(|| unknown(id))?;
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(disk("remove an upload")),
        }
    }

    fn write(&self, path: PathBuf, content: &impl Serialize) -> Result<(), BucketError> {
        let mut text = Vec::new();
        serde_json::to_writer(&mut text, content)
            .map_err(|fault| disk("write an upload")(fault.into()))?;
        text.flush().map_err(disk("write an upload"))?;
        let mut staged = self.buckets.stage()?;
        staged.write(&text)?;
        staged.keep(&path)
    }
}

fn read<Content: DeserializeOwned>(path: PathBuf) -> Result<Option<Content>, BucketError> {
    match fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(disk("read an upload")(error)),
    }
}

fn disk(doing: &'static str) -> impl FnOnce(std::io::Error) -> BucketError {
    move |source| BucketError::Disk { doing, source }
}

fn unknown(id: &str) -> BucketError {
    BucketError::NoObject { key: id.to_owned() }
}
