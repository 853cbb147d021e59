//! Connections to object stores, with the time limits that all of them share.

use std::time::Duration;

use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::{Address, Service};
use super::remote::RemoteStore;
use super::{azure, buckets, google, s3};

/// Opens the store of `address`; nothing is sent yet.
pub(crate) fn connect(
    address: &Address,
    environment: &Environment,
) -> Result<RemoteStore, ReadLocation> {
    match (address.service, environment.buckets()) {
        (Service::S3, Some(buckets)) => buckets::connect(address, buckets),
        (Service::S3, None) => s3::connect(address, environment),
        (Service::Google, _) => google::connect(address, environment),
        (Service::Azure, _) => azure::connect(address, environment),
    }
}

/// A wrong endpoint must be reported within ten seconds: after six seconds no
/// further attempt begins, and each takes at most three to connect.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 6,
        retry_timeout: Duration::from_secs(6),
    }
}

/// Plain HTTP only to an endpoint that the user spelled with `http://`.
pub(crate) fn client_options(endpoint: Option<&str>) -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(Duration::from_secs(3))
        .with_timeout(Duration::from_secs(30))
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
}

/// The error of settings that a store's builder refuses.
pub(crate) fn unusable(address: &Address, error: &object_store::Error) -> ReadLocation {
    ReadLocation::Settings {
        location: address.root.clone(),
        problem: error.to_string(),
    }
}
