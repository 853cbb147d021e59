//! S3 over the folder of buckets, as boto3, the AWS CLI and the SDK's uploader use it:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>.
//! The library `s3s` reads requests, verifies signatures and writes XML; what the operations do is
//! here. Operations that are not here answer `NotImplemented`.
//!
//! Reads and writes of objects are not events of the audit log, as CloudTrail does not keep data
//! events unless it is told to; results and models that governance refers to are named by hash.

mod access;
mod api;
mod bucket;
mod checksum;
mod fault;
mod host;
mod listing;
mod message;
mod multipart;
mod object;
mod shape;
mod upload;
mod uploads;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use probity_app::App;
use probity_data::location::buckets::{BucketError, Buckets};
use s3s::service::S3ServiceBuilder;
use tracing::info;

use crate::aws::Keys;
use crate::server::ObjectService;
use access::{AccessRules, KeySecrets};
use host::Domain;
pub(crate) use message::with_message;
use uploads::Uploads;

/// What the S3 endpoint needs.
#[derive(Debug)]
pub struct S3Parts {
    pub app: App,
    /// `None` asks nobody for a signature.
    pub keys: Option<Arc<dyn Keys>>,
    /// `DATA/objects`.
    pub folder: PathBuf,
    /// Under which `BUCKET.DOMAIN` names a bucket, beside `/BUCKET`.
    pub domain: Option<String>,
}

/// What the operations work on.
#[derive(Clone, Debug)]
struct Objects {
    buckets: Buckets,
    uploads: Uploads,
    app: App,
}

/// Opens the endpoint. Removes what a killed process was writing.
pub fn service(parts: S3Parts) -> Result<ObjectService, BucketError> {
    let buckets = Buckets::new(parts.folder);
    let swept = buckets.sweep()?;
    if swept > 0 {
        info!(
            files = swept,
            "removed {swept} unfinished files of an earlier process"
        );
    }
    let mut builder = S3ServiceBuilder::new(Objects {
        uploads: Uploads::new(buckets.clone()),
        buckets,
        app: parts.app.clone(),
    });
    if let Some(keys) = parts.keys {
        builder.set_auth(KeySecrets(Arc::clone(&keys)));
        builder.set_access(AccessRules {
            app: parts.app,
            keys,
        });
    }
    if let Some(domain) = parts.domain {
        builder.set_host(Domain::new(domain));
    }
    Ok(ObjectService(builder.build()))
}
