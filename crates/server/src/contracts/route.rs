//! Routes as they are declared: what the router serves and what the contract says are one table,
//! so that no address is without a description.
//!
//! Whoever owns addresses writes them as [`Routes`]:
//!
//! ```text
//! Routes::new(FEEDS)
//!     .with(
//!         get("/v1/{ledger}/movements", "movements", page)
//!             .says("What moved, in the order of the ledger", "With `wait_ms` it waits for more.")
//!             .takes(text("after", "Behind this place; from the beginning without it"))
//!             .takes(name("sku", "Only these items").several())
//!             .takes(whole("limit", "Events at most, 100 without it"))
//!             .answers(200, JSON, "MovementsPage", "Events, and the place behind the last"),
//!     )
//!     .with(…)
//! ```
//!
//! `page` is a handler as axum takes it. Who has a router of its own instead declares the same with
//! [`served`] in `http/table/`. The path's own parameters need not be declared: what each
//! means stands in `contracts/openapi/params.rs`. Schemas are named; those that are not made of the
//! proto contract stand in `contracts/openapi/schemas.rs`. Refusals need not be declared: every
//! route answers problems, with the codes of `docs/errors.md`.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use crate::http::Rooms;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const CSV: &str = "text/csv";
pub(crate) const EVENTS: &str = "text/event-stream";
pub(crate) const BYTES: &str = "application/octet-stream";
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Addresses of one subject.
pub(crate) struct Routes {
    tag: &'static str,
    routes: Vec<Route>,
}

impl Routes {
    /// `tag` groups them in the contract.
    pub fn new(tag: &'static str) -> Routes {
        Routes { tag, routes: Vec::new() }
    }

    pub fn with(mut self, mut route: Route) -> Routes {
        route.tag = self.tag;
        self.routes.push(route);
        self
    }

    pub fn and(mut self, other: Routes) -> Routes {
        self.routes.extend(other.routes);
        self
    }

    pub fn all(&self) -> &[Route] {
        &self.routes
    }

    /// Those that have their handler here.
    pub fn router(&self) -> Router<Arc<Rooms>> {
        let served = self.routes.iter().filter_map(|it| Some((it.path, it.handler.clone()?)));
        served.fold(Router::new(), |router, (path, handler)| router.route(path, handler))
    }
}

/// One method at one address.
pub(crate) struct Route {
    /// In lower case, as the contract has it.
    pub method: &'static str,
    /// With names in braces.
    pub path: &'static str,
    /// The operation's name, unique among all.
    pub name: &'static str,
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What else is to be known; may be empty.
    pub more: &'static str,
    pub params: Vec<Param>,
    pub bodies: Vec<Content>,
    pub answers: Vec<Answer>,
    /// None: a router of its own serves it.
    handler: Option<MethodRouter<Arc<Rooms>>>,
}

/// What a body may be.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub kind: &'static str,
    /// Name of its schema; empty for text and bytes.
    pub schema: &'static str,
}

pub(crate) struct Answer {
    pub status: u16,
    pub contents: Vec<Content>,
    pub means: &'static str,
}

pub(crate) fn get<H: Handler<T, Arc<Rooms>>, T: 'static>(
    path: &'static str,
    name: &'static str,
    handler: H,
) -> Route {
    Route::new("get", path, name, Some(routing::get(handler)))
}

pub(crate) fn post<H: Handler<T, Arc<Rooms>>, T: 'static>(
    path: &'static str,
    name: &'static str,
    handler: H,
) -> Route {
    Route::new("post", path, name, Some(routing::post(handler)))
}

/// A route that a router of its own serves; tests hold the two against each other.
pub(crate) fn served(method: &'static str, path: &'static str, name: &'static str) -> Route {
    Route::new(method, path, name, None)
}

impl Route {
    fn new(
        method: &'static str,
        path: &'static str,
        name: &'static str,
        handler: Option<MethodRouter<Arc<Rooms>>>,
    ) -> Route {
        let (params, bodies, answers) = (Vec::new(), Vec::new(), Vec::new());
        let (tag, summary, more) = ("", "", "");
        Route { method, path, name, tag, summary, more, params, bodies, answers, handler }
    }

    /// One line, and what else is to be known.
    pub fn says(self, summary: &'static str, more: &'static str) -> Route {
        Route { summary, more, ..self }
    }

    pub fn takes(mut self, param: Param) -> Route {
        self.params.push(param);
        self
    }

    /// A body may be this; several are choices.
    pub fn body(mut self, kind: &'static str, schema: &'static str) -> Route {
        self.bodies.push(Content { kind, schema });
        self
    }

    /// An answer that is no refusal. The same status again is another form of it.
    pub fn answers(
        mut self,
        status: u16,
        kind: &'static str,
        schema: &'static str,
        means: &'static str,
    ) -> Route {
        let content = Content { kind, schema };
        match self.answers.iter_mut().find(|it| it.status == status) {
            Some(known) => known.contents.push(content),
            None => self.answers.push(Answer { status, contents: vec![content], means }),
        }
        self
    }

    /// An answer without a body.
    #[allow(dead_code)]
    pub fn answers_empty(mut self, status: u16, means: &'static str) -> Route {
        self.answers.push(Answer { status, contents: Vec::new(), means });
        self
    }
}

/// A parameter behind the question mark, or a header.
#[derive(Clone, Copy)]
pub(crate) struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub says: &'static str,
    pub needed: bool,
    pub several: bool,
    pub header: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A SKU, a location, a number of an order: 1 to 64 characters.
    Name,
    Text,
    /// A whole number, not negative.
    Whole,
    Switch,
    /// RFC 3339 with an offset.
    Moment,
    Day,
    OneOf(&'static [&'static str]),
}

const fn param(name: &'static str, kind: Kind, says: &'static str) -> Param {
    Param { name, kind, says, needed: false, several: false, header: false }
}

pub(crate) const fn name(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Name, says)
}

pub(crate) const fn text(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Text, says)
}

/// `says` names the unit.
pub(crate) const fn whole(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Whole, says)
}

pub(crate) const fn switch(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Switch, says)
}

pub(crate) const fn moment(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Moment, says)
}

pub(crate) const fn day(name: &'static str, says: &'static str) -> Param {
    param(name, Kind::Day, says)
}

pub(crate) const fn one_of(
    name: &'static str,
    words: &'static [&'static str],
    says: &'static str,
) -> Param {
    param(name, Kind::OneOf(words), says)
}

impl Param {
    /// Refused as missing_field without it.
    pub const fn needed(self) -> Param {
        Param { needed: true, ..self }
    }

    /// May stand many times.
    pub const fn several(self) -> Param {
        Param { several: true, ..self }
    }

    pub const fn in_header(self) -> Param {
        Param { header: true, ..self }
    }
}
