//! How SageMaker lays out a bucket of monitoring, read from names alone: what lies in folders by
//! the hour (`…/yyyy/mm/dd/hh/file`: captures, labels, merged records, results of runs), and the
//! folders of baselines.
//!
//! Source: AWS developer guide, "Capture data", "Schedule monitoring jobs", "Ingest ground truth
//! labels"; the places of results are those of published processing jobs.

use std::collections::{BTreeMap, BTreeSet};

use super::UtcTime;

/// Files that a run or a baseline leaves, and nothing else does.
const RESULT_FILES: [&str; 4] = [
    "statistics.json",
    "constraints.json",
    "constraint_violations.json",
    "analysis.json",
];
/// Of Clarify's monitors; it lies where its user put it.
const CONFIG_FILE: &str = "analysis_config.json";

const MS_PER_HOUR: i64 = 3_600_000;

/// What names tell of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketLayout {
    /// By what stands before `yyyy/mm/dd/hh`.
    pub hourly: BTreeMap<String, HourlyFolder>,
    /// Folders that hold results, and are not of an hour: baselines.
    pub baselines: BTreeMap<String, BTreeSet<String>>,
    /// Configurations of Clarify.
    pub configs: BTreeSet<String>,
    /// Names that say nothing.
    pub n_other: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HourlyFolder {
    /// Beginnings of hours, with the names of results in them; empty where there are none.
    pub hours: BTreeMap<i64, BTreeSet<String>>,
    /// Of the first object that is no result, to look into.
    pub sample: Option<String>,
    pub n_objects: u64,
}

impl HourlyFolder {
    /// Whether runs of a monitor left it.
    pub fn is_of_results(&self) -> bool {
        self.hours.values().any(|names| !names.is_empty())
    }

    /// Hours in which a run left results.
    pub fn result_hours(&self) -> Vec<i64> {
        let with_results = self.hours.iter().filter(|(_, names)| !names.is_empty());
        with_results.map(|(hour, _)| *hour).collect()
    }
}

impl BucketLayout {
    /// From the keys of a listing, in any order.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>) -> BucketLayout {
        let mut layout = BucketLayout::default();
        for key in keys {
            layout.add(key);
        }
        layout
    }

    fn add(&mut self, key: &str) {
        let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
        let is_result = RESULT_FILES.contains(&name);
        if let Some((before, hour_ms)) = hour_of(folder) {
            let hourly = self.hourly.entry(before.to_owned()).or_default();
            hourly.n_objects += 1;
            let names = hourly.hours.entry(hour_ms).or_default();
            if is_result {
                names.insert(name.to_owned());
            } else if hourly.sample.is_none() {
                hourly.sample = Some(key.to_owned());
            }
            return;
        }
        // Results inside of results, as those of segments, are no baselines.
        if hour_around(folder).is_some() || folder.contains("/rollups/") {
            self.n_other += 1;
        } else if is_result {
            let files = self.baselines.entry(folder.to_owned()).or_default();
            files.insert(name.to_owned());
        } else if name == CONFIG_FILE {
            self.configs.insert(key.to_owned());
        } else {
            self.n_other += 1;
        }
    }
}

/// The same of a folder inside of an hour's, as `a/b/2026/11/27/13/segments/x`.
fn hour_around(folder: &str) -> Option<(&str, i64)> {
    let mut around = folder;
    loop {
        if let Some(found) = hour_of(around) {
            return Some(found);
        }
        around = around.rsplit_once('/')?.0;
    }
}

/// `a/b/2026/11/27/13` is `a/b`, and the beginning of that hour.
fn hour_of(folder: &str) -> Option<(&str, i64)> {
    let mut rest = folder;
    let mut parts = [0_i64; 4];
    for (place, digits) in [(3, 2), (2, 2), (1, 2), (0, 4)] {
        let (before, last) = rest.rsplit_once('/').unwrap_or(("", rest));
        if last.len() != digits || !last.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        parts[place] = last.parse().ok()?;
        rest = before;
    }
    let [year, month, day, hour] = parts;
    let ms = UtcTime::hour_epoch_ms(year, month, day, hour)?;
    Some((rest, ms))
}

