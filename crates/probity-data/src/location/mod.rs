//! Locations that a user can name and the bytes behind them: local paths,
//! patterns, standard input, and buckets of S3, Google Cloud Storage and Azure.
//! `docs/reading-data.md` tells users the same.

mod aws_profile;
mod azure;
pub mod buckets;
mod decompress;
mod environment;
mod error;
mod google;
mod level;
mod local;
mod move_file;
mod objects;
mod output;
mod parse;
mod pattern;
mod remote;
mod removal;
mod report_state;
mod s3;
mod source_file;
mod store;

pub use environment::Environment;
pub use error::{ReadLocation, WriteOutput};
pub(crate) use level::{Level, ListedFile, list_level};
pub(crate) use move_file::move_file;
pub use objects::{
    StoredObject, find_object, list_folder, list_objects, read_object, upload_object,
    upload_open_object, write_object,
};
pub use output::OutputFolder;
pub use removal::{Measured, delete_objects, list_folders, measure};
pub use report_state::{Patience, report_states};
pub use source_file::{RandomAccess, SourceFile};

pub(crate) use parse::{Location, parse_allowed};
pub(crate) use remote::parse_key;
pub(crate) use store::connect;

use bytes::Bytes;

/// The files of `location`, sorted by path. In folders and patterns, hidden
/// and empty files are passed over; a file that is named itself is not.
pub async fn find_files(
    location: &str,
    environment: &Environment,
) -> Result<Vec<SourceFile>, ReadLocation> {
    let parsed = parse_allowed(location, environment)?;
    let environment = environment.clone();
    match parsed {
        Location::StandardInput => {
            let location = "standard input";
            let spool = move || {
                Ok(local::spool(
                    location,
                    std::io::stdin().lock(),
                    &environment,
                ))
            };
            Ok(vec![local::blocking(location, spool).await??])
        }
        Location::Local(path) => {
            let location = location.to_owned();
            let name = location.clone();
            local::blocking(&name, move || {
                Ok(local::find(&location, &path, &environment))
            })
            .await?
        }
        Location::Remote(address) => {
            let store = connect(&address, &environment)?;
            remote::find(&store, location, &address.key).await
        }
    }
}

/// A document of a folder, as `constraints.json` of a baseline; `None` when
/// there is a folder without it, or when `location` is a file.
pub async fn read_document(
    location: &str,
    name: &str,
    environment: &Environment,
) -> Result<Option<Bytes>, ReadLocation> {
    match parse_allowed(location, environment)? {
        Location::StandardInput => Ok(None),
        Location::Local(folder) => {
            let path = folder.join(name);
            local::blocking(location, move || Ok(local::read_document(&folder, &path))).await?
        }
        Location::Remote(address) => {
            let store = connect(&address, environment)?;
            remote::read_document(&store, &address.key, name).await
        }
    }
}
