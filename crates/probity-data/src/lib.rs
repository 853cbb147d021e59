//! Bytes kept elsewhere, made usable: locations, and the dataset formats.

pub mod dataset;
mod format;
#[doc(hidden)]
pub mod fuzzing;
pub mod location;

pub use dataset::{
    ColumnsPosition, Dataset, Format, Header, Nested, ORIGINAL_NAME, Partition, Projection,
    ReadDataset, ReadOptions, open,
};
