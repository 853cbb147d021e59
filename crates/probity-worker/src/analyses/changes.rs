//! What a job's own variables change about the rows before they are analysed:
//!
//! * `exclude_features_attribute` (`ExcludeFeaturesAttribute` of the API): names, or positions
//!   from 0 among the features, that are left out;
//! * `PROBITY_RECORD_SQL`, or an object that `PROBITY_RECORD_SQL_URI` names: a `select … from
//!   records`; SageMaker cuts values of variables at 256 characters;
//! * `PROBITY_SEGMENT_BY`: columns by whose values the same analysis is made again.

use std::path::PathBuf;

use chrono::DateTime;
use probity_analysis::data_quality::Input;
use probity_analysis::records::{
    Column, Prepare, PrepareRecords, Prepared, Survey, prepare, survey,
};
use probity_data::dataset::{CaptureSide, ColumnChoice, Format, ReadOptions};
use probity_data::location::read_object;

use super::Tools;
use super::failure::AnalysisFailed;
use super::spec::JobSpec;

const SQL: &str = "PROBITY_RECORD_SQL";
const SQL_URI: &str = "PROBITY_RECORD_SQL_URI";
pub(super) const SEGMENT_BY: &str = "PROBITY_SEGMENT_BY";
const EXCLUDE: &str = "exclude_features_attribute";

/// Whether the output of transform jobs has columns that the service added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reserved {
    #[default]
    None,
    /// `GenerateInferenceId` adds an id and a time, which are no features.
    LeftOut,
}

/// Nothing, of most jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) reserved: Reserved,
    pub(super) sql: Option<String>,
    pub(super) exclude: Vec<ColumnChoice>,
    pub(super) segment_by: Vec<String>,
}

/// Rows that were made into a file.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) prepared: Prepared,
    /// What the rows were.
    pub(super) format: Format,
    /// Names of what was left out.
    pub(super) excluded: Vec<String>,
}

impl Changes {
    pub(super) async fn of(spec: &JobSpec, tools: &Tools) -> Result<Changes, AnalysisFailed> {
        let sql = match (spec.variable(SQL), spec.variable(SQL_URI)) {
            (Some(sql), _) => Some(sql.to_owned()),
            (None, Some(uri)) => {
                let bytes = read_object(uri, &tools.environment).await?;
                let text = String::from_utf8(bytes.to_vec());
                Some(text.map_err(|_| AnalysisFailed::Variable {
                    name: SQL_URI,
                    value: uri.to_owned(),
                    expected: "an object with text in UTF-8",
                })?)
            }
            (None, None) => None,
        };
        let listed = |name: &str| {
            let text = spec.variable(name).unwrap_or_default();
            let names = text.split(',').map(str::trim);
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect::<Vec<String>>()
        };
        Ok(Changes {
            reserved: reserved(spec),
            sql,
            exclude: listed(EXCLUDE)
                .iter()
                .map(|name| ColumnChoice::from(name.as_str()))
                .collect(),
            segment_by: listed(SEGMENT_BY),
        })
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Changes::default()
    }

    /// Makes the rows of `input` into a file, all of its columns or `columns` of them.
    pub(super) async fn made(
        &self,
        input: &Input,
        columns: impl FnOnce(&Survey) -> Result<Option<Vec<Column>>, AnalysisFailed>,
        tools: &Tools,
    ) -> Result<Changed, AnalysisFailed> {
        let mut input = input.clone();
        // The SQL sees positions where nobody named the columns, whatever the baseline is.
        let names = match &self.sql {
            Some(_) => input.read.column_names.take(),
            None => None,
        };
        let surveyed = survey(&input, &tools.environment).await?;
        let format = surveyed.format();
        let columns = columns(&surveyed)?;
        let excluded = self.excluded(&surveyed, columns.as_deref())?;
        let mut without = excluded.clone();
        if self.reserved == Reserved::LeftOut {
            let added = reserved_columns(&surveyed).into_iter();
            without.extend(added.map(|at| surveyed.columns[at].name.clone()));
        }
        let how = Prepare {
            columns,
            sql: self.sql.clone(),
            without,
            names,
            target: file(tools),
        };
        let prepared = prepare(surveyed, how).await?;
        for note in prepared.notes.iter().skip(prepared.notes_of_dataset) {
            tools.log.line(note);
        }
        Ok(Changed {
            prepared,
            format,
            excluded,
        })
    }

