//! `probity doctor`: what works on this machine, and what to do about what does not.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use probity_app::coverage::{self, CoverageOf};
use probity_app::{Clock, governance_policy, retention};
use probity_store::{audit, capture_server, endpoint_traffic};
use probity_worker::isolation::{self, Isolation};

use super::serve::clock::MachineClock;
use super::serve::data_folder::DataFolder;
use super::serve::office::Office;
use super::serve::policy_file::{self, PolicyPlace};
use crate::arguments::DoctorArguments;
use crate::exit::Exit;
use crate::screen;

const MS_PER_DAY: i64 = 24 * 3_600_000;

/// What one look found.
struct Finding {
    state: State,
    subject: &'static str,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Works,
    /// Works with less than there could be.
    Limited,
    Broken,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Works => "ok     ",
            Self::Limited => "limited",
            Self::Broken => "broken ",
        }
    }
}

fn finding(state: State, subject: &'static str, detail: impl Into<String>) -> Finding {
    Finding {
        state,
        subject,
        detail: detail.into(),
    }
}

/// Exit code 1 when something is broken.
pub(crate) async fn run(arguments: DoctorArguments) -> Result<Exit> {
    let mut findings = Vec::new();
    match DataFolder::open(&arguments.data.data) {
        Err(_) => findings.push(finding(
            State::Limited,
            "data folder",
            format!(
                "`{}` is not there yet; `probity serve` makes it",
                arguments.data.data.display()
            ),
        )),
        Ok(folder) => look_at_folder(&folder, &arguments, &mut findings).await,
    }
    findings.push(script_processors());
    findings.push(python());
    if let Some(url) = &arguments.endpoint_url {
        findings.push(server(url).await);
    }
    let mut exit = Exit::NoViolation;
    for found in &findings {
        if found.state == State::Broken {
            exit = Exit::Violations;
        }
        screen::line(&format!(
            "{}  {:<18} {}",
            found.state.word(),
            found.subject,
            found.detail
        ))?;
    }
    Ok(exit)
}

async fn look_at_folder(
    folder: &DataFolder,
    arguments: &DoctorArguments,
    findings: &mut Vec<Finding>,
) {
    findings.push(match tempfile::tempfile_in(folder.root()) {
        Ok(_) => finding(
            State::Works,
            "data folder",
            folder.root().display().to_string(),
        ),
        Err(error) => finding(
            State::Broken,
            "data folder",
            format!(
                "`{}` cannot be written to: {error}",
                folder.root().display()
            ),
        ),
    });
    findings.push(match folder.key_is_private() {
        None => finding(
            State::Limited,
            "key file",
            "none yet; the first start makes it",
        ),
        Some(true) => finding(State::Works, "key file", "only its owner can read it"),
        Some(false) => finding(
            State::Broken,
            "key file",
            format!(
                "others can read it: chmod 600 '{}'",
                folder.key_file().display()
            ),
        ),
    });
    findings.push(match folder.running() {
        Some(server) => finding(
            State::Works,
            "server",
            format!("{} (process {})", server.endpoint_url, server.process_id),
        ),
        None => finding(State::Limited, "server", "none runs on this folder"),
    });
    let place = PolicyPlace::of(arguments.policy.as_deref(), folder);
    match Office::open(&arguments.data).await {
        Err(error) => findings.push(finding(State::Broken, "database", format!("{error:#}"))),
        Ok(office) => {
            findings.push(finding(
                State::Works,
                "database",
                "opens, and is of this version",
            ));
            findings.push(policy(&office, &place).await);
            findings.push(audit_log(&office).await);
            findings.push(clock(&office));
            findings.extend(captures(&office).await);
        }
    }
}

/// The policy that was put in force last, and whether the file still says so: a running server
/// follows it within a second, unless it is broken.
async fn policy(office: &Office, place: &PolicyPlace) -> Finding {
    let subject = "governance policy";
    let in_force = match governance_policy::in_force(&office.app).await {
        Ok(in_force) => in_force.map(|kept| kept.sha256),
        Err(error) => return finding(State::Broken, subject, error.to_string()),
    };
    let path = place.path().display();
    match (policy_file::read(place), in_force) {
        (Ok(None), None) => finding(
            State::Works,
            subject,
            format!("none at `{path}`: nothing is demanded"),
        ),
        (Ok(Some(found)), Some(hash)) if found.sha256 == hash => {
            finding(State::Works, subject, format!("`{path}`, SHA-256 {hash}"))
        }
        (Ok(None), Some(hash)) => finding(
            State::Limited,
            subject,
            format!(
                "no file at `{path}`: the one in force, SHA-256 {hash}, stays; an empty file lifts \
                 it"
            ),
        ),
        (Ok(found), in_force) => {
            let (found, hash) = (found.map(|found| found.sha256), in_force);
            let detail = format!(
                "`{path}` has SHA-256 {}, and the policy in force has {}; the next start \
                 obeys the file, unless another server put that one in force",
                found.as_deref().unwrap_or("none"),
                hash.as_deref().unwrap_or("none")
            );
            finding(State::Limited, subject, detail)
        }
        (Err(error), None) => finding(State::Broken, subject, format!("{error:#}")),
        (Err(error), Some(hash)) => {
            let detail = format!("{error:#}; the last server obeyed the one with SHA-256 {hash}");
            finding(State::Broken, subject, detail)
        }
    }
}

