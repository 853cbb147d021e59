//! Writing result documents to a folder or a bucket so that a failed run
//! leaves nothing half-written: all are written beside, then put in place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path as FilePath, PathBuf};

use futures::TryStreamExt;
use object_store::buffered::BufWriter as ObjectWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use super::environment::Environment;
use super::error::{ReadLocation, WriteOutput};
use super::parse::{self, Location};
use super::remote::{self, RemoteStore};
use super::store;

/// A folder that documents are written to. Nothing appears under its final
/// name before [`OutputFolder::commit`]; dropping it without removes all.
///
/// Files are not forced to the disk one by one: that takes longer than a
/// check of a small file, and a run that a power cut spoils can be repeated.
#[derive(Debug)]
pub struct OutputFolder {
    location: String,
    // Dropped before `target`, which removes the folder that this lies in.
    staging: TempDir,
    names: Vec<String>,
    /// Documents of an earlier run that must not stay.
    stale: Vec<String>,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Local {
        folder: PathBuf,
        created: CreatedFolders,
    },
    Remote {
        store: RemoteStore,
        folder: Path,
    },
}

impl OutputFolder {
    /// Makes the folder, or asks the bucket whether we may come in, before
    /// any long work begins.
    pub async fn create(
        location: &str,
        environment: &Environment,
    ) -> Result<OutputFolder, WriteOutput> {
        let remote = |source: ReadLocation| WriteOutput::Remote {
            location: location.to_owned(),
            source,
        };
        match parse::parse_allowed(location, environment).map_err(remote)? {
            Location::StandardInput => Err(WriteOutput::NotAFolder {
                location: location.to_owned(),
            }),
            Location::Local(folder) => create_local(location, folder),
            Location::Remote(address) => {
                let store = store::connect(&address, environment).map_err(remote)?;
                let folder = remote::parse_key(location, &address.key).map_err(remote)?;
                let mut listing = store.object_store().list(Some(&folder));
                listing
                    .try_next()
                    .await
                    .map_err(|error| remote(store.explain(location, &error)))?;
                let staging = tempfile::Builder::new()
                    .prefix("probity-")
                    .tempdir_in(environment.temporary_folder())
                    .map_err(|source| WriteOutput::Local {
                        location: "the temporary folder".to_owned(),
                        source,
                    })?;
                Ok(OutputFolder {
                    location: location.to_owned(),
                    staging,
                    names: Vec::new(),
                    stale: Vec::new(),
                    target: Target::Remote { store, folder },
                })
            }
        }
    }

    /// Writes the document `name` through `content`; a second document of the
    /// same name replaces the first. A name with slashes lies in folders below.
    pub fn write(
        &mut self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), WriteOutput> {
        let stays_inside =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
        if !name.split('/').all(stays_inside) {
            return Err(WriteOutput::Name {
                name: name.to_owned(),
            });
        }
        let written = || -> io::Result<()> {
            let staged = self.staging.path().join(name);
            make_parent(&staged)?;
            let mut file = BufWriter::new(File::create(staged)?);
            content(&mut file)?;
            file.flush()
        };
        written().map_err(|source| WriteOutput::Local {
            location: self.place_of(name),
            source,
        })?;
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        Ok(())
    }

    /// On commit, removes the document `name` of an earlier run, unless this run writes it.
    pub fn remove_unless_written(&mut self, name: &str) {
        self.stale.push(name.to_owned());
    }

    /// Puts all documents in place, in the order in which they were written. In a local
    /// folder, a failure puts the old ones back; in a bucket, documents that were uploaded
    /// before the failure stay.
    pub async fn commit(mut self) -> Result<(), WriteOutput> {
        self.stale.retain(|name| !self.names.contains(name));
        match &self.target {
            Target::Local { folder, .. } => self.replace_local(folder)?,
            Target::Remote { store, folder } => {
                for name in &self.names {
                    let path = below(folder, name);
                    upload(store, &path, &self.staging.path().join(name))
                        .await
                        .map_err(|source| self.upload_failed(name, store, source))?;
                }
                for name in &self.stale {
                    let path = below(folder, name);
                    match store.object_store().delete(&path).await {
                        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                        Err(error) => {
                            return Err(WriteOutput::Remote {
                                location: self.place_of(name),
                                source: store.explain(&self.place_of(name), &error),
                            });
                        }
                    }
                }
            }
        }
        if let Target::Local { created, .. } = &mut self.target {
            created.keep();
        }
        Ok(())
    }

