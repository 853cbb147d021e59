//! The tables of `cargo xtask bench shap`: whole processes, and the explaining call alone where
//! a tool tells it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::figures::seconds;
use super::measure::{Cost, Run};

/// What a tool told of the call that explains, the median of its runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub cpu_seconds: f64,
    pub wall_seconds: f64,
    pub model_cpu_seconds: f64,
    /// What the tool did otherwise than asked.
    pub note: Option<String>,
}

/// One tool, what its process cost, and what part of that was the explaining call.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    pub name: String,
    pub run: Run,
    pub call: Option<Call>,
    /// Spent in the model that was asked.
    pub model_cpu_seconds: Option<f64>,
}

impl Call {
    /// `None` where a tool writes no report.
    pub(crate) fn read(path: &Path) -> Result<Option<Call>> {
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(path)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        let call = Call::of(&text).with_context(|| format!("in `{}`", path.display()))?;
        Ok(Some(call))
    }

    fn of(text: &str) -> Result<Call> {
        let lines: Vec<Value> = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?;
        let middle = |key: &str| {
            let values: Option<Vec<f64>> = lines.iter().map(|line| line[key].as_f64()).collect();
            let mut values = values.with_context(|| format!("no number `{key}`"))?;
            values.sort_by(f64::total_cmp);
            let middle = values.get(values.len() / 2).copied();
            middle.context("no line")
        };
        let mut notes = lines.iter().filter_map(|line| line["note"].as_str());
        Ok(Call {
            cpu_seconds: middle("call_cpu_seconds")?,
            wall_seconds: middle("call_wall_seconds")?,
            model_cpu_seconds: middle("model_cpu_seconds")?,
            note: notes.next().map(str::to_owned),
        })
    }
}

impl Explained {
    fn cost(&self) -> Option<Cost> {
        match &self.run {
            Run::Finished(cost) => Some(*cost),
            Run::TimedOut | Run::Failed(_) => None,
        }
    }

    fn is_probity(&self) -> bool {
        self.name == "Probity"
    }

    /// The explaining call's CPU; of a tool that does not tell it, the whole process's.
    fn explaining(&self) -> Option<f64> {
        let cost = self.cost()?;
        Some(
            self.call
                .as_ref()
                .map_or(cost.cpu_seconds, |call| call.cpu_seconds),
        )
    }

    fn apart_from_model(&self) -> Option<f64> {
        Some(self.explaining()? - self.model_cpu_seconds?)
    }

    fn ending(&self) -> String {
        match &self.run {
            Run::Finished(_) => String::new(),
            Run::TimedOut => "out of time".to_owned(),
            Run::Failed(ending) => format!("failed: {}", ending.replace('|', "/")),
        }
    }
}

/// Trees: what each tool's process cost, and how Probity's compares with the fastest.
pub(crate) fn trees_table(runs: &[Explained]) -> String {
    let mut text = "| tool | CPU s | of it explaining | wall s | of it explaining | peak MiB | CPU against Probity | explaining against all of Probity |\n|---|--:|--:|--:|--:|--:|--:|--:|\n".to_owned();
    let first = runs.iter().find(|run| run.is_probity());
    let first = first.and_then(Explained::cost).map(|cost| cost.cpu_seconds);
    for run in runs {
        let Some(cost) = run.cost() else {
            let _infallible = writeln!(
                text,
                "| {} | – | – | {} | – | – | – | – |",
                run.name,
                run.ending()
            );
            continue;
        };
        let call = run.call.as_ref();
        let note = call.and_then(|call| call.note.as_ref());
        let note = note.map(|note| format!(" ({})", note.replace('|', "/")));
        let _infallible = writeln!(
            text,
            "| {}{} | {} | {} | {} | {} | {:.0} | {} | {} |",
            run.name,
            note.unwrap_or_default(),
            seconds(cost.cpu_seconds),
            optional(call.map(|call| call.cpu_seconds)),
            seconds(cost.wall_seconds),
            optional(call.map(|call| call.wall_seconds)),
            cost.peak_bytes / 1_048_576.0,
            ratio(Some(cost.cpu_seconds), first),
            ratio(run.explaining(), first),
        );
    }
    text.push_str(&against_fastest(runs, Explained::explaining));
    text
}

