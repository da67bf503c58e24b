//! Pages that were made once and are given out again: compressed, within bounded memory, and behind the log-in check. Those that
//! need no log-in lie on a shelf of their own, so that nobody from outside crowds out the others.
//!
//! A page is kept for one release, one revision of what changes between releases, one scope, one account, one language and one
//! address. Light and dark are the style sheet's and need no second copy. What belongs to a log-in alone, the token of its
//! forms, is never kept: a page is made with a mark in its place, and each answer gets its own token there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, REFRESH, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::error::DashboardError;
use crate::pages::fault::Fault;
use crate::routes;
use crate::scope::Scope;
use crate::visit::{App, Visitor};
use crate::words::Lang;

/// Bytes of all kept pages together; the least lately asked for make room.
const ROOM: usize = 48 << 20;
/// The same of pages for visitors without a log-in.
const OPEN_ROOM: usize = 16 << 20;
/// What stands for the token while a page is made. It can't be typed into an address as it is, and no page says it.
const MARK: &str = "\u{e000}token\u{e000}";

/// The kept pages.
pub struct PageCache {
    shelf: Mutex<Shelf>,
    /// Held by the one who makes a page, so that others wait for it rather than make it too.
    turns: Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>,
    revision: AtomicU64,
    room: usize,
}

impl PageCache {
    /// A shelf for those who are not logged in.
    pub fn open() -> PageCache {
        PageCache { room: OPEN_ROOM, ..PageCache::default() }
    }
}

impl Default for PageCache {
    fn default() -> PageCache {
        PageCache { shelf: Mutex::default(), turns: Mutex::default(), revision: AtomicU64::new(0), room: ROOM }
    }
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    release: u64,
    revision: u64,
    scope: Scope,
    account: String,
    lang: Lang,
    address: String,
}

#[derive(Default)]
struct Shelf {
    pages: HashMap<Key, (u64, Arc<Kept>)>,
    bytes: usize,
    asked: u64,
}

/// A page without its tokens: the stretches between them, each compressed by itself.
struct Kept {
    stretches: Vec<Stretch>,
}

struct Stretch {
    /// Raw deflate that ends on a byte and forgets what came before, so that anything may stand between two of them.
    packed: Vec<u8>,
    crc: Crc,
}

impl PageCache {
    /// Makes all kept pages old: something that pages show changed without a new release, such as a case's steps.
    pub fn outdate(&self) {
        self.revision.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self, key: &Key) -> Option<Arc<Kept>> {
        let mut shelf = lock(&self.shelf);
        shelf.asked += 1;
        let asked = shelf.asked;
        let (last, page) = shelf.pages.get_mut(key)?;
        *last = asked;
        Some(page.clone())
    }

    fn put(&self, key: Key, page: Arc<Kept>) {
        let mut shelf = lock(&self.shelf);
        shelf.asked += 1;
        let asked = shelf.asked;
        let size = page.size();
        if size > self.room / 4 {
            return;
        }
        // A newer release or revision is here: nobody asks for what was before.
        if shelf.pages.keys().any(|one| (one.release, one.revision) != (key.release, key.revision)) {
            shelf.pages.retain(|one, _| (one.release, one.revision) == (key.release, key.revision));
            shelf.bytes = shelf.pages.values().map(|(_, page)| page.size()).sum();
        }
        if shelf.bytes + size > self.room {
            let mut by_age: Vec<(u64, Key)> = shelf.pages.iter().map(|(key, (last, _))| (*last, key.clone())).collect();
            by_age.sort_by_key(|(last, _)| *last);
            // A quarter at once, so that not every page that comes sorts them all.
            for (_, key) in by_age {
                if shelf.bytes + size <= self.room - self.room / 4 {
                    break;
                }
                if let Some((_, page)) = shelf.pages.remove(&key) {
                    shelf.bytes -= page.size();
                }
            }
        }
        shelf.bytes += size;
        if let Some((_, before)) = shelf.pages.insert(key, (asked, page)) {
            shelf.bytes -= before.size();
        }
    }

