//! A PostgreSQL for the tests: an empty one in a folder of its own, reached through a socket in
//! that folder only, and gone when the tests are done.
//!
//! PostgreSQL refuses to run as root. Where the task does, it runs as `nobody`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Echo};
use crate::{install, project};

/// Where the tests look for the URL of a server.
pub(crate) const VARIABLE: &str = "PROBITY_TEST_POSTGRES";

const NOBODY: u32 = 65534;

/// As of this version, databases can sort by the rules of a language that comes with PostgreSQL.
/// That is what the tests want: lists must not depend on it.
const WITH_ICU: u32 = 15;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    is_started_here: bool,
    url: String,
}

impl Postgres {
    /// The server that somebody started for the tests, or else a new one.
    pub(crate) fn start() -> Result<Postgres> {
        if let Some(url) = project::variable(VARIABLE) {
            return Ok(Postgres {
                programs: PathBuf::new(),
                folder: PathBuf::new(),
                is_started_here: false,
                url,
            });
        }
        let programs = install::postgres()?;
        let folder = std::env::temp_dir().join(format!("probity-postgres-{}", std::process::id()));
        fs::create_dir(&folder)
            .with_context(|| format!("failed to create `{}`", folder.display()))?;
        let server = Postgres {
            url: format!(
                "postgres://probity@localhost/postgres?host={}",
                folder.display()
            ),
            programs,
            folder,
            is_started_here: true,
        };
        server.initialise()?;
        server.run()?;
        println!("PostgreSQL runs in {}", server.folder.display());
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn initialise(&self) -> Result<()> {
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))
            .context("failed to make the folder of PostgreSQL private")?;
        if is_root(&self.folder)? {
            // `initdb` sends what it does not want to see there.
            let mode = fs::metadata("/dev/null")
                .context("failed to look at /dev/null")?
                .mode();
            if mode & 0o002 == 0 {
                bail!(
                    "only root may write to /dev/null; PostgreSQL's `initdb` needs it as `nobody` (`chmod 666 /dev/null` mends it)"
                );
            }
            chown(&self.folder, Some(NOBODY), Some(NOBODY))
                .context("failed to give the folder of PostgreSQL to `nobody`")?;
        }
        let mut initdb = self.program("initdb")?;
        initdb.arg("--pgdata").arg(self.data()).args([
            "--username=probity",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        if version(&self.programs.join("initdb"))? >= WITH_ICU {
            initdb.args([
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=en-US",
            ]);
        }
        demand(&mut initdb)
    }

    fn run(&self) -> Result<()> {
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=400",
            self.folder.display()
        );
        let mut start = self.program("pg_ctl")?;
        start
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(self.folder.join("server.log"))
            .args(["--wait", "--options", &options, "start"]);
        demand(&mut start)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of PostgreSQL's programs, as the user that owns the folder.
    fn program(&self, name: &str) -> Result<Command> {
        let program = self.programs.join(name);
        let owner = fs::metadata(&self.folder)
            .with_context(|| format!("failed to look at `{}`", self.folder.display()))?
            .uid();
        let mut command = if owner == NOBODY {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        Ok(command)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !self.is_started_here {
            return;
        }
        if let Ok(mut stop) = self.program("pg_ctl") {
            stop.arg("--pgdata").arg(self.data());
            stop.args(["--mode=immediate", "stop"]);
            // A server that did not start cannot be stopped; its data are of no worth.
            drop(process::run(&mut stop, Echo::Kept));
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A folder that was just made belongs to whoever runs this.
fn is_root(new_folder: &Path) -> Result<bool> {
    let metadata = fs::metadata(new_folder)
        .with_context(|| format!("failed to look at `{}`", new_folder.display()))?;
    Ok(metadata.uid() == 0)
}

/// `initdb (PostgreSQL) 15.18 (Debian …)`: 15.
fn version(initdb: &Path) -> Result<u32> {
    let finished = process::run(Command::new(initdb).arg("--version"), Echo::Kept)?;
    major(&finished.text)
        .with_context(|| format!("`{}` says no version: {}", initdb.display(), finished.text))
}

fn major(text: &str) -> Option<u32> {
    let number = text.split_whitespace().nth(2)?;
    number.split('.').next()?.parse().ok()
}

fn demand(command: &mut Command) -> Result<()> {
    // What `pg_ctl` starts keeps its output open: it has to go to a file, not to a pipe.
    let log = std::env::temp_dir().join(format!("probity-postgres-{}.log", std::process::id()));
    let file =
        fs::File::create(&log).with_context(|| format!("failed to create `{}`", log.display()))?;
    let status = command
        .stdin(std::process::Stdio::null())
        .stdout(file.try_clone().context("failed to share a log file")?)
        .stderr(file)
        .status()
        .with_context(|| format!("failed to start `{}`", process::describe(command)))?;
    let text = fs::read_to_string(&log).unwrap_or_default();
    drop(fs::remove_file(&log));
    if !status.success() {
        bail!(
            "`{}` failed:\n{}",
            process::describe(command),
            text.trim_end()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_before_the_dot() {
        assert_eq!(
            major("initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("initdb (PostgreSQL) 18beta1"), None);
        assert_eq!(major(""), None);
    }
}
