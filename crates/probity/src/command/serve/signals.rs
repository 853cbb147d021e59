//! Being asked to end: by a service manager, by Ctrl-C, or by a terminal that is closed.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that are listened to from the moment when this is made, whenever somebody waits for
/// them: one that came before is not lost, and has not ended the process.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Of a server, which outlives its terminal when `nohup` or a service manager says so; else
    /// the system ends it as it always did.
    pub(crate) fn of_server() -> Result<Signals> {
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: None,
        })
    }

    /// Also of the terminal that is closed, unless whoever started the process (`nohup`) has it
    /// ignore that.
    pub(crate) fn of_terminal() -> Result<Signals> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let hangup = match ignores_hangup(&status) {
            true => None,
            false => Some(listen(SignalKind::hangup())?),
        };
        Ok(Signals {
            hangup,
            ..Signals::of_server()?
        })
    }

    pub(crate) async fn told_to_end(mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal> {
    signal(kind).context("failed to listen to signals")
}

/// `SigIgn` of proc(5): a mask in hexadecimal, whose lowest bit is signal 1, the hangup.
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_is_ignored_where_the_lowest_bit_says_so() {
        let status =
            |mask: &str| format!("Name:\tprobity\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup(""));
    }
}