    /// Whose turn it is to make a page.
    fn turn(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = lock(&self.turns);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands between `visit`, which knows the visitor, and the handlers.
pub async fn keep(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some((mut key, token)) = key(&app, &request) else { return next.run(request).await };
    let Some(release) = release(&app).await else { return next.run(request).await };
    key.release = release;
    let pages = if key.account.is_empty() { &app.open_pages } else { &app.pages };
    if let Some(page) = pages.get(&key) {
        return page.answer(&token);
    }
    let turn = pages.turn(&key);
    let _turn = turn.lock().await;
    if let Some(page) = pages.get(&key) {
        return page.answer(&token);
    }
    let mut request = request;
    if let Some(session) = request.extensions_mut().get_mut::<Visitor>().and_then(|visitor| visitor.session.as_mut()) {
        MARK.clone_into(&mut session.form_token);
    }
    let response = next.run(request).await;
    let is_page = response.status() == StatusCode::OK
        && !response.headers().contains_key(SET_COOKIE)
        // One that comes again by itself is about to change.
        && !response.headers().contains_key(REFRESH)
        && response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return response;
    }
    let Ok(body) = to_bytes(response.into_body(), usize::MAX).await else {
        let broken = std::io::Error::other("a page that was made can't be read");
        return Fault::Broken(DashboardError::Server(broken)).into_response();
    };
    let page = Arc::new(Kept::of(&body));
    let answer = page.answer(&token);
    // What was made of a release that came meanwhile is given out, and not kept as this one's.
    if is_current(&app, &key).await {
        pages.put(key, page);
    }
    answer
}

/// Which kept page a request may be answered with, but for its release, and the token that goes into it. Pages of `routes::KEPT` alone are kept.
fn key(app: &App, request: &Request) -> Option<(Key, String)> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    if request.method() != Method::GET || !routes::KEPT.contains(&path) || !takes_gzip(request.headers()) {
        return None;
    }
    let visitor = request.extensions().get::<Visitor>()?;
    let (account, token) = match &visitor.session {
        Some(session) => (session.account.name.clone(), session.form_token.clone()),
        None if routes::KEPT_OPEN.contains(&path) => Default::default(),
        None => return None,
    };
    let key = Key {
        release: 0,
        revision: revision(app),
        scope: visitor.scope(),
        account,
        lang: visitor.lang,
        address: visitor.address.clone(),
    };
    Some((key, token))
}

/// The current release's number. A fault is told by the page that then meets it.
async fn release(app: &App) -> Option<u64> {
    Some(app.releases.current().await.ok()??.edition.number)
}

/// Whether a key is still of the current release and revision.
async fn is_current(app: &App, key: &Key) -> bool {
    release(app).await == Some(key.release) && revision(app) == key.revision
}

