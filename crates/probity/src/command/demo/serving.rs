//! The demo's server: its folder, its month, what is printed, and its end.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use probity_app::{Access, Clock, retention, session};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::month::{Calendar, DAY_MS};
use super::stage::{REGION, Stage};
use super::subject::DAYS;
use super::{baseline, governance, monitors, month, setup};
use crate::arguments::{DemoArguments, OutputArgument, ServeArguments};
use crate::client::Client;
use crate::command::serve::access_key::{self, NewAccessKey};
use crate::command::serve::clock::{MachineClock, SteppedClock};
use crate::command::serve::data_folder::DataFolder;
use crate::command::serve::office::{Office, OfficeOptions, ROOT};
use crate::command::serve::signals::Signals;
use crate::command::serve::telemetry::Telemetry;
use crate::command::serve::{Serving, leave, obey_policy};
use crate::exit::{Exit, Usage};
use crate::screen;

/// Before the month, versions are registered and approved.
const HISTORY_MS: i64 = 21 * DAY_MS;

/// Options of `probity serve`, read as if they had been typed.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    serve: ServeArguments,
}

/// Where the server's data lies, and whether it stays.
enum Folder {
    Kept(DataFolder),
    Temporary(TempDir),
}

impl Folder {
    fn of(keep: Option<&Path>) -> Result<Folder> {
        let Some(path) = keep else {
            let folder = tempfile::Builder::new().prefix("probity-demo-").tempdir();
            return Ok(Self::Temporary(folder.context(
                "failed to make a temporary folder for the demo's data",
            )?));
        };
        let is_used = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            return Err(Usage(format!(
                "`{0}` is not empty; `probity serve --data {0}` serves a demo that was kept there",
                path.display()
            ))
            .into());
        }
        Ok(Self::Kept(DataFolder::create(path)?))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(folder) => folder.root(),
            Self::Temporary(folder) => folder.path(),
        }
    }
}

pub(super) async fn run(arguments: &DemoArguments) -> Result<Exit> {
    let begun = Instant::now();
    // Before the folder is made: who ends the demo from now on has it removed.
    let signals = Signals::of_terminal()?;
    let kept = Folder::of(arguments.keep.as_deref())?;
    let typed = options(arguments, kept.path())?;
    let telemetry = Telemetry::begin(&typed.log)?;
    let folder = DataFolder::create(kept.path())?;
    let _lock = folder.lock()?;
    let calendar = Calendar::before(MachineClock.now_ms());
    let clock = Arc::new(SteppedClock::at(calendar.start_ms - HISTORY_MS));
    let own_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let office_options = OfficeOptions {
        own_clock: Some(own_clock),
        ..OfficeOptions::default()
    };
    let office = Office::of(folder, None, office_options).await?;
    let policy = office.folder.root().join("governance.toml");
    std::fs::write(&policy, governance::POLICY).context("failed to write the demo's policy")?;
    let following = obey_policy(&typed, &office).await?;
    // It is printed, and hence made for the demo alone: not the one that the variables of a server
    // have.
    let root = access_key::random()?;
    office.create_root(&root).await?;
    retention::begin(&office.app, &typed.keep.keep()).await?;
    let ended = async {
        let failed = Arc::new(Notify::new());
        let asked = Arc::new(AtomicBool::new(false));
        let told = told_or(signals, (Arc::clone(&failed), Arc::clone(&asked)));
        let serving = Serving::begin(&typed, &office, told).await?;
        let url = serving.endpoint_url.clone();
        let telling = Telling::of(arguments, begun);
        let playing = async {
            let stage = stage(&office, &url, clock).await?;
            play(&stage, &calendar, &telling).await?;
            let address = Address {
                sign_in: sign_in(&office, &url).await?,
                url: url.clone(),
            };
            telling.done(&address, &root, &kept)
        };
        let mut ending = std::pin::pin!(serving.ended());
        let played = tokio::select! {
            // Ctrl-C while it is played.
            ended = &mut ending => return ended,
            played = playing => played,
        };
        if played.is_err() {
            failed.notify_one();
        }
        let ended = ending.await;
        // A request that met the end is no failure of the month.
        match asked.load(Ordering::SeqCst) {
            true => ended,
            false => played.and(ended),
        }
    };
    let ended = ended.await;
    following.abort();
    leave(&office).await;
    office.app.store.close().await;
    telemetry.end();
    ended?;
    Ok(Exit::NoViolation)
}

/// Until somebody ends it, or the demo fails.
async fn told_or(signals: Signals, (failed, asked): (Arc<Notify>, Arc<AtomicBool>)) {
    tokio::select! {
        () = signals.told_to_end() => asked.store(true, Ordering::SeqCst),
        () = failed.notified() => {}
    }
}

fn options(arguments: &DemoArguments, data: &Path) -> Result<ServeArguments> {
    let data = data
        .to_str()
        .ok_or_else(|| Usage("the folder of the demo has a name that is no text".to_owned()))?;
    let listen = arguments.listen.to_string();
    let typed = [
        "serve", "--data", data, "--listen", &listen, "--log", "warn",
    ];
    // A machine that is switched off loses a demo, and nothing else.
    let typed = typed.into_iter().chain(["--capture-sync", "off"]);
    Ok(Typed::try_parse_from(typed)
        .context("the demo's own options are wrong")?
        .serve)
}

/// Where the demo is.
struct Address {
    url: String,
    /// Signs the administrator in, once.
    sign_in: String,
}

