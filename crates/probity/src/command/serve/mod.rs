//! `probity serve`: opens the store, the objects and the captures, and lets the server and the
//! worker run until they are told to end.

pub(crate) mod access_key;
pub(crate) mod capture_server;
pub(crate) mod capturing;
pub(crate) mod clock;
pub(crate) mod data_folder;
mod exporting;
mod latencies;
pub(crate) mod listening;
pub(crate) mod local_authority;
pub(crate) mod office;
pub(crate) mod policy_file;
pub(crate) mod signals;
pub(crate) mod telemetry;

use std::env;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use probity_analysis::card_document::Fonts;
use probity_app::monitoring_schedule::CatchUp;
use probity_app::{LocalProcesses, retention};
use probity_data::capture::{CaptureLog, NewNames};
use probity_data::location::Environment;
use probity_server::runtime::{CaptureParts, EndpointRuntime, RuntimeParts};
use probity_server::{Authentication, Keys, MetricsPage, S3Parts, ServerParts, object_service};
use probity_worker::isolation::Availability;
use probity_worker::{Compute, Lease, LocalProcess, PointFeed, Surroundings, isolation};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;

use self::access_key::NewAccessKey;
use self::capture_server::Capturing;
use self::clock::MachineClock;
use self::data_folder::{DataFolder, RunningServer};
use self::exporting::Exporting;
use self::listening::Listening;
use self::office::{Office, OfficeOptions, ROOT};
use self::policy_file::{PolicyPlace, Replacing};
use self::signals::Signals;
use self::telemetry::Telemetry;
use crate::arguments::{CatchUpArgument, ServeArguments, threads_or_all};
use crate::command::{fonts, wiring};
use crate::exit::{Exit, Usage};
use crate::screen;

/// Until another worker may take a job whose own is silent.
const LEASE: Duration = Duration::from_secs(30);
/// As `--data` has it where nothing is said.
const DEFAULT_FOLDER: &str = "probity-data";

pub(crate) async fn run(arguments: ServeArguments) -> Result<Exit> {
    let telemetry = Telemetry::begin(&arguments.log)?;
    refuse_exposure(&arguments)?;
    let folder = DataFolder::create(&arguments.data.data)?;
    let _lock = folder.lock()?;
    let options = OfficeOptions {
        account_id: arguments.account_id.clone(),
        clock: arguments.clock.clone(),
        local_processes: local_processes(&arguments),
        schedule_jitter_ms: arguments.schedule_jitter.saturating_mul(1000),
        ..OfficeOptions::default()
    };
    let office = Office::of(folder, arguments.data.database_url.as_deref(), options).await?;
    let following = obey_policy(&arguments, &office).await?;
    let made = office.first_start().await?;
    retention::begin(&office.app, &arguments.keep.keep()).await?;
    let ended = async {
        let told = Signals::of_server()?.told_to_end();
        let serving = Serving::begin(&arguments, &office, told).await?;
        announce(&arguments, &office, &serving.endpoint_url, made)?;
        serving.ended().await
    };
    let ended = ended.await;
    following.abort();
    leave(&office).await;
    telemetry.end();
    ended?;
    Ok(Exit::NoViolation)
}

/// Reads the policy, and follows its changes until that is aborted.
pub(crate) async fn obey_policy(
    arguments: &ServeArguments,
    office: &Office,
) -> Result<JoinHandle<()>> {
    let policy = PolicyPlace::of(arguments.policy.as_deref(), &office.folder);
    let server = office.folder.server_id(&*office.app.ids)?;
    let replacing = match arguments.replace_policy {
        true => Replacing::Allowed,
        false => Replacing::Refused,
    };
    let policy = policy_file::begin(&office.app, (policy, server, replacing)).await?;
    Ok(tokio::spawn(policy_file::follow(
        office.app.clone(),
        policy,
    )))
}

/// What a server does last.
pub(crate) async fn leave(office: &Office) {
    office.folder.forget_running();
    if let Err(error) = office.keys.flush().await {
        tracing::warn!("failed to note when keys were used last: {error}");
    }
}

/// A server that runs, with everything that belongs to it.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) endpoint_url: String,
    served: JoinHandle<Result<()>>,
    stop: watch::Sender<()>,
    following: JoinHandle<()>,
    worker: JoinHandle<()>,
    exporting: Exporting,
    captured: JoinHandle<()>,
}

