//! Feeds as streams: what happened, then what happens, until the caller goes.

use std::sync::Arc;

use onhand_core::{ChannelId, InvalidName, LedgerId, Sku};
use onhand_projector::{FeedPlace, MovementView, MovementsPage};
use onhand_proto::v1;
use onhand_proto::v1::feeds_server::Feeds;
use onhand_proto::v1::watch_movements_response::News;
use onhand_wire::{Invalid, Trouble, ledger_of};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Request, Response, Status};

use super::door::Door;
use super::movement::movement;
use super::status::{of_invalid, of_problem, of_trouble};
use super::telling::{ToReader, Told, feed, stopping};
use crate::feeds::movements::{Filter, at_most, kinds, place};

/// Events that wait for a slow reader; the next page is looked for once there is room.
pub(super) const WAITING_MAX: usize = 64;
/// Events that are looked for at once.
const PAGE_EVENTS: usize = 500;

#[tonic::async_trait]
impl Feeds for Door {
    type WatchMovementsStream = Told<v1::WatchMovementsResponse>;
    type WatchAvailabilityStream = Told<v1::WatchAvailabilityResponse>;
    type WatchNoticesStream = Told<v1::WatchNoticesResponse>;

    async fn watch_movements(
        &self,
        request: Request<v1::WatchMovementsRequest>,
    ) -> Result<Response<Self::WatchMovementsStream>, Status> {
        let wish = Wish::read(request.into_inner()).map_err(|it| of_invalid(&it))?;
        let seat = self.seat()?;
        // What is wrong with the request is told before the stream begins.
        let first = self.next(&wish).await?;
        let door = self.clone();
        let tell = |to_reader| Teller { door, wish, to_reader }.tell(first);
        Ok(Response::new(feed(&self.rooms.feeds, seat, WAITING_MAX, tell)))
    }

    async fn watch_availability(
        &self,
        request: Request<v1::WatchAvailabilityRequest>,
    ) -> Result<Response<Self::WatchAvailabilityStream>, Status> {
        self.follow_availability(request.into_inner()).await.map(Response::new)
    }

    async fn watch_notices(
        &self,
        request: Request<v1::WatchNoticesRequest>,
    ) -> Result<Response<Self::WatchNoticesStream>, Status> {
        self.follow_notices(request.into_inner()).await.map(Response::new)
    }
}

/// What a subscriber of movements asks for.
#[derive(Clone)]
struct Wish {
    ledger: LedgerId,
    after: FeedPlace,
    filter: Arc<Filter>,
    until_now: bool,
}

impl Wish {
    fn read(message: v1::WatchMovementsRequest) -> Result<Wish, Invalid> {
        let v1::WatchMovementsRequest { ledger, after, kinds: named, skus, channels, until_now } =
            message;
        let after = match after.is_empty() {
            true => FeedPlace::default(),
            false => place("after", &after)?,
        };
        let named = kinds(&named).map_err(|it| Invalid { field: "kinds".to_owned(), ..it })?;
        let filter = Filter {
            kinds: named,
            skus: names("skus", &skus, Sku::new)?,
            channels: names("channels", &channels, ChannelId::new)?,
        };
        Ok(Wish { ledger: ledger_of(&ledger)?, after, filter: Arc::new(filter), until_now })
    }
}

/// Names of a list.
pub(super) fn names<T, C: FromIterator<T>>(
    field: &str,
    texts: &[String],
    read: fn(&str) -> Result<T, InvalidName>,
) -> Result<C, Invalid> {
    at_most(field, texts.len())?;
    let one = |(index, it): (usize, &String)| {
        read(it).map_err(|it| Invalid::new("invalid_field", &format!("{field}[{index}]"), it))
    };
    texts.iter().enumerate().map(one).collect()
}

impl Door {
    /// # Errors
    /// All seats are taken.
    pub(super) fn seat(&self) -> Result<OwnedSemaphorePermit, Status> {
        let subscribers_max = self.rooms.node.config().feed_subscribers_max;
        let seat = self.rooms.feeds.seats.clone().try_acquire_owned();
        seat.map_err(|_| of_trouble(&Trouble::TooManySubscribers { subscribers_max }))
    }

    /// The next page, looked for away from the threads that serve connections.
    async fn next(&self, wish: &Wish) -> Result<MovementsPage, Status> {
        let (feeds, wish) = (self.rooms.feeds.clone(), wish.clone());
        let work = move || feeds.movements(&wish.ledger, wish.after, &wish.filter, PAGE_EVENTS);
        // Its closing is the server's, which the reading itself tells.
        let _turn = self.rooms.feeds.pages.acquire().await.ok();
        self.apart(work).await?.map_err(|it| of_problem(&it))
    }
}

struct Teller {
    door: Door,
    wish: Wish,
    to_reader: ToReader<v1::WatchMovementsResponse>,
}

impl Teller {
    /// Tells page after page; done only if that was all that was asked for.
    async fn tell(mut self, first: MovementsPage) -> Result<(), Status> {
        let mut pulse = self.door.rooms.feeds.pulse(&self.wish.ledger);
        let mut page = first;
        loop {
            let at_end = page.at_end;
            self.say(page).await?;
            if at_end && self.wish.until_now {
                return Ok(());
            }
            pulse.borrow_and_update();
            page = self.door.next(&self.wish).await?;
            // Nothing came in between: what comes next turns the pulse.
            if page.at_end && page.events.is_empty() && page.reached == self.wish.after {
                pulse.changed().await.map_err(|_| stopping())?;
                page = self.door.next(&self.wish).await?;
            }
        }
    }

    async fn say(&mut self, page: MovementsPage) -> Result<(), Status> {
        let MovementsPage { events, reached, at_end: _ } = page;
        let told = events.last().map_or(self.wish.after, MovementView::place);
        self.wish.after = reached;
        for event in &events {
            self.send(News::Movement(movement(event))).await?;
        }
        // What was looked at in vain need not be looked at again by whoever comes back.
        if reached > told && (events.is_empty() || !self.wish.filter.is_all()) {
            self.send(News::Reached(v1::Reached { sequence: reached.to_string() })).await?;
        }
        Ok(())
    }

    async fn send(&self, news: News) -> Result<(), Status> {
        self.to_reader.send(v1::WatchMovementsResponse { news: Some(news) }).await
    }
}
