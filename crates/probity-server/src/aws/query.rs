//! The query protocol of STS, IAM and CloudWatch's older clients: `Action=…` in, XML out.

use bytes::Bytes;
use http::{Method, StatusCode};
use probity_app::Caller;
use url::form_urlencoded;

use super::error::{AwsError, Protocol, whole};
use super::json::{call, known};
use super::service::Service;
use super::service_model::{document_of_form, xml_of_document};
use super::xml::escaped;
use crate::answer::Answer;
use crate::operations::Tools;
use crate::report::log_unserved;

/// A form, or the query of the URL where the method has no body.
#[derive(Debug)]
struct Form {
    action: String,
    version: Option<String>,
    members: Vec<(String, String)>,
}

impl Form {
    fn read(request: &http::Request<Bytes>) -> Form {
        let text = if request.method() == Method::POST {
            request.body().as_ref()
        } else {
            request.uri().query().unwrap_or_default().as_bytes()
        };
        let mut form = Form {
            action: String::new(),
            version: None,
            members: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(text) {
            match name.as_ref() {
                "Action" => form.action = value.into_owned(),
                "Version" => form.version = Some(value.into_owned()),
                _ => form.members.push((name.into_owned(), value.into_owned())),
            }
        }
        form
    }
}

/// Answers a request whose caller is known. `scope` is the service that the signature is for.
pub(crate) async fn answer(
    tools: Tools<'_>,
    caller: &Caller,
    scope: Option<&str>,
    request: &http::Request<Bytes>,
) -> Answer {
    let form = Form::read(request);
    let Some(service) = Service::of_form(scope, form.version.as_deref()) else {
        log_unserved(scope.unwrap_or("unknown"));
        let message = format!("Could not find operation {} for this endpoint", form.action);
        return AwsError::new("InvalidAction", message).answer(Protocol::Query, &caller.request_id);
    };
    match done(tools, caller, service, form).await {
        Ok(xml) => whole(StatusCode::OK, Protocol::Query, xml),
        Err(error) => error.answer(Protocol::Query, &caller.request_id),
    }
}

async fn done(
    tools: Tools<'_>,
    caller: &Caller,
    service: Service,
    form: Form,
) -> Result<String, AwsError> {
    let operation = known(service, &form.action).map_err(|_| {
        let message = format!("Could not find operation {}", form.action);
        AwsError::new("InvalidAction", message)
    })?;
    let Some(model) = service.model() else {
        return Err(AwsError::internal());
    };
    let members = form
        .members
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()));
    let document = document_of_form(model, operation.name, members);
    let output = call(tools, caller, operation, document).await?;
    let name = operation.name;
    Ok(format!(
        "<{name}Response xmlns=\"{}\"><{name}Result>{}</{name}Result><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{name}Response>",
        namespace(service),
        xml_of_document(model, name, &output),
        escaped(&caller.request_id),
    ))
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::CloudWatch => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        Service::SageMaker
        | Service::SageMakerMetrics
        | Service::Logs
        | Service::Ecr
        | Service::Probity => "",
    }
}