/// Grows with everything that pages show and no release brings.
fn revision(app: &App) -> u64 {
    app.pages.revision.load(Ordering::Relaxed) + app.desk.revision()
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    encodings.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        matches!(parts.next(), Some("gzip" | "*"))
            && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

impl Kept {
    fn of(page: &[u8]) -> Kept {
        let mut stretches = Vec::new();
        let mut rest = page;
        while let Some(at) = rest.windows(MARK.len()).position(|part| part == MARK.as_bytes()) {
            stretches.push(Stretch::of(&rest[..at]));
            rest = &rest[at + MARK.len()..];
        }
        stretches.push(Stretch::of(rest));
        Kept { stretches }
    }

    fn size(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.packed.len() + 64).sum()
    }

    /// The page with a log-in's token in its places, as one gzip stream.
    fn answer(&self, token: &str) -> Response {
        let mut bytes = Vec::with_capacity(self.size() + 128);
        // No name, no time, unknown system.
        bytes.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        let mut own = Crc::new();
        own.update(token.as_bytes());
        let mut crc = Crc::new();
        for (at, stretch) in self.stretches.iter().enumerate() {
            if at > 0 {
                stored(&mut bytes, token.as_bytes());
                crc.combine(&own);
            }
            bytes.extend(&stretch.packed);
            crc.combine(&stretch.crc);
        }
        // An empty last block ends the stream.
        bytes.extend([1, 0, 0, 0xff, 0xff]);
        bytes.extend(crc.sum().to_le_bytes());
        bytes.extend(crc.amount().to_le_bytes());
        let length = HeaderValue::from(bytes.len());
        let mut response = Response::new(Body::from(Bytes::from(bytes)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(CONTENT_LENGTH, length);
        response
    }
}

/// A block of bytes as they are.
fn stored(bytes: &mut Vec<u8>, text: &[u8]) {
    for part in text.chunks(usize::from(u16::MAX)) {
        let length = part.len() as u16;
        bytes.push(0);
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(part);
    }
}

impl Stretch {
    fn of(text: &[u8]) -> Stretch {
        let mut crc = Crc::new();
        crc.update(text);
        let mut deflate = Compress::new(Compression::default(), false);
        let mut packed = Vec::with_capacity(text.len() / 3 + 64);
        loop {
            let read = usize::try_from(deflate.total_in()).unwrap_or(usize::MAX);
            deflate
                .compress_vec(&text[read..], &mut packed, FlushCompress::Full)
                .expect("deflate takes every text and knows no state that is amiss");
            // Room was left, so the flush is done.
            if packed.len() < packed.capacity() {
                break;
            }
            packed.reserve(packed.len().max(64));
        }
        packed.shrink_to_fit();
        Stretch { packed, crc }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    async fn unpacked(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("one sound gzip stream");
        text
    }

    fn key(release: u64, address: &str) -> Key {
        Key {
            release,
            revision: 0,
            scope: Scope::City,
            account: "city".to_owned(),
            lang: Lang::Zh,
            address: address.to_owned(),
        }
    }

    #[tokio::test]
    async fn each_log_in_gets_its_own_token_into_the_same_page() {
        let text = "课后服务".repeat(5_000);
        let page = Kept::of(format!("{text}<input value=\"{MARK}\">{text}<input value=\"{MARK}\">").as_bytes());
        for token in ["0123456789abcdef", "another", ""] {
            let whole = unpacked(page.answer(token)).await;
            assert!(whole == format!("{text}<input value=\"{token}\">{text}<input value=\"{token}\">"), "{token}");
        }
        assert!(page.size() < 2_000, "{} bytes", page.size());
        assert_eq!(unpacked(Kept::of(b"").answer("token")).await, "");
    }

    #[test]
    fn memory_is_bounded_and_the_least_asked_for_goes() {
        let cache = PageCache { room: 40_000, ..PageCache::default() };
        let page = |seed: u64| {
            // Bytes that don't compress.
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let noise: Vec<u8> = (0..4_000)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state >> 32) as u8
                })
                .collect();
            Arc::new(Kept::of(&noise))
        };
        cache.put(key(1, "/first"), page(1));
        for at in 2..60 {
            cache.put(key(1, &format!("/{at}")), page(at));
            assert!(cache.get(&key(1, "/first")).is_some(), "it was asked for all the time");
            assert!(lock(&cache.shelf).bytes <= 40_000);
        }
        assert!(cache.get(&key(1, "/2")).is_none() && cache.get(&key(1, "/59")).is_some());
        cache.put(key(2, "/"), page(3));
        assert!(cache.get(&key(1, "/59")).is_none(), "of an earlier release");
        let shelf = lock(&cache.shelf);
        assert_eq!(shelf.bytes, shelf.pages.values().map(|one| one.1.size()).sum::<usize>());
    }

    #[test]
    fn who_takes_no_gzip_gets_none() {
        let check = |value: &str, takes: bool| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(value).expect("plain"))]);
            assert_eq!(takes_gzip(&headers), takes, "{value}");
        };
        check("gzip, deflate, br, zstd", true);
        check("br;q=1.0, gzip;q=0.8", true);
        check("gzip;q=0", false);
        check("identity", false);
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
