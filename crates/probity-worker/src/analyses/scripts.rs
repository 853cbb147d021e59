//! `record_preprocessor_script` and `post_analytics_processor_script` of the analyzer: Python of
//! the user's own, run with the machine's `python3` as script processors are. Contract: pages
//! `model-monitor-pre-and-post-processing` and FAQ of the AWS developer guide.

use std::path::Path;

use probity_data::dataset::{Format, Header, ReadOptions};
use serde::Deserialize;
use thiserror::Error;

use super::failure::RecordCounts;
use super::places::{self, Place};
use super::spec::JobSpec;
use super::{AnalysisFailed, Tools};
use crate::local_process::{Ended, RunProcess, ToRun};
use crate::stage;
use crate::stop::Stop;

/// Hands records to the user's function, one by one.
const DRIVER: &str = include_str!("preprocess.py");

#[derive(Debug, Error)]
pub enum RunScript {
    #[error("`{variable}` names a script of the user's own")]
    Process {
        variable: &'static str,
        #[source]
        source: RunProcess,
    },
    #[error("there is no file `{path}` in the ProcessingInputs")]
    Missing { path: String },
    #[error("`{variable}` ended with exit code {code}: {last}")]
    Failed {
        variable: &'static str,
        code: i32,
        last: String,
    },
    #[error("records of {format} cannot be handed to a preprocessor script")]
    Format { format: &'static str },
    #[error("failed to write the driver of a preprocessor script")]
    Driver {
        #[source]
        source: std::io::Error,
    },
}

const PREPROCESSOR: &str = "record_preprocessor_script";
const POSTPROCESSOR: &str = "post_analytics_processor_script";

/// Copies the script, and says where it lies in the container.
pub(super) async fn find(
    spec: &JobSpec,
    script: &str,
    tools: &Tools,
) -> Result<String, AnalysisFailed> {
    allowed(POSTPROCESSOR, tools)?;
    copied(spec, script, tools).await
}

async fn copied(spec: &JobSpec, script: &str, tools: &Tools) -> Result<String, AnalysisFailed> {
    let inputs = places::related(spec, script);
    let place = places::stage_all(&inputs, script, tools).await?;
    match place.is_file() {
        true => Ok(script.to_owned()),
        false => Err(RunScript::Missing {
            path: script.to_owned(),
        }
        .into()),
    }
}

/// Refused before anything is read, and by name.
fn allowed(variable: &'static str, tools: &Tools) -> Result<(), RunScript> {
    match tools.scripts.launcher() {
        Ok(_) => Ok(()),
        Err(source) => Err(RunScript::Process { variable, source }),
    }
}

/// How many records the user's function was given, and what became of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ScriptCounts {
    given: u64,
    kept: u64,
    outside: u64,
    skipped: u64,
    duplicates: u64,
}

impl ScriptCounts {
    pub(super) fn notes(&self) -> Vec<String> {
        let ScriptCounts {
            given,
            kept,
            outside,
            skipped,
            duplicates,
        } = self;
        let mut notes = vec![format!(
            "the preprocessor script made {kept} rows of {given} records"
        )];
        if *skipped > 0 {
            notes.push(format!(
                "skipped {skipped} lines that are no captured event"
            ));
        }
        if *duplicates > 0 {
            notes.push(format!(
                "{duplicates} events passed over because an event with the same id was read before"
            ));
        }
        if *outside > 0 {
            notes.push(format!(
                "{outside} events passed over because their inference was outside the window"
            ));
        }
        notes
    }

    pub(super) fn counts(&self) -> RecordCounts {
        RecordCounts {
            in_window: self.given + self.skipped + self.duplicates,
            skipped: self.skipped,
            outside: self.outside,
            duplicates: self.duplicates,
        }
    }
}

/// The records that the user's function makes of the dataset's.
pub(super) async fn preprocess(
    spec: &JobSpec,
    script: &str,
    (data, read): (&Place, &mut ReadOptions),
    tools: &Tools,
) -> Result<(Place, ScriptCounts), AnalysisFailed> {
    allowed(PREPROCESSOR, tools)?;
    let script = copied(spec, script, tools).await?;
    let source = spec.variable("dataset_source").unwrap_or_default();
    let inputs = places::related(spec, source);
    places::stage_all(&inputs, source, tools).await?;
    let form = match read.format {
        None | Some(Format::Csv) => match read.header {
            Header::Present | Header::Configured => "csv-with-header",
            Header::Absent => "csv",
        },
        Some(Format::Json | Format::JsonLines) => "json",
        Some(Format::Capture | Format::MergedCapture) => "capture",
        Some(Format::Parquet) => return Err(RunScript::Format { format: "Parquet" }.into()),
    };
    let folder = "/opt/ml/processing/probity";
    let place = stage::place_of(&tools.work_folder, folder);
    let written = std::fs::create_dir_all(&place)
        .and_then(|()| std::fs::write(place.join("driver.py"), DRIVER));
    written.map_err(|source| RunScript::Driver { source })?;
    let result = format!("{folder}/records.jsonl");
    let command = [
        "python3",
        &format!("{folder}/driver.py"),
        &script,
        form,
        source,
        &result,
        spec.variable("start_time").unwrap_or_default(),
        spec.variable("end_time").unwrap_or_default(),
    ];
    run(spec, (PREPROCESSOR, &command), tools).await?;
    let local = stage::place_of(&tools.work_folder, &result);
    let counts = std::fs::read(format!("{}.counts", local.display()));
    let counts = counts.map_err(|source| RunScript::Driver { source })?;
    let counts = serde_json::from_slice(&counts).unwrap_or_default();
    *read = ReadOptions {
        format: Some(Format::JsonLines),
        ..ReadOptions::default()
    };
    let place = Place {
        location: local.display().to_string(),
        shown: data.shown.clone(),
    };
    Ok((place, counts))
}

/// Calls `postprocess_handler()` after the documents are written.
pub(super) async fn postprocess(
    spec: &JobSpec,
    script: &str,
    tools: &Tools,
) -> Result<(), AnalysisFailed> {
    let folder = Path::new(script).parent().and_then(Path::to_str);
    let name = Path::new(script).file_stem().and_then(|name| name.to_str());
    let (Some(folder), Some(name)) = (folder, name) else {
        return Err(RunScript::Missing {
            path: script.to_owned(),
        }
        .into());
    };
    let call = format!(
        "import sys, importlib, resource; \
         resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); sys.path.insert(0, {folder:?}); \
         importlib.import_module({name:?}).postprocess_handler()"
    );
    run(spec, (POSTPROCESSOR, &["python3", "-c", &call]), tools).await
}

async fn run(
    spec: &JobSpec,
    (variable, command): (&'static str, &[&str]),
    tools: &Tools,
) -> Result<(), AnalysisFailed> {
    let failed = |source| RunScript::Process { variable, source };
    let launcher = tools.scripts.launcher().map_err(failed)?;
    let to_run = ToRun {
        command: command.iter().map(ToString::to_string).collect(),
        environment: spec.environment.clone(),
        folder: tools.work_folder.clone(),
    };
    // Whoever stops the analysis drops it, and the process with it.
    let ended = launcher.run(&to_run, (&tools.log, &Stop::never())).await;
    match ended.map_err(failed)? {
        Ended { code: 0, .. } => Ok(()),
        Ended { code, last_lines } => Err(RunScript::Failed {
            variable,
            code,
            last: last_lines.join(" | "),
        }
        .into()),
    }
}
