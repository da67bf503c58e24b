//! Who asks: the token of a request, how often it came, and what it opens. There is no log-in by cookie here, so that no other
//! site can have a browser ask in somebody's name.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::AUTHORIZATION;
use axum::http::{Extensions, HeaderMap};

use crate::accounts::tokens::{Narrowed, Reach, narrowed};
use crate::api::problem::Problem;
use crate::release::Pinned;
use crate::scope::Scope;
use crate::visit::App;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the description.
    Nothing,
    /// Any token: what things are called and mean.
    Token,
    /// A token of somebody who sees data.
    Data,
    /// Figures, slices, submissions.
    Figures,
    /// Findings and their proof.
    Findings,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's name.
    pub token: String,
    /// The account's.
    pub account: String,
    /// What the token opens of what its account sees.
    pub reach: Reach,
    narrowed: Narrowed,
}

impl Caller {
    /// What the caller sees.
    pub fn scope(&self) -> &Scope {
        &self.narrowed.scope
    }

    /// Whether the caller may have this at all.
    pub fn may(&self, needs: Needs) -> bool {
        let scope = self.scope();
        match needs {
            Needs::Nothing | Needs::Token => true,
            Needs::Data => scope.sees_findings(),
            Needs::Figures => scope.sees_figures() && self.reach != Reach::Findings,
            Needs::Findings => scope.sees_findings() && self.reach != Reach::Figures,
        }
    }

    /// Makes sure that a school to which a district's token is narrowed lies in the district.
    pub async fn check_unit(&self, pinned: &Pinned) -> Result<(), Problem> {
        let Some((school, wider)) = &self.narrowed.within else { return Ok(()) };
        let scoped = pinned.scoped(wider).await?;
        let own = scoped.query("select school_id from marts.school where school_id = $1", &[school]).await?;
        if own.is_empty() { Err(Problem::not_open()) } else { Ok(()) }
    }
}

/// Who sends a request, if its allowance isn't used up.
pub async fn caller(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Problem> {
    app.api.limiter.address(address(headers, extensions, app.is_behind_proxy())).map_err(Problem::too_many)?;
    let secret = bearer(headers).ok_or_else(Problem::no_token)?.to_owned();
    let accounts = app.accounts.clone();
    let found = tokio::task::spawn_blocking(move || accounts.bearer(&secret)).await??;
    let (token, account) = found.ok_or_else(Problem::no_token)?;
    app.api.limiter.token(&token.id).map_err(Problem::too_many)?;
    // An account whose role or unit no longer holds the token's unit opens nothing by it.
    let narrowed = narrowed(&account, &token.unit).ok_or_else(Problem::no_token)?;
    Ok(Caller { token: token.id, account: account.name, reach: token.reach, narrowed })
}

/// Counts a request that needs no token.
pub fn count(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Result<(), Problem> {
    app.api.limiter.address(address(headers, extensions, app.is_behind_proxy())).map_err(Problem::too_many)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty() && token.len() < 200)
}

/// Where a request comes from. Behind a proxy that is what the proxy says last of it: what stands before, anybody may have
/// written.
fn address(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let told = || {
        let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        line.rsplit(',').next()?.trim().parse().ok()
    };
    let told = if behind_proxy { told() } else { None };
    told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_read_from_its_header_alone() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer kehou_1").as_deref(), Some("kehou_1"));
        assert_eq!(read("bearer  kehou_1").as_deref(), Some("kehou_1"));
        for bad in ["kehou_1", "Basic kehou_1", "Bearer", "Bearer ", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_the_proxys_word_where_there_is_one() {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo::<SocketAddr>("127.0.0.1:9".parse().expect("an address")));
        let line = HeaderValue::from_static("203.0.113.1, 198.51.100.7");
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().expect("a name"), line)]);
        let read = |behind_proxy| address(&headers, &extensions, behind_proxy).to_string();
        assert_eq!((read(true).as_str(), read(false).as_str()), ("198.51.100.7", "127.0.0.1"));
        assert_eq!(address(&HeaderMap::new(), &extensions, true).to_string(), "127.0.0.1");
    }
}
