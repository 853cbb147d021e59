//! Reads locations whole, for the tests of locations.

use futures::TryStreamExt;
use probity_data::location::{Environment, ReadLocation, SourceFile, find_files};

/// The content of one file.
pub(crate) async fn content(file: &SourceFile) -> Result<Vec<u8>, ReadLocation> {
    let chunks: Vec<_> = file.read().await?.try_collect().await?;
    Ok(chunks.concat())
}

/// Name (without `root`) and content of each file of `location`.
pub(crate) async fn contents(
    root: &str,
    location: &str,
    environment: &Environment,
) -> Result<Vec<(String, String)>, ReadLocation> {
    let mut found = Vec::new();
    for file in find_files(location, environment).await? {
        let text = String::from_utf8(content(&file).await?).unwrap();
        let name = file.uri().strip_prefix(root).unwrap_or(file.uri());
        found.push((name.trim_start_matches('/').to_owned(), text));
    }
    Ok(found)
}

/// Only the names.
pub(crate) async fn names(
    root: &str,
    location: &str,
    environment: &Environment,
) -> Result<Vec<String>, ReadLocation> {
    Ok(contents(root, location, environment)
        .await?
        .into_iter()
        .map(|(name, _)| name)
        .collect())
}
