//! Sending files: the form, the upload while it is judged, its report, and what is fetched of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Form, Multipart, Path, State};
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use futures::Stream;
use ingest::accept::Purpose;
use maud::{Markup, html};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use crate::accounts::{Account, Role};
use crate::desk::Desk;
use crate::desk::uploads::{MOST_BYTES, MOST_FILES, Outcome, Receiving, Sender, Stage, TooMuch, Upload};
use crate::pages::download::download;
use crate::pages::fault::Fault;
use crate::pages::layout::{Frame, page};
use crate::pages::report;
use crate::pages::template::{Owed, owed, templates};
use crate::password;
use crate::routes;
use crate::visit::{App, Asked, Visitor};
use crate::words::Lang;

/// What the form's page shows.
struct UploadPage {
    frame: Frame,
    role: Role,
    owed: Vec<Owed>,
    earlier: Vec<Arc<Upload>>,
}

/// The account of a visitor who may send files: a school its own, a district its schools', the city everybody's.
pub fn sender(visitor: &Visitor) -> Result<Account, Fault> {
    let Some(session) = &visitor.session else { return Err(Fault::LogIn { next: visitor.address.clone() }) };
    match session.account.role {
        Role::School | Role::District | Role::City => Ok(session.account.clone()),
        Role::Inspector | Role::Admin => Err(Fault::NotHere),
    }
}

/// `GET /upload`
pub async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Markup, Fault> {
    let account = sender(&visitor)?;
    // The first files of a new city come before there is any release.
    let (frame, owed) = match app.releases.current().await? {
        Some(pinned) => {
            let scoped = pinned.scoped(&visitor.scope()).await?;
            (visitor.frame(&app).of(&pinned), owed(&scoped).await?)
        }
        None => (visitor.frame(&app), Vec::new()),
    };
    let earlier = app.desk.uploads.of(&account.name);
    Ok(UploadPage { frame, role: account.role, owed, earlier }.template())
}

/// `POST /upload`
pub async fn receive(State(app): State<Arc<App>>, visitor: Visitor, parts: Multipart) -> Result<Response, Fault> {
    let account = sender(&visitor)?;
    let form_token = visitor.session.as_ref().map(|session| session.form_token.clone()).unwrap_or_default();
    let lang = visitor.lang;
    let refused = |why: String| Fault::Refused { why, back: routes::UPLOAD.to_owned() };
    let Some(mut receiving) = app.desk.uploads.receive()? else {
        return Err(refused(lang.say("upload.busy").to_owned()));
    };
    let (purpose, live) = take(parts, &mut receiving, &form_token, lang).await?;
    if receiving.files() == 0 {
        return Err(refused(lang.say("upload.no_files").to_owned()));
    }
    let unit = (account.role != Role::City).then(|| account.unit.clone());
    let sender = Sender { account: account.name, unit, purpose };
    let upload = app.desk.uploads.begin(&app.desk, sender, receiving)?;
    let address = routes::upload_of(&upload.id);
    Ok(Redirect::to(&if live { routes::with(&address, &[("live", "1")]) } else { address }).into_response())
}

/// Reads the form's parts: the token comes first, or nothing is taken.
async fn take(
    mut parts: Multipart,
    receiving: &mut Receiving,
    form_token: &str,
    lang: Lang,
) -> Result<(Purpose, bool), Fault> {
    let (mut known, mut purpose, mut live) = (false, Purpose::Accept, false);
    while let Some(part) = parts.next_field().await.map_err(|error| broken_off(&error, lang))? {
        let name = part.name().unwrap_or_default().to_owned();
        match (name.as_str(), known) {
            ("form_token", _) => {
                let token = part.text().await.map_err(|error| broken_off(&error, lang))?;
                known = password::same(form_token, &token);
                if !known {
                    return Err(Fault::Forged);
                }
            }
            (_, false) => return Err(Fault::Forged),
            ("purpose", true) => {
                let text = part.text().await.map_err(|error| broken_off(&error, lang))?;
                purpose = if text == "check" { Purpose::Check } else { Purpose::Accept };
            }
            ("live", true) => live = true,
            // A chooser without a choice sends one file without a name.
            ("files", true) if part.file_name().is_some_and(|name| !name.is_empty()) => {
                keep(part, receiving, lang).await?;
            }
            _ => {}
        }
    }
    if known { Ok((purpose, live)) } else { Err(Fault::Forged) }
}

