//! From one field of a message to its value: names, numbers, moments, lists.

use onhand_core::{
    ChannelId, CommandId, Dimension, FeedId, HoldId, InvalidQuantity, Label, LineRef, LocationId,
    Note, OrderId, PoolId, Quantity, ReasonCode, Sku, SupplierId, Time, TimeOfDay, TrancheId,
    TransferId, Window,
};
use onhand_proto::v1;
use prost_types::Timestamp;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use smol_str::SmolStr;

use crate::Invalid;

/// A field of a message that can be read as `T`. An empty text and a number or moment that is not
/// set mean: not given.
pub(super) trait Read<T> {
    /// # Errors
    /// [`Invalid`], its field relative to this one.
    fn read(self) -> Result<T, Invalid>;
}

/// Reads the field of this name, which is put before what is wrong inside it.
pub(super) fn at<P: Read<T>, T>(field: &str, value: P) -> Result<T, Invalid> {
    value.read().map_err(|it| it.inside(field))
}

pub(super) fn missing() -> Invalid {
    Invalid::new("missing_field", "", "is missing; add it")
}

pub(super) fn wrong(message: impl std::fmt::Display) -> Invalid {
    Invalid::new("invalid_field", "", message)
}

macro_rules! names {
    ($($name:ident)*) => {$(
        impl Read<$name> for String {
            fn read(self) -> Result<$name, Invalid> {
                match self.is_empty() {
                    true => Err(missing()),
                    false => $name::new(&self).map_err(wrong),
                }
            }
        }
        impl Read<Option<$name>> for String {
            fn read(self) -> Result<Option<$name>, Invalid> {
                match self.is_empty() {
                    true => Ok(None),
                    false => $name::new(&self).map(Some).map_err(wrong),
                }
            }
        }
    )*};
}

names! {
    ChannelId CommandId FeedId HoldId Label LineRef LocationId OrderId PoolId Sku SupplierId
    TrancheId TransferId
}

impl Read<Note> for String {
    fn read(self) -> Result<Note, Invalid> {
        Note::try_from(SmolStr::from(self)).map_err(wrong)
    }
}

impl Read<Option<Note>> for String {
    fn read(self) -> Result<Option<Note>, Invalid> {
        if self.is_empty() { Ok(None) } else { self.read().map(Some) }
    }
}

impl Read<Option<SmolStr>> for String {
    fn read(self) -> Result<Option<SmolStr>, Invalid> {
        Ok((!self.is_empty()).then(|| SmolStr::from(self)))
    }
}

impl Read<Option<TimeOfDay>> for String {
    fn read(self) -> Result<Option<TimeOfDay>, Invalid> {
        if self.is_empty() { Ok(None) } else { self.parse().map(Some).map_err(wrong) }
    }
}

impl Read<Window> for String {
    fn read(self) -> Result<Window, Invalid> {
        if self.is_empty() {
            Err(missing())
        } else {
            Window::try_from(SmolStr::from(self)).map_err(wrong)
        }
    }
}

/// One of a few words, written as in JSON.
fn word<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Invalid> {
    if text.is_empty() {
        return Err(missing());
    }
    let read: Result<T, serde_json::Error> = T::deserialize(text.into_deserializer());
    read.map_err(|error| Invalid::said("", &error))
}

impl Read<ReasonCode> for String {
    fn read(self) -> Result<ReasonCode, Invalid> {
        word(&self)
    }
}

impl Read<Dimension> for String {
    fn read(self) -> Result<Dimension, Invalid> {
        word(&self)
    }
}

macro_rules! as_it_is {
    ($($type:ty)*) => {$(
        impl Read<$type> for $type {
            fn read(self) -> Result<$type, Invalid> {
                Ok(self)
            }
        }
    )*};
}

as_it_is! { u64 i64 bool }

impl Read<Option<u64>> for u64 {
    fn read(self) -> Result<Option<u64>, Invalid> {
        Ok((self != 0).then_some(self))
    }
}

impl Read<u8> for u32 {
    fn read(self) -> Result<u8, Invalid> {
        u8::try_from(self).map_err(|_| wrong("must be a whole number from 0 to 255"))
    }
}

impl Read<Quantity> for u64 {
    fn read(self) -> Result<Quantity, Invalid> {
        Quantity::new(self).ok_or_else(|| wrong(InvalidQuantity))
    }
}

/// Last moment of the calendar, in seconds: as far as a time in JSON can be.
const SECONDS_MAX: i64 = 253_402_207_200;

impl Read<Time> for Timestamp {
    fn read(self) -> Result<Time, Invalid> {
        let Timestamp { seconds, nanos } = self;
        match (seconds, u64::try_from(nanos)) {
            (..0, _) => Err(wrong("lies before 1970; send a later moment")),
            (0..=SECONDS_MAX, Ok(nanos @ 0..1_000_000_000)) => {
                Ok(Time(seconds.unsigned_abs() * 1_000_000 + nanos / 1_000))
            }
            (0..=SECONDS_MAX, _) => Err(wrong("must have nanos from 0 to 999,999,999")),
            (_, _) => Err(wrong("lies behind the year 9999; send an earlier moment")),
        }
    }
}

impl Read<Time> for Option<Timestamp> {
    fn read(self) -> Result<Time, Invalid> {
        self.ok_or_else(missing)?.read()
    }
}

impl<P: Read<T>, T> Read<Option<T>> for Option<P> {
    fn read(self) -> Result<Option<T>, Invalid> {
        self.map(Read::read).transpose()
    }
}

impl<P: Read<T>, T> Read<Vec<T>> for Vec<P> {
    fn read(self) -> Result<Vec<T>, Invalid> {
        let one =
            |(index, it): (usize, P)| it.read().map_err(|it| it.inside(&format!("[{index}]")));
        self.into_iter().enumerate().map(one).collect()
    }
}

/// A message that must be there.
macro_rules! required {
    ($($message:ty => $type:ty;)*) => {$(
        impl Read<$type> for Option<$message> {
            fn read(self) -> Result<$type, Invalid> {
                self.ok_or_else(missing)?.read()
            }
        }
    )*};
}

/// A message that is as at the beginning if it is not there.
macro_rules! defaulted {
    ($($message:ty => $type:ty;)*) => {$(
        impl Read<$type> for Option<$message> {
            fn read(self) -> Result<$type, Invalid> {
                self.map_or_else(|| Ok(Default::default()), Read::read)
            }
        }
    )*};
}

required! {
    v1::Reason => onhand_core::Reason;
}

defaulted! {
    v1::Rule => onhand_core::Rule;
    v1::Tolerance => onhand_core::Tolerance;
    v1::set_feed::Breakers => onhand_core::Breakers;
}
