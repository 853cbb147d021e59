//! Bytes kept elsewhere, made usable: locations, the dataset formats, and models.

pub mod capture;
pub mod captures;
pub mod card_report;
pub mod dataset;
mod format;
#[doc(hidden)]
pub mod fuzzing;
pub mod ground_truth;
pub mod location;
pub mod model;
pub mod serving;
mod window;

pub use dataset::{
    BadRecords, CaptureSide, ColumnChoice, ColumnsPosition, Dataset, DatasetType, EXPRESSION,
    EventCounts, EventPlace, EventTally, Format, Header, InvalidExpression, InvalidRecordColumns,
    JoinDatasets, JoinSide, Nested, ORIGINAL_NAME, Partition, Projection, ReadDataset, ReadOptions,
    RecordColumns, RecordExpression, RecordRole, RecordValue, SkipReason, UnknownColumn,
    UnknownDatasetType, join, open, resolve_in_table,
};
pub use format::value_list::{NotAList, list_of_values};
pub use window::Window;
