//! Where a segment lies while it is written, and which object it becomes.
//!
//! The place is a file of its own beside the segment, so that the segment is the object, byte
//! for byte, and can be moved instead of copied.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use probity_domain::document::UtcTime;
use serde::{Deserialize, Serialize};

use super::options::CaptureKey;

pub(super) const MS_PER_HOUR: i64 = 3_600_000;

/// What `NAME.json` says of `NAME.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Place {
    /// The whole location of the object.
    pub(super) object: String,
    pub(super) region: String,
    pub(super) endpoint: String,
    pub(super) variant: String,
    /// The beginning of the hour of its records.
    pub(super) hour_ms: i64,
}

impl Place {
    /// `at_ms` is the time of the first record.
    pub(super) fn new(key: &CaptureKey, at_ms: i64, name: &str) -> Place {
        let time = UtcTime::from_epoch_ms(at_ms);
        Place {
            object: format!(
                "{}/{}/{}/{:04}/{:02}/{:02}/{:02}/{:02}-{:02}-{:03}-{name}.jsonl",
                key.destination.trim_end_matches('/'),
                key.endpoint,
                key.variant,
                time.year,
                time.month,
                time.day,
                time.hour,
                time.minute,
                time.second,
                time.millisecond,
            ),
            region: key.region.clone(),
            endpoint: key.endpoint.clone(),
            variant: key.variant.clone(),
            hour_ms: hour_of(at_ms),
        }
    }
}

pub(super) fn hour_of(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(MS_PER_HOUR)
}

/// The two files of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paths {
    pub(super) records: PathBuf,
    pub(super) place: PathBuf,
}

impl Paths {
    pub(super) fn new(folder: &Path, name: &str) -> Paths {
        Paths {
            records: folder.join(format!("{name}.jsonl")),
            place: folder.join(format!("{name}.json")),
        }
    }

    /// Writes the place first: records without a place could not be delivered.
    pub(super) fn create(&self, place: &Place) -> io::Result<(fs::File, fs::File)> {
        let create = || -> io::Result<(fs::File, fs::File)> {
            let text = serde_json::to_vec(place)?;
            let mut place = create_new(&self.place)?;
            place.write_all(&text)?;
            Ok((place, create_new(&self.records)?))
        };
        create().inspect_err(|_| {
            // What is left of the place is passed over by recovery, too.
            drop(fs::remove_file(&self.place));
        })
    }

    /// Removes both; a file that is gone is no error. The place goes last: without it, a record
    /// that is left would have nowhere to go.
    pub(super) fn remove(&self) -> io::Result<()> {
        remove_if_there(&self.records)?;
        remove_if_there(&self.place)
    }
}

fn create_new(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .append(true)
        .create_new(true)
        .open(path)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_its_first_record() {
        let key = CaptureKey {
            destination: "s3://bucket/capture/".to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: "loans".to_owned(),
            variant: "AllTraffic".to_owned(),
        };
        // 2022-04-18T00:21:48.007Z
        let place = Place::new(&key, 1_650_241_308_007, "0b7bfd33");
        assert_eq!(
            place.object,
            "s3://bucket/capture/loans/AllTraffic/2022/04/18/00/21-48-007-0b7bfd33.jsonl"
        );
        assert_eq!(place.hour_ms, 1_650_240_000_000);
    }
}
