//! Amazon Resource Names: `arn:partition:service:region:account:resource`
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A name that is the same everywhere. The resource part keeps its own colons and slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    partition: String,
    service: String,
    region: String,
    account: String,
    resource: String,
}

/// The service part of an ARN together with the place that the resource lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArnPlace<'a> {
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
}

impl Arn {
    /// The ARN of `resource`, as `model/fraud`, in the partition that the region belongs to.
    pub fn new(place: ArnPlace<'_>, resource: impl Into<String>) -> Arn {
        Arn {
            partition: partition_of(place.region).to_owned(),
            service: place.service.to_owned(),
            region: place.region.to_owned(),
            account: place.account.to_owned(),
            resource: resource.into(),
        }
    }

    pub fn partition(&self) -> &str {
        &self.partition
    }

    pub fn service(&self) -> &str {
        &self.service
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    /// `model/fraud`, `role/service-role/Governor`.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// What stands before the first slash of the resource: `model`.
    pub fn resource_type(&self) -> &str {
        match self.resource.split_once('/') {
            Some((kind, _)) => kind,
            None => "",
        }
    }

    /// What stands behind the first slash of the resource: `fraud`.
    pub fn resource_name(&self) -> &str {
        match self.resource.split_once('/') {
            Some((_, name)) => name,
            None => &self.resource,
        }
    }
}

/// Regions name their partition by their first letters.
fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        return "aws-cn";
    }
    if region.starts_with("us-gov-") {
        return "aws-us-gov";
    }
    "aws"
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not an ARN: arn:partition:service:region:account:resource")]
pub struct NotAnArn {
    text: String,
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Arn, NotAnArn> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, service, region, account, resource]
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Arn {
                    partition: (*partition).to_owned(),
                    service: (*service).to_owned(),
                    region: (*region).to_owned(),
                    account: (*account).to_owned(),
                    resource: (*resource).to_owned(),
                })
            }
            _ => Err(NotAnArn {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_reads_back_as_it_was_written() {
        let text = "arn:aws:sagemaker:us-west-2:111122223333:model-package/group/3";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(arn.to_string(), text);
        assert_eq!(arn.resource_type(), "model-package");
        assert_eq!(arn.resource_name(), "group/3");
    }

    #[test]
    fn the_region_decides_the_partition() {
        let place = ArnPlace {
            service: "sagemaker",
            region: "us-gov-west-1",
            account: "111122223333",
        };
        assert_eq!(
            Arn::new(place, "model/m").to_string(),
            "arn:aws-us-gov:sagemaker:us-gov-west-1:111122223333:model/m"
        );
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "model/m",
            "arn:aws:sagemaker",
            "arn:aws::r:a:x",
            "arn:aws:s:r:a:",
        ] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
