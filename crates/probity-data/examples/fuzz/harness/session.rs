//! One run of a target: the corpus first, then mutations of it, until a limit
//! is reached or something is found.

use std::fmt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use super::mutation::{Material, mutate};
use super::random::Random;
use super::targets::Target;

/// When to stop, and what counts as too much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) inputs: u64,
    pub(crate) duration: Duration,
    pub(crate) time_per_input: Duration,
    /// Growth of the process's peak; `None` where other work shares the process.
    pub(crate) memory_bytes: Option<u64>,
}

/// What is wrong with an input.
#[derive(Debug)]
pub(crate) enum Finding {
    Panic { message: String },
    Slow { elapsed: Duration },
    Memory { bytes: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Panic { message } => write!(f, "panic: {message}"),
            Finding::Slow { elapsed } => {
                write!(f, "slow: one input took {:.1} s", elapsed.as_secs_f64())
            }
            Finding::Memory { bytes } => {
                write!(f, "memory: one input took {} MiB", bytes / (1024 * 1024))
            }
        }
    }
}

/// A target with its inputs.
pub(crate) struct Session {
    target: Target,
    corpus: Vec<Vec<u8>>,
    random: Random,
    /// How many inputs were run.
    pub(crate) n_inputs: u64,
}

impl Session {
    /// Reads the inputs below `corpus`, in the order of their names.
    pub(crate) fn open(target: Target, corpus: &Path, seed: u64) -> io::Result<Session> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(corpus)? {
            paths.push(entry?.path());
        }
        paths.sort();
        let mut inputs = (target.made)();
        for path in paths {
            inputs.push(fs::read(path)?);
        }
        inputs.push(Vec::new());
        Ok(Session {
            target,
            corpus: inputs,
            random: Random::new(seed),
            n_inputs: 0,
        })
    }

    /// Runs until a limit or the first finding. `before` sees each input.
    pub(crate) fn run(
        &mut self,
        limits: &Limits,
        mut before: impl FnMut(&[u8]),
    ) -> Option<(Finding, Vec<u8>)> {
        let start = Instant::now();
        let peak_at_start = peak_bytes();
        while self.n_inputs < limits.inputs && start.elapsed() < limits.duration {
            let input = self.next_input();
            before(&input);
            let bound = limits
                .memory_bytes
                .zip(peak_at_start)
                .map(|(growth, start)| start + growth);
            if let Some(finding) = try_input(&self.target, &input, limits, bound) {
                return Some((finding, input));
            }
        }
        None
    }

    fn next_input(&mut self) -> Vec<u8> {
        let kept = usize::try_from(self.n_inputs)
            .ok()
            .and_then(|at| self.corpus.get(at));
        self.n_inputs += 1;
        if let Some(kept) = kept {
            return kept.clone();
        }
        let mut input = self.random.pick(&self.corpus).cloned().unwrap_or_default();
        let other = self.random.pick(&self.corpus).cloned().unwrap_or_default();
        let material = Material {
            tokens: self.target.tokens,
            other: &other,
        };
        mutate(&mut input, &mut self.random, &material);
        input
    }
}

fn try_input(
    target: &Target,
    input: &[u8],
    limits: &Limits,
    peak_bound: Option<u64>,
) -> Option<Finding> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let elapsed = start.elapsed();
    if let Err(payload) = outcome {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned());
        let message = text
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        return Some(Finding::Panic { message });
    }
    if elapsed > limits.time_per_input {
        return Some(Finding::Slow { elapsed });
    }
    match (peak_bytes(), peak_bound) {
        (Some(bytes), Some(bound)) if bytes > bound => Some(Finding::Memory { bytes }),
        _ => None,
    }
}

/// The most memory that this process has held; `None` where there is no `/proc`.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
