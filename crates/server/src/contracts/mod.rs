//! The contracts that this server keeps, as documents: OpenAPI of its addresses, AsyncAPI of its
//! feeds.

pub(crate) mod route;

use route::Routes;

/// Their addresses.
pub(crate) fn routes() -> Routes {
    Routes::new("contracts")
}
