//! What the operator decides about captures.

use anyhow::Result;
use probity_data::capture::{CaptureOptions, CaptureSync, KeyedHash, NewNames, Redaction};
use probity_data::location::Environment;

use super::data_folder::KEY_BYTES;
use crate::arguments::{CaptureArguments, CaptureSyncArgument};
use crate::exit::Usage;

/// Keys of one purpose tell nothing of the others, though they come from one key file.
const REDACTION_PURPOSE: &[u8] = b"probity capture redaction v1";

/// Options of the capture log, as typed.
pub(crate) fn options(
    arguments: &CaptureArguments,
    environment: &Environment,
    names: NewNames,
) -> CaptureOptions {
    CaptureOptions {
        sync: match arguments.capture_sync {
            CaptureSyncArgument::Always => CaptureSync::Always,
            CaptureSyncArgument::Interval => CaptureSync::Interval,
            CaptureSyncArgument::Off => CaptureSync::Off,
        },
        max_bytes: Some(arguments.capture_max_bytes),
        ..CaptureOptions::new(names, environment.clone())
    }
}

/// The rules for every endpoint, with the key that hashes are made with.
pub(crate) fn redaction(
    arguments: &CaptureArguments,
    key: &[u8; KEY_BYTES],
) -> Result<(Redaction, KeyedHash)> {
    let master = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    let hash = KeyedHash::new(ring::hmac::sign(&master, REDACTION_PURPOSE).as_ref());
    let rules = Redaction::parse(&arguments.capture_redact.join(","), hash.clone())
        .map_err(|error| Usage(format!("--capture-redact: {error}")))?;
    Ok((rules, hash))
}
