//! Inputs of a run are copied into the folder of its job. What is told of them names the user's own
//! places, not those of this machine.

use std::path::Path;

use probity_domain::document::api::processing_job::ProcessingJob;

/// Pairs of how a text of the analysis names a place, and how the user does.
#[derive(Clone, Debug)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    pub(super) fn of(job: &ProcessingJob, work_folder: &Path) -> Names {
        let here = work_folder.display().to_string();
        let inputs = job.processing_inputs.iter();
        let mut names: Vec<(String, String)> = inputs
            .filter_map(|input| {
                let input = input.s3_input.as_ref()?;
                let local_path = input.local_path.as_deref()?.trim_end_matches('/');
                let uri = folder_of(&input.s3_uri);
                Some((format!("{here}{local_path}"), uri.to_owned()))
            })
            .collect();
        // The most exact one is told; what no input is stands as the container has it.
        names.sort_by_key(|(place, _)| std::cmp::Reverse(place.len()));
        names.push((here, String::new()));
        Names(names)
    }

    pub(super) fn in_text(&self, text: &str) -> String {
        let told = text.to_owned();
        self.0
            .iter()
            .fold(told, |told, (place, name)| told.replace(place, name))
    }
}

/// A copied file lies in the input's folder by its own name.
fn folder_of(uri: &str) -> &str {
    match uri.rsplit_once('/') {
        Some((folder, name)) if name.contains('.') => folder,
        Some(_) | None => uri.trim_end_matches('/'),
    }
}

#[cfg(test)]
mod tests {
    use probity_domain::document::api::processing_job::{ProcessingInput, ProcessingS3Input};

    use super::*;

    fn input(s3_uri: &str, local_path: &str) -> ProcessingInput {
        ProcessingInput {
            input_name: "input".to_owned(),
            s3_input: Some(ProcessingS3Input {
                s3_uri: s3_uri.to_owned(),
                local_path: Some(local_path.to_owned()),
                ..ProcessingS3Input::default()
            }),
            ..ProcessingInput::default()
        }
    }

    #[test]
    fn a_copied_file_is_told_by_its_place_in_the_bucket() {
        let job = ProcessingJob {
            processing_inputs: vec![
                input("s3://b/live/e/v/2026/11/27/12", "/opt/in/e/v/2026/11/27/12"),
                input("s3://b/m/13/part-0.jsonl", "/opt/in/13"),
            ],
            ..ProcessingJob::default()
        };
        let names = Names::of(&job, Path::new("/srv/jobs/1"));
        for (text, expected) in [
            (
                "1 bad, first at `/srv/jobs/1/opt/in/e/v/2026/11/27/12/a.jsonl` line 3",
                "1 bad, first at `s3://b/live/e/v/2026/11/27/12/a.jsonl` line 3",
            ),
            (
                "`/srv/jobs/1/opt/in/13/part-0.jsonl` has no column `x`",
                "`s3://b/m/13/part-0.jsonl` has no column `x`",
            ),
            ("no `/srv/jobs/1/opt/other`", "no `/opt/other`"),
        ] {
            assert_eq!(names.in_text(text), expected);
        }
    }
}
