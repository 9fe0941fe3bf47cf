//! An event as others read it: a CloudEvent 1.0 in its structured JSON form.
//!
//! `source` and `id` together name an event for ever; `sequence` says where it stands in its feed,
//! as text that compares as places do.

use onhand_core::{LedgerId, Sku, Time};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

/// Its attributes, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    specversion: SmolStr,
    /// `LEDGER/PLACE`.
    pub id: SmolStr,
    /// `/ledgers/LEDGER`.
    pub source: SmolStr,
    /// Such as `onhand.movement.order_shipped`.
    pub r#type: SmolStr,
    /// The item it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Sku>,
    /// When it happened; `recordedtime`: when that was recorded.
    pub time: Time,
    pub recordedtime: Time,
    /// Its place in the feed.
    pub sequence: SmolStr,
    /// Events with the same one keep their order on a bus that has partitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitionkey: Option<Sku>,
    /// W3C trace context of the call that it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<SmolStr>,
    datacontenttype: SmolStr,
    pub data: T,
}

/// What a body with one such event is called, in the header `Content-Type`.
pub const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The same of an array of them.
pub const CLOUD_EVENTS: &str = "application/cloudevents-batch+json";

impl<T> CloudEvent<T> {
    /// An event of `ledger` at `place` in its feed, that was recorded at `recorded` and happened
    /// then too.
    pub fn new(
        ledger: &LedgerId,
        place: &str,
        kind: &str,
        recorded: Time,
        data: T,
    ) -> CloudEvent<T> {
        CloudEvent {
            specversion: SmolStr::new_static("1.0"),
            id: format_smolstr!("{ledger}/{place}"),
            source: format_smolstr!("/ledgers/{ledger}"),
            r#type: SmolStr::new(kind),
            subject: None,
            time: recorded,
            recordedtime: recorded,
            sequence: SmolStr::new(place),
            partitionkey: None,
            traceparent: None,
            datacontenttype: SmolStr::new_static("application/json"),
            data,
        }
    }

    /// It is about this item.
    pub fn about(mut self, sku: &Sku) -> CloudEvent<T> {
        (self.subject, self.partitionkey) = (Some(sku.clone()), Some(sku.clone()));
        self
    }

    /// It happened then.
    pub fn occurred(mut self, time: Time) -> CloudEvent<T> {
        self.time = time;
        self
    }

    pub fn traced(mut self, traceparent: Option<SmolStr>) -> CloudEvent<T> {
        self.traceparent = traceparent;
        self
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{Map, Value, json};

    use super::*;

    fn event() -> CloudEvent<Value> {
        let (ledger, sku) = (LedgerId::new("acme").unwrap(), Sku::new("茶杯 \"红\"").unwrap());
        let place = "00000000000000000012.000003";
        CloudEvent::new(
            &ledger,
            place,
            "onhand.movement.order_shipped",
            Time(1_000_000),
            json!({"quantity": 2}),
        )
        .about(&sku)
        .occurred(Time(1))
        .traced(Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()))
    }

    #[test]
    fn an_event_as_it_is_written() {
        let text = serde_json::to_string_pretty(&event()).unwrap();
        expect![[r#"
            {
              "specversion": "1.0",
              "id": "acme/00000000000000000012.000003",
              "source": "/ledgers/acme",
              "type": "onhand.movement.order_shipped",
              "subject": "茶杯 \"红\"",
              "time": "1970-01-01T00:00:00.000001Z",
              "recordedtime": "1970-01-01T00:00:01Z",
              "sequence": "00000000000000000012.000003",
              "partitionkey": "茶杯 \"红\"",
              "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
              "datacontenttype": "application/json",
              "data": {
                "quantity": 2
              }
            }"#]]
        .assert_eq(&text);
        let read: CloudEvent<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, event());
    }

    /// The rules of the standard's JSON format: what must be there, and how attributes may look.
    fn check_by_the_standard(event: &Map<String, Value>) {
        for required in ["id", "source", "specversion", "type"] {
            let text = event[required].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{required}");
        }
        assert_eq!(event["specversion"], "1.0");
        for (name, value) in event.iter().filter(|(name, _)| *name != "data") {
            let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
            assert!(name.bytes().all(plain) && name.len() <= 20, "the name {name}");
            let text = value.as_str().unwrap_or_else(|| panic!("{name} is {value}"));
            assert!(!text.is_empty() && !text.chars().any(char::is_control), "{name} is {text}");
        }
        for moment in ["time", "recordedtime"] {
            assert!(event[moment].as_str().unwrap().parse::<Time>().is_ok(), "{moment}");
        }
        let source = event["source"].as_str().unwrap();
        assert!(source.bytes().all(|it| it.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&it)));
        assert!(!(event.contains_key("data") && event.contains_key("data_base64")));
    }

    #[test]
    fn it_keeps_the_rules_of_the_standard() {
        let bare = CloudEvent { subject: None, partitionkey: None, traceparent: None, ..event() };
        for event in [event(), bare] {
            let Value::Object(event) = serde_json::to_value(&event).unwrap() else { panic!() };
            check_by_the_standard(&event);
        }
    }

    /// What the schema of the standard says, where it lies beside the repository.
    #[test]
    fn the_schema_of_the_standard_knows_its_attributes() {
        let name = "../shared/data/cloudevents/cloudevents.schema.json";
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let Ok(text) = std::fs::read_to_string(root.join(name)) else {
            return eprintln!("skipped: {name} is not there");
        };
        let schema: Value = serde_json::from_str(&text).unwrap();
        let event = serde_json::to_value(event()).unwrap();
        for required in schema["required"].as_array().unwrap() {
            assert!(event[required.as_str().unwrap()].is_string(), "{required}");
        }
        let ours = ["sequence", "partitionkey", "recordedtime", "traceparent"];
        for name in event.as_object().unwrap().keys().filter(|it| !ours.contains(&it.as_str())) {
            assert!(
                schema["properties"][name].is_object(),
                "{name} is no attribute of the standard"
            );
        }
    }
}
