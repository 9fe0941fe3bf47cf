//! Feeds that go on where they ended: a connection that breaks is made again behind the last event.

use onhand_proto::v1;
use onhand_proto::v1::feeds_client::FeedsClient;
use onhand_proto::v1::{watch_availability_response, watch_movements_response};
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use crate::error::Failed;
use crate::pause::Pauses;
use crate::{Error, Ledger};

/// What to hear of; of each kind all, if none is named.
#[derive(Clone, Debug, Default)]
pub struct MovementWish {
    /// Of entries, such as `order_shipped`.
    pub kinds: Vec<String>,
    pub skus: Vec<String>,
    pub channels: Vec<String>,
    /// End at what is booked now.
    pub until_now: bool,
}

/// Movements in the order of the ledger, each once.
pub struct MovementFeed {
    feeds: FeedsClient<Channel>,
    request: v1::WatchMovementsRequest,
    stream: Option<Streaming<v1::WatchMovementsResponse>>,
    pauses: Pauses,
}

impl Ledger {
    /// What moved behind `after`: the `sequence` of a movement, a position, or empty for all.
    pub fn movements(&self, after: &str) -> MovementFeed {
        self.movements_of(after, MovementWish::default())
    }

    /// As [`Ledger::movements`], of some only.
    pub fn movements_of(&self, after: &str, wish: MovementWish) -> MovementFeed {
        let MovementWish { kinds, skus, channels, until_now } = wish;
        let (ledger, after) = (self.caller.ledger.to_string(), after.to_owned());
        let request = v1::WatchMovementsRequest { ledger, after, kinds, skus, channels, until_now };
        let feeds = FeedsClient::new(self.channel.clone());
        MovementFeed { feeds, request, stream: None, pauses: Pauses::endless() }
    }

    /// What the channels may sell: first all of it, then each item that changes. Of none named all.
    pub fn availability_changes(&self, channels: &[&str], skus: &[&str]) -> AvailabilityFeed {
        let named = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        let request = v1::WatchAvailabilityRequest {
            ledger: self.caller.ledger.to_string(),
            channels: named(channels),
            skus: named(skus),
            after: String::new(),
        };
        let feeds = FeedsClient::new(self.channel.clone());
        let pauses = Pauses::endless();
        AvailabilityFeed { feeds, request, stream: None, caught_up: false, pauses }
    }
}

impl MovementFeed {
    /// The next movement; waits for it, and connects again for it. None: the end of a feed that
    /// was asked for until now.
    ///
    /// # Errors
    /// [`Error::Refused`]: what was asked for is not there, or not kept any more.
    pub async fn next(&mut self) -> Result<Option<v1::Movement>, Error> {
        loop {
            match self.read().await {
                Ok(Some(response)) => {
                    self.pauses.forget();
                    if let Some(movement) = self.note(response) {
                        return Ok(Some(movement));
                    }
                }
                Ok(None) if self.request.until_now => return Ok(None),
                ended => {
                    self.stream = None;
                    again(ended.err(), &mut self.pauses).await?;
                }
            }
        }
    }

    /// Where the feed stands: what to name as `after` to go on from here.
    pub fn place(&self) -> &str {
        &self.request.after
    }

    async fn read(&mut self) -> Result<Option<v1::WatchMovementsResponse>, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let response = self.feeds.watch_movements(self.request.clone()).await?;
                none.insert(response.into_inner())
            }
        };
        stream.message().await
    }

    fn note(&mut self, response: v1::WatchMovementsResponse) -> Option<v1::Movement> {
        match response.news? {
            watch_movements_response::News::Movement(movement) => {
                self.request.after.clone_from(&movement.sequence);
                Some(movement)
            }
            watch_movements_response::News::Reached(reached) => {
                self.request.after = reached.sequence;
                None
            }
        }
    }
}

/// The newest numbers of items on channels.
pub struct AvailabilityFeed {
    feeds: FeedsClient<Channel>,
    request: v1::WatchAvailabilityRequest,
    stream: Option<Streaming<v1::WatchAvailabilityResponse>>,
    /// Only from then on a version says that all before it was told.
    caught_up: bool,
    pauses: Pauses,
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq)]
pub enum AvailabilityNews {
    Change(v1::AvailabilityChange),
    /// All that was known at the beginning has been told.
    CaughtUp,
}

impl AvailabilityFeed {
    /// The next news; waits for it, and connects again for it. After a break what changed meanwhile
    /// is told, or everything once more.
    ///
    /// # Errors
    /// [`Error::Refused`]: what was asked for is not there.
    pub async fn next(&mut self) -> Result<AvailabilityNews, Error> {
        loop {
            match self.read().await {
                Ok(Some(response)) => {
                    self.pauses.forget();
                    if let Some(news) = self.note(response) {
                        return Ok(news);
                    }
                }
                ended => {
                    self.stream = None;
                    again(ended.err(), &mut self.pauses).await?;
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Option<v1::WatchAvailabilityResponse>, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let response = self.feeds.watch_availability(self.request.clone()).await?;
                self.caught_up = false;
                none.insert(response.into_inner())
            }
        };
        stream.message().await
    }

    fn note(&mut self, response: v1::WatchAvailabilityResponse) -> Option<AvailabilityNews> {
        match response.news? {
            watch_availability_response::News::Change(change) => {
                if self.caught_up {
                    self.request.after.clone_from(&change.version);
                }
                Some(AvailabilityNews::Change(change))
            }
            watch_availability_response::News::CaughtUp(caught_up) => {
                (self.caught_up, self.request.after) = (true, caught_up.version);
                Some(AvailabilityNews::CaughtUp)
            }
        }
    }
}

/// Waits before a stream that ended is begun again.
///
/// # Errors
/// It was refused for good.
async fn again(ended: Option<Status>, pauses: &mut Pauses) -> Result<(), Error> {
    let at_least_ms = match ended.map(|it| Failed::of_status(&it)) {
        Some(Failed::Refused(refusal)) => return Err(Error::Refused(refusal)),
        Some(Failed::NotNow(refusal)) => refusal.retry_after_ms,
        Some(Failed::Unknown { .. }) | None => 0,
    };
    pauses.pause(at_least_ms).await;
    Ok(())
}
