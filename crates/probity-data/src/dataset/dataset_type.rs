//! `dataset_type` of an analysis configuration: a media type for each format.

use super::options::Format;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatasetType {
    Csv,
    JsonLines,
    Json,
    Parquet,
    /// Of monitors: captured events, with ground truth or without.
    Capture,
}

/// A `dataset_type` that holds no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`dataset_type` is `{name}`, expected `text/csv`, `application/jsonlines`, `application/json`, `application/x-parquet` or `application/sagemakercapturejson`"
)]
pub struct UnknownDatasetType {
    pub name: String,
}

impl DatasetType {
    /// The case does not matter, as in the service; the guide's `application/parquet` is `application/x-parquet`.
    pub fn from_name(name: &str) -> Result<DatasetType, UnknownDatasetType> {
        match name.to_ascii_lowercase().as_str() {
            "text/csv" => Ok(DatasetType::Csv),
            "application/jsonlines" => Ok(DatasetType::JsonLines),
            "application/json" => Ok(DatasetType::Json),
            "application/x-parquet" | "application/parquet" => Ok(DatasetType::Parquet),
            "application/sagemakercapturejson" => Ok(DatasetType::Capture),
            _ => Err(UnknownDatasetType {
                name: name.to_owned(),
            }),
        }
    }

    /// The format to read; of captures the content tells whether they are merged with ground truth, so they are
    /// to be recognised and then asked for with [`DatasetType::allows`].
    pub fn format(self) -> Option<Format> {
        match self {
            DatasetType::Csv => Some(Format::Csv),
            DatasetType::JsonLines => Some(Format::JsonLines),
            DatasetType::Json => Some(Format::Json),
            DatasetType::Parquet => Some(Format::Parquet),
            DatasetType::Capture => None,
        }
    }

    /// Whether data that were read as `format` are what the type says.
    pub fn allows(self, format: Format) -> bool {
        match self.format() {
            Some(expected) => expected == format,
            None => matches!(format, Format::Capture | Format::MergedCapture),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, format: Option<Format>, allowed: &[Format]) {
        let found = DatasetType::from_name(name).unwrap();
        assert_eq!(found.format(), format);
        assert!(allowed.iter().all(|format| found.allows(*format)));
    }

    #[test]
    fn each_type_has_its_format() {
        check("text/csv", Some(Format::Csv), &[Format::Csv]);
        check(
            "Application/JSONLines",
            Some(Format::JsonLines),
            &[Format::JsonLines],
        );
        check("application/json", Some(Format::Json), &[Format::Json]);
        check(
            "application/x-parquet",
            Some(Format::Parquet),
            &[Format::Parquet],
        );
        check(
            "application/parquet",
            Some(Format::Parquet),
            &[Format::Parquet],
        );
        check(
            "application/sagemakercapturejson",
            None,
            &[Format::Capture, Format::MergedCapture],
        );
    }

    #[test]
    fn a_type_allows_no_other_format() {
        assert!(!DatasetType::Capture.allows(Format::Csv));
        assert!(!DatasetType::Csv.allows(Format::JsonLines));
    }

    #[test]
    fn images_are_no_table() {
        let error = DatasetType::from_name("application/x-image").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`dataset_type` is `application/x-image`, expected")
        );
    }
}
