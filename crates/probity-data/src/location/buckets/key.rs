//! Which object keys a folder can hold. A key is a path below its bucket's folder, letter by
//! letter; what cannot be a path is refused, so that no key leads anywhere else. The rules of S3:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>.

/// The longest key of S3, in bytes.
const MAX_KEY_BYTES: usize = 1024;

/// The longest name of a file, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Why a folder cannot hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("the key is empty")]
    Empty,
    #[error("the key is longer than 1024 bytes")]
    TooLong,
    #[error("a part of the key between two slashes is longer than 255 bytes")]
    NameTooLong,
    #[error("the key begins with a slash or has two slashes in a row")]
    EmptyName,
    #[error("a part of the key is `.` or `..`")]
    Dots,
    #[error("the key holds a NUL character")]
    Nul,
}

/// Checks that a key is a path that stays below its bucket.
pub fn check_key(key: &str) -> Result<(), KeyProblem> {
    if key.is_empty() {
        return Err(KeyProblem::Empty);
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(KeyProblem::TooLong);
    }
    check_names(key.strip_suffix('/').unwrap_or(key))
}

/// Checks the names of a path without a slash at its end.
pub(super) fn check_names(path: &str) -> Result<(), KeyProblem> {
    for name in path.split('/') {
        match name {
            "" => return Err(KeyProblem::EmptyName),
            "." | ".." => return Err(KeyProblem::Dots),
            _ if name.len() > MAX_NAME_BYTES => return Err(KeyProblem::NameTooLong),
            _ if name.contains('\0') => return Err(KeyProblem::Nul),
            _ => {}
        }
    }
    Ok(())
}

/// S3's rules for the name of a bucket, as far as they keep names apart from paths.
pub fn is_bucket_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|&byte| plain(byte) || byte == b'.' || byte == b'-')
        && bytes.first().copied().is_some_and(plain)
        && bytes.last().copied().is_some_and(plain)
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: Result<(), KeyProblem>) {
        assert_eq!(check_key(key), expected, "{key}");
    }

    #[test]
    fn ordinary_and_odd_names_are_kept_letter_by_letter() {
        for key in [
            "a",
            "a/b c+%2e%2e#1.csv",
            "ä/日本/…",
            "folder/",
            ".hidden",
            "...",
            "a\\..\\b",
        ] {
            check(key, Ok(()));
        }
    }

    #[test]
    fn keys_that_would_leave_the_bucket_are_refused() {
        check("..", Err(KeyProblem::Dots));
        check("a/../../etc/passwd", Err(KeyProblem::Dots));
        check("./a", Err(KeyProblem::Dots));
        check("../", Err(KeyProblem::Dots));
        check("/etc/passwd", Err(KeyProblem::EmptyName));
        check("a//b", Err(KeyProblem::EmptyName));
        check("/", Err(KeyProblem::EmptyName));
        check("a\0b", Err(KeyProblem::Nul));
        check("", Err(KeyProblem::Empty));
    }

    #[test]
    fn keys_that_no_file_can_have_are_refused() {
        check(&"a".repeat(255), Ok(()));
        check(&"a".repeat(256), Err(KeyProblem::NameTooLong));
        check(&"a/".repeat(512), Ok(()));
        check(&"a/".repeat(513), Err(KeyProblem::TooLong));
    }

    #[test]
    fn a_bucket_name_is_no_path() {
        assert!(is_bucket_name("sagemaker-us-east-1-111122223333") && is_bucket_name("a.b"));
        for name in [
            "..", ".probity", "ab", "a/b", "A-b-c", "-abc", "a..b", "abc-", "",
        ] {
            assert!(!is_bucket_name(name), "{name}");
        }
    }
}
