//! The built program driven by real clients. A driver is a file in `compat/`, Python or
//! JavaScript, whose head says what it needs; it prints one line for each scenario:
//! `ok NAME`, `not ok NAME: REASON`, or `skip NAME: REASON`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::install;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::stage::Outcome;
use crate::test::{in_root, judged};
use crate::test_counts;

const REQUIREMENTS: &str = "compat/requirements.txt";
const REQUIREMENTS_V3: &str = "compat/requirements-v3.txt";

/// What a driver needs beside the program, from its line `# needs: …` (`// needs: …`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Python's standard library.
    Nothing,
    /// The packages of `compat/requirements.txt`.
    Packages,
    /// Those of `compat/requirements-v3.txt`: the next version of the SDK.
    PackagesV3,
    /// Node and a Chromium.
    Browser,
    /// Both, and what drives it: playwright-core, and axe-core.
    BrowserPackages,
}

#[derive(Debug)]
struct Driver {
    path: PathBuf,
    need: Need,
}

/// Drivers that run side by side for each core. They wait most of the time, and more of them only
/// run into the patience of each other's clients.
const DRIVERS_PER_CORE: usize = 4;

/// Runs several drivers at once, each with a scratch folder of its own; the pages in a browser
/// after them.
pub(crate) fn stage(project: &Project) -> Result<Outcome> {
    let binary = project.debug_binary();
    if !binary.is_file() {
        bail!(
            "`{}` is not there: run the build stage first",
            binary.display()
        );
    }
    let drivers = drivers(project)?;
    let needs = |need| drivers.iter().any(|driver| driver.need == need);
    let python = |need, requirements| match needs(need) {
        true => install::python_with(project, requirements).map_err(|error| format!("{error:#}")),
        false => Err("no driver needs packages".to_owned()),
    };
    let packages = python(Need::Packages, REQUIREMENTS);
    let packages_v3 = python(Need::PackagesV3, REQUIREMENTS_V3);
    let browser = match needs(Need::Browser) || needs(Need::BrowserPackages) {
        true => install::browser().map_err(|error| format!("{error:#}")),
        false => Err("no driver needs a browser".to_owned()),
    };
    let browser_packages = match needs(Need::BrowserPackages) {
        true => install::browser_packages().map_err(|error| format!("{error:#}")),
        false => Err("no driver needs packages of a browser".to_owned()),
    };
    let command_of = |driver: &Driver| match driver.need {
        Need::Nothing => Ok(Command::new("python3")),
        Need::Packages => packages.clone().map(Command::new),
        Need::PackagesV3 => packages_v3.clone().map(Command::new),
        Need::Browser => browser.clone().map(node),
        Need::BrowserPackages => browser.clone().and_then(|browser| {
            let modules = browser_packages.clone()?;
            let mut node = node(browser);
            node.env("PROBITY_NODE_MODULES", modules);
            Ok(node)
        }),
    };
    // A person's patience is measured in pages: nothing else runs beside them.
    let (alone, together): (Vec<&Driver>, Vec<&Driver>) = drivers
        .iter()
        .partition(|driver| driver.need == Need::BrowserPackages);
    let total = Mutex::new(Outcome::default());
    let n_cores = thread::available_parallelism().map_or(1, NonZero::get);
    for round in [together, alone] {
        let waiting = Mutex::new(round.into_iter());
        let next = || lock(&waiting).next();
        thread::scope(|scope| {
            for _ in 0..n_cores * DRIVERS_PER_CORE {
                scope.spawn(|| {
                    while let Some(driver) = next() {
                        add(&total, outcome_of(project, driver, command_of(driver)));
                    }
                });
            }
        });
    }
    Ok(total
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner()))
}

fn outcome_of(project: &Project, driver: &Driver, command: Result<Command, String>) -> Outcome {
    match command {
        Ok(command) => drive(project, driver, command)
            .unwrap_or_else(|error| Outcome::problem(format!("{error:#}"))),
        Err(reason) => Outcome::not_run(format!("{}: {reason}", name(&driver.path))),
    }
}

fn node(browser: String) -> Command {
    let mut node = Command::new("node");
    node.env("PROBITY_BROWSER", browser);
    node
}

