//! `PutMetricData` of CloudWatch, or of what understands it, by the query protocol (which every
//! implementation takes), signed with the usual AWS variables.

use std::collections::BTreeMap;
use std::time::SystemTime;

use anyhow::Result;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use probity_domain::document::UtcTime;
use probity_store::metric_point::MetricPoint;
use url::form_urlencoded::Serializer;

use super::{SendPoints, taken};
use crate::arguments::ExportArguments;
use crate::command::wiring::variable;
use crate::exit::Usage;

const SERVICE: &str = "monitoring";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

#[derive(Debug)]
pub(super) struct CloudWatch {
    client: reqwest::Client,
    credentials: Credentials,
    /// Where it is not AWS's own of the point's region.
    endpoint_url: Option<String>,
}

impl CloudWatch {
    pub(super) fn of(
        arguments: &ExportArguments,
        client: reqwest::Client,
    ) -> Result<Option<CloudWatch>> {
        if !arguments.export_cloudwatch && arguments.cloudwatch_endpoint_url.is_none() {
            return Ok(None);
        }
        let key = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
        let Some((id, secret)) = key else {
            return Err(Usage(
                "to send numbers to CloudWatch, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \
                 (and AWS_SESSION_TOKEN where the key needs one)"
                    .to_owned(),
            )
            .into());
        };
        let token = variable("AWS_SESSION_TOKEN");
        Ok(Some(CloudWatch {
            client,
            credentials: Credentials::new(id, secret, token, None, "environment"),
            endpoint_url: arguments
                .cloudwatch_endpoint_url
                .as_ref()
                .map(|url| format!("{}/", url.trim_end_matches('/'))),
        }))
    }

    /// One request for each region and namespace.
    pub(super) async fn send(&self, points: &[MetricPoint]) -> Result<(), SendPoints> {
        let mut groups: BTreeMap<(&str, &str), Vec<&MetricPoint>> = BTreeMap::new();
        for point in points {
            let group = (point.region.as_str(), point.namespace.as_str());
            groups.entry(group).or_default().push(point);
        }
        for ((region, namespace), points) in groups {
            let body = form(namespace, &points);
            let url = match &self.endpoint_url {
                Some(url) => url.clone(),
                None => format!("https://monitoring.{region}.amazonaws.com/"),
            };
            let mut request = self.client.post(&url);
            for (name, value) in self.headers((&url, region), body.as_bytes())? {
                request = request.header(name, value);
            }
            let answer = request.body(body).send().await;
            let answer = answer.map_err(|source| SendPoints::Unreachable {
                source: source.without_url(),
            })?;
            taken(&answer)?;
        }
        Ok(())
    }

    fn headers(
        &self,
        (url, region): (&str, &str),
        body: &[u8],
    ) -> Result<Vec<(String, String)>, SendPoints> {
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(SERVICE)
            .time(now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let own = [("content-type", CONTENT_TYPE)];
        let body = SignableBody::Bytes(body);
        let signable =
            SignableRequest::new("POST", url, own.into_iter(), body).map_err(unsigned)?;
        let (instructions, _) = sign(signable, &parameters).map_err(unsigned)?.into_parts();
        let signed = instructions.headers().chain(own);
        Ok(signed
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }
}

fn unsigned(source: impl std::error::Error + Send + Sync + 'static) -> SendPoints {
    SendPoints::Sign {
        source: Box::new(source),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "signatures carry the world's time; the command is where it is read"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

fn form(namespace: &str, points: &[&MetricPoint]) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "PutMetricData")
        .append_pair("Version", "2010-08-01")
        .append_pair("Namespace", namespace);
    for (at, point) in points.iter().enumerate() {
        let place = format!("MetricData.member.{}", at + 1);
        let mut put = |member: &str, value: &str| {
            form.append_pair(&format!("{place}.{member}"), value);
        };
        put("MetricName", &point.name);
        put(
            "Timestamp",
            &UtcTime::from_epoch_ms(point.at_ms).to_string(),
        );
        if let Some(unit) = &point.unit {
            put("Unit", unit);
        }
        for (at, (name, value)) in point.dimensions.iter().enumerate() {
            put(&format!("Dimensions.member.{}.Name", at + 1), name);
            put(&format!("Dimensions.member.{}.Value", at + 1), value);
        }
        if is_single(point) {
            put("Value", &point.sum.to_string());
        } else {
            put("StatisticValues.SampleCount", &point.count.to_string());
            put("StatisticValues.Sum", &point.sum.to_string());
            put("StatisticValues.Minimum", &point.minimum.to_string());
            put("StatisticValues.Maximum", &point.maximum.to_string());
        }
    }
    form.finish()
}

/// One value, not a set of several.
pub(super) fn is_single(point: &MetricPoint) -> bool {
    point.count.to_bits() == 1.0_f64.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_values_is_sent_as_one_and_a_single_value_as_itself() {
        let point = MetricPoint {
            region: "eu-west-1".to_owned(),
            namespace: "aws/sagemaker/Endpoints/data-metrics".to_owned(),
            name: "feature_data_age".to_owned(),
            dimensions: [("Endpoint".to_owned(), "e&f".to_owned())].into(),
            at_ms: 1_650_241_308_000,
            sum: 7.5,
            count: 3.0,
            minimum: 1.0,
            maximum: 4.0,
            unit: None,
        };
        let single = MetricPoint {
            count: 1.0,
            unit: Some("None".to_owned()),
            ..point.clone()
        };
        assert_eq!(
            form("n", &[&point, &single]),
            "Action=PutMetricData&Version=2010-08-01&Namespace=n\
             &MetricData.member.1.MetricName=feature_data_age\
             &MetricData.member.1.Timestamp=2022-04-18T00%3A21%3A48Z\
             &MetricData.member.1.Dimensions.member.1.Name=Endpoint\
             &MetricData.member.1.Dimensions.member.1.Value=e%26f\
             &MetricData.member.1.StatisticValues.SampleCount=3\
             &MetricData.member.1.StatisticValues.Sum=7.5\
             &MetricData.member.1.StatisticValues.Minimum=1\
             &MetricData.member.1.StatisticValues.Maximum=4\
             &MetricData.member.2.MetricName=feature_data_age\
             &MetricData.member.2.Timestamp=2022-04-18T00%3A21%3A48Z\
             &MetricData.member.2.Unit=None\
             &MetricData.member.2.Dimensions.member.1.Name=Endpoint\
             &MetricData.member.2.Dimensions.member.1.Value=e%26f\
             &MetricData.member.2.Value=7.5"
        );
    }
}
