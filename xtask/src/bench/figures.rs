//! The Markdown that a bench prints, to be pasted into docs/benchmarks.md: the machine, the
//! command, and a table in which every tool is compared with the first, which is Probity.

use std::fs;

use super::measure::{Contestant, Cost, Run};

/// The machine in one line: processor, cores, memory.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = field(&read("/proc/cpuinfo"), "model name")
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(
            || "unknown".to_owned(),
            |kibibytes| format!("{:.0} GiB", kibibytes / 1_048_576.0),
        );
    format!(
        "{processor}, {cores} cores, {memory} memory, {}",
        std::env::consts::OS
    )
}

/// One table, with a heading.
pub(crate) fn table(title: &str, contestants: &[Contestant], runs: &[Run]) -> String {
    // Without Probity there is nothing to compare with.
    let first = match (contestants.first(), runs.first()) {
        (Some(first), Some(Run::Finished(cost))) if is_probity(&first.name) => Some(*cost),
        _ => None,
    };
    let mut text = format!(
        "\n### {title}\n\n| tool | CPU s | wall s | peak MiB | CPU against Probity | wall against Probity |\n|---|--:|--:|--:|--:|--:|\n"
    );
    for (contestant, run) in contestants.iter().zip(runs) {
        text.push_str(&row(&contestant.name, run, first));
    }
    text
}

fn is_probity(name: &str) -> bool {
    name.to_lowercase().starts_with("probity")
}

fn row(name: &str, run: &Run, first: Option<Cost>) -> String {
    match run {
        Run::Finished(cost) => {
            let ratio = |figure: fn(&Cost) -> f64| match first {
                Some(first) => format!("{:.2}×", figure(cost) / figure(&first)),
                None => "–".to_owned(),
            };
            format!(
                "| {name} | {} | {} | {:.0} | {} | {} |\n",
                seconds(cost.cpu_seconds),
                seconds(cost.wall_seconds),
                cost.peak_bytes / 1_048_576.0,
                ratio(|cost| cost.cpu_seconds),
                ratio(|cost| cost.wall_seconds),
            )
        }
        Run::TimedOut => format!("| {name} | – | out of time | – | – | – |\n"),
        Run::Failed(ending) => {
            format!(
                "| {name} | – | failed: {} | – | – | – |\n",
                ending.replace('|', "/")
            )
        }
    }
}

/// Three digits are all that such a measurement carries.
pub(super) fn seconds(value: f64) -> String {
    if value < 1.0 {
        format!("{value:.3}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contestant(name: &str) -> Contestant {
        Contestant {
            name: name.to_owned(),
            command: Vec::new(),
            accepted: &[0],
        }
    }

    #[test]
    fn every_tool_is_compared_with_the_first() {
        let cost = |cpu_seconds| {
            Run::Finished(Cost {
                wall_seconds: 1.0,
                cpu_seconds,
                peak_bytes: 1_048_576.0,
            })
        };
        let text = table(
            "t",
            &[contestant("Probity"), contestant("other")],
            &[cost(2.0), cost(5.0)],
        );
        assert!(
            text.contains("| Probity | 2.00 | 1.00 | 1 | 1.00× | 1.00× |"),
            "{text}"
        );
        assert!(
            text.contains("| other | 5.00 | 1.00 | 1 | 2.50× | 1.00× |"),
            "{text}"
        );
    }

    #[test]
    fn other_tools_alone_are_compared_with_nobody() {
        let cost = Cost {
            wall_seconds: 1.0,
            cpu_seconds: 2.0,
            peak_bytes: 1_048_576.0,
        };
        let text = table("t", &[contestant("other")], &[Run::Finished(cost)]);
        assert!(
            text.contains("| other | 2.00 | 1.00 | 1 | – | – |"),
            "{text}"
        );
    }

    #[test]
    fn a_tool_that_did_not_finish_has_no_figures() {
        let text = table(
            "t",
            &[contestant("a"), contestant("b")],
            &[Run::TimedOut, Run::Failed("exit | 1".to_owned())],
        );
        assert!(
            text.contains("| a | – | out of time | – | – | – |"),
            "{text}"
        );
        assert!(text.contains("failed: exit / 1"), "{text}");
    }
}
