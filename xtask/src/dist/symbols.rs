//! Which C library the program asks for: a binary that was linked on a newer system does not start
//! on an older one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Debian 12 has 2.36.
const NEWEST: u32 = 36;

pub(super) fn check(program: &Path) -> Result<()> {
    let bytes =
        fs::read(program).with_context(|| format!("failed to read `{}`", program.display()))?;
    let asked = newest_asked(&bytes).unwrap_or_default();
    if asked > NEWEST {
        bail!(
            "the program asks for glibc 2.{asked}, and Debian 12 has 2.{NEWEST}: build it on Debian 12"
        );
    }
    println!(
        "{}: {} MiB, asks for glibc 2.{asked}",
        program.display(),
        bytes.len() >> 20
    );
    Ok(())
}

/// The minor part of the newest version among names of symbols' versions, as `GLIBC_2.34`.
fn newest_asked(bytes: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"\0GLIBC_2.";
    let found = bytes.windows(NAME.len()).enumerate();
    let starts = found.filter(|(_, window)| *window == NAME);
    let minors = starts.filter_map(|(start, _)| {
        let rest = bytes.get(start + NAME.len()..)?;
        let name = rest.split(|byte| *byte == 0).next()?;
        let minor = name.split(|byte| *byte == b'.').next()?;
        std::str::from_utf8(minor).ok()?.parse().ok()
    });
    minors.max()
}

#[cfg(test)]
mod tests {
    use super::newest_asked;

    #[test]
    fn the_newest_version_counts_as_a_number() {
        let table = b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.3.4\0GLIBC_2.9\0GLIBC_PRIVATE\0";
        assert_eq!(newest_asked(table), Some(34));
        assert_eq!(newest_asked(b"static"), None);
    }
}
