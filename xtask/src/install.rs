//! Tools that tests and benches need beside cargo. Each has one function: it checks whether
//! the tool is there, says what it installs when it is not, and answers where it is.
//! Everything but a browser goes to the cache folder outside the checkout.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::Success;
use crate::process::{self, Echo};
use crate::project::{Project, cache_folder};

/// Azure's own emulator of its blob store, from npm.
const AZURITE_VERSION: &str = "3.37.0";

/// What drives the browser, from npm: it speaks to a Chromium that is there already.
const PLAYWRIGHT_VERSION: &str = "1.65.1";

/// What looks for obstacles of readers with keyboards and screen readers, from npm.
const AXE_VERSION: &str = "4.14.1";

/// Names under which Linux distributions and vendors ship a Chromium.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The Python that has the pinned packages of a requirements file of the checkout.
pub(crate) fn python_with(project: &Project, requirements: &str) -> Result<PathBuf> {
    let list_path = project.root.join(requirements);
    let wanted = fs::read_to_string(&list_path)
        .with_context(|| format!("failed to read `{}`", list_path.display()))?;
    let folder = cache_folder()?
        .join("python")
        .join(requirements.replace(['/', '.'], "-"));
    let python = folder.join("bin").join("python");
    let stamp = folder.join("installed.txt");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    println!(
        "installing the Python packages of {requirements} into {}",
        folder.display()
    );
    // An environment with other packages than the list says is not trusted.
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("failed to remove `{}`", folder.display()))?;
    }
    create_environment(&folder)?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ])
    .arg(&list_path);
    demand(&mut pip)?;
    fs::write(&stamp, wanted).with_context(|| format!("failed to write `{}`", stamp.display()))?;
    Ok(python)
}

/// The script that starts Azurite's blob service; `node` runs it.
pub(crate) fn azurite() -> Result<PathBuf> {
    let packages = [("azurite", AZURITE_VERSION)];
    let modules = npm_packages(&packages)?;
    let script = modules.join("azurite/dist/src/blob/main.js");
    if !script.is_file() {
        bail!("azurite {AZURITE_VERSION} has no `{}`", script.display());
    }
    Ok(script)
}

/// The `node_modules` with playwright-core and axe-core. The first brings no browser of its own.
pub(crate) fn browser_packages() -> Result<PathBuf> {
    npm_packages(&[
        ("playwright-core", PLAYWRIGHT_VERSION),
        ("axe-core", AXE_VERSION),
    ])
}

/// A folder with these packages in these versions, and what they need.
fn npm_packages(packages: &[(&str, &str)]) -> Result<PathBuf> {
    if !process::exists("node", "--version") {
        bail!("`node` is not installed");
    }
    let named = |between: &str| {
        let each = packages
            .iter()
            .map(|(name, version)| format!("{name}{between}{version}"));
        each.collect::<Vec<String>>()
    };
    let folder = cache_folder()?.join("npm").join(named("-").join("+"));
    let modules = folder.join("node_modules");
    if packages
        .iter()
        .all(|(name, _)| modules.join(name).join("package.json").is_file())
    {
        return Ok(modules);
    }
    println!(
        "installing {} from npm into {}",
        named(" ").join(", "),
        folder.display()
    );
    fs::create_dir_all(&folder)
        .with_context(|| format!("failed to create `{}`", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .args(named("@"));
    demand(&mut npm)?;
    Ok(modules)
}

/// Where a Chromium is that can run without a screen. Playwright wants its path: it looks for no
/// name along `PATH`.
pub(crate) fn browser() -> Result<String> {
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    install_with_apt("chromium")?;
    find_browser().context("apt installed no browser under a known name")
}

/// A program whose Debian package has its name; `probe` is an argument that makes it end at once.
pub(crate) fn program(name: &str, probe: &str) -> Result<()> {
    // wrk prints its version and fails.
    let is_there = || Command::new(name).arg(probe).output().is_ok();
    if !is_there() {
        install_with_apt(name)?;
    }
    if !is_there() {
        bail!("apt installed no `{name}`");
    }
    Ok(())
}

/// The folder of PostgreSQL's programs, `initdb` and `pg_ctl` among them.
pub(crate) fn postgres() -> Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    install_with_apt("postgresql")?;
    find_postgres().context("apt installed no PostgreSQL under a known name")
}

/// Debian keeps the programs of each version in a folder that is not in the path. The newest
/// version is taken.
fn find_postgres() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("initdb")
                .is_file()
                .then_some((version, programs))
        })
        .max();
    if let Some((_, programs)) = newest {
        return Some(programs);
    }
    let asked = Command::new("pg_config").arg("--bindir").output().ok()?;
    let programs = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    programs.join("initdb").is_file().then_some(programs)
}

fn find_browser() -> Option<String> {
    let path = env::var_os("PATH")?;
    let found = BROWSERS.iter().find_map(|name| find_program(name, &path))?;
    found.into_os_string().into_string().ok()
}

/// The first program of this name along `path` that starts; broken links and empty wrappers are
/// passed over.
fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|program| {
            program
                .to_str()
                .is_some_and(|program| process::exists(program, "--version"))
        })
}

fn create_environment(folder: &Path) -> Result<()> {
    if !process::exists("python3", "--version") {
        bail!("`python3` is not installed");
    }
    let make = || {
        let mut command = Command::new("python3");
        command.args(["-m", "venv"]).arg(folder);
        command
    };
    if demand(&mut make()).is_ok() {
        return Ok(());
    }
    // Debian splits `venv` from its Python.
    install_with_apt("python3-venv")?;
    demand(&mut make())
}

fn install_with_apt(package: &str) -> Result<()> {
    let user = Command::new("id").arg("-u").output();
    let is_root = user.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root || !process::exists("apt-get", "--version") {
        bail!("`{package}` is not installed, and it can be installed here only by root with apt");
    }
    println!("installing {package} with apt");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        command
    };
    demand(&mut apt(&["update", "-qq"]))?;
    demand(&mut apt(&[
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        package,
    ]))
}

/// Runs an installation step; its output is shown only when it fails.
fn demand(command: &mut Command) -> Result<()> {
    let finished = process::run(command, Echo::Kept)?;
    if finished.success == Success::No {
        bail!(
            "`{}` failed:\n{}",
            process::describe(command),
            finished.text.trim_end()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_with_its_whole_path() {
        let path = OsStr::new("no/folder:/no/such/folder:/usr/bin:/bin");
        let found = find_program("true", path);
        assert!(found.is_some_and(|found| found.is_absolute() && found.is_file()));
        // It is there, and cannot do what it is asked for.
        assert_eq!(find_program("false", path), None);
        assert_eq!(find_program("no-such-program", path), None);
    }
}