/// Writes one file as it comes.
async fn keep(mut part: Field<'_>, receiving: &mut Receiving, lang: Lang) -> Result<(), Fault> {
    let refused = |fault: TooMuch| {
        let why = match fault {
            TooMuch::Files => lang.with("upload.too_many", &[&MOST_FILES.to_string()]),
            TooMuch::Bytes => lang.with("upload.too_large", &[&(MOST_BYTES >> 20).to_string()]),
        };
        Fault::Refused { why, back: routes::UPLOAD.to_owned() }
    };
    let name = part.file_name().unwrap_or_default().to_owned();
    let path = receiving.file(&name)?.map_err(refused)?;
    let mut file = tokio::fs::File::create(&path).await?;
    while let Some(piece) = part.chunk().await.map_err(|error| broken_off(&error, lang))? {
        receiving.came(piece.len()).map_err(refused)?;
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(())
}

/// What came is too long, or broke off.
fn broken_off(error: &MultipartError, lang: Lang) -> Fault {
    let why = if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        lang.with("upload.too_large", &[&(MOST_BYTES >> 20).to_string()])
    } else {
        lang.say("upload.broken_off").to_owned()
    };
    Fault::Refused { why, back: routes::UPLOAD.to_owned() }
}

/// Whether the page is followed by a script, which needs no reloading.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Followed {
    live: String,
}

/// One upload's page.
struct OnePage {
    frame: Frame,
    upload: Arc<Upload>,
    release: Release,
}

/// What the next release knows of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    /// Nothing was accepted.
    None,
    /// It is being computed.
    Coming,
    /// It counts what was accepted.
    Counts(u64),
    /// It knows of what was sent back, which changed no figure.
    Knows(u64),
    /// It could not be computed.
    Failed,
}

/// Seconds after which a page reloads that no script follows.
const RELOAD: &str = "3";

/// `GET /upload/{id}`
pub async fn show_one(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Asked(followed): Asked<Followed>,
) -> Result<Response, Fault> {
    let account = sender(&visitor)?;
    let upload = app.desk.uploads.find(&id, &account.name).ok_or(Fault::NotHere)?;
    let frame = match app.releases.current().await? {
        Some(pinned) => visitor.frame(&app).of(&pinned),
        None => visitor.frame(&app),
    };
    let release = release(&app.desk, upload.outcome());
    let goes_on = match &*upload.stage().borrow() {
        Stage::Done => release == Release::Coming,
        Stage::Failed | Stage::Full => false,
        _ => true,
    };
    let mut response = OnePage { frame, upload, release }.template().into_response();
    if goes_on && followed.live.is_empty() {
        let seconds = RELOAD.parse().expect("a number is a header's value");
        response.headers_mut().insert(HeaderName::from_static("refresh"), seconds);
    }
    Ok(response)
}

fn release(desk: &Desk, outcome: Option<&Outcome>) -> Release {
    let Some((outcome, ticket)) = outcome.and_then(|outcome| Some((outcome, outcome.ticket?))) else {
        return Release::None;
    };
    let state = desk.publisher.state().borrow().clone();
    match state.release {
        Some(number) if state.done >= ticket && !outcome.has_accepted() => Release::Knows(number),
        Some(number) if state.done >= ticket => Release::Counts(number),
        _ if state.has_failed => Release::Failed,
        _ => Release::Coming,
    }
}

/// How long a stream of events stays open, so that no server waits long for its end; the browser opens the next one by itself.
const STREAM: Duration = Duration::from_secs(20);

