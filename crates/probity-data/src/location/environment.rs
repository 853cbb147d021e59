//! The environment variables that object stores are configured with, captured
//! by the command and handed down: nothing below the command reads the
//! process's own environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::buckets::Buckets;

/// Environment variables by name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// Where `s3://` lies when the server keeps its objects itself.
    buckets: Option<Buckets>,
    /// Where local files may lie; anywhere when it is not set.
    local_files: Option<PathBuf>,
}

impl Environment {
    /// The value of `name`; a variable that is set but empty counts as unset,
    /// as it does for the AWS and Azure tools.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// With `s3://bucket/key` as the file `folder/bucket/key` instead of an object of a service.
    #[must_use]
    pub fn with_buckets(mut self, folder: PathBuf) -> Environment {
        self.buckets = Some(Buckets::new(folder));
        self
    }

    /// Without local files but those below `folder`. A server reads locations that its callers
    /// chose: none of them may name the server's own key file, or `/etc/passwd`.
    #[must_use]
    pub fn with_local_files_below(mut self, folder: PathBuf) -> Environment {
        self.local_files = Some(folder);
        self
    }

    /// Whether `path` may be read and written: as it is spelled, without `..`, below the folder.
    pub(crate) fn allows(&self, path: &Path) -> bool {
        let Some(folder) = &self.local_files else {
            return true;
        };
        path.starts_with(folder)
            && path
                .components()
                .all(|part| !matches!(part, Component::ParentDir))
    }

    pub(crate) fn buckets(&self) -> Option<&Buckets> {
        self.buckets.as_ref()
    }

    /// Variables whose name begins with `prefix` and that are not empty.
    pub(crate) fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.variables
            .iter()
            .filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Those of `names` that are set, for an error message: never the values.
    pub(crate) fn names_set(&self, names: &[&'static str]) -> Vec<&'static str> {
        names
            .iter()
            .copied()
            .filter(|name| self.get(name).is_some())
            .collect()
    }

    /// Where temporary files go: `TMPDIR`, else the system's folder.
    pub(crate) fn temporary_folder(&self) -> PathBuf {
        self.get("TMPDIR")
            .map_or_else(std::env::temp_dir, PathBuf::from)
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<Variables: IntoIterator<Item = (Name, Value)>>(variables: Variables) -> Self {
        Environment {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            buckets: None,
            local_files: None,
        }
    }
}

/// Names only: the values hold keys and tokens.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_value() {
        let environment = Environment::from_iter([("AWS_SECRET_ACCESS_KEY", "hush")]);
        let shown = format!("{environment:?}");
        assert!(
            shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hush"),
            "{shown}"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = Environment::from_iter([("AWS_PROFILE", "")]);
        assert_eq!(environment.get("AWS_PROFILE"), None);
        assert_eq!(environment.names_set(&["AWS_PROFILE"]), Vec::<&str>::new());
    }

    #[test]
    fn a_server_reads_no_files_but_its_jobs() {
        let anywhere = Environment::default();
        assert!(anywhere.allows(Path::new("/etc/passwd")));
        let jobs = anywhere.with_local_files_below(PathBuf::from("/data/jobs"));
        assert!(jobs.allows(Path::new("/data/jobs/7/input/a.csv")));
        for path in [
            "/etc/passwd",
            "/data/secret.key",
            "/data/jobs/../secret.key",
            "/data/jobs-of-others/a",
            "data/jobs/a",
            "",
        ] {
            assert!(!jobs.allows(Path::new(path)), "{path}");
        }
    }
}
