//! Bytes on the wire: AWS JSON, the runtime API, S3, health and metrics.