/// `GET /upload/{id}/events`: how far it is, as it goes on; `reload` where the page has something new to show.
pub async fn events(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let account = sender(&visitor)?;
    let upload = app.desk.uploads.find(&id, &account.name).ok_or(Fault::NotHere)?;
    let (stage, published) = (upload.stage(), app.desk.publisher.state());
    let was_done = upload.outcome().is_some();
    let began = tokio::time::Instant::now();
    let state = (stage, published, true, false);
    let desk = app.desk.clone();
    let stream = futures::stream::unfold(state, move |(mut stage, mut published, first, over)| {
        let (desk, upload, lang) = (desk.clone(), upload.clone(), visitor.lang);
        async move {
            if over {
                return None;
            }
            if !first {
                let changed = async {
                    tokio::select! {
                        done = stage.changed() => done.is_ok(),
                        done = published.changed() => done.is_ok(),
                    }
                };
                if !tokio::time::timeout_at(began + STREAM, changed).await.is_ok_and(|is_alive| is_alive) {
                    return None;
                }
            }
            let now = stage.borrow_and_update().clone();
            published.borrow_and_update();
            let (percent, text) = told(&now, lang);
            let settled = release(&desk, upload.outcome()) != Release::Coming;
            let over = match now {
                Stage::Done => settled || !was_done,
                Stage::Failed | Stage::Full => true,
                _ => false,
            };
            let event = Event::default()
                .retry(Duration::from_millis(500))
                .event(if over { "reload" } else { "stage" })
                .data(format!("{percent} {text}"));
            Some((Ok(event), (stage, published, false, over)))
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

/// How far an upload is, in hundredths and in words.
fn told(stage: &Stage, lang: Lang) -> (u64, String) {
    match stage {
        Stage::Waiting => (0, lang.say("upload.waiting").to_owned()),
        Stage::Reading { done, all, files } => {
            let percent = if *all == 0 { 0 } else { done * 90 / all };
            (percent, lang.with("upload.reading", &[&files.to_string()]))
        }
        Stage::Committing => (95, lang.say("upload.committing").to_owned()),
        Stage::Done => (100, lang.say("upload.done").to_owned()),
        Stage::Failed => (100, lang.say("upload.failed").to_owned()),
        Stage::Full => (100, lang.say("upload.full").to_owned()),
    }
}

/// A form that only names its token.
#[derive(Debug, Deserialize)]
pub struct Token {
    /// The token.
    pub form_token: String,
}

/// `POST /upload/{id}/returned/{n}`: the marked file, once.
pub async fn returned(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path((id, n)): Path<(String, usize)>,
    Form(sent): Form<Token>,
) -> Result<Response, Fault> {
    let account = sender(&visitor)?;
    visitor.check(&sent.form_token)?;
    let upload = app.desk.uploads.find(&id, &account.name).ok_or(Fault::NotHere)?;
    let marked = upload.outcome().and_then(|outcome| outcome.take_marked(n));
    let Some(marked) = marked else {
        let why = visitor.lang.say("upload.marked_gone").to_owned();
        return Err(Fault::Refused { why, back: routes::upload_of(&id) });
    };
    app.desk.audit.record(&account.name, "export", "returned", &marked.name).await?;
    Ok(download(&marked.name, marked.bytes))
}

impl UploadPage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let whose = match self.role {
            Role::School => "upload.dek.school",
            Role::District => "upload.dek.district",
            _ => "upload.dek.city",
        };
        let bounds = [MOST_FILES.to_string(), (MOST_BYTES >> 20).to_string()];
        page(
            &self.frame,
            t("nav.upload"),
            html! {
                header.head {
                    h1 { (t("nav.upload")) }
                    p.dek { (t(whose)) }
                }
                form.upload method="post" action=(routes::UPLOAD) enctype="multipart/form-data" data-sending=(t("upload.sending")) data-files=(MOST_FILES) data-bytes=(MOST_BYTES)
                    data-too-many=(lang.with("upload.too_many", &[&bounds[0]])) data-too-large=(lang.with("upload.too_large", &[&bounds[1]])) {
                    input type="hidden" name="form_token" value=(self.frame.form_token);
                    div.drop {
                        label for="files" { strong { (t("upload.choose")) } }
                        input #files name="files" type="file" multiple required accept=".xlsx,.xlsm,.xls,.csv,.tsv,.txt,.json,.ndjson,.zip" aria-describedby="bounds";
                        p.small.hint hidden { (t("upload.drop")) }
                        p.small #bounds { (lang.with("upload.bounds", &[&bounds[0], &bounds[1]])) }
                        ul.chosen-files aria-live="polite" {}
                    }
                    div.actions {
                        button.button type="submit" name="purpose" value="submit" { (t("upload.submit")) }
                        button type="submit" name="purpose" value="check" { (t("upload.check")) }
                    }
                    p.small { (t("upload.check.dek")) }
                    div.sending hidden role="status" { progress max="100" value="0" aria-label=(t("upload.progress")) {} " " span {} }
                }
                (templates(self.frame.lang, self.role, &self.owed))
                @if !self.earlier.is_empty() {
                    section {
                        h2 { (t("upload.earlier")) }
                        p.dek { (t("upload.earlier.dek")) }
                        ul.earlier {
                            @for one in &self.earlier {
                                li { a href=(routes::upload_of(&one.id)) { (names(one, lang)) } " · " (state_of(one, lang)) }
                            }
                        }
                    }
                }
                script src=(routes::script()) defer {}
            },
        )
    }
}

fn names(upload: &Upload, lang: Lang) -> String {
    match upload.files.as_slice() {
        [(one, _)] => one.clone(),
        [(first, _), ..] => lang.with("upload.and_others", &[first, &upload.files.len().to_string()]),
        [] => String::new(),
    }
}

fn state_of(upload: &Upload, lang: Lang) -> String {
    let checked = upload.sender.purpose == Purpose::Check;
    let (_, text) = told(&upload.stage().borrow(), lang);
    if checked { format!("{} · {text}", lang.say("upload.check")) } else { text }
}

impl OnePage {
    fn template(&self) -> Markup {
        let lang = self.frame.lang;
        let t = |key| lang.say(key);
        let checked = self.upload.sender.purpose == Purpose::Check;
        let title = t(if checked { "upload.check" } else { "upload.submit" });
        let stage = self.upload.stage().borrow().clone();
        let goes_on = match &stage {
            Stage::Done => self.release == Release::Coming,
            Stage::Failed | Stage::Full => false,
            _ => true,
        };
        let (percent, text) = told(&stage, lang);
        let events = goes_on.then(|| routes::upload_events(&self.upload.id));
        page(
            &self.frame,
            title,
            html! {
                header.head {
                    p.crumb { a href=(routes::UPLOAD) { (t("nav.upload")) } }
                    h1 { (title) }
                    p.dek { (names(&self.upload, lang)) }
                }
                div.going data-events=[events] role="status" {
                    @if stage != Stage::Done {
                        progress max="100" value=(percent) aria-label=(t("upload.progress")) { (percent) "%" }
                        " " span.stage { (text) }
                    }
                    @match self.release {
                        Release::None => {}
                        Release::Coming => p { span.stage { (t("upload.release.coming")) } }
                        Release::Counts(number) => p { (lang.with("upload.release.counts", &[&number.to_string()])) " " a href=(routes::HOME) { (t("upload.release.see")) } }
                        Release::Knows(number) => p { (lang.with("upload.release.knows", &[&number.to_string()])) }
                        Release::Failed => p.missed { (t("upload.release.failed")) }
                    }
                    @if stage == Stage::Failed { p { (t("upload.failed.do")) } }
                    @if stage == Stage::Full { p.missed { (t("upload.full.do")) } }
                }
                @if let Some(outcome) = self.upload.outcome() {
                    (report::template(&self.upload, outcome, &self.frame))
                    p { a.button href=(routes::UPLOAD) { (t("upload.again")) } }
                }
                @if goes_on { script src=(routes::script()) defer {} }
            },
        )
    }
}
