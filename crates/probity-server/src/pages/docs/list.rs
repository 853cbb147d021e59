//! Which files of `docs/` are pages, in the order in which they are listed. A test compares this
//! with the folder, so that a new file is either here or left out by name.

/// What a reader comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Started,
    Migrating,
    Concepts,
    HowTo,
    Reference,
    TradeOffs,
    Benchmarks,
}

impl Kind {
    pub(super) const ALL: [Kind; 7] = [
        Kind::Started,
        Kind::Migrating,
        Kind::Concepts,
        Kind::HowTo,
        Kind::Reference,
        Kind::TradeOffs,
        Kind::Benchmarks,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Started => "Getting started",
            Self::Migrating => "Migrating",
            Self::Concepts => "Concepts",
            Self::HowTo => "How to",
            Self::Reference => "Reference",
            Self::TradeOffs => "Trade-offs",
            Self::Benchmarks => "Benchmarks",
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) kind: Kind,
    /// Below `docs/`, without its ending; and so below `/docs/`.
    pub(super) path: &'static str,
    /// As the navigation says it.
    pub(super) name: &'static str,
    /// What somebody finds there.
    pub(super) about: &'static str,
    pub(super) source: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Below `docs/`.
    pub(super) path: &'static str,
    pub(super) bytes: &'static [u8],
}

macro_rules! page {
    ($kind:ident, $path:literal, $name:literal, $about:literal) => {
        Page {
            kind: Kind::$kind,
            path: $path,
            name: $name,
            about: $about,
            source: include_str!(concat!("../../../../../docs/", $path, ".md")),
        }
    };
}

macro_rules! image {
    ($path:literal) => {
        Image {
            path: $path,
            bytes: include_bytes!(concat!("../../../../../docs/", $path)),
        }
    };
}

