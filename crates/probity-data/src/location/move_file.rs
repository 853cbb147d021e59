//! Moving one finished file to a location that names one object.

use std::fs;
use std::io;
use std::path::{Path as FilePath, PathBuf};

use super::environment::Environment;
use super::error::{ReadLocation, WriteOutput};
use super::output::{self, explain_upload};
use super::parse::{self, Address, Location, Service};
use super::{local, remote, store};

/// Puts `file` in the place of `location` and removes it. What fails, or is broken off, can be
/// tried again: the object is there whole or not at all.
pub(crate) async fn move_file(
    file: &FilePath,
    location: &str,
    environment: &Environment,
) -> Result<(), WriteOutput> {
    let remote = |source: ReadLocation| WriteOutput::Remote {
        location: location.to_owned(),
        source,
    };
    let from = file.to_owned();
    match parse::parse_allowed(location, environment).map_err(remote)? {
        Location::StandardInput => Err(WriteOutput::NotAFolder {
            location: location.to_owned(),
        }),
        Location::Local(to) => local::blocking(location, move || Ok(move_local(&from, &to)))
            .await
            .map_err(remote)?
            .map_err(|source| WriteOutput::Local {
                location: location.to_owned(),
                source,
            }),
        Location::Remote(address) => {
            if moved_in(&address, file, environment).await {
                return Ok(());
            }
            let store = store::connect(&address, environment).map_err(remote)?;
            let path = remote::parse_key(location, &address.key).map_err(remote)?;
            output::upload(&store, &path, file)
                .await
                .map_err(|error| explain_upload(location, &store, error))?;
            fs::remove_file(file).map_err(|source| WriteOutput::Local {
                location: file.display().to_string(),
                source,
            })
        }
    }
}

/// Whether the file was renamed into our own folder of buckets. What cannot be renamed is put as an
/// object of any store is, which also says what is wrong.
async fn moved_in(address: &Address, file: &FilePath, environment: &Environment) -> bool {
    let (Service::S3, Some(buckets)) = (address.service, environment.buckets()) else {
        return false;
    };
    let (buckets, address, file) = (buckets.clone(), address.clone(), file.to_owned());
    let moved = tokio::task::spawn_blocking(move || {
        buckets.move_in((&address.bucket, &address.key), &file)
    });
    matches!(moved.await, Ok(Ok(())))
}

fn move_local(from: &FilePath, to: &FilePath) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to)?,
        renamed => renamed?,
    }
    match to.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// To another file system: hidden beside the place until it is whole.
fn copy(from: &FilePath, to: &FilePath) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(to.file_name().unwrap_or_default());
    let beside: PathBuf = to.with_file_name(name);
    fs::copy(from, &beside)?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, to)?;
    fs::remove_file(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_becomes_an_object_of_our_own_buckets() {
        let home = tempfile::tempdir().unwrap();
        let from = home.path().join("from");
        fs::write(&from, "x").unwrap();
        let environment = Environment::default().with_buckets(home.path().join("objects"));
        let object = "s3://captures/live/a.jsonl";
        assert!(move_file(&from, object, &environment).await.is_err());
        assert!(from.exists());
        fs::create_dir_all(home.path().join("objects/captures")).unwrap();
        move_file(&from, object, &environment).await.unwrap();
        let path = home.path().join("objects/captures/live/a.jsonl");
        assert_eq!(fs::read_to_string(path).unwrap(), "x");
        assert!(!from.exists());
        fs::write(&from, "x").unwrap();
        assert!(
            move_file(&from, "s3://captures/../a", &environment)
                .await
                .is_err()
        );
        assert!(from.exists());
    }

    #[test]
    fn a_file_is_moved_into_folders_that_are_made() {
        let home = tempfile::tempdir().unwrap();
        for mover in [move_local, copy] {
            let from = home.path().join("from");
            fs::write(&from, "x").unwrap();
            let to = home.path().join("a/b/to");
            mover(&from, &to).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), "x");
            assert!(!from.exists());
            fs::remove_file(to).unwrap();
        }
        assert_eq!(fs::read_dir(home.path().join("a/b")).unwrap().count(), 0);
    }
}
