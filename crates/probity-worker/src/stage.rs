//! Copies between buckets and the folder of a job, in which the container's paths are kept:
//! `/opt/ml/processing/input/x` is `WORK/opt/ml/processing/input/x`.

use std::path::{Component, Path, PathBuf};

use probity_data::location::{
    Environment, ReadLocation, StoredObject, WriteOutput, list_objects, read_object,
    upload_open_object,
};
use serde_json::Value;
use thiserror::Error;

use crate::analyses::{DataType, JobInput};
use crate::left_behind::open_plain;

#[derive(Debug, Error)]
pub enum StageError {
    #[error("failed to copy input `{name}`")]
    Input {
        name: String,
        #[source]
        source: ReadLocation,
    },
    #[error("`{uri}` is no manifest: {problem}")]
    Manifest { uri: String, problem: String },
    #[error("`{path}` does not lie below `/opt/ml/`")]
    Outside { path: String },
    #[error("the key of `{uri}` leaves its folder")]
    Escape { uri: String },
    #[error("failed to use the job's folder")]
    Folder {
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Upload(#[from] WriteOutput),
}

impl StageError {
    pub(crate) fn is_bad_input(&self) -> bool {
        match self {
            Self::Input { .. }
            | Self::Manifest { .. }
            | Self::Outside { .. }
            | Self::Escape { .. } => true,
            Self::Folder { .. } | Self::Upload(_) => false,
        }
    }
}

/// Where a path of the container lies in the job's folder.
pub(crate) fn place_of(work_folder: &Path, path: &str) -> PathBuf {
    let parts = Path::new(path).components();
    let inside = parts.filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        // A path of the container is absolute, and never climbs.
        Component::RootDir | Component::CurDir | Component::ParentDir | Component::Prefix(_) => {
            None
        }
    });
    inside.fold(work_folder.to_owned(), |place, part| place.join(part))
}

/// Copies what an input names below its place.
pub(crate) async fn download(
    input: &JobInput,
    work_folder: &Path,
    environment: &Environment,
) -> Result<Vec<PathBuf>, StageError> {
    if !input.local_path.starts_with("/opt/ml/") {
        return Err(StageError::Outside {
            path: input.local_path.clone(),
        });
    }
    let unreadable = |source| StageError::Input {
        name: input.name.clone(),
        source,
    };
    let folder = place_of(work_folder, &input.local_path);
    tokio::fs::create_dir_all(&folder)
        .await
        .map_err(|source| StageError::Folder { source })?;
    let objects = match input.data_type {
        DataType::Prefix => list_objects(&input.uri, environment)
            .await
            .map_err(unreadable)?,
        DataType::Manifest => listed(&input.uri, environment).await?,
    };
    let mut places = Vec::with_capacity(objects.len());
    for object in objects {
        let place = inside(&folder, &object)?;
        object.download(&place).await.map_err(unreadable)?;
        places.push(place);
    }
    Ok(places)
}

/// An object's place below `folder`; a key must not climb out of it.
fn inside(folder: &Path, object: &StoredObject) -> Result<PathBuf, StageError> {
    let relative = Path::new(object.relative());
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    match plain && relative.components().next().is_some() {
        true => Ok(folder.join(relative)),
        false => Err(StageError::Escape { uri: object.uri() }),
    }
}

