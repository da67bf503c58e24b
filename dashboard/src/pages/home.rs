//! Leads each role to its first page.

use axum::response::Redirect;

use crate::pages::fault::Fault;
use crate::routes;
use crate::scope::Scope;
use crate::visit::Visitor;

/// `/`
pub async fn show(visitor: Visitor) -> Result<Redirect, Fault> {
    Ok(Redirect::to(&match visitor.scope() {
        Scope::City => routes::CITY.to_owned(),
        Scope::District(code) => routes::district(&code),
        Scope::School(id) => routes::school(&id),
        Scope::Inspector(_) => routes::FINDINGS.to_owned(),
        Scope::Admin => routes::ACCOUNTS.to_owned(),
        Scope::Public => routes::LOG_IN.to_owned(),
    }))
}