    fn replace_local(&self, folder: &FilePath) -> Result<(), WriteOutput> {
        // No document can have this name.
        let aside = self.staging.path().join(".replaced");
        let mut undo = Vec::new();
        let replaced = self.swap_local(folder, &aside, &mut undo);
        if replaced.is_err() {
            for (from, to) in undo.into_iter().rev() {
                // What cannot be put back has no better place to go.
                let _ = fs::rename(from, to);
            }
        }
        replaced
    }

    /// Moves old documents aside and new ones in; `undo` gathers the moves that put it back.
    fn swap_local(
        &self,
        folder: &FilePath,
        aside: &FilePath,
        undo: &mut Vec<(PathBuf, PathBuf)>,
    ) -> Result<(), WriteOutput> {
        let failed = |name: &str, source: io::Error| WriteOutput::Local {
            location: self.place_of(name),
            source,
        };
        fs::create_dir(aside).map_err(|source| failed("", source))?;
        for name in self.names.iter().chain(&self.stale) {
            let (place, kept) = (folder.join(name), aside.join(name));
            make_parent(&kept).map_err(|source| failed(name, source))?;
            match fs::rename(&place, &kept) {
                Ok(()) => undo.push((kept, place.clone())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(name, error)),
            }
            let staged = self.staging.path().join(name);
            if self.names.contains(name) {
                make_parent(&place).map_err(|source| failed(name, source))?;
                fs::rename(&staged, &place).map_err(|source| failed(name, source))?;
                undo.push((place, staged));
            }
        }
        Ok(())
    }

    fn place_of(&self, name: &str) -> String {
        format!("{}/{name}", self.location.trim_end_matches('/'))
    }

    fn upload_failed(&self, name: &str, store: &RemoteStore, error: io::Error) -> WriteOutput {
        explain_upload(&self.place_of(name), store, error)
    }
}

/// The error of an upload to `location`, as the store explains it.
pub(super) fn explain_upload(location: &str, store: &RemoteStore, error: io::Error) -> WriteOutput {
    let location = location.to_owned();
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<object_store::Error>())
    {
        Some(refused) => WriteOutput::Remote {
            source: store.explain(&location, refused),
            location,
        },
        None => WriteOutput::Local {
            location,
            source: error,
        },
    }
}

/// Folders that were made for the output, outermost first; removed again on
/// drop as far as they are empty.
#[derive(Debug)]
struct CreatedFolders {
    folders: Vec<PathBuf>,
}

impl CreatedFolders {
    fn make(folder: &FilePath) -> io::Result<CreatedFolders> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut folders: Vec<PathBuf> = missing.map(FilePath::to_owned).collect();
        folders.reverse();
        let created = CreatedFolders { folders };
        fs::create_dir_all(folder)?;
        Ok(created)
    }

    fn keep(&mut self) {
        self.folders.clear();
    }
}

