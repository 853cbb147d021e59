//! What is never told anything: addresses of the machine's own network link, where clouds hand out
//! credentials to whoever asks. A name is looked at when it is resolved, so that none can stand for
//! one of them.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use probity_app::notification_channel::{is_link_local, literal_address};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

#[derive(Debug, Error)]
#[error("the name stands for an address of the machine's own network link")]
struct Refused;

/// The system's resolver, without those addresses.
#[derive(Debug)]
pub(super) struct NoLinkLocal;

impl Resolve for NoLinkLocal {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            allowed(found.collect())
        })
    }
}

fn allowed(found: Vec<SocketAddr>) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    if found.is_empty() {
        return Err(Box::new(io::Error::from(io::ErrorKind::NotFound)));
    }
    let left: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| !is_link_local(address.ip()))
        .collect();
    if left.is_empty() {
        return Err(Box::new(Refused));
    }
    Ok(Box::new(left.into_iter()))
}

/// An address in the place of a name is not resolved.
pub(super) fn names_one(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    literal_address(host).is_some_and(is_link_local)
}

pub(super) fn was_refused(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 0)
    }

    #[test]
    fn a_name_cannot_stand_for_the_metadata_of_a_cloud() {
        let error = allowed(vec![at("169.254.169.254"), at("fe80::1")])
            .err()
            .unwrap();
        assert!(error.is::<Refused>());
        let left = allowed(vec![at("169.254.169.254"), at("192.0.2.7")]).unwrap();
        assert_eq!(left.collect::<Vec<_>>(), [at("192.0.2.7")]);
    }

    #[tokio::test]
    async fn an_address_of_the_link_is_not_called() {
        let client = super::super::http::client().unwrap();
        for url in [
            "http://169.254.169.254/latest",
            "http://[fe80::1]/",
            "http://2852039166/",
        ] {
            let sent = super::super::http::post(&client, url, (Default::default(), Vec::new()));
            let error = sent.await.unwrap_err();
            assert!(
                matches!(error, super::super::SendNotification::LinkLocal),
                "{url}"
            );
        }
    }
}
