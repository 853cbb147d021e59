//! Who asks, and from where.

use probity_domain::{Arn, ArnPlace};

/// What a user may do. Roles with policies of their own replace it where they are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Administrator,
    /// Operations that change nothing.
    ReadOnly,
}

impl Access {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::ReadOnly => "read-only",
        }
    }

    pub fn parse(text: &str) -> Option<Access> {
        match text {
            "administrator" => Some(Self::Administrator),
            "read-only" => Some(Self::ReadOnly),
            _ => None,
        }
    }
}

/// Who signed the request, and the place that the signature names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: String,
    pub access: Access,
    pub account: String,
    /// From the credential scope: the only place where a request names its region.
    pub region: String,
    pub request_id: String,
}

impl Caller {
    /// `arn:aws:sagemaker:REGION:ACCOUNT:RESOURCE` of the caller's account and region.
    pub fn arn(&self, resource: impl Into<String>) -> Arn {
        let place = ArnPlace {
            service: "sagemaker",
            region: &self.region,
            account: &self.account,
        };
        Arn::new(place, resource)
    }

    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub fn user_arn(&self) -> Arn {
        let place = ArnPlace {
            service: "iam",
            region: "",
            account: &self.account,
        };
        Arn::new(place, format!("user/{}", self.user))
    }
}
