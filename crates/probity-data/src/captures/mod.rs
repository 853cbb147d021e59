//! Where the captures of a stretch of time lie: the hours' folders of an endpoint's captures, and the manifests
//! of batch transform jobs.
//!
//! Key layouts: `DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/NAME.jsonl`, and `DESTINATION/input/yyyy/mm/dd/hh/…`
//! and `DESTINATION/output/yyyy/mm/dd/hh/…`, hours in UTC ("Capture data" pages of the SageMaker developer
//! guide, for real-time endpoints and for batch transform jobs).

mod batch;
mod manifest;

pub use batch::{
    BatchFormat, BatchObject, BatchSide, ConvertBatch, Converted, batch_objects, convert_batch,
};
pub(crate) use batch::{BatchLine, BatchRecord, BatchRecords};

use futures::{StreamExt, TryStreamExt};
use probity_domain::document::UtcTime;

use crate::location::{Environment, Level, ListedFile, ReadLocation, list_level};
use crate::window::Window;

const MS_PER_HOUR: i64 = 3_600_000;
const MS_PER_DAY: i64 = 24 * MS_PER_HOUR;
/// Folders listed at a time.
const AT_ONCE: usize = 8;

/// The folders of the hours that overlap `window`, of all variants of the endpoint, by hour and then by variant.
/// Only those that are there.
pub async fn hours(
    destination: &str,
    endpoint: &str,
    window: Window,
    environment: &Environment,
) -> Result<Vec<String>, ReadLocation> {
    let folder = format!("{}/{endpoint}", destination.trim_end_matches('/'));
    let variants = list_level(&folder, environment).await?.folders;
    let mut found: Vec<(i64, String)> = Vec::new();
    for variant in variants {
        let folder = format!("{folder}/{variant}");
        found.extend(hour_folders(&folder, window, environment).await?);
    }
    found.sort();
    Ok(found.into_iter().map(|(_, folder)| folder).collect())
}

/// The folders `FOLDER/yyyy/mm/dd/hh` of the hours that overlap `window`, with when they begin.
pub(crate) async fn hour_folders(
    folder: &str,
    window: Window,
    environment: &Environment,
) -> Result<Vec<(i64, String)>, ReadLocation> {
    if window.is_empty() {
        return Ok(Vec::new());
    }
    let folder = folder.trim_end_matches('/');
    let first_day = window.start_ms.div_euclid(MS_PER_DAY);
    let last_day = (window.end_ms - 1).div_euclid(MS_PER_DAY);
    let days = futures::stream::iter(first_day..=last_day).map(|day| async move {
        let time = UtcTime::from_epoch_ms(day * MS_PER_DAY);
        let (year, month, date) = (time.year, time.month, time.day);
        let folder = format!("{folder}/{year:04}/{month:02}/{date:02}");
        let level = list_level(&folder, environment).await?;
        let hours = level.folders.into_iter().filter_map(|hour| {
            let begins_ms = day * MS_PER_DAY + hour_named(&hour)? * MS_PER_HOUR;
            let ends_ms = begins_ms + MS_PER_HOUR;
            let overlaps = begins_ms < window.end_ms && ends_ms > window.start_ms;
            overlaps.then(|| (begins_ms, format!("{folder}/{hour}")))
        });
        Ok::<_, ReadLocation>(hours.collect::<Vec<_>>())
    });
    let days: Vec<Vec<(i64, String)>> = days.buffered(AT_ONCE).try_collect().await?;
    Ok(days.into_iter().flatten().collect())
}

fn hour_named(name: &str) -> Option<i64> {
    let is_hour = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_digit());
    let hour = is_hour.then(|| name.parse::<i64>().ok())??;
    (hour < 24).then_some(hour)
}

/// The files of folders, in the order of the folders and then by name.
pub(crate) async fn files_of(
    folders: &[String],
    environment: &Environment,
) -> Result<Vec<ListedFile>, ReadLocation> {
    let levels = futures::stream::iter(folders.to_vec())
        .map(|folder| async move { list_level(&folder, environment).await })
        .buffered(AT_ONCE);
    let levels: Vec<Level> = levels.try_collect().await?;
    Ok(levels.into_iter().flat_map(|level| level.files).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = MS_PER_HOUR;
    /// 2022-04-18T00:00:00Z
    const DAY: i64 = 1_650_240_000_000;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.build().unwrap().block_on(future)
    }

    fn captured(objects: &[&str]) -> (tempfile::TempDir, Environment) {
        let home = tempfile::tempdir().unwrap();
        for object in objects {
            let path = home.path().join("bucket").join(object);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let environment = Environment::default().with_buckets(home.path().to_owned());
        (home, environment)
    }

    #[test]
    fn hours_that_overlap_are_found_in_all_variants() {
        let (_home, environment) = captured(&[
            "live/e/A/2022/04/17/23/a.jsonl",
            "live/e/A/2022/04/18/00/a.jsonl",
            "live/e/B/2022/04/18/00/a.jsonl",
            "live/e/A/2022/04/18/01/a.jsonl",
            "live/e/A/2022/04/18/02/a.jsonl",
            "live/e/A/2022/04/18/xx/a.jsonl",
            "live/e/_waiting/2022/04/18/00/a.jsonl",
            "live/other/A/2022/04/18/00/a.jsonl",
        ]);
        let window = |start_ms, end_ms| Window { start_ms, end_ms };
        let find = |window| {
            let found = block_on(hours("s3://bucket/live/", "e", window, &environment));
            let prefix = "s3://bucket/live/e/";
            let short = |uri: String| uri.strip_prefix(prefix).unwrap().to_owned();
            found.unwrap().into_iter().map(short).collect::<Vec<_>>()
        };
        assert_eq!(
            find(window(DAY, DAY + HOUR)),
            ["A/2022/04/18/00", "B/2022/04/18/00"]
        );
        assert_eq!(
            find(window(DAY - 1, DAY + HOUR + 1)),
            [
                "A/2022/04/17/23",
                "A/2022/04/18/00",
                "B/2022/04/18/00",
                "A/2022/04/18/01"
            ]
        );
        assert!(find(window(DAY, DAY)).is_empty());
        assert!(find(window(DAY + 5 * HOUR, DAY + 6 * HOUR)).is_empty());
    }
}
