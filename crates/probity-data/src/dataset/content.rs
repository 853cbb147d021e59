//! The decompressed content of a file, read once from its start, with what was
//! read but not yet used kept in one buffer.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

use super::error::ReadDataset;
use crate::location::{ReadLocation, SourceFile};

pub(crate) struct Content {
    uri: Arc<str>,
    stream: BoxStream<'static, Result<Bytes, ReadLocation>>,
    buffer: Vec<u8>,
    ended: bool,
}

impl Content {
    pub(crate) async fn open(file: &SourceFile) -> Result<Content, ReadDataset> {
        let uri: Arc<str> = file.uri().into();
        let stream = file.read().await.map_err(|source| ReadDataset::Location {
            uri: uri.to_string(),
            source,
        })?;
        Ok(Content {
            uri,
            stream,
            buffer: Vec::new(),
            ended: false,
        })
    }

    /// Content that is in memory already, in chunks of `chunk_bytes`.
    pub(crate) fn in_memory(uri: &str, bytes: Bytes, chunk_bytes: usize) -> Content {
        let starts = (0..bytes.len()).step_by(chunk_bytes.max(1));
        let chunks: Vec<_> = starts
            .map(|start| Ok(bytes.slice(start..bytes.len().min(start + chunk_bytes.max(1)))))
            .collect();
        Content {
            uri: uri.into(),
            stream: futures::stream::iter(chunks).boxed(),
            buffer: Vec::new(),
            ended: false,
        }
    }

    pub(crate) fn uri(&self) -> &Arc<str> {
        &self.uri
    }

    /// What was read and not yet taken.
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Nothing follows the buffer.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Reads until the buffer has `size` bytes or the content ends.
    pub(crate) async fn fill(&mut self, size: usize) -> Result<(), ReadDataset> {
        while self.buffer.len() < size && !self.ended {
            self.read_more().await?;
        }
        Ok(())
    }

    pub(crate) async fn read_more(&mut self) -> Result<(), ReadDataset> {
        match self.stream.next().await {
            Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
            Some(Err(source)) => {
                return Err(ReadDataset::Location {
                    uri: self.uri.to_string(),
                    source,
                });
            }
            None => self.ended = true,
        }
        Ok(())
    }

    /// Takes the first `size` bytes out of the buffer. The next block will be
    /// about as long, so its room is made at once.
    pub(crate) fn take(&mut self, size: usize) -> Vec<u8> {
        let rest = &self.buffer[size.min(self.buffer.len())..];
        let room = if self.ended {
            rest.len()
        } else {
            self.buffer.len() + (self.buffer.len() >> 6)
        };
        let mut next = Vec::with_capacity(room);
        next.extend_from_slice(rest);
        let mut taken = std::mem::replace(&mut self.buffer, next);
        taken.truncate(size);
        taken
    }

    /// Drops the first `size` bytes of the buffer.
    pub(crate) fn skip(&mut self, size: usize) {
        self.buffer.drain(..size.min(self.buffer.len()));
    }
}
