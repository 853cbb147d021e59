//! A user's own code as a process of this machine: off unless the operator allows it, behind the
//! walls of [`isolation`](crate::isolation), with the container's folders and with nothing of
//! the server's environment.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use probity_app::LocalProcesses;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::isolation::{
    Availability, Control, Enclosure, FAILURE_FILE, Isolation, SUBCOMMAND, Walls,
};
use crate::job_log::JobLog;
use crate::left_behind::remove_links;
use crate::stage::place_of;
use crate::stop::{Stop, StopReason};

/// From the moment that a process is told to end until it is killed with all its children.
const GRACE: Duration = Duration::from_secs(5);

/// Lines of its output that a failure repeats.
const LAST_LINES: usize = 5;

/// A line that never ends is cut here.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// Programs of the system, and no others.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether scripts run, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalProcess {
    Refused { reason: String },
    Allowed(Launcher),
}

/// Starts processes behind walls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launcher {
    /// Our own binary.
    executable: PathBuf,
    walls: Walls,
    hidden: Vec<PathBuf>,
    readable: Vec<PathBuf>,
}

/// Folders that matter to the walls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The data folder, the key file, the database.
    pub hidden: Vec<PathBuf>,
    /// Read as well as the system's folders: where an interpreter lies elsewhere.
    pub readable: Vec<PathBuf>,
}

impl LocalProcess {
    /// What the operator allows, as far as this machine can.
    pub fn of(
        allowed: LocalProcesses,
        found: &Availability,
        (executable, surroundings): (PathBuf, Surroundings),
    ) -> LocalProcess {
        let refused = |reason: String| LocalProcess::Refused { reason };
        let walls = match (allowed, found.isolation()) {
            (LocalProcesses::Refused, _) => {
                return refused(
                    "local processes are off; start the server with --allow-local-processes"
                        .to_owned(),
                );
            }
            (_, Isolation::Namespace) => Walls::Namespace,
            (_, Isolation::LandlockOnly) => Walls::Landlock,
            (LocalProcesses::AllowUnisolated, Isolation::None) => Walls::Nothing,
            (LocalProcesses::Isolated, Isolation::None) => {
                return refused(format!(
                    "this machine cannot keep a script from the server's data: {found}; \
                     --allow-unisolated runs it without"
                ));
            }
        };
        LocalProcess::Allowed(Launcher {
            executable,
            walls,
            hidden: surroundings.hidden,
            readable: surroundings.readable,
        })
    }

    pub(crate) fn launcher(&self) -> Result<&Launcher, RunProcess> {
        match self {
            LocalProcess::Allowed(launcher) => Ok(launcher),
            LocalProcess::Refused { reason } => Err(RunProcess::Refused {
                reason: reason.clone(),
            }),
        }
    }
}

#[derive(Debug, Error)]
pub enum RunProcess {
    #[error("a script cannot run here: {reason}")]
    Refused { reason: String },
    #[error("failed to start the isolated process")]
    Start {
        #[source]
        source: io::Error,
    },
    #[error("the script was not started: {reason}")]
    NotStarted { reason: String },
    #[error("the script was stopped")]
    Stopped { reason: StopReason },
}

/// What runs, in the words of the container.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToRun {
    pub(crate) command: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// The job's folder on this machine, which holds `opt/ml`.
    pub(crate) folder: PathBuf,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) last_lines: Vec<String>,
}

impl Launcher {
    /// Runs to the end, or until it is told to stop. What it prints goes to the log.
    pub(crate) async fn run(
        &self,
        to_run: &ToRun,
        (log, stop): (&JobLog, &Stop),
    ) -> Result<Ended, RunProcess> {
        let failed = |source| RunProcess::Start { source };
        for folder in ["tmp", "opt/ml/processing", "opt/ml/config", "opt/ml/output"] {
            std::fs::create_dir_all(to_run.folder.join(folder)).map_err(failed)?;
        }
        let asked = self.enclosure(to_run);
        let asked = serde_json::to_string(&asked).map_err(|error| failed(error.into()))?;
        let (control, theirs) = Control::pair().map_err(failed)?;
        let mut child = Command::new(&self.executable)
            .args([SUBCOMMAND, &asked])
            .env_clear()
            .envs(self.variables(to_run))
            .stdin(theirs)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let group = child.id();
        let printed = child.stdout.take().map(|out| follow(out, log.clone()));
        let complained = child.stderr.take().map(|out| follow(out, log.clone()));
        let ended = tokio::select! {
            status = child.wait() => Ok(status.map_err(failed)?),
            reason = stop.wait() => Err(reason),
        };
        drop(control);
        let status = match ended {
            Ok(status) => status,
            Err(reason) => {
                end(&mut child, group).await;
                return Err(RunProcess::Stopped { reason });
            }
        };
        // What it left behind must not write into a folder that is being uploaded.
        kill_group(group);
        let mut last_lines = last_of(printed).await;
        last_lines.extend(last_of(complained).await);
        if let Ok(reason) = std::fs::read_to_string(to_run.folder.join(FAILURE_FILE)) {
            return Err(RunProcess::NotStarted { reason });
        }
        for link in remove_links(&to_run.folder.join("opt/ml")).map_err(failed)? {
            let shown = link.strip_prefix(&to_run.folder).unwrap_or(&link).display();
            log.line(format!("the link `/{shown}` is passed over"));
        }
        Ok(Ended {
            code: status.code().unwrap_or(-1),
            last_lines,
        })
    }

