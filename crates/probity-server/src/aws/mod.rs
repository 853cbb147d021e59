//! What AWS's clients expect on the wire: signatures, JSON 1.1 and 1.0, the query protocol, the
//! service model, and the names of faults.

mod error;
mod fault;
pub(crate) mod json;
mod keys;
pub(crate) mod query;
mod scope;
mod service;
mod service_model;
mod signature;
mod xml;

pub(crate) use error::{AwsError, Protocol};
pub(crate) use fault::{Style, accept_for_page, error_of_refused, overloaded, unknown_operation};
pub(crate) use json::Target;
pub use keys::{KeyAndUser, Keys};
pub(crate) use scope::Credentials;
pub(crate) use service::Service;
pub(crate) use service_model::{ToldMember, accept, document_of_form, xml_of_document};
pub(crate) use signature::{Refused, Verifier};