/// The objects of a manifest: `[{"prefix": "s3://b/k/"}, "a.csv", "b.csv"]`.
pub(crate) async fn listed(
    uri: &str,
    environment: &Environment,
) -> Result<Vec<StoredObject>, StageError> {
    let wrong = |problem: &str| StageError::Manifest {
        uri: uri.to_owned(),
        problem: problem.to_owned(),
    };
    let unreadable = |source| StageError::Input {
        name: uri.to_owned(),
        source,
    };
    let bytes = read_object(uri, environment).await.map_err(unreadable)?;
    let entries: Vec<Value> =
        serde_json::from_slice(&bytes).map_err(|_| wrong("it is no JSON list"))?;
    let mut prefix = None;
    let mut objects = Vec::new();
    for entry in &entries {
        match entry {
            Value::Object(members) => {
                let said = members.get("prefix").and_then(Value::as_str);
                prefix = Some(said.ok_or_else(|| wrong("an object has no `prefix`"))?);
            }
            Value::String(name) => {
                let prefix = prefix.ok_or_else(|| wrong("its first entry is no prefix"))?;
                let named = format!("{prefix}{name}");
                objects.extend(
                    list_objects(&named, environment)
                        .await
                        .map_err(unreadable)?,
                );
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err(wrong("an entry is neither a prefix nor a name"));
            }
        }
    }
    match objects.is_empty() {
        true => Err(wrong("it lists nothing")),
        false => Ok(objects),
    }
}

/// Copies one object.
pub(crate) async fn copy_object(
    uri: &str,
    place: &Path,
    environment: &Environment,
) -> Result<(), StageError> {
    let unreadable = |source| StageError::Input {
        name: uri.to_owned(),
        source,
    };
    let bytes = read_object(uri, environment).await.map_err(unreadable)?;
    let written = async {
        if let Some(folder) = place.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        tokio::fs::write(place, &bytes).await
    };
    written
        .await
        .map_err(|source| StageError::Folder { source })
}

/// Puts every plain file below `folder`, which is in the job's folder, under `uri`; how many
/// there were.
pub(crate) async fn upload_folder(
    (work_folder, folder): (&Path, &Path),
    uri: &str,
    environment: &Environment,
) -> Result<usize, StageError> {
    let unusable = |source| StageError::Folder { source };
    let files = plain_files(work_folder, folder).map_err(unusable)?;
    let n_files = files.len();
    for (path, name) in files {
        let file = open_plain(work_folder, &path).map_err(unusable)?;
        let place = format!("{}/{name}", uri.trim_end_matches('/'));
        upload_open_object(file.into(), &place, environment).await?;
    }
    Ok(n_files)
}

/// Plain files and their names below `folder`, sorted. Links are passed over: a script must not
/// publish what it can only name. Nothing is found where a link stands for `folder`, or for one
/// above it in `work_folder`.
pub(crate) fn plain_files(
    work_folder: &Path,
    folder: &Path,
) -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let inside = folder.strip_prefix(work_folder).unwrap_or(Path::new(""));
    if std::fs::canonicalize(folder).ok() != Some(work_folder.canonicalize()?.join(inside)) {
        return Ok(found);
    }
    let mut left = vec![(folder.to_owned(), String::new())];
    while let Some((place, below)) = left.pop() {
        let entries = match std::fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let name = match below.as_str() {
                "" => name,
                below => format!("{below}/{name}"),
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                left.push((entry.path(), name));
            } else if kind.is_file() {
                found.push((entry.path(), name));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_container_stays_in_the_jobs_folder() {
        let work = Path::new("/jobs/one");
        assert_eq!(
            place_of(work, "/opt/ml/processing/input/x"),
            Path::new("/jobs/one/opt/ml/processing/input/x")
        );
        assert_eq!(
            place_of(work, "/opt/ml/../../../etc/passwd"),
            Path::new("/jobs/one/opt/ml/etc/passwd")
        );
    }

    #[test]
    fn links_are_not_uploaded() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("a")).unwrap();
        std::fs::write(home.path().join("a/file"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", home.path().join("link")).unwrap();
        std::os::unix::fs::symlink("a", home.path().join("b")).unwrap();
        let names = |folder: &Path| -> Vec<String> {
            let files = plain_files(home.path(), folder).unwrap();
            files.into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(home.path()), ["a/file"]);
        assert_eq!(names(&home.path().join("a")), ["file"]);
        assert!(names(&home.path().join("b")).is_empty());
        assert!(names(&home.path().join("missing")).is_empty());
    }
}
