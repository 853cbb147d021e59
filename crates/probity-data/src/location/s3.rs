//! S3 and its work-alikes, configured by the variables and files that the AWS
//! tools read: <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::aws_profile::{self, Profile};
use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::Address;
use super::remote::{Credentials, Origin, RemoteStore};
use super::store::{client_options, retries, unusable};

/// Variables that decide who asks, in the order in which they are tried.
const CREDENTIAL_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
];

pub(crate) fn connect(
    address: &Address,
    environment: &Environment,
) -> Result<RemoteStore, ReadLocation> {
    let used = environment.names_set(CREDENTIAL_VARIABLES);
    let profile = aws_profile::load(&address.root, environment)?;
    let endpoint = environment
        .get("AWS_ENDPOINT_URL_S3")
        .or_else(|| environment.get("AWS_ENDPOINT_URL"))
        .or_else(|| environment.get("AWS_ENDPOINT"))
        .map(str::to_owned)
        .or_else(|| profile.endpoint.clone());
    let mut builder = AmazonS3Builder::new()
        .with_retry(retries())
        .with_client_options(client_options(endpoint.as_deref()));
    builder = with_profile(builder, &profile, &used);
    for (name, value) in environment.with_prefix("AWS_") {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let store = builder
        .with_bucket_name(&address.bucket)
        .build()
        .map_err(|error| unusable(address, &error))?;
    let credentials = credentials(&used, &profile);
    let endpoint = endpoint.unwrap_or_else(|| "the AWS endpoint of the region".to_owned());
    Ok(RemoteStore::new(
        Arc::new(store),
        Origin::new(address, endpoint, credentials),
    ))
}

/// What the profile says; the variables, set afterwards, win. Keys are taken
/// from one place only, never an id from here and a secret from there.
fn with_profile(mut builder: AmazonS3Builder, profile: &Profile, used: &[&str]) -> AmazonS3Builder {
    if let Some(region) = &profile.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &profile.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let Some(keys) = profile.keys.as_ref().filter(|_| used.is_empty()) else {
        return builder;
    };
    builder = builder
        .with_access_key_id(&keys.access_key_id)
        .with_secret_access_key(&keys.secret_access_key);
    match &keys.session_token {
        Some(token) => builder.with_token(token),
        None => builder,
    }
}

fn credentials(used: &[&str], profile: &Profile) -> Credentials {
    if !used.is_empty() {
        return Credentials::Given {
            used: used.join(", "),
        };
    }
    if profile.keys.is_some() {
        return Credentials::Given {
            used: format!("the profile `{}` of `{}`", profile.name, profile.file),
        };
    }
    Credentials::Absent {
        advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_SKIP_SIGNATURE=true for a public bucket",
    }
}
