//! What would be imported: endpoints with their captures, schedules with what was recovered of
//! their definitions, and their runs; and what a person should look at.

mod told;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use probity_data::location::Environment;
use probity_domain::document::monitoring_bucket::{BucketLayout, HourlyFolder, Rhythm};
use serde_json::{Value, json};

use super::content::{Left, Lines};
use super::naming::{Naming, RULE, is_name};
use crate::moment::iso;

#[derive(Debug, Default)]
pub(super) struct Plan {
    endpoints: BTreeMap<String, FoundEndpoint>,
    schedules: Vec<FoundSchedule>,
    baselines: Vec<FoundBaseline>,
    ground_truth: Vec<String>,
    configs: Vec<String>,
    n_merged: u64,
    notes: Vec<String>,
    /// What was found and is left out, with the reason.
    not_imported: Vec<String>,
}

#[derive(Debug, Default)]
struct FoundEndpoint {
    capture_uri: String,
    variants: BTreeSet<String>,
    n_files: u64,
}

#[derive(Debug)]
struct FoundBaseline {
    folder: String,
    left: Left,
    files: BTreeSet<String>,
}

#[derive(Debug)]
struct FoundSchedule {
    name: String,
    /// Empty where transform jobs were watched.
    endpoint: String,
    left: Left,
    output_uri: String,
    folder: String,
    hours: Vec<i64>,
    rhythm: Rhythm,
    notes: Vec<String>,
}

impl Plan {
    pub(super) async fn of(
        layout: &BucketLayout,
        mut naming: Naming<'_>,
        environment: &Environment,
    ) -> Result<Plan> {
        let mut plan = Plan {
            configs: layout.configs.iter().cloned().collect(),
            ..Plan::default()
        };
        for (folder, hourly) in &layout.hourly {
            if !hourly.is_of_results() {
                plan.add_lines(folder, hourly, environment).await?;
            }
        }
        let is_of_runs = |folder: &str| {
            let mut hourly = layout.hourly.iter();
            hourly.any(|(runs, hourly)| {
                hourly.is_of_results() && two_last(runs).is_some() && is_within(folder, runs)
            })
        };
        for (folder, files) in &layout.baselines {
            // What lies among the results of runs was left by runs.
            if is_of_runs(folder) {
                continue;
            }
            match Left::of_folder(folder, environment).await? {
                Some(left) => plan.baselines.push(FoundBaseline {
                    folder: folder.clone(),
                    left,
                    files: files.clone(),
                }),
                None => plan.notes.push(format!(
                    "`{folder}` looks like a baseline, and tells of no kind"
                )),
            }
        }
        for (folder, hourly) in &layout.hourly {
            if hourly.is_of_results() {
                plan.add_results((folder, hourly), &mut naming, environment)
                    .await?;
            }
        }
        naming.check_used()?;
        Ok(plan)
    }

    /// Leaves a reason why something of the plan will not be imported.
    pub(super) fn add_not_imported(&mut self, reasons: Vec<String>) {
        self.not_imported.extend(reasons);
    }