async fn sign_in(office: &Office, url: &str) -> Result<String> {
    let link = session::NewLink {
        user: ROOT,
        expires_ms: office.app.clock.now_ms() + session::LASTS_MS,
    };
    let token = session::create_link(&office.app, &office.operator(), link)
        .await
        .context("failed to make the link that signs in")?;
    Ok(format!("{url}/sign-in?token={}", token.as_str()))
}

/// The people of the demo, each with a key of their own.
async fn stage(office: &Office, url: &str, clock: Arc<SteppedClock>) -> Result<Stage> {
    let mut clients = Vec::new();
    for name in [governance::BUILDER, governance::REVIEWER] {
        let user = json!({"UserName": name, "Access": Access::Administrator.as_str()});
        probity_app::user::create(&office.app, &office.operator(), user).await?;
        let key = access_key::random()?;
        office.create_key(name, &key).await?;
        clients.push(Client::with_key(url, REGION, (&key.id, &key.secret))?);
    }
    let (Some(reviewer), Some(builder)) = (clients.pop(), clients.pop()) else {
        anyhow::bail!("nobody is there to play the demo");
    };
    Ok(Stage {
        builder,
        reviewer,
        clock,
        app: office.app.clone(),
    })
}

/// The month, from the first version to now.
async fn play(stage: &Stage, calendar: &Calendar, telling: &Telling) -> Result<()> {
    stage.make_bucket().await?;
    governance::approve_versions(stage).await?;
    stage.clock.set(calendar.start_ms - 2 * DAY_MS);
    baseline::score(stage).await?;
    telling.stage("three models are registered, approved, and have scored their training rows")?;
    baseline::suggest(stage).await?;
    governance::create_cards(stage).await?;
    telling.stage("twelve baselines, three cards")?;
    for subject in setup::SUBJECTS {
        setup::create_endpoint(stage, subject).await?;
    }
    setup::endpoints_are_in_service(stage).await?;
    // The first slot has the first day before it.
    stage.clock.set(calendar.start_ms + 1000);
    for subject in setup::SUBJECTS {
        monitors::create(stage, subject, calendar.hour()).await?;
    }
    governance::set_alerts(stage).await?;
    telling.stage("three endpoints, twelve daily schedules")?;
    let (mut calls, mut calling, mut running) = (0, Duration::ZERO, Duration::ZERO);
    for day in 0..DAYS {
        let begun = Instant::now();
        calls += month::call(stage, calendar, day).await?;
        calling += begun.elapsed();
        let begun = Instant::now();
        month::close(stage, calendar, day).await?;
        governance::after(stage, day).await?;
        running += begun.elapsed();
        telling.day(day + 1, calls)?;
    }
    calls += month::call(stage, calendar, DAYS).await?;
    stage.clock.catch_up();
    stage.idle().await?;
    telling.stage(&format!(
        "thirty days: {calls} calls in {:.1} s, labels and runs of monitors in {:.1} s",
        calling.as_secs_f64(),
        running.as_secs_f64()
    ))
}

/// What is said meanwhile, on standard error.
struct Telling {
    begun: Instant,
    output: OutputArgument,
    is_quiet: bool,
}

impl Telling {
    fn of(arguments: &DemoArguments, begun: Instant) -> Telling {
        Telling {
            begun,
            output: arguments.print.output,
            is_quiet: arguments.print.quiet,
        }
    }

    fn stage(&self, what: &str) -> Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        let mut out = std::io::stderr().lock();
        // Nobody reads it any more: the demo goes on.
        let _ = writeln!(out, "{seconds:6.1} s  {what}");
        Ok(())
    }

    fn day(&self, day: usize, calls: usize) -> Result<()> {
        match day % 5 {
            0 if day < DAYS => self.stage(&format!("day {day}: {calls} calls so far")),
            _ => Ok(()),
        }
    }

    /// Where the server is, and what may be tried.
    fn done(&self, at: &Address, root: &NewAccessKey, folder: &Folder) -> Result<()> {
        match self.output {
            OutputArgument::Json => screen::line(
                &json!({
                    "address": at.url,
                    "access_key_id": root.id,
                    "secret_access_key": root.secret,
                    "sign_in_url": at.sign_in,
                })
                .to_string(),
            ),
            OutputArgument::Table => screen::line(&told(at, root, folder)),
        }
    }
}

fn told(at: &Address, root: &NewAccessKey, folder: &Folder) -> String {
    format!(
        "
Probity serves at {url}, with thirty days of three models:

  credit-approval   a comparison portal states net incomes since day 19: the income feature drifts,
                    and women are approved less often
  demand-forecast   most labels come three days late, and say other things than the first ones
  card-fraud        is fine

Look at it, signed in by this link (once):

  {sign_in}

The key of `{ROOT}`, for AWS clients and the commands below:

  export AWS_ENDPOINT_URL={url} AWS_REGION={REGION}
  export AWS_ACCESS_KEY_ID={id}
  export AWS_SECRET_ACCESS_KEY={secret}

Five things to try:

  probity alert list                                           # what is wrong now, and since when
  probity monitor executions credit-approval-bias              # day by day: when it began
  probity monitor executions demand-forecast-model-quality     # both values of each day: with first labels, with all
  probity monitor run card-fraud-data-quality --wait           # a run over today's calls, now
  aws sagemaker list-model-cards                               # or boto3: any client of SageMaker

Everything lies in {folder}. Ctrl-C ends the server{end}.",
        url = at.url,
        sign_in = at.sign_in,
        id = root.id,
        secret = root.secret,
        folder = folder.path().display(),
        end = match folder {
            Folder::Temporary(_) => " and removes it",
            Folder::Kept(_) => "",
        },
    )
}
