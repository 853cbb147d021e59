//! Receiving a body: to a file beside the buckets, hashed on the way by a thread that may wait for
//! the disk, and refused when it is not what the client said.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use md5::{Digest, Md5};
use probity_data::location::buckets::{BucketError, Buckets, Staged};
use s3s::checksum::ChecksumHasher;
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders, s3_error};

use super::checksum::{self, Checksums, Said};
use super::fault::{blocking, from_body};

/// The largest object that one request may put.
pub(super) const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes that are gathered before a thread writes them.
const GATHER_BYTES: usize = 1024 * 1024;

/// What the client says about the body.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) md5: Option<String>,
    pub(super) said: Said,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// A body on its way to the disk.
pub(super) struct Received {
    pub(super) staged: Staged,
    pub(super) md5: [u8; 16],
    pub(super) checksums: Checksums,
}

struct Writer {
    staged: Staged,
    md5: Md5,
    hasher: ChecksumHasher,
}

impl Writer {
    fn write(&mut self, gathered: &[Bytes]) -> Result<(), BucketError> {
        for bytes in gathered {
            self.md5.update(bytes);
            self.hasher.update(bytes);
            self.staged.write(bytes)?;
        }
        Ok(())
    }
}

/// Receives a whole body.
pub(super) async fn receive(
    buckets: &Buckets,
    body: Option<StreamingBlob>,
    expected: Expected,
) -> S3Result<Received> {
    let hasher = expected.said.hasher();
    let buckets = buckets.clone();
    let mut writer = blocking(move || {
        Ok(Writer {
            staged: buckets.stage()?,
            md5: Md5::new(),
            hasher,
        })
    })
    .await?;
    let mut gathered = Gathered::default();
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await {
            gathered.push(bytes.map_err(|fault| from_body(&*fault))?);
            if writer.staged.size() + gathered.length as u64 > MAX_BYTES {
                return Err(s3_error!(
                    EntityTooLarge,
                    "Your proposed upload exceeds the maximum allowed size"
                ));
            }
            if gathered.length >= GATHER_BYTES {
                writer = write(writer, gathered.take()).await?;
            }
        }
    }
    writer = write(writer, gathered.take()).await?;
    let md5: [u8; 16] = writer.md5.finalize().into();
    if let Some(said) = expected.md5 {
        check_md5(&said, md5)?;
    }
    let checksums = checksum::kept(writer.hasher.finalize());
    let trailers = expected.trailers.and_then(|trailers| trailers.take());
    expected.said.check(&checksums, trailers)?;
    Ok(Received {
        staged: writer.staged,
        md5,
        checksums,
    })
}

async fn write(mut writer: Writer, gathered: Vec<Bytes>) -> S3Result<Writer> {
    if gathered.is_empty() {
        return Ok(writer);
    }
    blocking(move || {
        writer.write(&gathered)?;
        Ok(writer)
    })
    .await
}

#[derive(Default)]
struct Gathered {
    chunks: Vec<Bytes>,
    length: usize,
}

impl Gathered {
    fn push(&mut self, bytes: Bytes) {
        self.length += bytes.len();
        self.chunks.push(bytes);
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.length = 0;
        std::mem::take(&mut self.chunks)
    }
}

fn check_md5(said: &str, md5: [u8; 16]) -> S3Result<()> {
    match BASE64_STANDARD.decode(said) {
        Ok(said) if said.len() == 16 => {
            if said == md5 {
                return Ok(());
            }
            Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ))
        }
        _ => Err(s3_error!(
            InvalidDigest,
            "The Content-MD5 you specified is not valid."
        )),
    }
}