    pub(super) fn add_note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.endpoints.is_empty() && self.schedules.is_empty()
    }

    async fn add_lines(
        &mut self,
        folder: &str,
        hourly: &HourlyFolder,
        environment: &Environment,
    ) -> Result<()> {
        let Some(sample) = &hourly.sample else {
            return Ok(());
        };
        match Lines::of_object(sample, environment).await? {
            Lines::Captures => match two_last(folder) {
                Some((_, endpoint, variant)) if !is_name(endpoint) || !is_name(variant) => {
                    self.not_imported.push(format!(
                        "the captures in `{folder}`: `{endpoint}/{variant}` are no names of an \
                         endpoint and a variant ({RULE})"
                    ));
                }
                Some((before, endpoint, variant)) => {
                    let found = self.endpoints.entry(endpoint.to_owned()).or_default();
                    found.capture_uri = before.to_owned();
                    found.variants.insert(variant.to_owned());
                    found.n_files += hourly.n_objects;
                }
                None => self.notes.push(format!(
                    "the captures in `{folder}` do not lie below an endpoint and a variant"
                )),
            },
            Lines::GroundTruth => self.ground_truth.push(folder.to_owned()),
            Lines::Merged => self.n_merged += hourly.n_objects,
            Lines::Unknown => self.notes.push(format!(
                "`{folder}` has files by the hour that are neither captures nor labels"
            )),
        }
        Ok(())
    }

    async fn add_results(
        &mut self,
        (folder, hourly): (&str, &HourlyFolder),
        naming: &mut Naming<'_>,
        environment: &Environment,
    ) -> Result<()> {
        let hours = hourly.result_hours();
        let Some((before, endpoint, schedule)) = two_last(folder) else {
            self.notes
                .push(format!("`{folder}` has results of no schedule"));
            return Ok(());
        };
        let name = naming.name((endpoint, schedule));
        if let Some(problem) = self.problem_of_name(&name) {
            let option = format!("use --as '{endpoint}/{schedule}=NAME'");
            let problem = format!("the results in `{folder}`: {problem}; {option}");
            self.not_imported.push(problem);
            return Ok(());
        }
        let left = left_by_runs((folder, &hours), environment).await?;
        let Some(left) = left else {
            self.notes.push(format!(
                "the results in `{folder}` tell of no kind of monitor"
            ));
            return Ok(());
        };
        let mut notes = Vec::new();
        let is_known = self.endpoints.is_empty() || self.endpoints.contains_key(endpoint);
        let is_endpoint = is_known && is_name(endpoint);
        let (endpoint, output_uri) = match is_endpoint {
            true => (endpoint.to_owned(), before.to_owned()),
            // Results of transform jobs lie below the schedule alone.
            false => {
                notes.push(format!(
                    "no captures of an endpoint `{endpoint}`: taken for a monitor of transform jobs"
                ));
                (String::new(), format!("{before}/{endpoint}"))
            }
        };
        let rhythm = Rhythm::of(&hours);
        if rhythm.n_irregular > 0 {
            notes.push(format!(
                "{} gaps between results are not of `{}`",
                rhythm.n_irregular, rhythm.expression
            ));
        }
        self.schedules.push(FoundSchedule {
            name,
            endpoint,
            left,
            output_uri,
            folder: folder.to_owned(),
            hours,
            rhythm,
            notes,
        });
        Ok(())
    }

    /// What the service would refuse, or would take for one schedule.
    fn problem_of_name(&self, name: &str) -> Option<String> {
        if !is_name(name) {
            return Some(format!("`{name}` is no name of a schedule ({RULE})"));
        }
        let mut others = self.schedules.iter();
        let other = others.find(|other| other.name == name)?;
        Some(format!(
            "the name `{name}` is that of `{}` already",
            other.folder
        ))
    }

    /// The baseline of the same kind that fits best: one that says what holds, then the same
    /// columns, then a like name.
    fn baseline_of(&self, schedule: &FoundSchedule) -> Option<&FoundBaseline> {
        let alike = |baseline: &&FoundBaseline| baseline.left.kind == schedule.left.kind;
        let fit = |baseline: &&FoundBaseline| {
            let same_columns = !schedule.left.features.is_empty()
                && baseline.left.features == schedule.left.features;
            let named = [schedule.name.as_str(), schedule.endpoint.as_str()]
                .iter()
                .any(|name| !name.is_empty() && baseline.folder.contains(name));
            let files = ["constraints.json", "analysis.json"];
            let has_constraints = files.iter().any(|name| baseline.files.contains(*name));
            (has_constraints, same_columns, named)
        };
        self.baselines.iter().filter(alike).max_by_key(fit)
    }

    pub(super) fn endpoints(&self) -> Vec<Value> {
        let mut all: Vec<Value> = self
            .endpoints
            .iter()
            .map(|(name, found)| {
                json!({
                    "EndpointName": name,
                    "CaptureS3Uri": found.capture_uri,
                    "VariantNames": found.variants,
                })
            })
            .collect();
        let watched: BTreeSet<&str> = self
            .schedules
            .iter()
            .map(|schedule| schedule.endpoint.as_str())
            .filter(|name| !name.is_empty() && !self.endpoints.contains_key(*name))
            .collect();
        // Results without captures: the endpoint is known by name only.
        for name in watched {
            let root = self.schedules.iter().find(|found| found.endpoint == name);
            let root = root.map_or("", |found| found.output_uri.as_str());
            all.push(json!({
                "EndpointName": name,
                "CaptureS3Uri": root,
                "VariantNames": ["AllTraffic"],
            }));
        }
        all
    }

    pub(super) fn schedules(&self) -> Vec<Value> {
        self.schedules
            .iter()
            .map(|found| self.schedule(found))
            .collect()
    }

    fn schedule(&self, found: &FoundSchedule) -> Value {
        let runs: Vec<Value> = found
            .hours
            .iter()
            .map(|hour| {
                json!({
                    "ScheduledTime": iso(*hour),
                    "OutputS3Uri": format!("{}/{}", found.folder, hour_folder(*hour)),
                })
            })
            .collect();
        let mut schedule = json!({
            "MonitoringScheduleName": found.name,
            "MonitoringType": found.left.kind,
            "ScheduleExpression": found.rhythm.expression,
            "PeriodInSeconds": found.rhythm.period_ms / 1000,
            "OutputS3Uri": found.output_uri,
            "Executions": runs,
        });
        let mut put = |member: &str, value: Option<String>| {
            if let Some(value) = value {
                schedule[member] = Value::from(value);
            }
        };
        put(
            "EndpointName",
            Some(found.endpoint.clone()).filter(|name| !name.is_empty()),
        );
        put("ProblemType", found.left.problem.map(str::to_owned));
        if let Some(baseline) = self.baseline_of(found) {
            let file = |name: &str| {
                let has = baseline.files.contains(name);
                has.then(|| format!("{}/{name}", baseline.folder))
            };
            put(
                "BaselineConstraintsS3Uri",
                file("constraints.json").or_else(|| file("analysis.json")),
            );
            put("BaselineStatisticsS3Uri", file("statistics.json"));
        }
        let needs = needs(found.left.kind);
        if needs.labels {
            let labels = self.ground_truth.first().cloned();
            put(
                "GroundTruthS3Uri",
                Some(labels.unwrap_or_else(|| format!("{}/ground-truth", found.output_uri))),
            );
        }
        if needs.config {
            let config = self.configs.first().cloned();
            put(
                "ConfigS3Uri",
                Some(
                    config.unwrap_or_else(|| format!("{}/analysis_config.json", found.output_uri)),
                ),
            );
        }
        if found.endpoint.is_empty() {
            put("BatchDataS3Uri", Some(found.output_uri.clone()));
        }
        schedule
    }

    /// What a person has to look at before a schedule runs.
    fn notes_of(&self, found: &FoundSchedule) -> Vec<String> {
        let mut notes = found.notes.clone();
        let needs = needs(found.left.kind);
        if self.baseline_of(found).is_none() {
            notes.push("no baseline of its kind was found".to_owned());
        }
        if needs.labels && self.ground_truth.is_empty() {
            notes.push("no labels were found: name their place before it runs".to_owned());
        }
        if needs.config && self.configs.is_empty() {
            notes
                .push("no analysis_config.json was found: put one there before it runs".to_owned());
        }
        if needs.labels {
            notes.push("the column of predictions is guessed (InferenceAttribute `0`)".to_owned());
        }
        notes
    }

    /// For programs.
    pub(super) fn document(&self) -> Value {
        let notes: Vec<Value> = self
            .schedules
            .iter()
            .map(|found| json!({"MonitoringScheduleName": found.name, "Notes": self.notes_of(found)}))
            .collect();
        json!({
            "Endpoints": self.endpoints(),
            "Schedules": self.schedules(),
            "Baselines": self.baselines.iter().map(|found| found.folder.clone()).collect::<Vec<_>>(),
            "GroundTruth": self.ground_truth,
            "MergedFiles": self.n_merged,
            "ScheduleNotes": notes,
            "Notes": self.notes,
            "NotImported": self.not_imported,
        })
    }
}

