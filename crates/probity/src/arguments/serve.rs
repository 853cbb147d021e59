//! `probity serve`, `gateway`, `env`, `admin` and `doctor`: options and examples.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::retention::KeepArguments;

/// Where a server listens when nobody says otherwise: loopback, and a port that is seldom taken.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8420";

const DEFAULT_DATA: &str = "probity-data";

/// Where a server keeps what it knows.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArguments {
    /// Folder of the server: database, objects, captures, keys
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,
    /// PostgreSQL instead of the SQLite file in the data folder
    #[arg(long, value_name = "postgres://…")]
    pub(crate) database_url: Option<String>,
}

const SERVE_EXAMPLES: &str = "\
Examples:
  probity serve                                  # SQLite and objects in ./probity-data
  eval \"$(probity env)\"                          # in another shell: AWS clients now talk to it
  aws sagemaker list-models
  probity serve --database-url postgres://probity@db/probity --listen 0.0.0.0:8420 \\
      --tls-cert server.pem --tls-key server.key

The first start makes an administrator and its access key, from PROBITY_ROOT_ACCESS_KEY_ID and
PROBITY_ROOT_SECRET_ACCESS_KEY if they are set, else new ones that are printed once.";

/// Serve the SageMaker API, the runtime and S3 on one port
#[derive(Clone, Debug, Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Address to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Twelve digits that stand in every ARN [default: 111122223333]. Kept across restarts
    #[arg(long, value_name = "DIGITS", value_parser = account_id)]
    pub(crate) account_id: Option<String>,
    /// Run on simulated time, as `2026-01-01T00:00:00Z@3600`: from that moment, an hour a second.
    /// Kept across restarts
    #[arg(long, value_name = "START@RATE")]
    pub(crate) clock: Option<String>,
    /// No signatures: whoever reaches the port is the administrator. On loopback only
    #[arg(long)]
    pub(crate) insecure_no_auth: bool,
    /// Objects live in the S3 that the usual AWS variables name, instead of the data folder; this
    /// server then offers no S3 of its own
    #[arg(long)]
    pub(crate) external_s3: bool,
    /// Run processing jobs of other images as local processes, where the kernel isolates them
    #[arg(long)]
    pub(crate) allow_local_processes: bool,
    /// Run them even where the kernel cannot isolate them
    #[arg(long, requires = "allow_local_processes")]
    pub(crate) allow_unisolated: bool,
    /// Host name under which buckets are subdomains, beside the path style
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Option<String>,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    #[command(flatten)]
    pub(crate) capture: CaptureArguments,
    #[command(flatten)]
    pub(crate) keep: KeepArguments,
    /// File with the token that /metrics asks for, as `Authorization: Bearer TOKEN`; without it
    /// the numbers are for this machine only
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics_token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) export: ExportArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    /// What the workspace demands of its model cards [default: governance.toml in the data folder,
    /// where there is one]. A change takes effect without a restart
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Put the policy file in force on all servers of the database, even where another server of it
    /// put another one in force
    #[arg(long)]
    pub(crate) replace_policy: bool,
    /// Folder of fonts (.ttf, .otf, .ttc) for PDFs, beside those of the program: for scripts that
    /// those lack, as Chinese, Japanese and Korean
    #[arg(long, value_name = "DIR")]
    pub(crate) fonts: Option<PathBuf>,
    /// What becomes of a schedule's slots that were due while no server ran
    #[arg(long, value_enum, default_value_t = CatchUpArgument::Each)]
    pub(crate) catch_up: CatchUpArgument,
    /// Spread the runs of schedules over so many seconds after their minute, each schedule always
    /// by the same
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) schedule_jitter: u64,
    /// Jobs that run at once [default: cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
}

/// Where numbers of monitors go beside `/metrics`. An OpenTelemetry collector is named by the usual
/// variables (`OTEL_EXPORTER_OTLP_ENDPOINT`).
#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArguments {
    /// Send numbers of monitors to AWS's CloudWatch, with the key of the usual AWS variables
    #[arg(long)]
    pub(crate) export_cloudwatch: bool,
    /// Send them to this address, which understands PutMetricData
    #[arg(long, value_name = "URL")]
    pub(crate) cloudwatch_endpoint_url: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TlsArguments {
    /// Certificate chain (PEM): HTTPS instead of HTTP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// When captured records reach the disk; they always reach the kernel before the answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaptureSyncArgument {
    /// Before the answer leaves
    Always,
    /// Every few milliseconds
    Interval,
    /// When the kernel likes
    Off,
}

