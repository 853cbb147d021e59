//! The line between the server and the isolated process: the process's standard input. Closed,
//! it says "stop"; it is closed by the kernel too when the server dies, so that no script
//! outlives the server that started it.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

/// How soon an end is noticed.
const PAUSE: Duration = Duration::from_millis(20);

/// The server's end. Dropping it stops the process.
#[derive(Debug)]
pub(crate) struct Control {
    _end: UnixStream,
}

impl Control {
    /// The server's end, and what the process takes as its standard input.
    pub(crate) fn pair() -> io::Result<(Control, Stdio)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Control { _end: ours }, Stdio::from(OwnedFd::from(theirs))))
    }
}

/// The isolated process's end.
#[derive(Debug)]
pub(crate) struct Controlled {
    end: UnixStream,
}

impl Controlled {
    pub(crate) fn of_standard_input() -> io::Result<Controlled> {
        let end = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        end.set_read_timeout(Some(PAUSE))?;
        Ok(Controlled { end })
    }

    /// Waits for `child`, and ends it when the line is closed.
    pub(crate) fn watch(mut self, mut child: Child) -> io::Result<ExitStatus> {
        let mut byte = [0];
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            match self.end.read(&mut byte) {
                Ok(0) => {
                    child.kill()?;
                    return child.wait();
                }
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock
                            | io::ErrorKind::TimedOut
                            | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
