//! Which server a command asks.

use clap::Args;

/// Flattened into every command that asks a running server.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServerArguments {
    /// Address of the server [default: AWS_ENDPOINT_URL_SAGEMAKER, AWS_ENDPOINT_URL, or
    /// http://127.0.0.1:8420]
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,
    /// Region that the request names [default: AWS_REGION, AWS_DEFAULT_REGION, or us-west-2]
    #[arg(long, value_name = "REGION", global = true)]
    pub(crate) region: Option<String>,
}
