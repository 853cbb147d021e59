//! A script processor: the job's entry point as a local process, under the folder contract of
//! processing containers (`build-your-own-processing-container` of the AWS developer guide).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use probity_app::JobOutcome;
use probity_data::location::{Environment, upload_open_object};
use probity_domain::document::api::processing_job::{
    ProcessingInput, ProcessingJob, ProcessingOutput,
};
use serde_json::json;
use thiserror::Error;
use tracing::warn;

use crate::analyses::{DataType, JobInput};
use crate::chain::{Chain, at_most};
use crate::job_log::JobLog;
use crate::left_behind::open_plain;
use crate::local_process::{Ended, Launcher, RunProcess, ToRun};
use crate::stage::{self, StageError, place_of};
use crate::stop::{Stop, StopReason};
use crate::worker::Parts;

/// Of `ExitMessage` and `FailureReason`.
const MAX_MESSAGE: usize = 1024;

/// How often `Continuous` outputs are looked at.
const LOOK: Duration = Duration::from_secs(2);

#[derive(Debug, Error)]
enum ScriptFailed {
    #[error("input `{name}` has a DatasetDefinition: no Athena and no Redshift is read here")]
    DatasetDefinition { name: String },
    #[error("output `{name}` has a FeatureStoreOutput: there is no feature store here")]
    FeatureStore { name: String },
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error("failed to make the job's folders")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Process(#[from] RunProcess),
}

/// Runs it; `Err` when it was stopped.
pub(crate) async fn run(
    parts: &Parts,
    (job, folder): (&ProcessingJob, &Path),
    (log, stop): (&JobLog, &Stop),
) -> Result<JobOutcome, StopReason> {
    match outcome(parts, (job, folder), (log, stop)).await {
        Ok(outcome) => Ok(outcome),
        Err(ScriptFailed::Process(RunProcess::Stopped { reason })) => Err(reason),
        Err(error) => {
            let said = Chain(&error).to_string();
            log.line(&said);
            let reason = at_most(MAX_MESSAGE, &format!("ClientError: {said}"));
            Ok(JobOutcome::failed(reason))
        }
    }
}

async fn outcome(
    parts: &Parts,
    (job, folder): (&ProcessingJob, &Path),
    (log, stop): (&JobLog, &Stop),
) -> Result<JobOutcome, ScriptFailed> {
    let launcher = parts.scripts.launcher()?;
    let staged = stop.unless(prepare(job, folder, &parts.environment));
    staged
        .await
        .map_err(|reason| RunProcess::Stopped { reason })??;
    let specification = &job.app_specification;
    let entrypoint = specification.container_entrypoint.iter();
    let to_run = ToRun {
        command: entrypoint
            .chain(&specification.container_arguments)
            .cloned()
            .collect(),
        environment: job.environment.clone(),
        folder: folder.to_owned(),
    };
    let mut uploads = Uploads::of(job, folder, &parts.environment);
    let ended = {
        let script = launcher.run(&to_run, (log, stop));
        tokio::pin!(script);
        loop {
            tokio::select! {
                biased;
                ended = &mut script => break ended?,
                () = tokio::time::sleep(LOOK) => uploads.continuous().await,
            }
        }
    };
    uploads.continuous().await;
    let message = message(folder)?;
    if ended.code != 0 {
        return Ok(failed((launcher, folder), &ended, message));
    }
    uploads.at_end().await?;
    Ok(JobOutcome::completed(message))
}

/// Inputs in their places, empty outputs, and the files that tell a container of itself.
async fn prepare(
    job: &ProcessingJob,
    folder: &Path,
    environment: &Environment,
) -> Result<(), ScriptFailed> {
    for input in &job.processing_inputs {
        if let Some(input) = staged(input)? {
            stage::download(&input, folder, environment).await?;
        }
    }
    for output in job.outputs() {
        if let Some((_, place)) = place_in(output, folder)? {
            std::fs::create_dir_all(place)?;
        }
    }
    let config = place_of(folder, "/opt/ml/config");
    std::fs::create_dir_all(&config)?;
    let described = serde_json::to_vec_pretty(job).map_err(std::io::Error::from)?;
    std::fs::write(config.join("processingjobconfig.json"), described)?;
    let resources = json!({"current_host": "algo-1", "hosts": ["algo-1"]});
    std::fs::write(config.join("resourceconfig.json"), resources.to_string())?;
    std::fs::create_dir_all(place_of(folder, "/opt/ml/output"))?;
    Ok(())
}

fn staged(input: &ProcessingInput) -> Result<Option<JobInput>, ScriptFailed> {
    if input.dataset_definition.is_some() {
        return Err(ScriptFailed::DatasetDefinition {
            name: input.input_name.clone(),
        });
    }
    let Some(place) = &input.s3_input else {
        return Ok(None);
    };
    Ok(place.local_path.as_ref().map(|local_path| JobInput {
        name: input.input_name.clone(),
        uri: place.s3_uri.clone(),
        local_path: local_path.clone(),
        data_type: match place.s3_data_type.as_str() {
            "ManifestFile" => DataType::Manifest,
            _ => DataType::Prefix,
        },
    }))
}

/// Where an output belongs and where it lies.
fn place_in(
    output: &ProcessingOutput,
    folder: &Path,
) -> Result<Option<(String, PathBuf)>, ScriptFailed> {
    if output.feature_store_output.is_some() {
        return Err(ScriptFailed::FeatureStore {
            name: output.output_name.clone(),
        });
    }
    let place = output.s3_output.as_ref();
    Ok(place.and_then(|place| {
        let local_path = place.local_path.as_ref()?;
        Some((place.s3_uri.clone(), place_of(folder, local_path)))
    }))
}

/// `/opt/ml/output/message`, which must be text.
fn message(folder: &Path) -> Result<Option<String>, ScriptFailed> {
    let place = place_of(folder, "/opt/ml/output/message");
    // Whatever else is there is no message.
    let Ok(file) = open_plain(folder, &place) else {
        return Ok(None);
    };
    let text = std::io::read_to_string(file)?;
    Ok((!text.is_empty()).then(|| at_most(MAX_MESSAGE, &text)))
}

fn failed(
    (launcher, folder): (&Launcher, &Path),
    ended: &Ended,
    message: Option<String>,
) -> JobOutcome {
    let said = match &message {
        Some(message) => message.clone(),
        None => ended.last_lines.join(" | "),
    };
    let missed = match said.contains("/opt/ml") || ended.last_lines.join("\n").contains("/opt/ml") {
        true => launcher.missing_places(folder),
        false => None,
    };
    let missed = missed.map_or_else(String::new, |missed| format!("; {missed}"));
    let reason = format!(
        "AlgorithmError: the script ended with exit code {}: {said}{missed}",
        ended.code
    );
    JobOutcome {
        exit_message: message,
        ..JobOutcome::failed(at_most(MAX_MESSAGE, &reason))
    }
}

/// Outputs on their way to their buckets.
struct Uploads {
    /// Of the job.
    folder: PathBuf,
    environment: Arc<Environment>,
    continuous: Vec<(String, PathBuf)>,
    at_end: Vec<(String, PathBuf)>,
    /// When each file that was sent was last changed.
    sent: HashMap<PathBuf, (SystemTime, u64)>,
}

impl Uploads {
    fn of(job: &ProcessingJob, folder: &Path, environment: &Arc<Environment>) -> Uploads {
        let (mut continuous, mut at_end) = (Vec::new(), Vec::new());
        for output in job.outputs() {
            let Ok(Some(place)) = place_in(output, folder) else {
                continue;
            };
            let mode = output.s3_output.as_ref();
            match mode.map(|place| place.s3_upload_mode.as_str()) {
                Some("Continuous") => continuous.push(place),
                _ => at_end.push(place),
            }
        }
        Uploads {
            folder: folder.to_owned(),
            environment: Arc::clone(environment),
            continuous,
            at_end,
            sent: HashMap::new(),
        }
    }

    /// Sends what changed since the last time. What fails is tried again.
    async fn continuous(&mut self) {
        for (uri, folder) in self.continuous.clone() {
            let files = stage::plain_files(&self.folder, &folder).unwrap_or_default();
            for (path, name) in files {
                let Ok(file) = open_plain(&self.folder, &path) else {
                    continue;
                };
                let Ok(found) = file.metadata() else {
                    continue;
                };
                let changed = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let state = (changed, found.len());
                if self.sent.get(&path) == Some(&state) {
                    continue;
                }
                let place = format!("{}/{name}", uri.trim_end_matches('/'));
                match upload_open_object(file.into(), &place, &self.environment).await {
                    Ok(()) => {
                        self.sent.insert(path, state);
                    }
                    Err(error) => warn!(
                        error = &error as &dyn std::error::Error,
                        "failed to upload `{place}`"
                    ),
                }
            }
        }
    }

    async fn at_end(&self) -> Result<(), StageError> {
        for (uri, folder) in &self.at_end {
            let places = (self.folder.as_path(), folder.as_path());
            stage::upload_folder(places, uri, &self.environment).await?;
        }
        Ok(())
    }
}
