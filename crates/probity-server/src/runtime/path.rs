//! Which operation of the runtime API a request asks for, by its path.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use super::error::RuntimeError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Invoke,
    InvokeStreaming,
    InvokeAsync,
}

/// The name of the endpoint, and what is asked of it.
pub(super) fn parse<'a>(
    method: &Method,
    path: &'a str,
) -> Result<(Cow<'a, str>, Operation), RuntimeError> {
    let unknown = || RuntimeError::UnknownOperation;
    let rest = path.strip_prefix("/endpoints/").ok_or_else(unknown)?;
    let (name, operation) = rest.split_once('/').ok_or_else(unknown)?;
    let operation = match operation {
        "invocations" => Operation::Invoke,
        "invocations-response-stream" => Operation::InvokeStreaming,
        "async-invocations" => Operation::InvokeAsync,
        _ => return Err(unknown()),
    };
    if method != Method::POST {
        return Err(unknown());
    }
    let name = percent_decode_str(name).decode_utf8();
    let name = name.ok().filter(|name| is_name(name));
    let name = name.ok_or_else(|| {
        RuntimeError::invalid(
            "Value at 'endpointName' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        )
    })?;
    Ok((name, operation))
}

/// `[a-zA-Z0-9](-*[a-zA-Z0-9])*`, of at most 63 characters.
fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && is_end(bytes.first())
        && is_end(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<(&str, Operation)>) {
        let found = parse(&Method::POST, path).ok();
        let found = found
            .as_ref()
            .map(|(name, operation)| (name.as_ref(), *operation));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn three_operations_are_told_by_the_path() {
        check(
            "/endpoints/a-1/invocations",
            Some(("a-1", Operation::Invoke)),
        );
        check(
            "/endpoints/a/invocations-response-stream",
            Some(("a", Operation::InvokeStreaming)),
        );
        check(
            "/endpoints/a/async-invocations",
            Some(("a", Operation::InvokeAsync)),
        );
        check(
            "/endpoints/a%2Db/invocations",
            Some(("a-b", Operation::Invoke)),
        );
        check("/endpoints/a/other", None);
        check("/endpoints/a/invocations/", None);
        check("/endpoints/a%2Fb/invocations", None);
        check("/endpoints/..%2f/invocations", None);
        check("/endpoints/-a/invocations", None);
        check("/endpoints//invocations", None);
        assert!(parse(&Method::GET, "/endpoints/a/invocations").is_err());
    }
}
