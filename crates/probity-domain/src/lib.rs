//! The nouns of Probity: names, legal states and the document formats that users keep.
//!
//! Nothing here reads a file, a clock or a network; a document is a value that can be
//! parsed from bytes and written to bytes, exactly as SageMaker's own tools do.

pub mod arn;
pub mod document;
pub mod resource;

pub use arn::{Arn, ArnPlace, NotAnArn};
pub use resource::ResourceKind;
