//! Runs what may panic on damaged data, and keeps the panic from being printed: the caller reports an error.
//! The process's panic hook is wrapped once; other threads, and this one outside, panic as ever.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::task::Poll;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What ran has panicked; nothing of it is to be used any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `work` on this thread.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    wrap_hook();
    let was_quiet = IS_QUIET.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(was_quiet);
    done.map_err(|_| Panicked)
}

fn wrap_hook() {
    static WRAPPED: Once = Once::new();
    WRAPPED.call_once(|| {
        let hook = take_hook();
        set_hook(Box::new(move |panic| {
            if !is_quiet() {
                hook(panic);
            }
        }));
    });
}

fn is_quiet() -> bool {
    IS_QUIET.try_with(Cell::get).unwrap_or(false)
}

/// A future of which each step is caught.
pub(super) async fn catch_future<T>(future: BoxFuture<'_, T>) -> Result<T, Panicked> {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        let polled = match &mut future {
            Some(future) => catch(|| future.poll_unpin(context)),
            None => Err(Panicked),
        };
        match polled {
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(Panicked) => {
                forget_quietly(&mut future);
                Poll::Ready(Err(Panicked))
            }
        }
    })
    .await
}

/// A stream of which each step is caught; a panic is its last item.
pub(super) fn catch_stream<T>(
    stream: BoxStream<'static, T>,
) -> impl Stream<Item = Result<T, Panicked>> + Send + 'static
where
    T: Send + 'static,
{
    let mut stream = Some(stream);
    futures::stream::poll_fn(move |context| {
        let Some(running) = &mut stream else {
            return Poll::Ready(None);
        };
        match catch(|| running.poll_next_unpin(context)) {
            Ok(polled) => polled.map(|item| item.map(Ok)),
            Err(Panicked) => {
                forget_quietly(&mut stream);
                Poll::Ready(Some(Err(Panicked)))
            }
        }
    })
}

/// Dropping what has panicked may panic again.
fn forget_quietly<T>(value: &mut Option<T>) {
    let value = value.take();
    drop(catch(move || drop(value)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    #[test]
    fn a_panic_is_caught_and_only_then_quiet() {
        assert!(!is_quiet());
        assert_eq!(catch(is_quiet), Ok(true));
        assert_eq!(catch(|| panic!("damaged")), Err::<(), _>(Panicked));
        assert!(!is_quiet());
    }

    #[test]
    fn a_panic_inside_another_leaves_the_outer_one_quiet() {
        let outer = catch(|| {
            drop(catch(|| panic!("inner")));
            is_quiet()
        });
        assert_eq!(outer, Ok(true));
    }

    #[test]
    fn other_threads_are_not_quiet() {
        let other = catch(|| std::thread::spawn(is_quiet).join());
        assert!(!other.unwrap().unwrap());
    }

    #[test]
    fn a_future_that_panics_is_an_error() {
        assert_eq!(block_on(catch_future(async { 1 }.boxed())), Ok(1));
        let damaged = async {
            futures::future::ready(()).await;
            panic!("damaged")
        };
        assert_eq!(block_on(catch_future::<()>(damaged.boxed())), Err(Panicked));
    }

    #[test]
    fn a_stream_ends_with_its_panic() {
        let numbers = futures::stream::iter(0..5).map(|number| {
            assert!(number < 2, "damaged");
            number
        });
        let items: Vec<_> = block_on(catch_stream(numbers.boxed()).collect());
        assert_eq!(items, [Ok(0), Ok(1), Err(Panicked)]);
    }
}
