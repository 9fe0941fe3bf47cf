//! What callers may do with subscriptions. All of it blocks: the file is written, targets called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use onhand_core::LedgerId;
use onhand_wire::{Invalid, Trouble};

use super::event::{Event, Named};
use super::post::{Called, Caller};
use super::sign::Secret;
use super::store::StoreFault;
use super::subscription::{Attempted, Cursor, Delivery, Disabled, Pending, Subscription, key};
use super::terms::{self, Create, From, Patch, Replay, Rotate};
use super::view::{DeadView, DeliveryView, View};
use super::{PENDING_MAX, Shared, Webhooks};
use crate::http::respond::Refused;
use crate::node::now;

/// Longest wait until what was answered is folded, so that a new subscription begins behind it.
const SETTLE_MAX: Duration = Duration::from_secs(2);

type Told<T> = Result<T, Refused>;

impl std::convert::From<StoreFault> for Refused {
    fn from(fault: StoreFault) -> Refused {
        Trouble::Unavailable { message: fault.to_string() }.into()
    }
}

impl Webhooks {
    fn shared(&self) -> Told<&Arc<Shared>> {
        self.opened.as_ref().map_err(|why| {
            let message = format!("webhooks are stopped: {why}");
            Trouble::Unavailable { message }.into()
        })
    }

    /// # Errors
    /// A field is no good, the name is taken, or there are as many as may be.
    pub(super) fn create(&self, ledger: &LedgerId, terms: Create) -> Told<View> {
        let shared = self.shared()?;
        let after = terms.after.as_deref().map(From::parse).transpose()?;
        let made = terms::key(terms.secret.as_deref(), terms.signing)?;
        let secret = made.told();
        let it = Subscription {
            ledger: ledger.clone(),
            name: terms.name,
            url: terms.url,
            types: if terms.types.is_empty() { terms::all_types() } else { terms.types },
            channels: terms.channels,
            sku_prefix: terms.sku_prefix.filter(|it| !it.is_empty()),
            secrets: vec![Secret { key: made, created_at: now(), expires_at: None }],
            disabled: None,
            created_at: now(),
        };
        terms::check(&it, &self.config)?;
        let cursor = self.cursor(shared, ledger, after)?;
        match shared.store.add(&it, cursor, self.config.webhook_targets_max)? {
            Some(true) => {}
            Some(false) => {
                let message = "is taken by another webhook of this ledger";
                return Err(Invalid::new("already_exists", "name", message).into());
            }
            None => {
                let most = self.config.webhook_targets_max;
                let message =
                    format!("cannot be added: there are {most} already (webhook.targets_max)");
                return Err(Invalid::new("invalid_field", "webhook", message).into());
            }
        }
        let started = self.start(shared, &it.key());
        started.map_err(|error| Trouble::Unavailable { message: error.to_string() })?;
        let view = self.show(ledger, it.name.as_str())?;
        Ok(View { secret: Some(secret), ..view })
    }

    /// Where to begin; by default behind all that was answered until now.
    fn cursor(&self, shared: &Shared, ledger: &LedgerId, after: Option<From>) -> Told<Cursor> {
        shared.node.settle(ledger, SETTLE_MAX);
        let Some(end) = shared.end_of(ledger) else {
            let message = "the ledger is not known: its first accepted command begins it";
            return Err(Trouble::NotFound { message: message.to_owned() }.into());
        };
        match after {
            None => Ok(end),
            Some(From::Beginning) => Ok(shared.beginning_of(ledger)),
            Some(From::Behind(place)) if place > end.place() => {
                let message = format!("lies beyond the ledger's end, {}", end.place());
                Err(Invalid::new("invalid_field", "after", message).into())
            }
            Some(From::Behind(place)) => Ok(Cursor::new(place, end.notices)),
        }
    }

    pub(super) fn list(&self, ledger: &LedgerId) -> Told<Vec<View>> {
        let all = self.shared()?.store.subscriptions()?;
        all.into_iter().filter(|it| it.ledger == *ledger).map(|it| self.view(it)).collect()
    }

