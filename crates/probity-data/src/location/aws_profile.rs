//! Profiles of the AWS tools: `~/.aws/credentials` and `~/.aws/config`,
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>. Keys
//! that stand in the files are used; sign-in by SSO, roles or programs is not.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ReadLocation;

/// What the chosen profile says; empty when there is none.
#[derive(Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// The file that holds the keys, for messages.
    pub(crate) file: String,
    pub(crate) keys: Option<Keys>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
}

/// No `Debug`: it would show the secret.
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

type Section = BTreeMap<String, String>;

/// Ways of signing in that need more than reading two files.
const UNSUPPORTED: &[&str] = &[
    "sso_session",
    "sso_start_url",
    "role_arn",
    "credential_process",
    "login_session",
];

/// Reads the profile that `AWS_PROFILE` names, or `default` if there is one.
/// Keys in variables make a named profile's absence harmless, as in the AWS tools.
pub(crate) fn load(location: &str, environment: &Environment) -> Result<Profile, ReadLocation> {
    let settings_error = |problem: String| ReadLocation::Settings {
        location: location.to_owned(),
        problem,
    };
    let named = environment.get("AWS_PROFILE");
    let name = named.unwrap_or("default");
    let (credentials_file, config_file) = files(environment);
    let config_section = if name == "default" {
        "default".to_owned()
    } else {
        format!("profile {name}")
    };
    let mut config = section(config_file.as_deref(), &config_section).map_err(settings_error)?;
    let credentials = section(credentials_file.as_deref(), name).map_err(settings_error)?;
    let keys_in_variables = environment.get("AWS_ACCESS_KEY_ID").is_some();
    if let (Some(name), None, None, false) = (named, &config, &credentials, keys_in_variables) {
        return Err(settings_error(format!(
            "AWS_PROFILE names `{name}`, which is in neither `~/.aws/credentials` nor `~/.aws/config`"
        )));
    }
    let config = config.take().unwrap_or_default();
    let credentials = credentials.unwrap_or_default();
    let (keys, file) = match keys(&credentials) {
        Some(keys) => (Some(keys), credentials_file),
        None => (keys(&config), config_file),
    };
    if keys.is_none()
        && !keys_in_variables
        && let Some(way) = UNSUPPORTED
            .iter()
            .find(|key| config.contains_key(**key) || credentials.contains_key(**key))
    {
        return Err(settings_error(format!(
            "the profile `{name}` signs in by `{way}`, which is not supported; run `aws configure export-credentials --profile {name} --format env` and set what it prints"
        )));
    }
    Ok(Profile {
        name: name.to_owned(),
        file: file
            .map(|file| file.display().to_string())
            .unwrap_or_default(),
        keys,
        region: config
            .get("region")
            .or_else(|| credentials.get("region"))
            .cloned(),
        endpoint: config.get("endpoint_url").cloned(),
    })
}

fn files(environment: &Environment) -> (Option<PathBuf>, Option<PathBuf>) {
    let home = environment
        .get("HOME")
        .or_else(|| environment.get("USERPROFILE"));
    let file = |variable: &str, name: &str| match environment.get(variable) {
        Some(path) => Some(PathBuf::from(path)),
        None => home.map(|home| Path::new(home).join(".aws").join(name)),
    };
    (
        file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        file("AWS_CONFIG_FILE", "config"),
    )
}

fn keys(section: &Section) -> Option<Keys> {
    Some(Keys {
        access_key_id: section.get("aws_access_key_id")?.clone(),
        secret_access_key: section.get("aws_secret_access_key")?.clone(),
        session_token: section.get("aws_session_token").cloned(),
    })
}

/// `None` when the file or the section is not there.
fn section(file: Option<&Path>, name: &str) -> Result<Option<Section>, String> {
    let Some(file) = file else { return Ok(None) };
    match fs::read_to_string(file) {
        Ok(text) => Ok(parse_section(&text, name)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("failed to read `{}`: {error}", file.display())),
    }
}

/// Indented lines belong to a nested setting and are passed over.
fn parse_section(text: &str, name: &str) -> Option<Section> {
    let mut found: Option<Section> = None;
    let mut inside = false;
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = content.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            inside = header.split_whitespace().eq(name.split_whitespace());
            if inside {
                found.get_or_insert_default();
            }
        } else if let (true, false, Some((key, value))) = (
            inside,
            line.starts_with([' ', '\t']),
            content.split_once('='),
        ) {
            let value = value.trim();
            if !value.is_empty() {
                found
                    .get_or_insert_default()
                    .insert(key.trim().to_ascii_lowercase(), value.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home folder with these two files and the given variables.
    fn load_from(
        credentials: &str,
        config: &str,
        variables: &[(&str, &str)],
    ) -> Result<Profile, ReadLocation> {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        fs::write(home.path().join(".aws/config"), config).unwrap();
        let home = [("HOME", home.path().to_str().unwrap())];
        let environment = home.iter().chain(variables).copied().collect();
        load("s3://bucket", &environment)
    }

    const CREDENTIALS: &str = "[default]\naws_access_key_id = A\naws_secret_access_key=B\n\n# other\n[ml]\naws_access_key_id=C\naws_secret_access_key=D=\naws_session_token=E\n";
    const CONFIG: &str = "[default]\nregion = eu-west-1\n[profile ml]\nregion=us-west-2\ns3 =\n  endpoint_url = http://nested\nendpoint_url = http://localhost:9000\n[profile sso]\nsso_session = corp\n";

    #[test]
    fn the_default_profile_is_used_when_none_is_named() {
        let profile = load_from(CREDENTIALS, CONFIG, &[]).unwrap();
        let keys = profile.keys.unwrap();
        assert_eq!(
            (keys.access_key_id.as_str(), keys.secret_access_key.as_str()),
            ("A", "B")
        );
        assert_eq!(
            (profile.region.as_deref(), profile.endpoint),
            (Some("eu-west-1"), None)
        );
    }

    #[test]
    fn a_named_profile_is_read_from_both_files() {
        let profile = load_from(CREDENTIALS, CONFIG, &[("AWS_PROFILE", "ml")]).unwrap();
        let keys = profile.keys.unwrap();
        assert_eq!(
            (
                keys.secret_access_key.as_str(),
                keys.session_token.as_deref()
            ),
            ("D=", Some("E"))
        );
        assert_eq!(profile.endpoint.as_deref(), Some("http://localhost:9000"));
    }

    #[test]
    fn no_files_mean_an_empty_profile() {
        let profile = load("s3://bucket", &Environment::default()).unwrap();
        assert!(profile.keys.is_none() && profile.region.is_none());
    }

    #[test]
    fn a_named_profile_that_is_not_there_is_an_error() {
        let error = load_from(CREDENTIALS, CONFIG, &[("AWS_PROFILE", "nobody")])
            .err()
            .unwrap();
        assert!(error.to_string().contains("`nobody`"), "{error}");
        assert!(
            load_from(
                CREDENTIALS,
                CONFIG,
                &[("AWS_PROFILE", "nobody"), ("AWS_ACCESS_KEY_ID", "A")]
            )
            .is_ok()
        );
    }

    #[test]
    fn a_profile_that_needs_a_sign_in_says_what_to_do() {
        let error = load_from(CREDENTIALS, CONFIG, &[("AWS_PROFILE", "sso")])
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .contains("aws configure export-credentials --profile sso"),
            "{error}"
        );
    }
}
