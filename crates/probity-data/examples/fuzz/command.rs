//! `fuzz TARGET`: what `cargo xtask fuzz` runs. It writes each input to a file
//! before it is tried, so that a crash or a hang leaves its input behind.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool talks to the person who started it"
)]

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::harness::session::{Finding, Limits, Session};
use crate::harness::targets::{TARGETS, Target};

/// One input may take this long in an unoptimised build.
const TIME_PER_INPUT: Duration = Duration::from_secs(5);
/// After this an input is taken to hang.
const HANG: Duration = Duration::from_secs(30);
/// Inputs have at most 64 KiB; a reader that needs more than this for one is wrong.
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;

struct Arguments {
    target: Target,
    seconds: u64,
    seed: u64,
    corpus: PathBuf,
    findings: PathBuf,
    /// Only this input.
    input: Option<PathBuf>,
}

/// The command line.
pub(crate) fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("fuzz: {problem}");
            return ExitCode::from(2);
        }
    };
    let outcome = match &arguments.input {
        Some(input) => reproduce(&arguments.target, input),
        None => fuzz(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let name = words.next().unwrap_or_default();
    let target = TARGETS
        .iter()
        .find(|target| target.name == name)
        .ok_or_else(|| format!("no target `{name}`; there are {}", names.join(", ")))?;
    let mut arguments = Arguments {
        target: *target,
        seconds: 60,
        seed: 1,
        corpus: Path::new("fuzz/corpus").join(&name),
        findings: Path::new("fuzz/findings").join(&name),
        input: None,
    };
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("`{value}` is not a number"))
        };
        match word.as_str() {
            "--seconds" => arguments.seconds = number()?,
            "--seed" => arguments.seed = number()?,
            "--input" => arguments.input = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown option `{word}`")),
        }
    }
    Ok(arguments)
}

fn reproduce(target: &Target, input: &Path) -> io::Result<ExitCode> {
    let content = fs::read(input)?;
    (target.run)(&content);
    println!(
        "`{}` does nothing wrong with {} bytes",
        target.name,
        content.len()
    );
    Ok(ExitCode::SUCCESS)
}

fn fuzz(arguments: &Arguments) -> io::Result<ExitCode> {
    fs::create_dir_all(&arguments.findings)?;
    let current = arguments.findings.join("current");
    let mut file = File::create(&current)?;
    let mut session = Session::open(arguments.target, &arguments.corpus, arguments.seed)?;
    let limits = Limits {
        inputs: u64::MAX,
        duration: Duration::from_secs(arguments.seconds),
        time_per_input: TIME_PER_INPUT,
        memory_bytes: Some(MEMORY_BYTES),
    };
    let n_started = AtomicU64::new(0);
    let (finished, watched) = mpsc::channel::<()>();
    let found = thread::scope(|scope| {
        scope.spawn(|| watch(&n_started, watched));
        let found = session.run(&limits, |input| {
            n_started.fetch_add(1, Ordering::Relaxed);
            // Without the file a crash would be lost; the run goes on, and says so at its end.
            drop(keep(&mut file, input));
        });
        drop(finished);
        found
    });
    fs::remove_file(&current)?;
    println!(
        "{}: {} inputs, seed {}",
        arguments.target.name, session.n_inputs, arguments.seed
    );
    match found {
        None => Ok(ExitCode::SUCCESS),
        Some((finding, input)) => report(arguments, &finding, &input),
    }
}

fn keep(file: &mut File, input: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(input)
}

/// Ends the process when one input takes too long; its input stays behind.
fn watch(n_started: &AtomicU64, finished: mpsc::Receiver<()>) {
    let mut seen = u64::MAX;
    while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(HANG) {
        let now = n_started.load(Ordering::Relaxed);
        if now == seen {
            eprintln!("fuzz: one input takes longer than {} s", HANG.as_secs());
            std::process::exit(1);
        }
        seen = now;
    }
}

fn report(arguments: &Arguments, finding: &Finding, input: &[u8]) -> io::Result<ExitCode> {
    let kind = match finding {
        Finding::Panic { .. } => "panic",
        Finding::Slow { .. } => "slow",
        Finding::Memory { .. } => "memory",
    };
    let path = arguments
        .findings
        .join(format!("{kind}-{:016x}", fingerprint(input)));
    fs::write(&path, input)?;
    println!("{finding}");
    println!("input: {} ({} bytes)", path.display(), input.len());
    Ok(ExitCode::FAILURE)
}

/// FNV-1a, for a file name.
fn fingerprint(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
