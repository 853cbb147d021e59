//! What kind of place a location names, by its spelling alone.

use std::path::{Path, PathBuf};

use url::Url;

use super::environment::Environment;
use super::error::ReadLocation;

/// A location, not yet looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    StandardInput,
    Local(PathBuf),
    Remote(Address),
}

/// The place of an object or a folder of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) service: Service,
    /// The start of the location as it was written, `s3://bucket`, without a `/` at the end.
    pub(crate) root: String,
    pub(crate) bucket: String,
    /// `account.dfs.core.windows.net`, where the location names it.
    pub(crate) host: Option<String>,
    /// Taken literally, as the AWS tools do: `%20` is three characters.
    pub(crate) key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    Google,
    Azure,
}

/// A location that may be read and written within `environment`.
pub(crate) fn parse_allowed(
    location: &str,
    environment: &Environment,
) -> Result<Location, ReadLocation> {
    let parsed = parse(location)?;
    let allowed = match &parsed {
        Location::StandardInput => environment.allows(Path::new("-")),
        Location::Local(path) => environment.allows(path),
        Location::Remote(_) => true,
    };
    if allowed {
        return Ok(parsed);
    }
    Err(ReadLocation::LocalRefused {
        location: location.to_owned(),
    })
}

pub(crate) fn parse(location: &str) -> Result<Location, ReadLocation> {
    if location == "-" {
        return Ok(Location::StandardInput);
    }
    if location.is_empty() {
        return Err(malformed(location, "it is empty"));
    }
    if location.starts_with("file:") {
        let url = Url::parse(location).map_err(|error| malformed(location, &error.to_string()))?;
        let path = url.to_file_path().map_err(|()| {
            malformed(
                location,
                "a file URL has three slashes: file:///folder/file.csv",
            )
        })?;
        return Ok(Location::Local(path));
    }
    let Some((scheme, rest)) = location.split_once("://") else {
        return Ok(Location::Local(PathBuf::from(location)));
    };
    let service = match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3a" | "s3n" => Service::S3,
        "gs" | "gcs" => Service::Google,
        "az" | "azure" | "abfs" | "abfss" | "wasb" | "wasbs" => Service::Azure,
        _ => {
            return Err(ReadLocation::UnknownScheme {
                location: location.to_owned(),
            });
        }
    };
    let (authority, key) = rest.split_once('/').unwrap_or((rest, ""));
    let (bucket, host) = match authority.split_once('@') {
        Some((container, host)) if service == Service::Azure => (container, Some(host.to_owned())),
        _ => (authority, None),
    };
    if bucket.is_empty() || bucket.contains(['*', '?', '[', '{', '@', ':']) {
        return Err(malformed(
            location,
            "the name of the bucket or container must follow `://`",
        ));
    }
    Ok(Location::Remote(Address {
        service,
        root: format!("{scheme}://{authority}"),
        bucket: bucket.to_owned(),
        host,
        key: key.to_owned(),
    }))
}

fn malformed(location: &str, problem: &str) -> ReadLocation {
    ReadLocation::Malformed {
        location: location.to_owned(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_local(location: &str, path: &str) {
        assert_eq!(
            parse(location).unwrap(),
            Location::Local(PathBuf::from(path))
        );
    }

    #[track_caller]
    fn check_remote(location: &str, service: Service, bucket: &str, key: &str) {
        let Location::Remote(address) = parse(location).unwrap() else {
            panic!("`{location}` is not remote")
        };
        assert_eq!(
            (
                address.service,
                address.bucket.as_str(),
                address.key.as_str()
            ),
            (service, bucket, key)
        );
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(parse("-").unwrap(), Location::StandardInput);
        check_local("./-", "./-");
    }

    #[test]
    fn paths_are_taken_literally_and_file_urls_decoded() {
        check_local("data/50%20off #1.csv", "data/50%20off #1.csv");
        check_local("file:///data/50%20off.csv", "/data/50 off.csv");
        check_local("C:/data.csv", "C:/data.csv");
    }

    #[test]
    fn object_keys_are_taken_literally() {
        check_remote(
            "s3://bucket/a b/50%20off?#1.csv",
            Service::S3,
            "bucket",
            "a b/50%20off?#1.csv",
        );
        check_remote("s3a://bucket", Service::S3, "bucket", "");
        check_remote("gs://bucket/x/", Service::Google, "bucket", "x/");
    }

    #[test]
    fn azure_has_two_spellings() {
        check_remote("az://container/x.csv", Service::Azure, "container", "x.csv");
        check_remote(
            "abfss://container@acct.dfs.core.windows.net/x.csv",
            Service::Azure,
            "container",
            "x.csv",
        );
    }

    #[test]
    fn unknown_schemes_and_missing_buckets_are_refused() {
        assert!(matches!(
            parse("hdfs://node/x"),
            Err(ReadLocation::UnknownScheme { .. })
        ));
        for location in ["", "s3://", "s3:///key", "s3://*/key", "file://x/y"] {
            assert!(
                matches!(parse(location), Err(ReadLocation::Malformed { .. })),
                "{location}"
            );
        }
    }
}
