//! What went wrong, as problem+json (RFC 9457): each says what happened and what to do, in both languages, and repeats no value
//! that came with the request.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::DashboardError;
use crate::explain::fault::ExplainError;
use crate::routes;
use crate::words::Lang;

/// A kind of problem; its name is the last part of its `type`, and its anchor on the page that describes the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Its status.
    pub status: StatusCode,
    /// What it says of itself, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

impl Kind {
    /// What it says of itself.
    pub fn said(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

const fn kind(name: &'static str, status: StatusCode, zh: &'static str, en: &'static str) -> Kind {
    Kind { name, status, zh, en }
}

const BAD_PARAMETER: Kind =
    kind("bad-parameter", StatusCode::BAD_REQUEST, "参数有误", "A parameter is unknown or its value can't be read");
const NO_TOKEN: Kind = kind("no-token", StatusCode::UNAUTHORIZED, "没有有效的令牌", "There is no token in force");
const NOT_OPEN: Kind =
    kind("not-open", StatusCode::FORBIDDEN, "令牌不包括这类数据", "The token does not open this kind of data");
const NOT_HERE: Kind = kind(
    "not-here",
    StatusCode::NOT_FOUND,
    "没有，或不在令牌的范围内",
    "There is no such thing, or not within the token's scope",
);
const WRONG_METHOD: Kind =
    kind("wrong-method", StatusCode::METHOD_NOT_ALLOWED, "接口只读，只用 GET", "The API only reads: use GET");
const TOO_MANY: Kind = kind("too-many", StatusCode::TOO_MANY_REQUESTS, "请求过于频繁", "Too many requests");
const BROKEN: Kind =
    kind("broken", StatusCode::INTERNAL_SERVER_ERROR, "服务器出错", "The server could not make the answer");
const SLOW: Kind = kind("not-now", StatusCode::SERVICE_UNAVAILABLE, "暂时没有答复", "There is no answer now");

/// All kinds, by status.
pub const KINDS: [Kind; 8] = [BAD_PARAMETER, NO_TOKEN, NOT_OPEN, NOT_HERE, WRONG_METHOD, TOO_MANY, BROKEN, SLOW];

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    zh: String,
    en: String,
    parameter: Option<String>,
    retry_after: Option<u64>,
}

impl Problem {
    fn new(kind: Kind, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { kind, zh: zh.into(), en: en.into(), parameter: None, retry_after: None }
    }

    /// A parameter of the request is wrong.
    pub fn parameter(name: &str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { parameter: Some(name.to_owned()), ..Problem::new(BAD_PARAMETER, zh, en) }
    }

    /// The query can't be read at all.
    pub fn query() -> Problem {
        Problem::new(
            BAD_PARAMETER,
            "查询串不能识别，请按 UTF-8 百分号编码",
            "The query can't be read; encode it as UTF-8 by percent signs",
        )
    }

    /// No token, or none that is in force.
    pub fn no_token() -> Problem {
        Problem::new(
            NO_TOKEN,
            format!(
                "请在请求头写 Authorization: Bearer 令牌；令牌在 {} 页面生成，过期或被撤销的要重新生成",
                routes::TOKENS
            ),
            format!(
                "Send the header 'Authorization: Bearer TOKEN'; make one at {}, anew where it has ended or was revoked",
                routes::TOKENS
            ),
        )
    }

    /// The token's role or reach leaves this kind of data out.
    pub fn not_open() -> Problem {
        Problem::new(
            NOT_OPEN,
            "令牌所属账号的角色或令牌的范围不包括这类数据，请用范围合适的令牌",
            "The account's role, or what the token was narrowed to, leaves this kind of data out; use a token that has it",
        )
    }

    /// Nothing of that name is in sight.
    pub fn not_here() -> Problem {
        Problem::new(
            NOT_HERE,
            format!("请核对代码；能看到的单位见 {}", routes::API_UNITS),
            format!("Check the code; {} lists the units in sight", routes::API_UNITS),
        )
    }

    /// A cursor is of no listing that is going on.
    pub fn no_such_cursor() -> Problem {
        Problem::new(
            NOT_HERE,
            "翻页位置无效：它属于别的查询、别的令牌，或服务器已重启；请去掉 cursor 从头查询",
            "The cursor is of another listing or token, or of before the server's start; begin anew without it",
        )
    }

    /// Another method than GET or HEAD.
    pub fn wrong_method() -> Problem {
        Problem::new(WRONG_METHOD, "请改用 GET", "Use GET")
    }

    /// Too many requests; when to come again, in seconds.
    pub fn too_many(seconds: u64) -> Problem {
        Problem {
            retry_after: Some(seconds),
            ..Problem::new(
                TOO_MANY,
                format!("请在 {seconds} 秒后再试，并减慢请求"),
                format!("Try again in {seconds} seconds, and ask more slowly"),
            )
        }
    }

    /// The answer took too long.
    pub fn slow() -> Problem {
        let (zh, en) = ("用时过长，请缩小查询范围后再试", "It took too long; ask for less, or later");
        Problem { retry_after: Some(10), ..Problem::new(SLOW, zh, en) }
    }

    /// Nothing was computed yet.
    pub fn no_release() -> Problem {
        let (zh, en) =
            ("还没有发布数据，请先运行 kehou transform", "There is no release yet; run kehou transform first");
        Problem { retry_after: Some(60), ..Problem::new(SLOW, zh, en) }
    }

    /// The system is broken; why is in the log alone.
    pub fn broken() -> Problem {
        Problem::new(
            BROKEN,
            "原因已记入服务器日志，请告知管理员",
            "The reason is in the server's log; tell who runs it",
        )
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "type": format!("{}#{}", routes::API, self.kind.name),
            "status": self.kind.status.as_u16(),
            "title": self.kind.zh,
            "detail": self.zh,
            "title_en": self.kind.en,
            "detail_en": self.en,
        });
        if let Some(parameter) = &self.parameter {
            body["parameter"] = json!(parameter);
        }
        body
    }
}

impl<E: Into<DashboardError>> From<E> for Problem {
    fn from(error: E) -> Problem {
        let error: DashboardError = error.into();
        tracing::error!(%error, "an answer of the API could not be made");
        Problem::broken()
    }
}

impl From<ExplainError> for Problem {
    fn from(error: ExplainError) -> Problem {
        match error {
            ExplainError::Unknown { .. } => Problem::not_here(),
            ExplainError::Dashboard(error) => error.into(),
            ExplainError::Transform(error) => error.into(),
            ExplainError::Warehouse(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body().to_string()));
        *response.status_mut() = self.kind.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.kind.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kehou\""));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