/// What becomes of slots that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatchUpArgument {
    /// Each is run once, in their order
    Each,
    /// None but the last is run
    Skip,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CaptureArguments {
    /// When captured records are forced to the disk
    #[arg(long, value_enum, default_value_t = CaptureSyncArgument::Interval)]
    pub(crate) capture_sync: CaptureSyncArgument,
    /// Disk that captures may take before they are uploaded; more is dropped and counted
    #[arg(long, value_name = "BYTES", default_value_t = 10 << 30)]
    pub(crate) capture_max_bytes: u64,
    /// Redact a field before it is captured: FIELD=drop, FIELD=hash or FIELD=truncate:N
    /// (repeatable). FIELD is a column's number or name, or a path into JSON
    #[arg(long, value_name = "RULE")]
    pub(crate) capture_redact: Vec<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArguments {
    /// Largest body of an API request
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20)]
    pub(crate) max_body_bytes: usize,
    /// Largest head of a request
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 10)]
    pub(crate) max_header_bytes: usize,
    /// Seconds that a client may take to send the head of a request, and that its connection may
    /// lie idle before: longer than SDKs wait between two questions, or each would find it closed
    #[arg(long, value_name = "SECONDS", default_value_t = 75)]
    pub(crate) header_timeout: u64,
    /// Seconds that a request may take, from its head to its answer
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) request_timeout: u64,
    /// Connections at once; more wait
    #[arg(long, value_name = "N", default_value_t = 2048)]
    pub(crate) max_connections: usize,
    /// Requests at once; more are told to come back
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub(crate) max_requests: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatArgument {
    Text,
    Json,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LogArguments {
    /// How log lines look
    #[arg(long, value_enum, default_value_t = LogFormatArgument::Text)]
    pub(crate) log_format: LogFormatArgument,
    /// What is logged, as `info` or `probity_worker=debug,warn`
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub(crate) log: String,
}

const GATEWAY_EXAMPLES: &str = "\
Examples:
  probity gateway --to http://model:8080 --endpoint-name fraud
  probity gateway --to http://127.0.0.1:8080 --endpoint-name fraud --destination s3://captures/live

Callers send what they sent to the model; every answered call of `/invocations` is captured as
SageMaker does. No signature is asked for: the model's own authentication passes through.";

/// Stand before a model server and capture what it is asked and answers
#[derive(Clone, Debug, Args)]
#[command(after_help = GATEWAY_EXAMPLES)]
pub(crate) struct GatewayArguments {
    /// Address of the model server
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Name under which calls are captured
    #[arg(long, value_name = "NAME")]
    pub(crate) endpoint_name: String,
    /// Name of the variant in the captures
    #[arg(long, value_name = "NAME", default_value = "AllTraffic")]
    pub(crate) variant_name: String,
    /// Where captures go: a folder or an s3:// address [default: captured in the data folder]
    #[arg(long, value_name = "LOCATION")]
    pub(crate) destination: Option<String>,
    /// Share of the calls that is captured, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) sampling: u8,
    /// Path whose calls are captured
    #[arg(long, value_name = "PATH", default_value = "/invocations")]
    pub(crate) path: String,
    /// Folder for what was captured and not yet sent
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,
    /// Address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// Address of /metrics and /healthz: every path of the other one is the model server's
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// File with the token that /metrics asks for, as `Authorization: Bearer TOKEN`; without it
    /// the numbers are for this machine only
    #[arg(long, value_name = "FILE", requires = "metrics_listen")]
    pub(crate) metrics_token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) capture: CaptureArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
}

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(probity env)\"
  eval \"$(probity env --tls)\"     # a bare sagemaker.Session() works, too";

/// Print what makes AWS clients use this server
#[derive(Clone, Debug, Args)]
#[command(after_help = ENV_EXAMPLES)]
pub(crate) struct EnvArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Whose key is printed
    #[arg(long, value_name = "NAME", default_value = "root")]
    pub(crate) user: String,
    /// Region that clients name in their requests
    #[arg(long, value_name = "REGION", default_value = "us-west-2")]
    pub(crate) region: String,
    /// Address of the server [default: the one that runs on the data folder]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Make a local certificate authority and the endpoints.json that lets the SDK's own STS
    /// calls reach this server
    #[arg(long)]
    pub(crate) tls: bool,
}

/// Users, keys, backup and restore of the server on a data folder
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Users
    #[command(subcommand)]
    User(UserCommand),
    /// Access keys of users
    #[command(subcommand)]
    Key(KeyCommand),
    /// Copy the database while the server runs
    Backup(BackupArguments),
    /// Put a copy back while no server runs
    Restore(RestoreArguments),
    /// Check the hash chain of the audit log
    Audit(AuditArguments),
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make a user
    Create {
        name: String,
        /// What the user may do
        #[arg(long, value_enum, default_value_t = AccessArgument::Administrator)]
        access: AccessArgument,
        #[command(flatten)]
        data: DataArguments,
    },
    /// List users
    List {
        #[command(flatten)]
        data: DataArguments,
    },
    /// Refuse every key of a user from now on
    Disable {
        name: String,
        #[command(flatten)]
        data: DataArguments,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessArgument {
    Administrator,
    ReadOnly,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make an access key and print it once
    Create {
        #[arg(long, value_name = "NAME")]
        user: String,
        #[command(flatten)]
        data: DataArguments,
    },
    /// List access keys, never their secrets
    List {
        #[command(flatten)]
        data: DataArguments,
    },
    /// Refuse a key from now on
    Revoke {
        #[arg(value_name = "ACCESS_KEY_ID")]
        key: String,
        #[command(flatten)]
        data: DataArguments,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct BackupArguments {
    /// File that is written; it must not exist
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RestoreArguments {
    /// A file that `backup` wrote
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// Say what works on this machine, and what to do about what does not
#[derive(Clone, Debug, Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The policy that the server is given with `serve --policy`
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Also ask this server, with the keys of the usual AWS variables
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("an account id has twelve digits".to_owned())
}
