//! Asking a running server, over its HTTP door.

use std::io::Read;
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;

/// A server and how to reach it.
#[derive(Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
}

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

impl Client {
    /// `base`: such as `http://127.0.0.1:7070`.
    pub fn new(base: &str) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        Client { base: base.trim_end_matches('/').to_owned(), agent: config.into() }
    }

    /// The answer to `GET path?query`.
    ///
    /// # Errors
    /// The server cannot be reached, or says no: in its own words.
    pub fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        match self.ask(path, query)? {
            (200..300, text) => Ok(serde_json::from_str(&text)?),
            (status, text) => Err(refused(status, &text)),
        }
    }

    /// As [`Client::get`], but None where the server says that it is not there, or not yet.
    ///
    /// # Errors
    /// As [`Client::get`] for any other no.
    pub fn find(&self, path: &str, query: &[(&str, String)]) -> Result<Option<Value>, Failure> {
        match self.ask(path, query)? {
            (200..300, text) => Ok(Some(serde_json::from_str(&text)?)),
            (404 | 504, _) => Ok(None),
            (status, text) => Err(refused(status, &text)),
        }
    }

    /// Sends bytes of any length, and answers the status with what the server said. Comparing
    /// a long file takes its time: there is no end to the wait.
    ///
    /// # Errors
    /// The server cannot be reached, or breaks off.
    pub fn send(
        &self,
        path: &str,
        query: &[(&str, String)],
        bytes: &mut dyn Read,
    ) -> Result<(u16, Value), Failure> {
        let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
        let patient = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(TIMEOUT))
            .build();
        let request = ureq::Agent::from(patient).post(format!("{}{path}", self.base));
        let request = request.query_pairs(pairs).content_type("application/octet-stream");
        self.told(request.send(ureq::SendBody::from_reader(bytes)))
    }

    /// Posts JSON, and answers the status with what the server said.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        self.told(self.agent.post(format!("{}{path}", self.base)).send_json(body))
    }

    /// Changes what is at a path by a JSON object, and answers as [`Client::post`].
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn patch(&self, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        self.told(self.agent.patch(format!("{}{path}", self.base)).send_json(body))
    }

    /// Removes what is at a path, and answers as [`Client::post`].
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn delete(&self, path: &str) -> Result<(u16, Value), Failure> {
        self.told(self.agent.delete(format!("{}{path}", self.base)).call())
    }

    fn told(
        &self,
        called: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<(u16, Value), Failure> {
        let (status, text) = self.read(called)?;
        let told = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok((status, told))
    }

    fn ask(&self, path: &str, query: &[(&str, String)]) -> Result<(u16, String), Failure> {
        let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
        self.read(self.agent.get(format!("{}{path}", self.base)).query_pairs(pairs).call())
    }

    /// Status and text.
    fn read(
        &self,
        called: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<(u16, String), Failure> {
        let mut response = called.map_err(|error| {
            Failure::new(format!("the server at {} does not answer: {error}", self.base))
        })?;
        let status = response.status().as_u16();
        let mut text = String::new();
        response.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_string(&mut text)?;
        Ok((status, text))
    }
}

fn refused(status: u16, text: &str) -> Failure {
    let detail = serde_json::from_str::<Value>(text).ok();
    let detail = detail.as_ref().and_then(|it| it.get("detail")).and_then(Value::as_str);
    Failure::new(format!("the server says no ({status}): {}", detail.unwrap_or(text.trim())))
}

/// A name as part of an address.
pub fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(byte as char);
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe_in_addresses() {
        assert_eq!(encoded("A/B 1.5"), "A%2FB%201.5");
        assert_eq!(encoded("茶"), "%E8%8C%B6");
    }
}
