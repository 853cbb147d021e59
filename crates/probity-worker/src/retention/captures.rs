//! Captures that are too old: whole hours of the known layout, `ROOT/VARIANT/yyyy/mm/dd/hh`, and
//! in them only what is called as captures are. Folders of other names are passed over.

use std::collections::BTreeMap;

use probity_app::retention::{self, Expired, Rest, What};
use probity_data::location::{
    ReadLocation, StoredObject, delete_objects, list_folders, list_objects,
};
use tracing::info;

use super::places::Captured;
use super::{Budget, Expire};
use crate::captured_data::calendar;
use crate::worker::Parts;

/// Deletes what is of before `before_ms`, the oldest days of each endpoint first.
pub(super) async fn expire(
    parts: &Parts,
    places: &[Captured],
    (before_ms, budget): (i64, &mut Budget),
) -> Result<Rest, Expire> {
    for place in places {
        for (day, hours) in old_days(parts, &place.root, before_ms).await? {
            if budget.is_spent() {
                return Ok(Rest::More);
            }
            let objects = objects(parts, &hours).await?;
            let allowed = budget.take(objects.len() as u64);
            let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
            let objects = &objects[..allowed.min(objects.len())];
            delete(parts, (place, &day), objects).await?;
        }
    }
    Ok(match budget.is_spent() {
        true => Rest::More,
        false => Rest::Nothing,
    })
}

async fn delete(
    parts: &Parts,
    (place, day): (&Captured, &str),
    objects: &[StoredObject],
) -> Result<(), Expire> {
    if objects.is_empty() {
        return Ok(());
    }
    let expired = Expired {
        region: &place.region,
        resource: &format!("endpoint/{}", place.endpoint),
        what: What::Captures,
        day,
        location: &place.root,
        objects: objects.len() as u64,
        bytes: objects.iter().map(StoredObject::size_bytes).sum(),
    };
    retention::record(&parts.app, &expired).await?;
    delete_objects(objects).await?;
    info!(
        endpoint = %place.endpoint,
        objects = expired.objects,
        bytes = expired.bytes,
        "deleted {} captured files of endpoint `{}` of {day}",
        expired.objects, place.endpoint
    );
    Ok(())
}

/// Hours that are over before `before_ms`, by their day; folders of all variants.
async fn old_days(
    parts: &Parts,
    root: &str,
    before_ms: i64,
) -> Result<BTreeMap<String, Vec<String>>, ReadLocation> {
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for variant in list_folders(root, &parts.environment).await? {
        let variant = format!("{root}/{variant}");
        // Folders that are looked into, by the parts of their date.
        let mut open: Vec<Vec<String>> = vec![Vec::new()];
        while let Some(date) = open.pop() {
            let folder = joined(&variant, &date);
            for name in list_folders(&folder, &parts.environment).await? {
                let mut date = date.clone();
                date.push(name);
                match age(&date, before_ms) {
                    Age::NotOld => {}
                    Age::PartlyOld => open.push(date),
                    Age::Old => {
                        let day = date[..3].join("-");
                        days.entry(day).or_default().push(joined(&variant, &date));
                    }
                }
            }
        }
    }
    Ok(days)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// Also what is no date.
    NotOld,
    /// Some of it is, or it is to be looked at day by day.
    PartlyOld,
    /// An hour that is over.
    Old,
}

fn age(date: &[String], before_ms: i64) -> Age {
    let widths = [4, 2, 2, 2];
    let is_date = date
        .iter()
        .zip(widths)
        .all(|(part, width)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()));
    let parts: Vec<&str> = date.iter().map(String::as_str).collect();
    let Some(span) = calendar(&parts).filter(|_| is_date) else {
        return Age::NotOld;
    };
    match parts.len() {
        4 if span.to_ms <= before_ms => Age::Old,
        1..=3 if span.from_ms < before_ms => Age::PartlyOld,
        _ => Age::NotOld,
    }
}

async fn objects(parts: &Parts, hours: &[String]) -> Result<Vec<StoredObject>, ReadLocation> {
    let mut found = Vec::new();
    for hour in hours {
        match list_objects(&format!("{hour}/"), &parts.environment).await {
            Ok(objects) => found.extend(objects.into_iter().filter(is_capture)),
            Err(ReadLocation::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Right in the folder, and with the ending of captures.
fn is_capture(object: &StoredObject) -> bool {
    let name = object.relative();
    name.ends_with(".jsonl") && !name.contains('/')
}

fn joined(folder: &str, parts: &[String]) -> String {
    let mut joined = folder.to_owned();
    for part in parts {
        joined.push('/');
        joined.push_str(part);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2022-04-18T00:00:00Z
    const DAY_MS: i64 = 1_650_240_000_000;
    const HOUR_MS: i64 = 3_600_000;

    #[track_caller]
    fn check(date: &str, before_ms: i64, expected: Age) {
        let date: Vec<String> = date.split('/').map(str::to_owned).collect();
        assert_eq!(age(&date, before_ms), expected);
    }

    #[test]
    fn an_hour_is_old_once_it_is_over() {
        check("2022/04/18/00", DAY_MS + HOUR_MS, Age::Old);
        check("2022/04/18/00", DAY_MS + HOUR_MS - 1, Age::NotOld);
        check("2022/04/18", DAY_MS + 1, Age::PartlyOld);
        check("2022/04/18", DAY_MS, Age::NotOld);
        check("2022/04", DAY_MS, Age::PartlyOld);
        check("2023", DAY_MS, Age::NotOld);
    }

    #[test]
    fn what_is_no_date_is_never_old() {
        for name in [
            "model",
            "2022/4",
            "02022",
            "2022/13",
            "2022/04/18/24",
            "2022/04/18/00/x",
        ] {
            check(name, i64::MAX, Age::NotOld);
        }
    }
}
