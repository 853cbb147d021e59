//! Which host a request names, where nobody has to show a key: a page of another site can have the
//! browser of this machine ask for a name of its own that leads here (DNS rebinding), and would
//! read all the answers. That name is in `Host`, which no script can change.

use std::net::IpAddr;

use http::Request;
use http::header::HOST;
use http::uri::Authority;

use crate::aws::AwsError;

/// Refuses a request whose host is neither this machine's own nor below the domain that the
/// operator named. One without a host is from no browser.
pub(crate) fn refuse_foreign<B>(
    request: &Request<B>,
    domain: Option<&str>,
) -> Result<(), AwsError> {
    let own = request.uri().authority().map(|own| Ok(own.clone()));
    let named = own.or_else(|| {
        let named = request.headers().get(HOST)?;
        Some(Authority::try_from(named.as_bytes()))
    });
    let host = match &named {
        None => return Ok(()),
        Some(Ok(authority)) => authority.host(),
        Some(Err(_)) => "",
    };
    if is_loopback(host) || domain.is_some_and(|domain| is_below(host, domain)) {
        return Ok(());
    }
    let host: String = host.chars().take(100).collect();
    Err(AwsError::new(
        "AccessDeniedException",
        format!(
            "This server asks nobody for a key, and hence answers to localhost, loopback addresses \
             and the name of --domain only, not to `{host}`."
        ),
    )
    .status(http::StatusCode::FORBIDDEN))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // Browsers and resolvers keep the names below it for the machine itself (RFC 6761).
        Err(_) => is_below(host, "localhost"),
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(&domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(host: &str, domain: Option<&str>) -> bool {
        let request = Request::get("/dashboard")
            .header(HOST, host)
            .body(())
            .unwrap();
        refuse_foreign(&request, domain).is_ok()
    }

    #[test]
    fn a_name_that_another_site_chose_is_refused() {
        for host in [
            "evil.example",
            "evil.example:8420",
            "localhost.evil.example",
            "notlocalhost",
            "10.0.0.1:8420",
            "0.0.0.0:8420",
            "127.0.0.1.evil.example",
            "not a host",
            "",
        ] {
            assert!(!is_known(host, None), "{host}");
        }
    }

    #[test]
    fn this_machine_and_the_operators_domain_are_known() {
        for host in [
            "localhost",
            "LocalHost:8420",
            "bucket.localhost:8420",
            "127.0.0.1",
            "127.0.0.2:8420",
            "[::1]:8420",
        ] {
            assert!(is_known(host, None), "{host}");
        }
        assert!(is_known("probity.test:8420", Some("probity.test")));
        assert!(is_known("bucket.probity.test", Some("probity.test")));
        assert!(!is_known(
            "bucket.probity.test.evil.example",
            Some("probity.test")
        ));
        assert!(!is_known("xprobity.test", Some("probity.test")));
    }

    #[test]
    fn the_authority_of_http_2_counts_and_none_is_from_no_browser() {
        let request = |uri: &str| Request::get(uri).body(()).unwrap();
        assert!(refuse_foreign(&request("http://evil.example/"), None).is_err());
        assert!(refuse_foreign(&request("http://localhost:1/"), None).is_ok());
        assert!(refuse_foreign(&request("/"), None).is_ok());
    }
}
