//! Where the server is, and whose key signs: options first, then the variables of the AWS tools
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>), then the address
//! that `probity serve` listens at by default. AWS itself is never asked.

use anyhow::{Context, Result};
use probity_data::location::Environment;
use reqwest::Certificate;
use url::Url;

use super::sign::Signer;
use crate::arguments::{DEFAULT_LISTEN, ServerArguments};
use crate::command::environment_with;
use crate::exit::Usage;

/// As `probity env` has it.
const DEFAULT_REGION: &str = "us-west-2";
/// Signs where nobody gave a key: a server that asks for none still reads the region.
const NOBODY: &str = "anonymous";

#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Without a slash at the end.
    pub(super) url: String,
    pub(super) signer: Signer,
    authority: Option<String>,
    way: Way,
}

/// How requests get to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By a proxy, where the environment names one.
    Usual,
    /// The server is part of this process.
    Direct,
}

impl Place {
    pub(super) fn of(arguments: &ServerArguments, environment: &Environment) -> Result<Place> {
        let url = arguments
            .endpoint_url
            .as_deref()
            .or_else(|| environment.get("AWS_ENDPOINT_URL_SAGEMAKER"))
            .or_else(|| environment.get("AWS_ENDPOINT_URL"))
            .map_or_else(|| format!("http://{DEFAULT_LISTEN}"), str::to_owned);
        let region = arguments
            .region
            .as_deref()
            .or_else(|| environment.get("AWS_REGION"))
            .or_else(|| environment.get("AWS_DEFAULT_REGION"))
            .unwrap_or(DEFAULT_REGION)
            .to_owned();
        Ok(Place {
            url: address(&url)?,
            signer: signer(environment, region),
            authority: environment.get("AWS_CA_BUNDLE").map(str::to_owned),
            way: Way::Usual,
        })
    }

    pub(super) fn with_key(url: &str, region: &str, (key, secret): (&str, &str)) -> Place {
        Place {
            url: url.to_owned(),
            signer: Signer {
                key: key.to_owned(),
                secret: secret.to_owned(),
                region: region.to_owned(),
                is_named: true,
            },
            authority: None,
            way: Way::Direct,
        }
    }

    /// Authorities besides those of the machine: `AWS_CA_BUNDLE`.
    pub(super) fn authorities(&self) -> Result<Vec<Certificate>> {
        let Some(path) = &self.authority else {
            return Ok(Vec::new());
        };
        let pem = std::fs::read(path)
            .with_context(|| format!("failed to read `{path}`, which AWS_CA_BUNDLE names"))?;
        Ok(Certificate::from_pem_bundle(&pem)?)
    }

    /// The process's environment, with S3 at the same server by the same key.
    pub(super) fn environment(&self) -> Environment {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL_S3", self.url.as_str()),
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_REGION", &self.signer.region),
            ("AWS_DEFAULT_REGION", &self.signer.region),
            ("AWS_ACCESS_KEY_ID", &self.signer.key),
            ("AWS_SECRET_ACCESS_KEY", &self.signer.secret),
            ("AWS_PROFILE", ""),
        ];
        match self.way {
            Way::Usual => {}
            // A proxy that is named takes the place of HTTP_PROXY, and this one is for no host.
            Way::Direct => {
                variables.extend([
                    ("AWS_PROXY_URL", &*self.url),
                    ("AWS_PROXY_EXCLUDES", "*,0.0.0.0/0,::/0"),
                ]);
            }
        }
        environment_with(&variables)
    }
}

fn signer(environment: &Environment, region: String) -> Signer {
    let key = environment.get("AWS_ACCESS_KEY_ID");
    let secret = environment.get("AWS_SECRET_ACCESS_KEY");
    match (key, secret) {
        (Some(key), Some(secret)) => Signer {
            key: key.to_owned(),
            secret: secret.to_owned(),
            region,
            is_named: true,
        },
        (Some(_), None) | (None, Some(_)) | (None, None) => Signer {
            key: NOBODY.to_owned(),
            secret: NOBODY.to_owned(),
            region,
            is_named: false,
        },
    }
}

fn address(text: &str) -> Result<String> {
    let wrong = |why: String| {
        Usage(format!(
            "`{text}` is no address of a server ({why}); give one as http://127.0.0.1:8420"
        ))
    };
    let url: Url = text.parse().map_err(|error| wrong(format!("{error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it begins with neither http:// nor https://".to_owned()).into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(option: Option<&str>, variables: &[(&str, &str)]) -> Place {
        let arguments = ServerArguments {
            endpoint_url: option.map(str::to_owned),
            region: None,
        };
        let environment = variables.iter().copied().collect();
        Place::of(&arguments, &environment).unwrap()
    }

    #[test]
    fn an_option_wins_over_the_variables_and_they_over_the_default() {
        let variables = [
            ("AWS_ENDPOINT_URL", "http://a:1"),
            ("AWS_ENDPOINT_URL_SAGEMAKER", "http://b:2/"),
        ];
        assert_eq!(place(Some("https://c"), &variables).url, "https://c");
        assert_eq!(place(None, &variables).url, "http://b:2");
        assert_eq!(place(None, &variables[..1]).url, "http://a:1");
        assert_eq!(place(None, &[]).url, "http://127.0.0.1:8420");
    }

    #[test]
    fn half_a_key_is_none() {
        let found = place(None, &[("AWS_ACCESS_KEY_ID", "AK")]);
        assert!(!found.signer.is_named);
        assert_eq!(found.signer.region, "us-west-2");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["localhost:8420", "file:///x", "", "http://"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AK"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
        ];
        assert!(!format!("{:?}", place(None, &variables)).contains("hidden"));
    }
}
