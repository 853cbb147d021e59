//! What the SageMaker API keeps: the kinds of resources, and the states of those that live.

mod kind;

pub use kind::ResourceKind;