fn add(total: &Mutex<Outcome>, outcome: Outcome) {
    let mut total = lock(total);
    total.counts += outcome.counts;
    total.problems.extend(outcome.problems);
    total.not_run.extend(outcome.not_run);
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn drivers(project: &Project) -> Result<Vec<Driver>> {
    let mut drivers = Vec::new();
    for path in project.files()? {
        if is_driver(&path) {
            let text = fs::read_to_string(project.root.join(&path))
                .with_context(|| format!("failed to read `{}`", path.display()))?;
            let need = need_of(&text).with_context(|| {
                format!("`{}` has no line `# needs: …` in its head", path.display())
            })?;
            drivers.push(Driver { path, need });
        }
    }
    Ok(drivers)
}

/// Files whose name starts with `_` are modules of drivers.
pub(crate) fn is_driver(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    path.parent() == Some(Path::new("compat"))
        && matches!(extension, Some("py" | "mjs"))
        && !name(path).starts_with('_')
}

pub(crate) fn need_of(text: &str) -> Option<Need> {
    let line = text.lines().take(60).find_map(|line| {
        line.trim_start_matches(['#', '/'])
            .trim_start()
            .strip_prefix("needs:")
    })?;
    match line.trim() {
        "nothing" => Some(Need::Nothing),
        "packages" => Some(Need::Packages),
        "packages-v3" => Some(Need::PackagesV3),
        "browser" => Some(Need::Browser),
        "browser-packages" => Some(Need::BrowserPackages),
        _ => None,
    }
}

fn drive(project: &Project, driver: &Driver, mut command: Command) -> Result<Outcome> {
    let name = name(&driver.path);
    let scratch = project.scratch("compat").join(&name);
    if scratch.exists() {
        fs::remove_dir_all(&scratch)
            .with_context(|| format!("failed to empty `{}`", scratch.display()))?;
    }
    fs::create_dir_all(&scratch)
        .with_context(|| format!("failed to create `{}`", scratch.display()))?;
    command
        .arg(project.root.join(&driver.path))
        .current_dir(&project.root)
        .env("PROBITY_BIN", project.debug_binary())
        .env("PROBITY_SCRATCH", &scratch)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SAGEMAKER_SUPPRESS_V2_WARNING", "1");
    let finished = process::run(&mut command, Echo::Kept)?;
    println!("--- {name}\n{}", finished.text.trim_end());
    let mut outcome = judged(test_counts::of_driver(&finished.text), finished.success);
    for problem in &mut outcome.problems {
        *problem = format!("{name}: {problem}");
    }
    outcome.not_run = test_counts::skipped_by_driver(&finished.text);
    Ok(outcome)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The tests of the readers that need a blob store: they run when the environment says
/// where it is.
pub(crate) fn azurite_stage(project: &Project) -> Result<Outcome> {
    let script = match install::azurite() {
        Ok(script) => script,
        Err(error) => return Ok(Outcome::not_run(format!("{error:#}"))),
    };
    let mut server = Command::new("node")
        .arg(&script)
        .args([
            "--blobPort",
            "0",
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to start Azurite")?;
    let outcome = endpoint(&mut server).and_then(|endpoint| {
        let finished = process::run(
            in_root(project)
                .args([
                    "test",
                    "--workspace",
                    "--test",
                    "it",
                    "--quiet",
                    "--",
                    "azurite",
                ])
                .env("PROBITY_TEST_AZURITE", &endpoint),
            Echo::Shown,
        )?;
        Ok(judged(
            test_counts::of_cargo_test(&finished.text),
            finished.success,
        ))
    });
    // The server has no state that matters: a failure to stop it changes no result.
    drop(server.kill());
    drop(server.wait());
    outcome
}

/// Waits for the line in which Azurite says where it listens. What it prints afterwards is
/// read and dropped until it ends: a closed pipe would end the server at its next line.
fn endpoint(server: &mut Child) -> Result<String> {
    let stdout = server
        .stdout
        .take()
        .context("Azurite's output is not readable")?;
    let mut lines = BufReader::new(stdout).lines();
    for line in &mut lines {
        let line = line.context("failed to read Azurite's output")?;
        if let Some((_, address)) = line.split_once("successfully listens on ") {
            let address = address.trim().to_owned();
            thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return Ok(address);
        }
    }
    bail!("Azurite ended without listening")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Need>) {
        assert_eq!(need_of(text), expected);
    }

    #[test]
    fn a_driver_says_in_its_head_what_it_needs() {
        check(
            "# A driver.\n# needs: packages\nimport boto3\n",
            Some(Need::Packages),
        );
        check("// A driver.\n// needs: browser\n", Some(Need::Browser));
        check(
            "// A driver.\n// needs: browser-packages\n",
            Some(Need::BrowserPackages),
        );
        check(
            "\"\"\"A driver.\n\nneeds: nothing\n\"\"\"\n",
            Some(Need::Nothing),
        );
    }

    #[test]
    fn a_driver_that_says_nothing_is_an_error() {
        check("import json\n", None);
        check("# needs: a rocket\n", None);
    }
}