    /// Why a script may have missed `/opt/ml`.
    pub(crate) fn missing_places(&self, folder: &Path) -> Option<String> {
        match self.walls {
            Walls::Namespace => None,
            Walls::Landlock | Walls::Nothing => Some(format!(
                "the kernel refuses user namespaces, so there is no /opt/ml/processing here; \
                 the variable PROBITY_PROCESSING_DIR names the folder, {}",
                folder.join("opt/ml/processing").display()
            )),
        }
    }

    fn enclosure(&self, to_run: &ToRun) -> Enclosure {
        let start_in = self.seen(&to_run.folder, "/opt/ml/processing");
        let command = to_run.command.iter();
        Enclosure {
            walls: self.walls,
            folder: to_run.folder.clone(),
            hidden: self.hidden.clone(),
            readable: self.readable.clone(),
            command: command
                .map(|part| self.seen(&to_run.folder, part))
                .collect(),
            start_in: PathBuf::from(start_in),
        }
    }

    fn variables(&self, to_run: &ToRun) -> BTreeMap<String, String> {
        let folder = &to_run.folder;
        let temporary = match self.walls {
            Walls::Namespace => "/tmp".to_owned(),
            Walls::Landlock | Walls::Nothing => folder.join("tmp").display().to_string(),
        };
        let mut variables: BTreeMap<String, String> = [
            ("PATH", PATH.to_owned()),
            ("HOME", temporary.clone()),
            ("TMPDIR", temporary),
            ("LANG", "C.UTF-8".to_owned()),
            // Lines appear in the log when they are printed.
            ("PYTHONUNBUFFERED", "1".to_owned()),
            (
                "PROBITY_PROCESSING_DIR",
                self.seen(folder, "/opt/ml/processing"),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (name, value) in &to_run.environment {
            variables.insert(name.clone(), self.seen(folder, value));
        }
        variables
    }

    /// A path of the container, as the process sees it.
    fn seen(&self, folder: &Path, text: &str) -> String {
        match self.walls {
            Walls::Namespace => text.to_owned(),
            Walls::Landlock | Walls::Nothing => match text.starts_with("/opt/ml/") {
                true => place_of(folder, text).display().to_string(),
                false => text.to_owned(),
            },
        }
    }
}

/// Waits for the isolated process to end its command, then ends whatever is left.
async fn end(child: &mut Child, group: Option<u32>) {
    // Not ended in time is killed below.
    let _ = tokio::time::timeout(GRACE, child.wait()).await;
    kill_group(group);
    let _ = child.wait().await;
}

fn kill_group(group: Option<u32>) {
    let group = group.and_then(|group| i32::try_from(group).ok());
    if let Some(group) = group {
        // A group that has ended is no error.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

type Following = JoinHandle<VecDeque<String>>;

/// Copies lines into the log, and keeps the last.
fn follow(out: impl AsyncRead + Unpin + Send + 'static, log: JobLog) -> Following {
    tokio::spawn(async move {
        let mut out = BufReader::new(out);
        let mut last = VecDeque::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut bounded = (&mut out).take(MAX_LINE_BYTES);
            let read = bounded.read_until(b'\n', &mut line).await;
            if !matches!(read, Ok(n_bytes) if n_bytes > 0) {
                return last;
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            log.line(text);
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(text.to_owned());
        }
    })
}

/// A child of the process may hold its output open for ever.
async fn last_of(following: Option<Following>) -> Vec<String> {
    let Some(following) = following else {
        return Vec::new();
    };
    match tokio::time::timeout(Duration::from_secs(2), following).await {
        Ok(Ok(lines)) => lines.into(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}
