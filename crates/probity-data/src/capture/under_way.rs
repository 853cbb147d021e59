//! Calls that are between the stamping of a record with its time and the writing of it. Whoever
//! wants every record of before a moment waits for those, and not for later ones.
//!
//! Two counters that take turns, as in sleepable read-copy-update (McKenney, "Sleepable RCU",
//! 2006): a call counts itself into the one whose turn it is; whoever waits gives the turn to the
//! other one, and waits until the first is empty.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// A record is written within microseconds.
const LOOK: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct UnderWay {
    turn: AtomicUsize,
    counts: [AtomicU64; 2],
    /// One waits at a time.
    waiting: tokio::sync::Mutex<()>,
}

/// A call that is counted, until it is dropped. It is not to be kept over a wait.
#[derive(Debug)]
pub struct Entered<'a> {
    count: &'a AtomicU64,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl UnderWay {
    pub(super) fn enter(&self) -> Entered<'_> {
        loop {
            let turn = self.turn.load(Ordering::SeqCst);
            let count = &self.counts[turn % 2];
            count.fetch_add(1, Ordering::SeqCst);
            let entered = Entered { count };
            // Else the counter may have been found empty before we counted.
            if self.turn.load(Ordering::SeqCst) == turn {
                return entered;
            }
        }
    }

    /// Whether no call is under way. One that enters meanwhile is stamped later than the caller's
    /// last look at the clock.
    pub(super) fn is_nobody(&self) -> bool {
        self.counts
            .iter()
            .all(|count| count.load(Ordering::SeqCst) == 0)
    }

    /// Returns when every call that entered before has left.
    pub(super) async fn settle(&self) {
        let _waiting = self.waiting.lock().await;
        let turn = self.turn.load(Ordering::SeqCst);
        // Somebody who gave up waiting may have left calls of the turn before.
        self.empty((turn + 1) % 2).await;
        self.turn.store(turn + 1, Ordering::SeqCst);
        self.empty(turn % 2).await;
    }

    async fn empty(&self, side: usize) {
        while self.counts[side].load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_settled(settling: &mut std::pin::Pin<Box<impl Future<Output = ()>>>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        settling.as_mut().poll(&mut context) == Poll::Ready(())
    }

    #[tokio::test]
    async fn who_settles_waits_for_those_of_before_and_not_for_later_ones() {
        let under_way = UnderWay::default();
        let before = under_way.enter();
        let mut settling = Box::pin(under_way.settle());
        assert!(!is_settled(&mut settling));
        let _later = under_way.enter();
        drop(before);
        settling.await;
    }

    #[tokio::test]
    async fn who_gave_up_leaves_nobody_unwaited_for() {
        let under_way = UnderWay::default();
        let before = under_way.enter();
        assert!(!is_settled(&mut Box::pin(under_way.settle())));
        for _ in 0..2 {
            let mut settling = Box::pin(under_way.settle());
            assert!(!is_settled(&mut settling));
        }
        drop(before);
        under_way.settle().await;
    }
}
