//! `/live`: tells open pages that something has changed, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). Only that: a page then asks
//! for itself again, with its own rights.
//!
//! One task looks at the store for all readers, while there are any. Readers are told the last
//! state only, so one that is slow costs no memory; one that takes nothing at all is let go.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use probity_app::dashboard::live;
use probity_app::session::{self, Token};
use probity_app::{App, Caller, Clock};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::Desk;
use super::visit::{Asked, Visit};
use crate::answer::{Answer, AnswerBody, BodyError};

/// Between two looks at the store: each reads one row.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Proxies close connections that are silent for half a minute or more.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A reader that has not taken the last words by then is gone, or has stopped.
const PATIENCE: Duration = Duration::from_secs(45);
/// How a stream goes.
#[derive(Clone, Copy, Debug)]
struct Pace {
    heartbeat: Duration,
    patience: Duration,
}

const PACE: Pace = Pace {
    heartbeat: HEARTBEAT,
    patience: PATIENCE,
};

/// Browsers come again by themselves: nothing is held for ever.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Of one user, however many sessions: others need room, too.
const MOST_OF_ONE: usize = 32;
/// Where nobody signs in, everybody is one.
const MOST_OF_EVERYBODY: usize = 512;
/// Each holds a connection, of which the server has `--max-connections`.
const MOST: usize = 1024;
/// Not standard, and known to proxies: what comes is to be passed on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a browser waits before it comes again.
const GREETING: &str = "retry: 3000\n\n";
/// The last words to whoever is not signed in any more.
const BYE: &[u8] = b"event: bye\ndata: signed out\n\n";
/// A comment, which browsers drop.
const HEART: &[u8] = b":\n\n";

/// The readers of all pages. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Live(Arc<Readers>);

#[derive(Debug)]
struct Readers {
    shown: watch::Sender<Shown>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// How many of each user.
    places: HashMap<String, usize>,
    /// Somebody looks at the store.
    is_looked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    /// The number of the last event of the audit log.
    mark: i64,
    /// The server ends.
    is_over: bool,
}

impl Default for Live {
    fn default() -> Live {
        Live(Arc::new(Readers {
            shown: watch::Sender::new(Shown::default()),
            taken: Mutex::default(),
        }))
    }
}

/// A place among the readers, given back when it is dropped.
#[derive(Debug)]
struct Place {
    readers: Arc<Readers>,
    of: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = &mut self.readers.taken().places;
        if let Some(count) = places.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.of);
            }
        }
    }
}

impl Readers {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Ends all streams, and takes no more.
    pub(crate) fn end(&self) {
        self.0.shown.send_modify(|shown| shown.is_over = true);
    }

    /// `None` where there are too many. Where nobody looks, whoever comes begins to.
    fn enter(&self, (of, most): (&str, usize)) -> Option<(Place, Looking)> {
        let mut taken = self.0.taken();
        let all: usize = taken.places.values().sum();
        let own = taken.places.get(of).copied().unwrap_or(0);
        if all >= MOST || own >= most || self.0.shown.borrow().is_over {
            return None;
        }
        taken.places.insert(of.to_owned(), own + 1);
        let looking = match std::mem::replace(&mut taken.is_looked, true) {
            true => Looking::Already,
            false => Looking::Begins,
        };
        let place = Place {
            readers: Arc::clone(&self.0),
            of: of.to_owned(),
        };
        Some((place, looking))
    }

    /// Whether the one who looks may go: under the lock of who enters, so that there is always one.
    fn is_done(&self) -> bool {
        let mut taken = self.0.taken();
        taken.is_looked = !taken.places.is_empty() && !self.0.shown.borrow().is_over;
        !taken.is_looked
    }