async fn audit_log(office: &Office) -> Finding {
    match audit::verify(&office.app.store).await {
        Err(error) => finding(State::Broken, "audit log", error.to_string()),
        Ok(verified) => match verified.broken_at {
            None => finding(
                State::Works,
                "audit log",
                format!("the chain of {} events is whole", verified.events),
            ),
            Some(seq) => finding(
                State::Broken,
                "audit log",
                format!("event {seq} was changed afterwards; compare with a backup"),
            ),
        },
    }
}

fn clock(office: &Office) -> Finding {
    match &office.clock {
        None => finding(State::Works, "clock", "the machine's"),
        Some(clock) => finding(State::Limited, "clock", format!("simulated: {clock}")),
    }
}

/// What captures take, where anything was lost, and which servers were not seen.
async fn captures(office: &Office) -> Vec<Finding> {
    match look_at_captures(office).await {
        Ok(found) => found,
        Err(error) => vec![finding(State::Broken, "captures", format!("{error:#}"))],
    }
}

async fn look_at_captures(office: &Office) -> Result<Vec<Finding>> {
    let app = &office.app;
    let mut found = Vec::new();
    for used in retention::disk_use(app).await? {
        let (name, objects) = (&used.endpoint, used.objects);
        let detail = format!("`{name}`: {objects} files, {} bytes", used.bytes);
        found.push(finding(State::Works, "captures", detail));
    }
    let now_ms = app.clock.now_ms();
    for (region, endpoint) in endpoint_traffic::endpoints(&app.store).await? {
        let last_day = CoverageOf {
            region: &region,
            endpoint: &endpoint,
            from_ms: now_ms - MS_PER_DAY,
            to_ms: now_ms,
        };
        let mut coverage = coverage::of(app, &MachineClock, &last_day).await?;
        // Nobody asked them to deliver.
        coverage.slow_servers.clear();
        if coverage.n_lost() > 0 || coverage.undelivered > 0 {
            found.push(finding(State::Limited, "captures", coverage.sentence()));
        }
    }
    let now_ms = MachineClock.now_ms();
    for server in capture_server::list(&app.store).await? {
        if coverage::is_dead(app, &server, now_ms) {
            found.push(finding(
                State::Limited,
                "captures",
                coverage::not_seen(&server),
            ));
        }
    }
    Ok(found)
}

/// Whether scripts of processing jobs can be kept from the data folder.
fn script_processors() -> Finding {
    let subject = "script processors";
    let Ok(executable) = std::env::current_exe() else {
        return finding(State::Broken, subject, "this program cannot find itself");
    };
    let available = isolation::available(&executable);
    match available.isolation() {
        Isolation::Namespace => finding(
            State::Works,
            subject,
            format!("{available}; `serve --allow-local-processes` runs them"),
        ),
        Isolation::LandlockOnly => finding(
            State::Limited,
            subject,
            format!("{available}: isolated, without a /opt/ml of their own"),
        ),
        Isolation::None => finding(
            State::Limited,
            subject,
            format!("{available}: refused without --allow-unisolated"),
        ),
    }
}

fn python() -> Finding {
    let subject = "python3";
    match Command::new("python3").arg("--version").output() {
        Ok(said) if said.status.success() => finding(
            State::Works,
            subject,
            String::from_utf8_lossy(&said.stdout).trim().to_owned(),
        ),
        Ok(_) | Err(_) => finding(
            State::Limited,
            subject,
            "not found; pre- and post-processing scripts need it",
        ),
    }
}

async fn server(url: &str) -> Finding {
    let subject = "endpoint URL";
    let address = format!("{}/readyz", url.trim_end_matches('/'));
    let asked = reqwest::Client::new()
        .get(&address)
        .timeout(Duration::from_secs(5))
        .send()
        .await;
    match asked {
        Ok(answer) if answer.status().is_success() => {
            finding(State::Works, subject, format!("{url} is ready"))
        }
        Ok(answer) => finding(
            State::Broken,
            subject,
            format!("{url} answers {} at /readyz", answer.status()),
        ),
        Err(error) => finding(
            State::Broken,
            subject,
            format!("{url} does not answer: {error}"),
        ),
    }
}