    /// Names of the columns to leave out. Those that the user's SQL makes are not known yet.
    fn excluded(
        &self,
        survey: &Survey,
        columns: Option<&[Column]>,
    ) -> Result<Vec<String>, AnalysisFailed> {
        let unknown = |source| {
            AnalysisFailed::Prepare(PrepareRecords::Column {
                variable: EXCLUDE,
                source,
            })
        };
        let mut names = Vec::new();
        for choice in &self.exclude {
            let found = match columns {
                // Of chosen columns names are meant as they are called then.
                Some(columns) => {
                    let chosen = columns.iter().find(|column| match choice {
                        ColumnChoice::Name(name) => column.name == *name,
                        ColumnChoice::Index(_) => false,
                    });
                    chosen.map(|column| column.name.clone())
                }
                None => None,
            };
            let found = match found {
                Some(name) => Ok(name),
                None => choice
                    .resolve_on(&survey.schema(), CaptureSide::Input)
                    .map(|at| survey.columns[at].name.clone()),
            };
            match (found, choice, &self.sql) {
                (Ok(name), _, _) => names.push(name),
                (Err(_), ColumnChoice::Name(name), Some(_)) => names.push(name.clone()),
                (Err(source), _, _) => return Err(unknown(source)),
            }
        }
        Ok(names)
    }
}

/// Of an execution that watches transform jobs, whose records are no captured events.
fn reserved(spec: &JobSpec) -> Reserved {
    let is_execution = spec
        .variable("sagemaker_monitoring_schedule_name")
        .is_some();
    let format = spec.variable("dataset_format").unwrap_or_default();
    match is_execution && !format.contains("sagemaker") {
        true => Reserved::LeftOut,
        false => Reserved::None,
    }
}

/// The keys that the service reserves in JSON; in CSV the last two columns, an id and a time.
pub(super) fn reserved_columns(survey: &Survey) -> Vec<usize> {
    let columns = survey.columns.iter().enumerate();
    let named: Vec<usize> = columns
        .filter(|(_, column)| {
            ["SageMakerInferenceId", "SageMakerInferenceTime"].contains(&column.name.as_str())
        })
        .map(|(at, _)| at)
        .collect();
    if !named.is_empty() {
        return named;
    }
    let example = |at: usize| survey.columns.get(at)?.example.as_deref();
    let n = survey.columns.len();
    let is_added = n > 2
        && example(n - 2).is_some_and(is_id)
        && example(n - 1).is_some_and(|text| DateTime::parse_from_rfc3339(text.trim()).is_ok());
    match is_added {
        true => vec![n - 2, n - 1],
        false => Vec::new(),
    }
}

/// `1f1d57b1-2e6f-488c-8c30-db4e6d757861`
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(is_hex)
}

fn file(tools: &Tools) -> PathBuf {
    tools.work_folder.join("probity-records").join("all.csv")
}

impl Changed {
    pub(super) fn location(&self) -> String {
        self.prepared.path.display().to_string()
    }

    /// How the file is read.
    pub(super) fn read(&self) -> ReadOptions {
        ReadOptions {
            format: Some(Format::Csv),
            delimiter: Some(b','),
            ..ReadOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inference_id_has_the_form_of_a_uuid() {
        assert!(is_id(" 1f1d57b1-2e6f-488c-8c30-db4e6d757861"));
        assert!(!is_id("2022-08-30"));
        assert!(!is_id("1f1d57b1-2e6f-488c-8c30-db4e6d75786"));
    }
}
