//! Where a model answers what: the addresses of each protocol, made of the one that the user gave.
//!
//! SageMaker and MLflow: `/invocations` and, beside it, `/ping`. Open Inference Protocol:
//! `/v2/models/NAME[/versions/VERSION]`, `…/infer`, and `/v2/health/ready`.

use url::Url;

use super::options::{HttpOptions, InvalidHttpOptions, Protocol};

/// The addresses of one model. None holds a user or a password.
#[derive(Clone)]
pub(super) struct Addresses {
    pub(super) predict: Url,
    pub(super) health: Url,
    /// What the model says of its inputs; only V2 has it.
    pub(super) metadata: Option<Url>,
    /// Of the address that the user gave.
    pub(super) credentials: Option<(String, Option<String>)>,
}

impl Addresses {
    pub(super) fn new(options: &HttpOptions) -> Result<Addresses, InvalidHttpOptions> {
        let invalid = |problem: &str| InvalidHttpOptions::Url {
            url: shown(&options.url),
            problem: problem.to_owned(),
        };
        let mut url = Url::parse(&options.url).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("its scheme is neither `http` nor `https`"));
        }
        let credentials = take_credentials(&mut url)
            .ok_or_else(|| invalid("its user or password is not UTF-8"))?;
        url.set_fragment(None);
        let (predict, health, metadata) = match options.protocol {
            Protocol::SageMaker | Protocol::Mlflow => {
                let (predict, health) = invocations(&url);
                (predict, health, None)
            }
            Protocol::V2 => {
                let model = v2_model(&url, options.target_model.as_deref()).ok_or_else(|| {
                    invalid("it names no model; give `http://HOST:PORT/v2/models/NAME`")
                })?;
                let prefix = &model[..model.find("/v2/models/").unwrap_or(0)];
                (
                    with_path(&url, &format!("{model}/infer")),
                    with_path(&url, &format!("{prefix}/v2/health/ready")),
                    Some(with_path(&url, &model)),
                )
            }
        };
        Ok(Addresses {
            predict,
            health,
            metadata,
            credentials,
        })
    }
}

/// An address as it may be shown: without user, password, query and fragment.
pub(super) fn shown(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() => shown_url(&url),
        // Whatever it is, what stands before an `@` may be a password.
        _ => {
            let text = text.rsplit('@').next().unwrap_or(text);
            let end = text.find(['?', '#']).unwrap_or(text.len());
            text[..end].to_owned()
        }
    }
}

pub(super) fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    // Addresses that can have neither are shown as they are.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn take_credentials(url: &mut Url) -> Option<Option<(String, Option<String>)>> {
    if url.username().is_empty() && url.password().is_none() {
        return Some(None);
    }
    let user = percent_decoded(url.username())?;
    let password = match url.password() {
        Some(password) => Some(percent_decoded(password)?),
        None => None,
    };
    // Both can be set on addresses with a host, which http has.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(Some((user, password)))
}

fn percent_decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        let digits = text.get(position + 1..position + 3);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if *byte == b'%' => {
                decoded.push(value);
                position += 3;
            }
            _ => {
                decoded.push(*byte);
                position += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

fn invocations(url: &Url) -> (Url, Url) {
    let path = url.path().trim_end_matches('/');
    if path.is_empty() {
        return (with_path(url, "/invocations"), with_path(url, "/ping"));
    }
    let folder = path.rfind('/').map_or("", |slash| &path[..slash]);
    (url.clone(), with_path(url, &format!("{folder}/ping")))
}

/// `[…]/v2/models/NAME[/versions/VERSION]`.
fn v2_model(url: &Url, name: Option<&str>) -> Option<String> {
    const MODELS: &str = "/v2/models/";
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/infer").unwrap_or(path);
    if let Some(at) = path.find(MODELS) {
        return (path.len() > at + MODELS.len()).then(|| path.to_owned());
    }
    let path = path
        .strip_suffix("/v2/models")
        .or(path.strip_suffix("/v2"))
        .unwrap_or(path);
    let name = name.filter(|name| !name.is_empty())?;
    Some(format!("{path}{MODELS}{name}"))
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(protocol: Protocol, url: &str, expected: [&str; 2]) {
        let mut options = HttpOptions::new(url, protocol);
        options.target_model = Some("m".to_owned());
        let addresses = Addresses::new(&options).unwrap();
        assert_eq!(
            [addresses.predict.as_str(), addresses.health.as_str()],
            expected
        );
    }

    #[test]
    fn addresses_follow_from_the_one_that_was_given() {
        let usual = ["http://h:8080/invocations", "http://h:8080/ping"];
        check(Protocol::SageMaker, "http://h:8080", usual);
        check(Protocol::SageMaker, "http://h:8080/", usual);
        check(Protocol::Mlflow, "http://h:8080/invocations", usual);
        check(
            Protocol::SageMaker,
            "https://h/endpoints/e/invocations",
            [
                "https://h/endpoints/e/invocations",
                "https://h/endpoints/e/ping",
            ],
        );
        let v2 = ["http://h/v2/models/m/infer", "http://h/v2/health/ready"];
        check(Protocol::V2, "http://h", v2);
        check(Protocol::V2, "http://h/v2/", v2);
        check(Protocol::V2, "http://h/v2/models/m", v2);
        check(Protocol::V2, "http://h/v2/models/m/infer", v2);
        check(
            Protocol::V2,
            "http://h/a/v2/models/x/versions/2",
            [
                "http://h/a/v2/models/x/versions/2/infer",
                "http://h/a/v2/health/ready",
            ],
        );
    }

    #[test]
    fn a_user_is_taken_out_of_the_address() {
        let options = HttpOptions::new("http://me:a%40b@h/", Protocol::SageMaker);
        let addresses = Addresses::new(&options).unwrap();
        assert_eq!(addresses.predict.as_str(), "http://h/invocations");
        let expected = ("me".to_owned(), Some("a@b".to_owned()));
        assert_eq!(addresses.credentials, Some(expected));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for url in [
            "ftp://me:hush@h/",
            "http://me:hush@",
            "me:hush@h:80",
            "http://me:12hush?@h",
            "http://h/v2?hush",
        ] {
            let error = Addresses::new(&HttpOptions::new(url, Protocol::V2))
                .err()
                .unwrap();
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
