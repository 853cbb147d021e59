//! Azure Blob Storage, configured by the variables of `object_store` and those
//! of the Azure tools: <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::Address;
use super::remote::{Credentials, Origin, RemoteStore};
use super::store::{client_options, retries, unusable};

const CREDENTIAL_VARIABLES: &[&str] = &[
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_TOKEN",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USE_AZURE_CLI",
    "AZURE_STORAGE_USE_EMULATOR",
    "AZURE_SKIP_SIGNATURE",
];

pub(crate) fn connect(
    address: &Address,
    environment: &Environment,
) -> Result<RemoteStore, ReadLocation> {
    let settings = settings(environment);
    let endpoint = settings
        .iter()
        .rev()
        .find(|(key, _)| *key == AzureConfigKey::Endpoint)
        .map(|(_, value)| value.clone());
    let mut builder = MicrosoftAzureBuilder::new()
        .with_retry(retries())
        .with_client_options(client_options(endpoint.as_deref()));
    for (key, value) in settings {
        builder = builder.with_config(key, value);
    }
    // The account that the location spells wins over the variables.
    if let Some(host) = &address.host {
        builder = builder.with_account(account_of(address, host)?);
    }
    let store = builder
        .with_container_name(&address.bucket)
        .build()
        .map_err(|error| unusable(address, &error))?;
    let used = environment.names_set(CREDENTIAL_VARIABLES);
    let credentials = if used
        .iter()
        .all(|name| name.contains("_ACCOUNT") && !name.ends_with("_KEY"))
    {
        Credentials::Absent {
            advice: "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_SAS_TOKEN",
        }
    } else {
        Credentials::Given {
            used: used.join(", "),
        }
    };
    let endpoint = endpoint.unwrap_or_else(|| "the Azure endpoint of the account".to_owned());
    Ok(RemoteStore::new(
        Arc::new(store),
        Origin::new(address, endpoint, credentials),
    ))
}

/// Settings in rising order of weight: the connection string, the spellings
/// of the Azure command line, then those of `object_store`.
fn settings(environment: &Environment) -> Vec<(AzureConfigKey, String)> {
    let mut settings = environment
        .get("AZURE_STORAGE_CONNECTION_STRING")
        .map(connection_string)
        .unwrap_or_default();
    let command_line = [
        ("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
        ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
    ];
    for (name, key) in command_line {
        settings.extend(environment.get(name).map(|value| (key, value.to_owned())));
    }
    for (name, value) in environment.with_prefix("AZURE_") {
        settings.extend(
            name.to_ascii_lowercase()
                .parse()
                .ok()
                .map(|key| (key, value.to_owned())),
        );
    }
    settings
}

/// `Name=value` pairs between semicolons; values may hold `=`.
fn connection_string(text: &str) -> Vec<(AzureConfigKey, String)> {
    let pairs: Vec<(&str, &str)> = text
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Vec::new();
    settings.extend(value("AccountName").map(|name| (AzureConfigKey::AccountName, name)));
    settings.extend(value("AccountKey").map(|key| (AzureConfigKey::AccessKey, key)));
    settings.extend(value("SharedAccessSignature").map(|token| (AzureConfigKey::SasKey, token)));
    let development = value("UseDevelopmentStorage").filter(|wanted| wanted == "true");
    settings.extend(development.map(|wanted| (AzureConfigKey::UseEmulator, wanted)));
    settings.extend(
        value("BlobEndpoint")
            .or_else(|| endpoint_of(&value))
            .map(|url| (AzureConfigKey::Endpoint, url)),
    );
    settings
}

/// The endpoint that `EndpointSuffix` (sovereign clouds) implies.
fn endpoint_of(value: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let protocol = value("DefaultEndpointsProtocol").unwrap_or_else(|| "https".to_owned());
    Some(format!(
        "{protocol}://{}.blob.{}",
        value("AccountName")?,
        value("EndpointSuffix")?
    ))
}

fn account_of<'a>(address: &Address, host: &'a str) -> Result<&'a str, ReadLocation> {
    match host.split_once('.') {
        Some((account, "dfs.core.windows.net" | "blob.core.windows.net")) => Ok(account),
        _ => Err(ReadLocation::Malformed {
            location: address.root.clone(),
            problem: "after the `@` comes `<account>.dfs.core.windows.net`".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(AzureConfigKey, &str)]) {
        let found = connection_string(text);
        let found: Vec<_> = found
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_connection_string_gives_account_key_and_endpoint() {
        check(
            "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=a+b/c==;EndpointSuffix=core.chinacloudapi.cn",
            &[
                (AzureConfigKey::AccountName, "acct"),
                (AzureConfigKey::AccessKey, "a+b/c=="),
                (
                    AzureConfigKey::Endpoint,
                    "https://acct.blob.core.chinacloudapi.cn",
                ),
            ],
        );
        check(
            "UseDevelopmentStorage=true",
            &[(AzureConfigKey::UseEmulator, "true")],
        );
    }

    #[test]
    fn single_variables_win_over_the_connection_string() {
        let environment = Environment::from_iter([
            (
                "AZURE_STORAGE_CONNECTION_STRING",
                "AccountName=one;AccountKey=a",
            ),
            ("AZURE_STORAGE_ACCOUNT_NAME", "two"),
        ]);
        let names: Vec<_> = settings(&environment)
            .into_iter()
            .filter(|(key, _)| *key == AzureConfigKey::AccountName)
            .collect();
        assert_eq!(names.last().map(|(_, name)| name.as_str()), Some("two"));
    }
}
