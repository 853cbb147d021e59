//! The bucket in the name of the host, `BUCKET.DOMAIN`, as the SDK for JavaScript asks.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// The domain whose first label is a bucket. Under any other name, the bucket is in the path.
#[derive(Debug)]
pub(super) struct Domain {
    domain: String,
}

impl Domain {
    pub(super) fn new(domain: String) -> Domain {
        Domain { domain }
    }

    /// Compares without the port, which a client may or may not spell.
    fn bucket<'a>(&self, host: &'a str) -> Option<&'a str> {
        let without_port = |host: &'a str| match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let domain = self.domain.split(':').next().unwrap_or_default();
        without_port(host).strip_suffix(domain)?.strip_suffix('.')
    }
}

impl S3Host for Domain {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let named = VirtualHost::new(self.domain.as_str());
        Ok(match self.bucket(host) {
            Some(bucket) => named.with_bucket(bucket),
            None => named,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_what_stands_before_the_domain() {
        let domain = Domain::new("probity.example:8080".to_owned());
        assert_eq!(domain.bucket("bkt.probity.example:8080"), Some("bkt"));
        assert_eq!(domain.bucket("a.b.probity.example"), Some("a.b"));
        for host in ["probity.example:8080", "localhost:8080", "xprobity.example"] {
            assert_eq!(domain.bucket(host), None, "{host}");
        }
    }
}