impl Serving {
    /// Opens the port and begins to answer, to work and to capture, until `told` is over.
    pub(crate) async fn begin(
        arguments: &ServeArguments,
        office: &Office,
        told: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Serving> {
        let environment = environment(arguments, office);
        let fonts = fonts::read(arguments.fonts.as_deref())?;
        let listening = Listening::open(arguments, office).await?;
        let endpoint_url = listening.endpoint_url.clone();
        let (stop, stopped) = watch::channel(());
        let ids = Arc::clone(&office.app.ids);
        let options = capturing::options(
            &arguments.capture,
            &environment,
            NewNames::new(move || ids.uuid()),
        );
        let (redaction, hash) = capturing::redaction(&arguments.capture, &office.folder.key()?)?;
        let log = CaptureLog::open(&office.folder.captures(), options)?;
        let runtime = EndpointRuntime::new(RuntimeParts {
            app: office.app.clone(),
            environment: environment.clone(),
            capture: Some(CaptureParts {
                log: log.clone(),
                clock: Arc::clone(&office.app.clock),
                ids: Arc::clone(&office.app.ids),
                hash,
                redaction,
            }),
        });
        let parts = server_parts((arguments, &environment, &fonts), office, &runtime)?;
        let server_id = office.folder.server_id(&*office.app.ids)?;
        let (exports, exporting) = Exporting::begin(&arguments.export)?;
        let work = worker_parts((arguments, exports, fonts), office, &environment)?;
        office.folder.note_running(&RunningServer {
            endpoint_url: endpoint_url.clone(),
            process_id: process::id(),
        })?;
        let worker = tokio::spawn(probity_worker::run(work, until(stopped.clone())));
        let followed = runtime.clone();
        let following = tokio::spawn(async move { followed.follow_changes().await });
        let capturing = Capturing {
            app: office.app.clone(),
            log,
            traffic: runtime.traffic(),
            server_id,
        };
        let captured = tokio::spawn(capture_server::run(capturing, until(stopped)));
        let served = tokio::spawn(async move {
            probity_server::serve(listening.listener, listening.tls, parts, told)
                .await
                .context("the server failed")
        });
        Ok(Serving {
            endpoint_url,
            served,
            stop,
            following,
            worker,
            exporting,
            captured,
        })
    }

    /// Until it was told to end; then until everything has come to its end.
    pub(crate) async fn ended(mut self) -> Result<()> {
        let served = self.until_told().await;
        info!("ending: jobs are given back, captures are sent");
        // Captures end after the last request, so that what it captured is sent, too.
        drop(self.stop);
        self.following.abort();
        self.worker.await.context("the worker failed")?;
        self.exporting.end().await;
        self.captured.await.context("the capture log failed")?;
        served
    }

    async fn until_told(&mut self) -> Result<()> {
        (&mut self.served).await.context("the server failed")?
    }
}

/// A future that is done when the channel is closed.
async fn until(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

fn environment(arguments: &ServeArguments, office: &Office) -> Environment {
    // Callers name locations, in requests and in the files of their jobs.
    let environment = wiring::environment().with_local_files_below(office.folder.jobs());
    if arguments.external_s3 {
        return environment;
    }
    environment.with_buckets(office.folder.objects())
}

fn server_parts(
    (arguments, environment, fonts): (&ServeArguments, &Environment, &Fonts),
    office: &Office,
    runtime: &EndpointRuntime,
) -> Result<ServerParts> {
    let keys: Option<Arc<dyn Keys>> = match arguments.insecure_no_auth {
        true => None,
        false => Some(office.keys.clone()),
    };
    let objects = match arguments.external_s3 {
        true => None,
        false => Some(object_service(S3Parts {
            app: office.app.clone(),
            keys: keys.clone(),
            folder: office.folder.objects(),
            domain: arguments.domain.clone(),
        })?),
    };
    let authentication = keys.map_or(Authentication::None, Authentication::Keys);
    let recorder = probity_server::record_metrics().context("failed to begin to count")?;
    Ok(ServerParts {
        app: office.app.clone(),
        environment: environment.clone(),
        fonts: fonts.clone(),
        authentication,
        domain: arguments.domain.clone(),
        wall_clock: Arc::new(MachineClock),
        runtime: Some(Arc::new(runtime.clone())),
        objects,
        metrics: Some(MetricsPage {
            recorder,
            token: listening::metrics_token(arguments.metrics_token_file.as_deref())?,
        }),
        limits: listening::limits(&arguments.limits),
    })
}

fn worker_parts(
    (arguments, exports, fonts): (&ServeArguments, PointFeed, Fonts),
    office: &Office,
    environment: &Environment,
) -> Result<probity_worker::Parts> {
    let threads = threads_or_all(None);
    let root = Some(office.folder.root().to_owned());
    // Keys of certificates often lie in /etc, which scripts can read.
    let tls_key = arguments.tls.tls_key.as_deref();
    let tls_key = tls_key.and_then(|key| std::fs::canonicalize(key).ok());
    let surroundings = Surroundings {
        hidden: root.into_iter().chain(tls_key).collect(),
        ..Surroundings::default()
    };
    Ok(probity_worker::Parts {
        app: office.app.clone(),
        environment: Arc::new(environment.clone()),
        jobs_folder: office.folder.jobs(),
        owner: office.app.ids.uuid(),
        concurrency: arguments.jobs.unwrap_or(threads),
        compute: Compute::new(threads).context("failed to start the threads of jobs")?,
        threads,
        scripts: scripts(office, surroundings)?,
        lease: Lease {
            clock: Arc::new(MachineClock),
            length: LEASE,
        },
        exports,
        fonts,
        catch_up: match arguments.catch_up {
            CatchUpArgument::Each => CatchUp::Each,
            CatchUpArgument::Skip => CatchUp::Skip,
        },
    })
}

/// Whether scripts run, and behind which walls of this kernel.
fn scripts(office: &Office, surroundings: Surroundings) -> Result<LocalProcess> {
    let executable = env::current_exe().context("this program cannot find itself")?;
    let allowed = office.app.settings.local_processes;
    let found = match allowed {
        // Trying takes a moment that a start without scripts need not wait for.
        LocalProcesses::Refused => Availability {
            namespaces: Err("not tried".to_owned()),
            landlock: Err("not tried".to_owned()),
        },
        LocalProcesses::Isolated | LocalProcesses::AllowUnisolated => {
            isolation::available(&executable)
        }
    };
    Ok(LocalProcess::of(
        allowed,
        &found,
        (executable, surroundings),
    ))
}

/// Without signatures only this machine may reach the port.
fn refuse_exposure(arguments: &ServeArguments) -> Result<()> {
    if arguments.insecure_no_auth && !arguments.listen.ip().is_loopback() {
        return Err(Usage(format!(
            "--insecure-no-auth is for loopback only, and `{}` can be reached from elsewhere",
            arguments.listen
        ))
        .into());
    }
    Ok(())
}

fn local_processes(arguments: &ServeArguments) -> LocalProcesses {
    if arguments.allow_unisolated {
        return LocalProcesses::AllowUnisolated;
    }
    if arguments.allow_local_processes {
        return LocalProcesses::Isolated;
    }
    LocalProcesses::Refused
}

/// Says where the server is, and, once, the key of its administrator.
fn announce(
    arguments: &ServeArguments,
    office: &Office,
    endpoint_url: &str,
    made: Option<NewAccessKey>,
) -> Result<()> {
    screen::line(&format!("Probity serves at {endpoint_url}"))?;
    if let Some(key) = made {
        screen::line(&format!("the key of `{ROOT}`, shown this once:"))?;
        screen::line(&format!("  export AWS_ACCESS_KEY_ID={}", key.id))?;
        screen::line(&format!("  export AWS_SECRET_ACCESS_KEY={}", key.secret))?;
    }
    if let Some(clock) = &office.clock {
        screen::line(&format!("on simulated time: {clock}"))?;
    }
    if arguments.insecure_no_auth {
        screen::line("WITHOUT SIGNATURES: whoever reaches this port is the administrator")?;
    }
    screen::line(&format!("in a browser: {endpoint_url}/dashboard"))?;
    screen::line(&format!(
        "for AWS clients, in another shell: eval \"$({})\"",
        env_command(office.folder.root())
    ))?;
    info!(
        address = %endpoint_url,
        account = %office.app.settings.account_id,
        "serving at {endpoint_url}"
    );
    Ok(())
}

/// The command that finds the server's data folder: of itself where it would look anyway.
fn env_command(root: &Path) -> String {
    if std::fs::canonicalize(DEFAULT_FOLDER).is_ok_and(|found| found == root) {
        return "probity env".to_owned();
    }
    let folder = root.display().to_string().replace('\'', r"'\''");
    format!("probity env --data '{folder}'")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    #[test]
    fn the_hint_names_a_folder_that_is_not_the_usual_one() {
        assert_eq!(
            env_command(Path::new("/srv/it's here")),
            r"probity env --data '/srv/it'\''s here'"
        );
        let Command::Serve(usual) = Arguments::parse_from(["probity", "serve"]).command else {
            panic!("`serve` is a command");
        };
        assert_eq!(usual.data.data, Path::new(DEFAULT_FOLDER));
    }
}