    pub(super) fn show(&self, ledger: &LedgerId, name: &str) -> Told<View> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        self.view(shared.store.subscription(&key)?.ok_or_else(not_there)?)
    }

    fn view(&self, it: Subscription) -> Told<View> {
        let key = it.key();
        let standing = self.shared()?.store.standing(&key)?;
        let live = self.live(&key);
        Ok(View::new(it, standing, live.as_deref(), self.config.webhook_enabled))
    }

    /// Changes a subscription, and lets its thread begin anew.
    fn change<T, E: Into<Refused>>(
        &self,
        ledger: &LedgerId,
        name: &str,
        work: impl FnOnce(&Shared, &str) -> Result<T, E>,
    ) -> Told<T> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        let live = self.live(&key).ok_or_else(not_there)?;
        live.change(|| work(shared, &key)).ok_or_else(not_there)?.map_err(Into::into)
    }

    /// As [`Webhooks::change`], of what sets the cursor.
    fn uproot<T>(
        &self,
        ledger: &LedgerId,
        name: &str,
        work: impl FnOnce(&Shared, &str) -> Result<T, StoreFault>,
    ) -> Told<T> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        let live = self.live(&key).ok_or_else(not_there)?;
        Ok(live.uproot(|| work(shared, &key)).ok_or_else(not_there)??)
    }

    pub(super) fn patch(&self, ledger: &LedgerId, name: &str, terms: Patch) -> Told<View> {
        let apply = move |it: &mut Subscription| {
            it.url = terms.url.unwrap_or_else(|| it.url.clone());
            if let Some(types) = terms.types {
                it.types = if types.is_empty() { terms::all_types() } else { types };
            }
            it.channels = terms.channels.unwrap_or_else(|| it.channels.clone());
            if let Some(prefix) = terms.sku_prefix {
                it.sku_prefix = Some(prefix).filter(|it| !it.is_empty());
            }
            match terms.enabled {
                Some(true) => it.disabled = None,
                Some(false) if it.disabled.is_none() => {
                    it.disabled =
                        Some(Disabled { why: "somebody asked for it".to_owned(), at: now() });
                }
                Some(false) | None => {}
            }
        };
        // Read, checked and written in one: of two changes at once neither is lost.
        self.change(ledger, name, |shared, key| -> Told<()> {
            let mut changed = shared.store.subscription(key)?.ok_or_else(not_there)?;
            apply(&mut changed);
            terms::check(&changed, &self.config)?;
            shared.store.change(key, |it| *it = changed)?;
            Ok(())
        })?;
        self.show(ledger, name)
    }

    /// A new secret, shown this once; the old one signs beside it for a while.
    pub(super) fn rotate(&self, ledger: &LedgerId, name: &str, terms: &Rotate) -> Told<View> {
        let made = terms::key(terms.secret.as_deref(), terms.signing)?;
        let until = now().plus_seconds(terms.overlap_s()?);
        let secret = made.told();
        let fresh = Secret { key: made, created_at: now(), expires_at: None };
        self.change(ledger, name, |shared, key| {
            shared.store.change(key, |it| it.rotate(fresh, until))
        })?;
        Ok(View { secret: Some(secret), ..self.show(ledger, name)? })
    }

    pub(super) fn enable(&self, ledger: &LedgerId, name: &str) -> Told<View> {
        self.change(ledger, name, |shared, key| shared.store.change(key, |it| it.disabled = None))?;
        self.show(ledger, name)
    }

    pub(super) fn remove(&self, ledger: &LedgerId, name: &str) -> Told<()> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        let live = self.live(&key).ok_or_else(not_there)?;
        let removed = live.remove(|| shared.store.remove(&key)).ok_or_else(not_there)??;
        self.forget(&key, &live);
        if removed { Ok(()) } else { Err(not_there()) }
    }

    /// Tells some events again. Answers how many wait because of it; none if a cursor went back.
    pub(super) fn replay(&self, ledger: &LedgerId, name: &str, terms: &Replay) -> Told<usize> {
        let asked = [terms.after.is_some(), terms.after_notice.is_some(), terms.id.is_some()];
        let asked = asked.iter().filter(|it| **it).count() + usize::from(terms.dead == Some(true));
        if asked != 1 {
            let message = "must hold one of `after`, `after_notice`, `id` and `dead`: true";
            return Err(Invalid::new("invalid_field", "", message).into());
        }
        if let Some(id) = &terms.id {
            return self.replay_one(ledger, name, id);
        }
        if terms.dead == Some(true) {
            let revive = |shared: &Shared, key: &str| shared.store.revive(key, now(), PENDING_MAX);
            return self.change(ledger, name, revive);
        }
        let shared = self.shared()?;
        let now_at = shared.store.standing(&key(ledger, name))?.cursor;
        let cursor = match (&terms.after, terms.after_notice) {
            (Some(after), _) => {
                let from = From::parse(after)?;
                let cursor = self.cursor(shared, ledger, Some(from))?;
                let notices = if from == From::Beginning { cursor.notices } else { now_at.notices };
                Cursor::new(cursor.place(), notices)
            }
            (None, number) => Cursor { notices: number.unwrap_or(0), ..now_at },
        };
        self.uproot(ledger, name, |shared, key| {
            let change = super::store::Change { cursor: Some(cursor), ..Default::default() };
            shared.store.commit(key, &change)
        })?;
        Ok(0)
    }

    fn replay_one(&self, ledger: &LedgerId, name: &str, id: &str) -> Told<usize> {
        let no = |message: &str| Refused::from(Invalid::new("invalid_field", "id", message));
        let named = Named::parse(ledger, id);
        let named = named.ok_or_else(|| no("is no webhook-id of this ledger's events"))?;
        let event = self.shared()?.event(ledger, named);
        let event = event.map_err(|message| Trouble::Unavailable { message })?;
        let event = event.ok_or_else(|| no("names an event that is not there"))?;
        let pending = [Pending::new(&event, now())];
        let enqueue = |shared: &Shared, key: &str| shared.store.enqueue(key, &pending, PENDING_MAX);
        match self.change(ledger, name, enqueue)? {
            0 => Err(Trouble::Overloaded { retry_after_ms: 60_000 }.into()),
            count => Ok(count),
        }
    }

    /// Calls the target now, enabled or not, and answers what came of it.
    pub(super) fn ping(&self, ledger: &LedgerId, name: &str) -> Told<Delivery> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        let live = self.live(&key).ok_or_else(not_there)?;
        let it = shared.store.subscription(&key)?.ok_or_else(not_there)?;
        let event = Event::ping(ledger, name, now());
        let (at, begun) = (now(), Instant::now());
        let caller = Caller::new(&self.config);
        let called = caller.call(&it.url, &it.secrets, &event.id, &event.body, at);
        let (result, status, why) = match called {
            Called::Taken { status } => (Attempted::Delivered, Some(status), String::new()),
            Called::Gone => (Attempted::Failed, Some(410), "it wants no more".to_owned()),
            Called::Failed(it) => (Attempted::Failed, it.status, it.why),
        };
        let took_ms = begun.elapsed().as_millis() as u64;
        let (id, kind, next_at) = (event.id, event.kind, None);
        let told = Delivery { id, kind, at, attempt: 1, result, status, why, took_ms, next_at };
        let change = super::store::Change { log: vec![told.clone()], ..Default::default() };
        // If the webhook is gone meanwhile, so is its log.
        live.write(live.version(), |_| shared.store.commit(&key, &change)).transpose()?;
        Ok(told)
    }

    pub(super) fn deliveries(
        &self,
        ledger: &LedgerId,
        name: &str,
        before: Option<u64>,
        most: usize,
    ) -> Told<Vec<DeliveryView>> {
        let (shared, key) = (self.shared()?, self.known(ledger, name)?);
        let rows = shared.store.deliveries(&key, before.unwrap_or(u64::MAX), most)?;
        Ok(rows.into_iter().map(|(number, delivery)| DeliveryView { number, delivery }).collect())
    }

    pub(super) fn dead(
        &self,
        ledger: &LedgerId,
        name: &str,
        after: u64,
        most: usize,
    ) -> Told<Vec<DeadView>> {
        let (shared, key) = (self.shared()?, self.known(ledger, name)?);
        let rows = shared.store.dead(&key, after, most)?;
        Ok(rows.into_iter().map(DeadView::new).collect())
    }

    /// The key of a subscription that is there.
    fn known(&self, ledger: &LedgerId, name: &str) -> Told<String> {
        let (shared, key) = (self.shared()?, key(ledger, name));
        shared.store.subscription(&key)?.map(|_| key).ok_or_else(not_there)
    }
}

fn not_there() -> Refused {
    Trouble::NotFound { message: "the ledger has no webhook of this name".to_owned() }.into()
}
