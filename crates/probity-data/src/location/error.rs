//! What can go wrong between a location that a user typed and its bytes, and
//! what the user can do about it. Messages name locations and the variables
//! that were used, never a variable's value nor the content of a file.

use std::io;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a location could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadLocation {
    #[error(
        "`{location}` is not a location that can be read; give a path, a pattern, `-` for standard input, or a URL that begins with file://, s3://, gs://, az:// or abfss://"
    )]
    UnknownScheme { location: String },
    #[error("`{location}` is not a complete location: {problem}")]
    Malformed { location: String, problem: String },
    #[error("`{location}` is not in a bucket: a server reads and writes no other files")]
    LocalRefused { location: String },
    #[error("no file or folder at `{location}`")]
    Missing { location: String },
    #[error(
        "no bucket or container `{bucket}` for `{location}`; check its name, the region and the endpoint"
    )]
    MissingBucket { location: String, bucket: String },
    #[error(
        "nothing to read in `{location}`: it holds no file that is neither hidden (`.name`, `_name`) nor empty"
    )]
    Nothing { location: String },
    #[error("no file matches `{location}`; quote the pattern if the shell must not expand it")]
    NoMatch { location: String },
    #[error("access to `{location}` was denied ({reason}); {advice}")]
    Denied {
        location: String,
        reason: String,
        advice: String,
    },
    #[error(
        "`{location}` cannot be reached at {endpoint}; check the network and the endpoint variable"
    )]
    Unreachable {
        location: String,
        endpoint: String,
        source: Cause,
    },
    #[error("the settings for `{location}` are not usable: {problem}")]
    Settings { location: String, problem: String },
    #[error("failed to read `{location}`")]
    Unreadable { location: String, source: Cause },
    #[error("the {compression} data of `{location}` ends too early; the file is truncated")]
    Truncated {
        location: String,
        compression: &'static str,
    },
    #[error("the {compression} data of `{location}` is damaged")]
    Corrupt {
        location: String,
        compression: &'static str,
        source: io::Error,
    },
    #[error("`{location}` was changed while it was being read; run again")]
    Changed { location: String },
}

impl ReadLocation {
    /// The error of a local file, by its kind.
    pub(crate) fn from_io(location: &str, source: io::Error) -> Self {
        let location = location.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                ReadLocation::Missing { location }
            }
            io::ErrorKind::PermissionDenied => ReadLocation::Denied {
                location,
                reason: "permission denied by the system".to_owned(),
                advice: "the user who runs this command needs to be allowed to read it".to_owned(),
            },
            _ => ReadLocation::Unreadable {
                location,
                source: Box::new(source),
            },
        }
    }
}

/// Why documents could not be written to a folder.
#[derive(Debug, thiserror::Error)]
pub enum WriteOutput {
    #[error("failed to write `{location}`")]
    Local { location: String, source: io::Error },
    #[error("`{location}` is a file; give a folder")]
    NotAFolder { location: String },
    #[error("`{name}` is not a plain file name")]
    Name { name: String },
    #[error("cannot write to `{location}`")]
    Remote {
        location: String,
        source: ReadLocation,
    },
}