/// Which monitor left results, from one of the last runs: one without data, or without violations,
/// may tell nothing.
async fn left_by_runs(
    (folder, hours): (&str, &[i64]),
    environment: &Environment,
) -> Result<Option<Left>> {
    for hour in hours.iter().rev().take(24) {
        let place = format!("{folder}/{}", hour_folder(*hour));
        let left = Left::of_folder(&place, environment).await?;
        if left.is_some() {
            return Ok(left);
        }
    }
    Ok(None)
}

fn is_within(folder: &str, other: &str) -> bool {
    let rest = folder.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a kind of monitor needs besides a baseline.
struct Needs {
    labels: bool,
    config: bool,
}

fn needs(kind: &str) -> Needs {
    Needs {
        labels: matches!(kind, "ModelQuality" | "ModelBias"),
        config: matches!(kind, "ModelBias" | "ModelExplainability"),
    }
}

/// `s3://b/results/churn/quality` is `s3://b/results`, `churn` and `quality`.
fn two_last(folder: &str) -> Option<(&str, &str, &str)> {
    let (rest, last) = folder.rsplit_once('/')?;
    let (before, middle) = rest.rsplit_once('/')?;
    let has_bucket = before
        .strip_prefix("s3://")
        .is_some_and(|bucket| !bucket.is_empty());
    (has_bucket && !middle.is_empty() && !last.is_empty()).then_some((before, middle, last))
}

/// `2026/11/27/13`
fn hour_folder(ms: i64) -> String {
    iso(ms).replace(['-', 'T'], "/").chars().take(13).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const STATISTICS: &str = r#"{"features": [{"name": "a"}]}"#;
    const RUN: &str = "2026/11/27/13/statistics.json";

    /// The plan of a folder that stands for a bucket, whose files are all statistics.
    async fn plan_of(files: &[&str], renamed: &[(&str, &str)]) -> Result<Plan> {
        let bucket = tempfile::tempdir().unwrap();
        for file in files {
            let path = bucket.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, STATISTICS).unwrap();
        }
        let keys: Vec<String> = files.iter().map(|file| format!("s3://{file}")).collect();
        let layout = BucketLayout::of(keys.iter().map(String::as_str));
        let renamed: Vec<(String, String)> = renamed
            .iter()
            .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
            .collect();
        let naming = Naming::of(&renamed)?;
        let environment = Environment::default().with_buckets(bucket.path().to_owned());
        Plan::of(&layout, naming, &environment).await
    }

    #[tokio::test]
    async fn what_the_service_would_refuse_is_left_out_and_told() {
        let files = [
            format!("old/results/churn/bad name!/{RUN}"),
            format!("old/results/churn/quality/{RUN}"),
            format!("old/results/loans/quality/{RUN}"),
        ];
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let plan = plan_of(&files, &[]).await.unwrap();
        let [schedule] = &plan.schedules()[..] else {
            panic!("{:?}", plan.schedules());
        };
        assert_eq!(schedule["EndpointName"], "churn");
        let told = plan.told();
        for option in ["churn/bad name!", "loans/quality"] {
            assert!(
                told.contains(&format!("use --as '{option}=NAME'")),
                "{told}"
            );
        }
        let renamed = [("bad name!", "good"), ("loans/quality", "loans-quality")];
        let plan = plan_of(&files, &renamed).await.unwrap();
        assert_eq!(plan.schedules().len(), 3);
        assert!(plan.not_imported.is_empty(), "{:?}", plan.not_imported);
        assert!(plan_of(&files, &[("nope", "foo")]).await.is_err());
    }

    #[tokio::test]
    async fn a_baseline_has_constraints_and_is_not_of_a_run() {
        let run = format!("old/results/churn/quality/{RUN}");
        let files = [
            run.as_str(),
            "old/results/churn/quality/2026/13/40/77/statistics.json",
            "old/quality/of/churn/statistics.json",
            "old/baselining/results/statistics.json",
            "old/baselining/results/constraints.json",
        ];
        let plan = plan_of(&files, &[]).await.unwrap();
        let schedule = &plan.schedules()[0];
        assert_eq!(
            schedule["BaselineConstraintsS3Uri"],
            "s3://old/baselining/results/constraints.json"
        );
        let mut folders = plan.baselines.iter().map(|found| found.folder.as_str());
        assert!(folders.all(|folder| !folder.contains("/13/40/")));
    }

    #[test]
    fn a_folder_of_results_names_endpoint_and_schedule() {
        assert_eq!(
            two_last("s3://b/results/churn/quality"),
            Some(("s3://b/results", "churn", "quality"))
        );
        assert_eq!(
            two_last("s3://b/churn/quality"),
            Some(("s3://b", "churn", "quality"))
        );
        assert_eq!(two_last("s3://b/quality"), None);
    }

    #[test]
    fn an_hour_has_its_folder() {
        assert_eq!(hour_folder(1_795_784_400_000), "2026/11/27/13");
    }
}
