//! `probity env`: what a shell needs so that AWS clients use the server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use probity_store::user as keys;
use serde_json::json;
use url::Url;

use super::serve::local_authority::LocalAuthority;
use super::serve::office::Office;
use crate::arguments::EnvArguments;
use crate::exit::{Exit, Usage};
use crate::screen;

pub(crate) async fn run(arguments: EnvArguments) -> Result<Exit> {
    let office = Office::open(&arguments.data).await?;
    let url = match (&arguments.endpoint_url, office.folder.running()) {
        (Some(url), _) => url.clone(),
        (None, Some(server)) => server.endpoint_url,
        (None, None) => {
            return Err(Usage(format!(
                "no server runs on `{}`; start `probity serve`, or name one with --endpoint-url",
                office.folder.root().display()
            ))
            .into());
        }
    };
    let url: Url = url
        .parse()
        .map_err(|error| Usage(format!("`{url}` is not an address ({error})")))?;
    let (id, secret) = key_of(&office, &arguments.user).await?;
    let mut lines = vec![
        export("AWS_ACCESS_KEY_ID", &id),
        export("AWS_SECRET_ACCESS_KEY", &secret),
        "unset AWS_SESSION_TOKEN AWS_PROFILE".to_owned(),
        export("AWS_DEFAULT_REGION", &arguments.region),
        export("AWS_REGION", &arguments.region),
        export("AWS_EC2_METADATA_DISABLED", "true"),
        export(
            "SAGEMAKER_USER_CONFIG_OVERRIDE",
            &sdk_settings(&office)?.display().to_string(),
        ),
    ];
    if arguments.tls {
        lines.extend(over_tls(&office, &arguments, url)?);
    } else {
        lines.push(export(
            "AWS_ENDPOINT_URL",
            url.as_str().trim_end_matches('/'),
        ));
    }
    for line in lines {
        screen::line(&line)?;
    }
    Ok(Exit::NoViolation)
}

/// A key of `user` that may sign; its secret is read with the key file of the data folder.
async fn key_of(office: &Office, user: &str) -> Result<(String, String)> {
    let listed = keys::list_keys(&office.app.store, Some(user)).await?;
    for key in listed.iter().filter(|key| key.revoked_ms.is_none()) {
        if let Some(found) = keys::secret(&office.app.store, &office.vault, &key.id).await? {
            return Ok((found.id, found.secret));
        }
    }
    Err(Usage(format!(
        "user `{user}` has no key that may sign; `probity admin key create --user {user}` makes one"
    ))
    .into())
}

fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

/// The SageMaker SDK posts telemetry to a bucket of AWS unless a settings file says not to.
fn sdk_settings(office: &Office) -> Result<PathBuf> {
    let path = office.folder.root().join("sagemaker-sdk.yaml");
    let text = "SchemaVersion: \"1.0\"\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n";
    write(&path, text)?;
    Ok(path)
}

/// HTTPS by the local authority, and the file by which botocore finds STS here: the SDKs ask it
/// at an address that no variable changes.
fn over_tls(office: &Office, arguments: &EnvArguments, mut url: Url) -> Result<Vec<String>> {
    let authority = LocalAuthority::open(
        &office.folder.tls(),
        url.host_str()
            .and_then(|host| host.trim_matches(['[', ']']).parse().ok())
            .unwrap_or_else(|| [127, 0, 0, 1].into()),
    )?;
    if url.set_scheme("https").is_err() {
        return Err(Usage(format!("`{url}` is not the address of a server")).into());
    }
    let host = url.host_str().unwrap_or("localhost");
    let port = url.port_or_known_default().unwrap_or(443);
    let endpoints = office.folder.tls().join("endpoints.json");
    write(
        &endpoints,
        &endpoints_document(&arguments.region, &format!("{host}:{port}")),
    )?;
    Ok(vec![
        export("AWS_ENDPOINT_URL", url.as_str().trim_end_matches('/')),
        export(
            "AWS_CA_BUNDLE",
            &authority.certificate_file().display().to_string(),
        ),
        export(
            "REQUESTS_CA_BUNDLE",
            &authority.certificate_file().display().to_string(),
        ),
        "mkdir -p \"$HOME/.aws/models\"".to_owned(),
        // A file of the user's own is never written over.
        format!(
            "[ -e \"$HOME/.aws/models/endpoints.json\" ] && ! grep -q '\"probity\"' \"$HOME/.aws/models/endpoints.json\" && echo 'keeping your ~/.aws/models/endpoints.json: the SDK will look for STS where it says' >&2 || cp '{}' \"$HOME/.aws/models/endpoints.json\"",
            endpoints.display()
        ),
    ])
}

/// botocore's form: <https://github.com/boto/botocore/blob/develop/botocore/data/endpoints.json>.
fn endpoints_document(region: &str, place: &str) -> String {
    let document = json!({
        "partitions": [{
            "defaults": {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"], "signatureVersions": ["v4"]},
            "dnsSuffix": "amazonaws.com",
            "partition": "aws",
            "partitionName": "AWS Standard, with STS at probity",
            "regionRegex": "^(us|eu|ap|sa|ca|me|af|il|mx)\\-\\w+\\-\\d+$",
            "regions": {region: {"description": "probity"}},
            "services": {"sts": {"endpoints": {region: {"hostname": place}}}},
        }],
        "probity": "written by `probity env --tls`; remove this file to reach AWS again",
        "version": 3,
    });
    format!("{document:#}\n")
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}