pub(super) const PAGES: &[Page] = &[
    page!(
        Started,
        "getting-started",
        "Ten minutes",
        "A populated server, files of your own, and a server for AWS clients"
    ),
    page!(
        Started,
        "demo",
        "The demo",
        "Thirty days of three models, and what happens to each"
    ),
    page!(
        Started,
        "dashboard",
        "The dashboard",
        "Signing in, what each column means, addresses, views, CSV"
    ),
    page!(
        Migrating,
        "migrating-from-sagemaker-model-monitor",
        "From SageMaker Model Monitor",
        "Scripts, objects and files: what stays, what differs, what is absent"
    ),
    page!(
        Concepts,
        "concepts/monitoring",
        "Monitoring",
        "Capture, baseline, constraints, schedules, executions, alerts"
    ),
    page!(
        Concepts,
        "concepts/drift",
        "Drift",
        "Distances, intervals, p-values and false discovery, worked out by hand"
    ),
    page!(
        Concepts,
        "concepts/bias",
        "Bias",
        "Groups, the metrics with their formulas on one example, how sure they are"
    ),
    page!(
        Concepts,
        "concepts/explanations",
        "Explanations",
        "Shapley values by hand, baselines, whether the reasons changed"
    ),
    page!(
        Concepts,
        "concepts/cards-and-evidence",
        "Cards and evidence",
        "Claimed and bound numbers, reviews, policy, the audit log"
    ),
    page!(
        HowTo,
        "monitoring",
        "Run monitors",
        "A first monitor, runs on demand, previews, new baselines, roll-ups, imports"
    ),
    page!(
        HowTo,
        "guides/batch-jobs",
        "Monitor a batch job",
        "Transform jobs: capture, baseline, schedule"
    ),
    page!(
        HowTo,
        "guides/late-labels",
        "Labels that come late",
        "Windows that are scored anew, and how to read the first result"
    ),
    page!(
        HowTo,
        "records-of-monitors",
        "Choose what is analysed",
        "Select, derive and filter captured records by SQL; segments; scripts"
    ),
    page!(
        HowTo,
        "guides/alerting",
        "Tell Slack, a webhook, a pager",
        "Channels, signatures, silences, fewer and better alerts"
    ),
    page!(
        HowTo,
        "model-cards",
        "Work with model cards",
        "On a server or as files: evidence, reviews, edits, documents"
    ),
    page!(
        HowTo,
        "guides/cards-in-ci",
        "Cards as code, in CI",
        "Checks in every pull request, and bringing cards to a server"
    ),
    page!(
        HowTo,
        "serving",
        "Serve models",
        "Models in process and behind a URL, content types, explanations of answers"
    ),
    page!(
        HowTo,
        "reading-data",
        "Read data",
        "Places and formats, headers and missing values, settings of object stores"
    ),
    page!(
        HowTo,
        "guides/tls-and-proxies",
        "TLS and proxies",
        "Certificates, nginx in front, what a proxy must not change"
    ),
    page!(
        HowTo,
        "guides/postgresql",
        "PostgreSQL",
        "Another database, and several servers of one"
    ),
    page!(
        HowTo,
        "guides/s3",
        "Objects in S3",
        "Instead of files in the data folder"
    ),
    page!(
        HowTo,
        "guides/backup",
        "Back up and restore",
        "What to copy, and what becomes of the time between"
    ),
    page!(
        Reference,
        "server",
        "The server",
        "What lies where, clients, capture, retention, jobs, operating it"
    ),
    page!(
        Reference,
        "alerts",
        "Alerts",
        "When they are raised, who is told, silences, where numbers go"
    ),
    page!(
        Reference,
        "ground-truth",
        "Ground truth",
        "The form of a label, the merge, windows that are scored anew"
    ),
    page!(
        Reference,
        "governance-policy",
        "governance.toml",
        "What a workspace demands of its model cards"
    ),
    page!(
        Reference,
        "reference/cli",
        "Command line",
        "Every command with its options and examples"
    ),
    page!(
        Reference,
        "reference/configuration",
        "Configuration",
        "Options and variables of probity serve, gateway and demo"
    ),
    page!(
        Reference,
        "reference/metrics",
        "Metrics",
        "Every number of /metrics, with its labels and meaning"
    ),
    page!(
        Reference,
        "reference/coverage",
        "API coverage",
        "Which operations of AWS are executed, stored, absent"
    ),
    page!(
        Reference,
        "reference/probity-operations",
        "Operations of its own",
        "What the probity command calls beyond SageMaker's API"
    ),
    page!(
        Reference,
        "statistics",
        "Statistics",
        "How each number of a column, of drift and of bias is made, and how far to trust it"
    ),
    page!(
        Reference,
        "model-quality",
        "Model quality",
        "How each metric is measured, with its interval"
    ),
    page!(
        Reference,
        "explanations",
        "Explanations",
        "Which method computes which quantity, baselines, partial dependence"
    ),
    page!(
        Reference,
        "model-cards-templates",
        "Templates of documents",
        "Cards by EU AI Act Annex IV and by NIST AI RMF"
    ),
    page!(
        Reference,
        "formats",
        "Files: data quality",
        "statistics.json, constraints.json, violations, probity.json"
    ),
    page!(
        Reference,
        "formats-bias",
        "Files: bias",
        "analysis_config.json and analysis.json"
    ),
    page!(
        Reference,
        "formats-explanations",
        "Files: explanations",
        "SHAP values, baselines, partial dependence"
    ),
    page!(
        TradeOffs,
        "trade-offs",
        "Known limits",
        "What is absent, different, or not known"
    ),
    page!(
        TradeOffs,
        "api-quirks",
        "API quirks",
        "Where AWS is odd, and what is done about it"
    ),
    page!(
        Benchmarks,
        "benchmarks",
        "Benchmarks",
        "Beside DuckDB, Polars, smclarify, scikit-learn, shap, nginx"
    ),
];

/// Those that pages show.
pub(super) const IMAGES: &[Image] = &[
    image!("images/dashboard-feature.png"),
    image!("images/dashboard-fleet.png"),
    image!("images/dashboard-monitor.png"),
    image!("images/dashboard-review.png"),
    image!("report.png"),
];

/// For people who change Probity; they read them in the repository.
#[cfg(test)]
pub(super) const LEFT_OUT: [&str; 2] = ["adr/", "howto/"];