impl Drop for CreatedFolders {
    fn drop(&mut self) {
        for folder in self.folders.iter().rev() {
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

fn create_local(location: &str, folder: PathBuf) -> Result<OutputFolder, WriteOutput> {
    if folder.is_file() {
        return Err(WriteOutput::NotAFolder {
            location: location.to_owned(),
        });
    }
    let failed = |source: io::Error| WriteOutput::Local {
        location: location.to_owned(),
        source,
    };
    let created = CreatedFolders::make(&folder).map_err(failed)?;
    // Inside the folder, so that the renames stay within one file system.
    let staging = tempfile::Builder::new()
        .prefix(".probity-")
        .tempdir_in(&folder)
        .map_err(failed)?;
    Ok(OutputFolder {
        location: location.to_owned(),
        staging,
        names: Vec::new(),
        stale: Vec::new(),
        target: Target::Local { folder, created },
    })
}

fn make_parent(path: &FilePath) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A document's place in a bucket.
fn below(folder: &Path, name: &str) -> Path {
    name.split('/').fold(folder.clone(), Path::join)
}

/// One request for a small document, parts for a large one.
pub(super) async fn upload(store: &RemoteStore, path: &Path, staged: &FilePath) -> io::Result<()> {
    let mut file = tokio::fs::File::open(staged).await?;
    let mut object = ObjectWriter::new(store.object_store(), path.clone());
    let copied = async {
        tokio::io::copy(&mut file, &mut object).await?;
        object.shutdown().await
    };
    copied.await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    fn create(folder: &FilePath) -> OutputFolder {
        block_on(OutputFolder::create(
            folder.to_str().unwrap(),
            &Environment::default(),
        ))
        .unwrap()
    }

    fn names_in(folder: &FilePath) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(output: &mut OutputFolder, name: &str, content: &'static str) {
        output
            .write(name, |writer| writer.write_all(content.as_bytes()))
            .unwrap();
    }

    #[test]
    fn nothing_has_its_name_before_the_commit_and_nothing_else_stays_after_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("new/results");
        let mut output = create(&folder);
        write(&mut output, "statistics.json", "{}");
        assert!(!folder.join("statistics.json").exists());
        block_on(output.commit()).unwrap();
        assert_eq!(names_in(&folder), ["statistics.json"]);
        assert_eq!(
            fs::read_to_string(folder.join("statistics.json")).unwrap(),
            "{}"
        );
    }

    #[test]
    fn a_document_may_lie_in_a_folder_below() {
        let home = tempfile::tempdir().unwrap();
        for content in ["first", "second"] {
            let mut output = create(home.path());
            write(&mut output, "explanations_shap/out.csv", content);
            block_on(output.commit()).unwrap();
            let place = home.path().join("explanations_shap/out.csv");
            assert_eq!(fs::read_to_string(place).unwrap(), content);
            assert_eq!(names_in(home.path()), ["explanations_shap"]);
        }
    }

    #[test]
    fn a_dropped_output_leaves_no_trace() {
        let home = tempfile::tempdir().unwrap();
        let mut output = create(&home.path().join("new/results"));
        write(&mut output, "statistics.json", "{}");
        drop(output);
        assert_eq!(names_in(home.path()), Vec::<String>::new());
    }

    #[test]
    fn a_failed_run_keeps_the_documents_of_the_last_one() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("statistics.json"), "old").unwrap();
        let mut output = create(home.path());
        write(&mut output, "statistics.json", "new");
        let failed = output.write("constraints.json", |_| Err(io::Error::other("disk full")));
        assert!(
            failed
                .unwrap_err()
                .to_string()
                .ends_with("/constraints.json`")
        );
        drop(output);
        assert_eq!(
            fs::read_to_string(home.path().join("statistics.json")).unwrap(),
            "old"
        );
        assert_eq!(names_in(home.path()), ["statistics.json"]);
    }

    #[test]
    fn a_file_is_not_a_folder() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("results");
        fs::write(&file, "x").unwrap();
        let error = block_on(OutputFolder::create(
            file.to_str().unwrap(),
            &Environment::default(),
        ))
        .unwrap_err();
        assert!(matches!(error, WriteOutput::NotAFolder { .. }), "{error}");
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let mut output = create(home.path());
        for name in ["../x", "/x", "", ".x", "a/../x", "a//x", "a/", "a/.x"] {
            assert!(
                matches!(
                    output.write(name, |_| Ok(())),
                    Err(WriteOutput::Name { .. })
                ),
                "{name}"
            );
        }
    }

    #[test]
    fn a_commit_that_fails_puts_the_old_documents_back() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("result");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.json"), "old").unwrap();
        let mut output = create(&folder);
        output.write("a.json", |out| out.write_all(b"new")).unwrap();
        output.write("b.json", |out| out.write_all(b"new")).unwrap();
        // The second document disappears before it can be moved into place.
        fs::remove_file(output.staging.path().join("b.json")).unwrap();
        block_on(output.commit()).unwrap_err();
        assert_eq!(fs::read_to_string(folder.join("a.json")).unwrap(), "old");
        assert!(!folder.join("b.json").exists());
    }

    #[test]
    fn documents_of_an_earlier_run_are_removed_when_asked() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("result");
        fs::create_dir(&folder).unwrap();
        for name in ["stale.json", "own.json"] {
            fs::write(folder.join(name), "old").unwrap();
        }
        let mut output = create(&folder);
        output.write("a.json", |out| out.write_all(b"new")).unwrap();
        output.remove_unless_written("stale.json");
        output.remove_unless_written("a.json");
        block_on(output.commit()).unwrap();
        assert!(!folder.join("stale.json").exists());
        assert!(folder.join("own.json").exists() && folder.join("a.json").exists());
    }
}
