//! Files that are being written: beside the buckets, where no key and no listing leads, until they
//! are whole and on the disk. What a killed process left there is removed at the next start.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::{NamedTempFile, TempPath};

use super::error::BucketError;

/// A file that is being written; dropped without being put in place, it is gone.
#[derive(Debug)]
pub struct Staged {
    pub(super) file: File,
    pub(super) path: TempPath,
    size: u64,
}

impl Staged {
    pub(super) fn create(folder: &Path) -> Result<Staged, BucketError> {
        let create = || -> io::Result<NamedTempFile> {
            match new_file(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir_all(folder)?;
                    new_file(folder)
                }
                created => created,
            }
        };
        let (file, path) = create()
            .map_err(BucketError::disk("make a temporary file"))?
            .into_parts();
        Ok(Staged {
            file,
            path,
            size: 0,
        })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), BucketError> {
        self.file
            .write_all(bytes)
            .map_err(BucketError::disk("write an object"))?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Appends `length` bytes of another file from where it stands; in the kernel where it can be.
    pub fn append(&mut self, from: &mut File, length: u64) -> Result<(), BucketError> {
        let copied = io::copy(&mut from.take(length), &mut self.file)
            .map_err(BucketError::disk("copy an object"))?;
        self.size += copied;
        if copied < length {
            let source = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(BucketError::disk("copy an object")(source));
        }
        Ok(())
    }

    /// Reads all of it from the start.
    pub fn read_back(&mut self, mut read: impl FnMut(&[u8])) -> Result<(), BucketError> {
        let mut pass = || -> io::Result<()> {
            self.file.rewind()?;
            let mut buffer = vec![0; 256 * 1024];
            loop {
                match self.file.read(&mut buffer)? {
                    0 => return Ok(()),
                    length => read(&buffer[..length]),
                }
            }
        };
        pass().map_err(BucketError::disk("read an object back"))
    }

    /// Brings it to the disk and moves it to a path that is not a key's, in the same file system.
    pub fn keep(self, path: &Path) -> Result<(), BucketError> {
        let disk = BucketError::disk("keep a file");
        let kept = self
            .file
            .sync_all()
            .and_then(|()| super::move_into_place(self, path));
        kept.map_err(disk)
    }

    pub fn size(&self) -> u64 {
        self.size
    }
}

fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(run()).suffix(".part");
    // The umask decides who may read it, as for any file that is made in place.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Begins the names of this process's files: a word that no other process has.
fn run() -> &'static str {
    static RUN: OnceLock<String> = OnceLock::new();
    RUN.get_or_init(|| {
        // The only random name that needs no file.
        let number =
            std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), std::process::id());
        format!("{number:016x}-")
    })
}

/// Removes what earlier processes left.
pub(super) fn sweep(folder: &Path) -> io::Result<u64> {
    let mut removed = 0;
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(run().as_bytes())
        {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Makes a folder and those above it, each entered on the disk in the one above. Not found: one
/// of them was removed meanwhile, as an empty one may be.
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    let missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    for folder in missing.iter().rev() {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made?,
        }
        sync_folder(folder.parent().unwrap_or(folder))?;
    }
    match fs::metadata(folder)?.is_dir() {
        true => Ok(()),
        false => Err(io::Error::from(io::ErrorKind::NotADirectory)),
    }
}

/// Brings the names of a folder's files to the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