/// How often a monitor ran, from the hours in which it left results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// An expression that the service has.
    pub expression: String,
    pub period_ms: i64,
    /// Gaps between results that are not the rhythm's: failures, stops, or another schedule before.
    pub n_irregular: u64,
}

impl Rhythm {
    /// The most frequent gap decides; a single result tells nothing, and counts as daily.
    pub fn of(hours: &[i64]) -> Rhythm {
        let gaps: Vec<i64> = hours
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) / MS_PER_HOUR)
            .collect();
        let mut counted: BTreeMap<i64, u64> = BTreeMap::new();
        for gap in &gaps {
            *counted.entry(*gap).or_default() += 1;
        }
        // Of gaps that are as frequent the shorter one.
        let usual = counted
            .iter()
            .max_by_key(|(gap, n)| (**n, -**gap))
            .map_or(24, |(gap, _)| *gap);
        let n_irregular = gaps.iter().filter(|gap| **gap != usual).count() as u64;
        let first = hours
            .last()
            .map_or(0, |hour| hour.div_euclid(MS_PER_HOUR).rem_euclid(24));
        let (expression, period) = match usual {
            ..=1 => ("cron(0 * ? * * *)".to_owned(), 1),
            2..=23 => (format!("cron(0 {}/{usual} ? * * *)", first % usual), usual),
            24.. => (format!("cron(0 {first} ? * * *)"), 24),
        };
        Rhythm {
            expression,
            period_ms: period * MS_PER_HOUR,
            n_irregular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27T13:00:00Z.
    const HOUR: i64 = 1_795_784_400_000;

    #[test]
    fn names_tell_results_from_what_lies_by_the_hour() {
        let layout = BucketLayout::of([
            "capture/churn/AllTraffic/2026/11/27/13/01-02-abc.jsonl",
            "results/churn/quality/2026/11/27/13/statistics.json",
            "results/churn/quality/2026/11/27/13/report.html",
            "results/churn/quality/2026/11/27/14/constraint_violations.json",
            "baseline/statistics.json",
            "baseline/constraints.json",
            "config/analysis_config.json",
            "model.tar.gz",
            "results/churn/quality/2026/11/27/13/segments/region=eu/statistics.json",
            "results/churn/quality/rollups/day/2026/11/27/statistics.json",
            "a/2026/13/27/13/x.jsonl",
        ]);
        let captures = &layout.hourly["capture/churn/AllTraffic"];
        assert!(!captures.is_of_results() && captures.hours.contains_key(&HOUR));
        let results = &layout.hourly["results/churn/quality"];
        assert_eq!(results.result_hours(), [HOUR, HOUR + MS_PER_HOUR]);
        assert_eq!(layout.baselines["baseline"].len(), 2);
        assert_eq!(layout.configs.len(), 1);
        assert_eq!(layout.n_other, 4, "a month 13 is no time");
    }

    #[track_caller]
    fn check(gaps: &[i64], expression: &str, n_irregular: u64) {
        let mut hours = vec![HOUR];
        for gap in gaps {
            hours.push(hours[hours.len() - 1] + gap * MS_PER_HOUR);
        }
        let found = Rhythm::of(&hours);
        assert_eq!(
            (found.expression.as_str(), found.n_irregular),
            (expression, n_irregular)
        );
    }

    #[test]
    fn the_usual_gap_is_the_schedule() {
        check(&[1, 1, 5, 1], "cron(0 * ? * * *)", 1);
        check(&[24, 24, 48], "cron(0 13 ? * * *)", 1);
        check(&[6, 6], "cron(0 1/6 ? * * *)", 0);
        check(&[], "cron(0 13 ? * * *)", 0);
        check(&[168, 168], "cron(0 13 ? * * *)", 0);
    }
}
