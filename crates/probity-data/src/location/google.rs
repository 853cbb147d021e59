//! Google Cloud Storage, configured by the `GOOGLE_*` variables of
//! `object_store`; without any, by the application-default credentials.

use std::sync::Arc;

use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::Address;
use super::remote::{Credentials, Origin, RemoteStore};
use super::store::{client_options, retries, unusable};

const CREDENTIAL_VARIABLES: &[&str] = &[
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_SKIP_SIGNATURE",
];

pub(crate) fn connect(
    address: &Address,
    environment: &Environment,
) -> Result<RemoteStore, ReadLocation> {
    let endpoint = environment.get("GOOGLE_BASE_URL").map(str::to_owned);
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_retry(retries())
        .with_client_options(client_options(endpoint.as_deref()));
    for (name, value) in environment.with_prefix("GOOGLE_") {
        if let Ok(key) = name.to_ascii_lowercase().parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder
        .with_bucket_name(&address.bucket)
        .build()
        .map_err(|error| unusable(address, &error))?;
    let used = environment.names_set(CREDENTIAL_VARIABLES);
    let credentials = if used.is_empty() {
        Credentials::Absent {
            advice: "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or GOOGLE_SKIP_SIGNATURE=true for a public bucket",
        }
    } else {
        Credentials::Given {
            used: used.join(", "),
        }
    };
    let endpoint = endpoint.unwrap_or_else(|| "https://storage.googleapis.com".to_owned());
    Ok(RemoteStore::new(
        Arc::new(store),
        Origin::new(address, endpoint, credentials),
    ))
}