/// Kernel SHAP: the model's own time apart.
pub(crate) fn kernel_table(runs: &[Explained]) -> String {
    let mut text = "| tool | CPU s | of it explaining | of that the model | explaining apart from the model | wall s | peak MiB | apart from the model against Probity |\n|---|--:|--:|--:|--:|--:|--:|--:|\n".to_owned();
    let first = runs.iter().find(|run| run.is_probity());
    let first = first.and_then(Explained::apart_from_model);
    for run in runs {
        let Some(cost) = run.cost() else {
            let _infallible = writeln!(
                text,
                "| {} | – | – | – | – | {} | – | – |",
                run.name,
                run.ending()
            );
            continue;
        };
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.0} | {} |",
            run.name,
            seconds(cost.cpu_seconds),
            optional(run.call.as_ref().map(|call| call.cpu_seconds)),
            optional(run.model_cpu_seconds),
            optional(run.apart_from_model()),
            seconds(cost.wall_seconds),
            cost.peak_bytes / 1_048_576.0,
            ratio(run.apart_from_model(), first),
        );
    }
    text.push_str(&against_fastest(runs, Explained::apart_from_model));
    text
}

/// Says how often Probity's figure goes into the smallest of the others.
fn against_fastest(runs: &[Explained], figure: fn(&Explained) -> Option<f64>) -> String {
    let own = runs.iter().find(|run| run.is_probity()).and_then(figure);
    let others = runs.iter().filter(|run| !run.is_probity());
    let fastest = others
        .filter_map(|run| Some((figure(run)?, &run.name)))
        .min_by(|one, other| one.0.total_cmp(&other.0));
    match (own, fastest) {
        (Some(own), Some((rival, name))) => format!(
            "\nFastest rival: {name}; its {} CPU-seconds are {:.2} times Probity's {}.\n",
            seconds(rival),
            rival / own,
            seconds(own)
        ),
        (None, Some((rival, name))) => {
            format!("\nFastest rival: {name}, {} CPU-seconds.\n", seconds(rival))
        }
        (_, None) => String::new(),
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), seconds)
}

fn ratio(value: Option<f64>, first: Option<f64>) -> String {
    match (value, first) {
        (Some(value), Some(first)) => format!("{:.2}×", value / first),
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(name: &str, cpu_seconds: f64, call: Option<(f64, f64)>) -> Explained {
        Explained {
            name: name.to_owned(),
            run: Run::Finished(Cost {
                wall_seconds: 1.0,
                cpu_seconds,
                peak_bytes: 1_048_576.0,
            }),
            call: call.map(|(cpu_seconds, model_cpu_seconds)| Call {
                cpu_seconds,
                wall_seconds: 0.5,
                model_cpu_seconds,
                note: None,
            }),
            model_cpu_seconds: call.map(|(_, model)| model),
        }
    }

    #[test]
    fn a_call_alone_is_compared_with_all_that_probity_does() {
        let rivals = [("slow", 9.0, 8.0), ("fast", 7.0, 6.0)];
        let rivals = rivals.map(|(name, all, call)| explained(name, all, Some((call, 0.0))));
        let runs = [&[explained("Probity", 2.0, None)], &rivals[..]].concat();
        let text = trees_table(&runs);
        let row = "| fast | 7.00 | 6.00 | 1.00 | 0.500 | 1 | 3.50× | 3.00× |";
        assert!(text.contains(row), "{text}");
        let sentence = "Fastest rival: fast; its 6.00 CPU-seconds are 3.00 times Probity's 2.00.";
        assert!(text.contains(sentence), "{text}");
    }

    #[test]
    fn the_model_is_taken_off_both() {
        let mut own = explained("Probity", 2.0, None);
        own.model_cpu_seconds = Some(1.5);
        let text = kernel_table(&[own, explained("other", 12.0, Some((11.0, 1.0)))]);
        let row = "| other | 12.00 | 11.00 | 1.00 | 10.00 | 1.00 | 1 | 20.00× |";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("are 20.00 times Probity's 0.500."), "{text}");
    }

    #[test]
    fn an_unknown_model_time_gives_no_ratio() {
        let own = explained("Probity", 2.0, None);
        let text = kernel_table(&[own, explained("other", 12.0, Some((11.0, 1.0)))]);
        assert!(text.contains("| 10.00 | 1.00 | 1 | – |"), "{text}");
    }

    #[test]
    fn a_tool_that_did_not_finish_has_no_figures() {
        let mut run = explained("a", 1.0, None);
        run.run = Run::TimedOut;
        let text = trees_table(&[run]);
        assert!(
            text.contains("| a | – | – | out of time | – | – | – | – |"),
            "{text}"
        );
    }

    #[test]
    fn the_median_of_each_figure_is_read() {
        let line = |cpu: f64| {
            format!(
                r#"{{"call_cpu_seconds": {cpu}, "call_wall_seconds": 1.0, "model_cpu_seconds": 0.0}}"#
            )
        };
        let call = Call::of(&[3.0, 1.0, 2.0].map(line).join("\n"));
        assert_eq!(call.ok().map(|call| call.cpu_seconds), Some(2.0));
        assert!(Call::of("{}").is_err());
        assert!(Call::of("").is_err());
    }
}
