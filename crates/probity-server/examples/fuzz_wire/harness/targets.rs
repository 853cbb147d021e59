//! Requests to the server, up to where a verb would begin.

use probity_server::fuzzing;

/// One reader. The same type as in the fuzzer of `probity-data`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Errors are right answers; only a panic, time or memory is a finding.
    pub(crate) run: fn(&[u8]),
    pub(crate) made: fn() -> Vec<Vec<u8>>,
    pub(crate) tokens: &'static [&'static str],
}

const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "null",
    "true",
    "1e400",
    "-1",
    "1.5",
    "\n\n",
    "\n",
    "&",
    "=",
    "%",
    "%2",
    ".member.1",
    ".entry.1.key=",
    "POST /\n",
    "GET /?X-Amz-Credential=a%2F1%2Fr%2Fsagemaker%2Faws4_request\n",
    "X-Amz-Target: SageMaker.CreateModel\n",
    "X-Amz-Target: SageMaker.Search\n",
    "Content-Encoding: gzip\n",
    "Action=",
    "\"ModelName\":",
    "\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]",
    "\"NestedFilters\":[{\"NestedPropertyName\":\"a\",\"Filters\":[]}]",
    "\"SubExpressions\":[{",
    "\"CreationTimeAfter\":",
    "2026-11-27T00:00:00Z",
    "{\"a\":",
    "[[",
    "\u{feff}",
    "authorization: AWS4-HMAC-SHA256 Credential=a/1/r/sts/aws4_request\n",
];

pub(crate) const TARGETS: &[Target] = &[Target {
    name: "wire",
    run: fuzzing::wire,
    made: || Vec::new(),
    tokens: TOKENS,
}];
