//! Names and constraints of AWS's operations, and requests checked against them.
//!
//! `probity.json` beside them has the operations that only this server has, in the same form.
//!
//! The facts come from botocore's service models; `service_model/PROVENANCE.md` says how. Wording
//! and paths of the messages are those of AWS's own validation framework: lower-camel members,
//! `.1.member` for elements of lists, all faults at once.

mod form;
mod pattern;
mod shape;
#[cfg(test)]
mod tests;
mod told;
mod validate;

pub(crate) use form::{document_of_form, xml_of_document};
pub(crate) use shape::{ServiceModel, service_model};
pub(crate) use told::ToldMember;
pub(crate) use validate::{Rejected, accept};
