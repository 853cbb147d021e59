//! Where the container's paths really lie. A dataset of one input is read where it is, so that
//! nothing is copied and reports name the user's own place; what several inputs or a manifest
//! put together is copied first.

use std::path::PathBuf;

use probity_data::location::{ReadLocation, find_files};
use probity_domain::document::probity_file::DatasetFacts;

use super::spec::{DataType, JobInput, JobSpec};
use super::{AnalysisFailed, Tools};
use crate::stage;

/// A place that can be read, and the name that users know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) location: String,
    pub(super) shown: String,
}

impl Place {
    /// Results name where their data lie as the user knows it, and what else is known of them.
    pub(super) fn show_in(&self, dataset: &mut DatasetFacts, tools: &Tools) {
        for source in dataset
            .sources
            .iter_mut()
            .filter(|source| **source == self.location)
        {
            source.clone_from(&self.shown);
        }
        // What was copied is told by its place in the container, not on this machine.
        let here = tools.work_folder.display().to_string();
        for note in &mut dataset.notes {
            *note = note.replace(&here, "");
        }
        dataset.notes.extend(tools.notes.iter().cloned());
    }
}

/// The data behind a path of the container.
pub(super) async fn dataset(
    spec: &JobSpec,
    path: &str,
    tools: &Tools,
) -> Result<Place, AnalysisFailed> {
    if let Some(uri) = direct(spec, path)? {
        match find_files(&uri, &tools.environment).await {
            Ok(_) => {
                return Ok(Place {
                    location: uri.clone(),
                    shown: uri,
                });
            }
            // Keys that only begin so are no folder.
            Err(ReadLocation::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let below = related(spec, path);
    let shown = below
        .iter()
        .map(|input| input.uri.clone())
        .collect::<Vec<_>>()
        .join(", ");
    let staged = stage_all(&below, path, tools).await?;
    Ok(Place {
        location: staged.display().to_string(),
        shown,
    })
}

/// One file of the container, as `constraints.json` of a baseline.
pub(super) fn file(spec: &JobSpec, path: &str) -> Result<String, AnalysisFailed> {
    let found = direct(spec, path)?;
    found.ok_or_else(|| AnalysisFailed::NotInOneInput {
        path: path.to_owned(),
    })
}

/// Where results written to `path` belong.
pub(super) fn output(spec: &JobSpec, path: &str) -> Result<String, AnalysisFailed> {
    let path = trimmed(path);
    let found = spec
        .outputs
        .iter()
        .filter_map(|output| Some((output, rest_below(trimmed(&output.local_path), path)?)))
        .max_by_key(|(output, _)| output.local_path.len());
    match found {
        Some((output, rest)) => Ok(joined(&output.uri, rest)),
        None => Err(AnalysisFailed::NoOutput {
            path: path.to_owned(),
        }),
    }
}

/// The inputs that put something at `path` or below it.
pub(super) fn related<'a>(spec: &'a JobSpec, path: &str) -> Vec<&'a JobInput> {
    let path = trimmed(path);
    let inputs = spec.inputs.iter();
    inputs
        .filter(|input| {
            let place = trimmed(&input.local_path);
            rest_below(place, path).is_some() || rest_below(path, place).is_some()
        })
        .collect()
}

/// Copies inputs into the job's folder, and says where `path` lies there.
pub(super) async fn stage_all(
    inputs: &[&JobInput],
    path: &str,
    tools: &Tools,
) -> Result<PathBuf, AnalysisFailed> {
    for input in inputs {
        stage::download(input, &tools.work_folder, &tools.environment).await?;
    }
    Ok(stage::place_of(&tools.work_folder, path))
}

/// The place in a bucket of `path`, where one input alone tells.
fn direct(spec: &JobSpec, path: &str) -> Result<Option<String>, AnalysisFailed> {
    let related = related(spec, path);
    let path = trimmed(path);
    match related.as_slice() {
        [] => Err(AnalysisFailed::NoInput {
            path: path.to_owned(),
        }),
        [input] if input.data_type == DataType::Prefix => {
            Ok(rest_below(trimmed(&input.local_path), path).map(|rest| joined(&input.uri, rest)))
        }
        _ => Ok(None),
    }
}

/// What follows `folder` in `path`; empty where they are the same.
fn rest_below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    match rest.strip_prefix('/') {
        Some(below) => Some(below),
        None => rest.is_empty().then_some(""),
    }
}

/// `S3Uri` names a folder, or one object that is called as the file is.
fn joined(uri: &str, rest: &str) -> String {
    if rest.is_empty() {
        return uri.to_owned();
    }
    let name = uri.rsplit('/').next().unwrap_or_default();
    if name == rest {
        return uri.to_owned();
    }
    format!("{}/{rest}", uri.trim_end_matches('/'))
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyses::{AnalysisImage, JobOutput, UploadMode};

    fn spec(inputs: &[(&str, &str)]) -> JobSpec {
        JobSpec {
            name: "job".to_owned(),
            image: AnalysisImage::Analyzer,
            inputs: inputs
                .iter()
                .map(|(uri, local_path)| JobInput {
                    name: "input".to_owned(),
                    uri: (*uri).to_owned(),
                    local_path: (*local_path).to_owned(),
                    data_type: DataType::Prefix,
                })
                .collect(),
            outputs: vec![JobOutput {
                name: "out".to_owned(),
                uri: "s3://b/results".to_owned(),
                local_path: "/opt/ml/processing/output".to_owned(),
                upload: UploadMode::EndOfJob,
            }],
            environment: Default::default(),
        }
    }

    #[test]
    fn a_path_of_one_input_is_its_place_in_the_bucket() {
        let one = spec(&[("s3://b/train.csv", "/opt/ml/processing/input/data")]);
        let found = direct(&one, "/opt/ml/processing/input/data/").unwrap();
        assert_eq!(found.as_deref(), Some("s3://b/train.csv"));
    }

    #[test]
    fn a_file_is_the_object_itself_or_lies_below_the_prefix() {
        let place = "/opt/ml/processing/baseline/constraints";
        let path = format!("{place}/constraints.json");
        for uri in ["s3://b/base/constraints.json", "s3://b/base"] {
            let found = file(&spec(&[(uri, place)]), &path).unwrap();
            assert_eq!(found, "s3://b/base/constraints.json");
        }
    }

    #[test]
    fn several_inputs_below_one_path_are_put_together() {
        let hours = spec(&[
            (
                "s3://b/10",
                "/opt/ml/processing/input/endpoint/2026/11/27/10",
            ),
            (
                "s3://b/11",
                "/opt/ml/processing/input/endpoint/2026/11/27/11",
            ),
        ]);
        assert_eq!(
            direct(&hours, "/opt/ml/processing/input/endpoint").unwrap(),
            None
        );
        assert_eq!(
            related(&hours, "/opt/ml/processing/input/endpoint").len(),
            2
        );
        assert!(direct(&hours, "/opt/ml/processing/input/end").is_err());
    }

    #[test]
    fn results_go_to_the_output_that_has_their_path() {
        let job = spec(&[]);
        assert_eq!(
            output(&job, "/opt/ml/processing/output").unwrap(),
            "s3://b/results"
        );
        assert_eq!(
            output(&job, "/opt/ml/processing/output/x").unwrap(),
            "s3://b/results/x"
        );
        assert!(output(&job, "/opt/ml/processing/other").is_err());
    }
}
