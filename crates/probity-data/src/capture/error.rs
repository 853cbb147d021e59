//! Why a capture log could not be opened.

use std::io;
use std::path::PathBuf;

/// Why a capture log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenCapture {
    #[error("another process captures into `{}`; give each server a data folder of its own", folder.display())]
    InUse { folder: PathBuf },
    #[error("failed to prepare the capture folder `{}`", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
}