    /// Looks at the store until the last reader has left.
    async fn look(self, app: App, caller: Caller) {
        loop {
            sleep(LOOK_EVERY).await;
            if self.is_done() {
                return;
            }
            match live::mark(&app, &caller).await {
                Ok(mark) => {
                    self.0.shown.send_if_modified(|shown| {
                        let is_new = shown.mark != mark;
                        shown.mark = mark;
                        is_new
                    });
                }
                // Whoever loads a page is told; this goes on when the store is back.
                Err(error) => tracing::debug!("failed to look for changes: {error}"),
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looking {
    Begins,
    Already,
}

/// Opens the stream. `since` of the address is the mark of the page that asks: what has changed
/// since then is told at once.
pub(super) fn stream(desk: Desk<'_>, asked: &Asked, visit: &Visit) -> Answer {
    let live = &desk.pages.live;
    let most = match visit.is_signed_in() {
        true => MOST_OF_ONE,
        false => MOST_OF_EVERYBODY,
    };
    let Some((place, looking)) = live.enter((&visit.caller.user, most)) else {
        return too_many();
    };
    if looking == Looking::Begins {
        tokio::spawn(live.clone().look(desk.app.clone(), visit.caller.clone()));
    }
    let last_seen = asked.last_event.as_deref();
    let last_seen = last_seen.or(visit.fields.get("since"));
    let since = last_seen.and_then(|text| text.parse().ok());
    let mark = visit.mark.unwrap_or_default();
    let door = Door {
        app: desk.app.clone(),
        wall_clock: Arc::clone(&desk.pages.wall_clock),
        token: asked.session.clone().filter(|_| visit.is_signed_in()),
    };
    let shown = place.readers.shown.subscribe();
    let reader = Reader {
        shown,
        told: since.unwrap_or(mark),
        mark,
        pace: PACE,
    };
    let (words, taken) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        let ended = timeout(LONGEST, reader.tell(&words, || door.is_open()));
        // Either way the stream is over.
        drop(ended.await);
    });
    answer(taken)
}

/// For who is not signed in any more: a browser does not come again after this.
pub(super) fn not_known() -> Answer {
    let mut answer = Answer::new(AnswerBody::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

fn too_many() -> Answer {
    let mut answer = Answer::new(AnswerBody::empty());
    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
    answer
}

fn answer(mut taken: mpsc::Receiver<Bytes>) -> Answer {
    let frames = stream::poll_fn(move |context| {
        let next = taken.poll_recv(context);
        next.map(|words| words.map(|words| Ok::<_, BodyError>(Frame::data(words))))
    });
    let mut answer = Answer::new(AnswerBody::stream(StreamBody::new(frames)));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    answer
}

/// Whose stream it is.
struct Door {
    app: App,
    wall_clock: Arc<dyn Clock>,
    /// `None` where nobody signs in.
    token: Option<Token>,
}

impl Door {
    /// Whether the session still is one. A store that is away ends no stream.
    async fn is_open(&self) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let found = session::find(&self.app, token, self.wall_clock.now_ms()).await;
        !matches!(found, Ok(None))
    }
}

struct Reader {
    shown: watch::Receiver<Shown>,
    /// The last mark that the page knows of.
    told: i64,
    /// The mark when the stream began.
    mark: i64,
    pace: Pace,
}

impl Reader {
    /// Until the reader has left, has taken nothing for long, or is not let in any more.
    async fn tell<F>(mut self, words: &mpsc::Sender<Bytes>, is_open: impl Fn() -> F)
    where
        F: Future<Output = bool>,
    {
        let greeting = Bytes::from_static(GREETING.as_bytes());
        if words.send(greeting).await.is_err() {
            return;
        }
        let mut heartbeat = interval(self.pace.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.reset();
        while !self.shown.borrow().is_over {
            let text = match self.news() {
                Some(news) => news,
                None => tokio::select! {
                    changed = self.shown.changed() => match changed {
                        Ok(()) => continue,
                        Err(_) => return,
                    },
                    _ = heartbeat.tick() => Bytes::from_static(HEART),
                    () = words.closed() => return,
                },
            };
            if !is_open().await {
                let bye = words.send(Bytes::from_static(BYE));
                // Gone or not: the stream is over.
                drop(timeout(self.pace.patience, bye).await);
                return;
            }
            match timeout(self.pace.patience, words.send(text)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// What the page does not know yet.
    fn news(&mut self) -> Option<Bytes> {
        let shown = self.shown.borrow_and_update().mark;
        let mark = shown.max(self.mark);
        if mark == self.told {
            return None;
        }
        self.told = mark;
        Some(Bytes::from(format!(
            "event: change\nid: {mark}\ndata: {mark}\n\n"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(live: &Live) -> Reader {
        Reader {
            shown: live.0.shown.subscribe(),
            told: 0,
            mark: 0,
            pace: Pace {
                heartbeat: Duration::from_millis(30),
                patience: Duration::from_millis(30),
            },
        }
    }

    fn set(live: &Live, mark: i64) {
        live.0.shown.send_modify(|shown| shown.mark = mark);
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_let_go() {
        let live = Live::default();
        let (place, _) = live.enter(("a", 6)).unwrap();
        let (words, taken) = mpsc::channel(1);
        let reading = reader(&live);
        let telling = tokio::spawn(async move {
            let _place = place;
            reading.tell(&words, || async { true }).await;
        });
        // The greeting lies there, and nobody takes it.
        for mark in 1..=1000 {
            set(&live, mark);
            tokio::task::yield_now().await;
        }
        telling.await.unwrap();
        assert!(live.0.taken().places.is_empty());
        assert_eq!(taken.len(), 1, "nothing was heaped up");
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_of_the_last_change_only() {
        let live = Live::default();
        let (words, mut taken) = mpsc::channel(1);
        let reading = reader(&live);
        tokio::spawn(async move { reading.tell(&words, || async { true }).await });
        assert_eq!(taken.recv().await.unwrap(), GREETING);
        for mark in 1..=1000 {
            set(&live, mark);
        }
        let told = taken.recv().await.unwrap();
        assert_eq!(told, "event: change\nid: 1000\ndata: 1000\n\n");
        assert_eq!(
            taken.recv().await.unwrap(),
            HEART,
            "then only its heart beats"
        );
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_session_and_with_the_server() {
        for end in ["session", "server"] {
            let live = Live::default();
            let (words, mut taken) = mpsc::channel(1);
            let reading = reader(&live);
            let is_open = end != "session";
            tokio::spawn(async move { reading.tell(&words, || async move { is_open }).await });
            assert_eq!(taken.recv().await.unwrap(), GREETING);
            match end {
                "session" => set(&live, 1),
                _ => live.end(),
            }
            if end == "session" {
                assert_eq!(taken.recv().await.unwrap(), BYE);
            }
            assert_eq!(taken.recv().await, None, "{end}");
        }
    }

    #[test]
    fn places_are_few_and_come_back() {
        let live = Live::default();
        let mut held: Vec<Place> = Vec::new();
        for number in 0..6 {
            let (place, looking) = live.enter(("a", 6)).unwrap();
            assert_eq!(looking == Looking::Begins, number == 0);
            held.push(place);
        }
        assert!(live.enter(("a", 6)).is_none());
        assert!(live.enter(("b", 6)).is_some());
        held.pop();
        assert!(live.enter(("a", 6)).is_some());
        let places = (0..MOST).map_while(|number| live.enter((&number.to_string(), 6)));
        let others: Vec<_> = places.collect();
        assert_eq!(others.len(), MOST - held.len());
        drop((held, others));
        assert!(live.0.taken().places.is_empty());
        live.end();
        let late = live.enter(("a", 6));
        assert!(late.is_none(), "a server that ends takes nobody");
    }

    #[test]
    fn there_is_one_who_looks_while_there_are_readers() {
        let live = Live::default();
        let (first, looking) = live.enter(("a", 6)).unwrap();
        assert_eq!(looking, Looking::Begins);
        drop(first);
        // Who looks is asleep, and has not seen that nobody is there: a second one is not needed.
        let (second, looking) = live.enter(("a", 6)).unwrap();
        assert_eq!(looking, Looking::Already);
        assert!(!live.is_done());
        drop(second);
        assert!(live.is_done());
        let (_third, looking) = live.enter(("a", 6)).unwrap();
        assert_eq!(looking, Looking::Begins);
    }
}
