//! Runs commands under `bench/measure.py`, which asks the kernel what each cost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;

/// What one run cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub wall_seconds: f64,
    /// User and system time of all threads.
    pub cpu_seconds: f64,
    pub peak_bytes: f64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Run {
    Finished(Cost),
    TimedOut,
    /// With the last line that the tool printed.
    Failed(String),
}

/// One tool and how it is started.
#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    pub name: String,
    pub command: Vec<String>,
    /// Exit codes that mean that the work was done.
    pub accepted: &'static [i64],
}

/// Runs and what they are limited by.
#[derive(Debug)]
pub(crate) struct Bench<'project> {
    pub project: &'project Project,
    pub repeat: usize,
    pub timeout: u64,
    pub scratch: PathBuf,
}

impl Bench<'_> {
    /// Lets the contestants take turns, as often as asked, and gives each one's median.
    /// One that failed or ran out of time is not tried again.
    pub(crate) fn in_turn(&self, contestants: &[Contestant]) -> Result<Vec<Run>> {
        fs::create_dir_all(&self.scratch)
            .with_context(|| format!("failed to create `{}`", self.scratch.display()))?;
        let mut runs: Vec<Vec<Run>> = contestants.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.repeat.max(1) {
            for (contestant, past) in contestants.iter().zip(&mut runs) {
                if past.iter().all(|run| matches!(run, Run::Finished(_))) {
                    past.push(self.one(contestant)?);
                }
            }
        }
        Ok(runs.into_iter().map(median).collect())
    }

    fn one(&self, contestant: &Contestant) -> Result<Run> {
        let output = self.scratch.join("output.txt");
        let mut command = Command::new("python3");
        command
            .arg(self.project.root.join("bench/measure.py"))
            .arg("--output")
            .arg(&output)
            .args(["--timeout", &self.timeout.to_string(), "--"])
            .args(&contestant.command)
            .current_dir(&self.scratch);
        let finished = process::run(&mut command, Echo::Kept)?;
        if finished.success == Success::No {
            bail!("`bench/measure.py` failed:\n{}", finished.text);
        }
        let last = finished.text.lines().last().unwrap_or_default();
        let run = read(last, contestant.accepted)
            .with_context(|| format!("`bench/measure.py` printed `{last}`"))?;
        Ok(match run {
            Run::Failed(ending) => {
                Run::Failed(format!("{ending}: {}", complaint(&finished.text, &output)))
            }
            other => other,
        })
    }
}

/// The last thing that a failed tool said, on either stream.
fn complaint(text: &str, output: &Path) -> String {
    let mut lines = text.lines().rev().skip(1);
    let printed = fs::read_to_string(output).unwrap_or_default();
    lines
        .next()
        .or_else(|| printed.lines().last())
        .unwrap_or_default()
        .to_owned()
}

fn read(line: &str, accepted: &[i64]) -> Result<Run> {
    let value: Value = serde_json::from_str(line)?;
    let number = |key: &str| {
        value[key]
            .as_f64()
            .with_context(|| format!("no number `{key}`"))
    };
    if value["timed_out"] == true {
        return Ok(Run::TimedOut);
    }
    let exit_code = value["exit_code"]
        .as_i64()
        .context("no number `exit_code`")?;
    if !accepted.contains(&exit_code) {
        return Ok(Run::Failed(format!("exit code {exit_code}")));
    }
    Ok(Run::Finished(Cost {
        wall_seconds: number("wall_seconds")?,
        cpu_seconds: number("cpu_seconds")?,
        peak_bytes: number("peak_bytes")?,
    }))
}

/// The median of each figure by itself; the first run that did not finish stands for all.
fn median(runs: Vec<Run>) -> Run {
    let mut costs = Vec::new();
    for run in runs {
        match run {
            Run::Finished(cost) => costs.push(cost),
            other => return other,
        }
    }
    let middle = |figure: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Run::Finished(Cost {
        wall_seconds: middle(|cost| cost.wall_seconds),
        cpu_seconds: middle(|cost| cost.cpu_seconds),
        peak_bytes: middle(|cost| cost.peak_bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(wall_seconds: f64) -> Cost {
        Cost {
            wall_seconds,
            cpu_seconds: 2.0,
            peak_bytes: 1e6,
        }
    }

    #[test]
    fn a_line_of_figures_is_read() {
        let line = r#"{"wall_seconds": 1.5, "cpu_seconds": 2.0, "peak_bytes": 1000000, "exit_code": 0, "timed_out": false}"#;
        assert_eq!(read(line, &[0]).ok(), Some(Run::Finished(cost(1.5))));
        assert!(matches!(read(line, &[1]), Ok(Run::Failed(_))));
        assert!(read("no figures", &[0]).is_err());
    }

    #[test]
    fn a_stopped_run_is_no_figure() {
        let line = r#"{"wall_seconds": 9.0, "cpu_seconds": 2.0, "peak_bytes": 1, "exit_code": -9, "timed_out": true}"#;
        assert_eq!(read(line, &[0]).ok(), Some(Run::TimedOut));
    }

    #[test]
    fn the_median_run_is_shown() {
        let runs = [3.0, 1.0, 2.0].map(|wall| Run::Finished(cost(wall)));
        assert_eq!(median(runs.to_vec()), Run::Finished(cost(2.0)));
        assert_eq!(
            median(vec![Run::Finished(cost(1.0)), Run::TimedOut]),
            Run::TimedOut
        );
    }
}
