//! Signatures as Standard Webhooks 1.0.0 has them: `v1` by a shared secret, `v1a` by a key pair.

use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use onhand_core::Time;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Bytes of a shared secret, as the standard bounds them, and of one that is made here.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const SECRET_BYTES_MADE: usize = 32;

/// How a subscription's deliveries are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signing {
    /// HMAC-SHA256 with a secret that both sides know.
    #[default]
    Hmac,
    /// A key pair, of which the target knows the public half only.
    Ed25519,
}

/// What signs. As text with the standard's prefix: `whsec_…` or `whsk_…`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Key {
    Shared(Vec<u8>),
    /// The seed of the pair.
    Pair([u8; 32]),
}

/// A key, and until when it signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub key: Key,
    pub created_at: Time,
    /// None: until it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}

/// Never the key itself: it would end up in a log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Key::Shared(_) => "whsec_…",
            Key::Pair(_) => "whsk_…",
        })
    }
}

impl Key {
    /// # Errors
    /// The system has no randomness.
    pub fn make(signing: Signing) -> io::Result<Key> {
        let mut bytes = [0; SECRET_BYTES_MADE];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(match signing {
            Signing::Hmac => Key::Shared(bytes.to_vec()),
            Signing::Ed25519 => Key::Pair(bytes),
        })
    }

    /// # Errors
    /// What the text must be, to be said behind the field's name.
    pub fn parse(text: &str) -> Result<Key, &'static str> {
        if let Some(bytes) = text.strip_prefix("whsec_").map(|it| STANDARD.decode(it)) {
            return match bytes {
                Ok(bytes) if SECRET_BYTES.contains(&bytes.len()) => Ok(Key::Shared(bytes)),
                _ => Err("must be `whsec_` and 24 to 64 bytes as base64"),
            };
        }
        let Some(bytes) = text.strip_prefix("whsk_").map(|it| STANDARD.decode(it)) else {
            return Err("must begin with `whsec_` (a shared secret) or `whsk_` (a private key)");
        };
        // Some write the private half with the public one behind it.
        let seed = bytes.ok().filter(|it| matches!(it.len(), 32 | 64));
        let seed = seed.and_then(|it| it.first_chunk::<32>().copied());
        seed.map(Key::Pair).ok_or("must be `whsk_` and the 32 bytes of an ed25519 key as base64")
    }

    pub fn signing(&self) -> Signing {
        match self {
            Key::Shared(_) => Signing::Hmac,
            Key::Pair(_) => Signing::Ed25519,
        }
    }

    /// What a target needs in order to check signatures: the secret itself, or the public key.
    pub fn told(&self) -> String {
        self.public().unwrap_or_else(|| String::from(self.clone()))
    }

    /// The public key, if there is one.
    pub fn public(&self) -> Option<String> {
        let Key::Pair(seed) = self else { return None };
        let public = SigningKey::from_bytes(seed).verifying_key();
        Some(format!("whpk_{}", STANDARD.encode(public.as_bytes())))
    }

    fn sign(&self, content: &[u8]) -> String {
        match self {
            Key::Shared(secret) => {
                format!("v1,{}", STANDARD.encode(mac(secret, content).finalize().into_bytes()))
            }
            Key::Pair(seed) => {
                let signature = SigningKey::from_bytes(seed).sign(content);
                format!("v1a,{}", STANDARD.encode(signature.to_bytes()))
            }
        }
    }
}

impl TryFrom<String> for Key {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Key, &'static str> {
        Key::parse(&text)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        match key {
            Key::Shared(bytes) => format!("whsec_{}", STANDARD.encode(bytes)),
            Key::Pair(seed) => format!("whsk_{}", STANDARD.encode(seed)),
        }
    }
}

fn mac(secret: &[u8], content: &[u8]) -> Hmac<Sha256> {
    // A key of any length is taken; the empty one stands for an error that cannot come.
    let mac = Hmac::<Sha256>::new_from_slice(secret);
    let mut mac = mac.unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(content);
    mac
}

fn content(id: &str, seconds: u64, body: &[u8]) -> Vec<u8> {
    let mut content = format!("{id}.{seconds}.").into_bytes();
    content.extend_from_slice(body);
    content
}

/// The header `webhook-signature`: one signature by each key that lives at `now`.
pub(crate) fn signatures(secrets: &[Secret], id: &str, now: Time, body: &[u8]) -> String {
    let content = content(id, now.as_us() / 1_000_000, body);
    let live = secrets.iter().filter(|it| it.expires_at.is_none_or(|end| end > now));
    live.map(|it| it.key.sign(&content)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;

    /// The example that the standard's own libraries are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: u64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    /// RFC 8032, 7.1, test 1.
    const SEED: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const PUBLIC: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    /// Whether one signature of the header is by `key`, a `whsec_…` or `whpk_…`. What a target does,
    /// in constant time.
    fn is_signed(key: &str, header: &str, id: &str, seconds: u64, body: &[u8]) -> bool {
        let content = content(id, seconds, body);
        let public = key.strip_prefix("whpk_").and_then(|it| STANDARD.decode(it).ok());
        let public = public.and_then(|it| VerifyingKey::from_bytes(it.first_chunk::<32>()?).ok());
        header.split(' ').filter_map(|it| it.split_once(',')).any(|(version, signature)| {
            let Ok(signature) = STANDARD.decode(signature) else { return false };
            match (version, &public, Key::parse(key)) {
                ("v1", None, Ok(Key::Shared(secret))) => {
                    mac(&secret, &content).verify_slice(&signature).is_ok()
                }
                ("v1a", Some(public), _) => Signature::from_slice(&signature)
                    .is_ok_and(|it| public.verify_strict(&content, &it).is_ok()),
                _ => false,
            }
        })
    }

    fn secret(text: &str, expires_at: Option<u64>) -> Secret {
        let key = Key::parse(text).unwrap();
        Secret { key, created_at: Time(0), expires_at: expires_at.map(|it| Time(it * 1_000_000)) }
    }

    fn signed(secrets: &[Secret]) -> String {
        signatures(secrets, ID, Time(SECONDS * 1_000_000 + 999_999), BODY)
    }

    #[test]
    fn signatures_are_those_of_the_standard() {
        assert_eq!(signed(&[secret(SECRET, None)]), SIGNATURE);
        assert!(is_signed(SECRET, SIGNATURE, ID, SECONDS, BODY));
        assert!(is_signed(SECRET, &format!("v1,bm9ldHU= {SIGNATURE}"), ID, SECONDS, BODY));
        assert!(!is_signed(SECRET, SIGNATURE, ID, SECONDS + 1, BODY));
        assert!(!is_signed(SECRET, SIGNATURE, ID, SECONDS, b"{}"));
        assert!(!is_signed(SECRET, &SIGNATURE.replace("v1,", "v1a,"), ID, SECONDS, BODY));
    }

    #[test]
    fn a_pair_signs_and_its_public_half_checks() {
        let pair = secret(SEED, None);
        assert_eq!(pair.key.told(), PUBLIC);
        let header = signed(std::slice::from_ref(&pair));
        assert!(header.starts_with("v1a,"));
        assert!(is_signed(PUBLIC, &header, ID, SECONDS, BODY));
        assert!(!is_signed(PUBLIC, &header, ID, SECONDS, b"{}"));
        assert!(!is_signed(PUBLIC, SIGNATURE, ID, SECONDS, BODY));
        let made = Key::make(Signing::Ed25519).unwrap();
        let header = signed(&[Secret { key: made.clone(), ..pair }]);
        assert!(is_signed(&made.told(), &header, ID, SECONDS, BODY));
    }

    #[test]
    fn while_two_secrets_live_both_sign() {
        let other = Key::make(Signing::Hmac).unwrap();
        let secrets = |end| {
            let fresh = Secret { key: other.clone(), created_at: Time(0), expires_at: None };
            [fresh, secret(SECRET, Some(end))]
        };
        let both = signed(&secrets(SECONDS + 1));
        assert!(is_signed(SECRET, &both, ID, SECONDS, BODY));
        assert!(is_signed(&other.told(), &both, ID, SECONDS, BODY));
        let one = signed(&secrets(SECONDS));
        assert!(!is_signed(SECRET, &one, ID, SECONDS, BODY));
        assert!(is_signed(&other.told(), &one, ID, SECONDS, BODY));
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_never_shown() {
        for text in [SECRET, SEED] {
            let key = Key::parse(text).unwrap();
            assert_eq!(String::from(key.clone()), text);
            assert!(!format!("{key:?}").contains(&text[6..12]), "{key:?}");
        }
        for text in ["", "secret", "whsec_", "whsec_AAAA", "whsec_!", "whsk_AAAA", PUBLIC] {
            assert!(Key::parse(text).is_err(), "{text}");
        }
    }

    /// A second computation by somebody else's code, where there is any.
    const PYTHON: &str = r#"
import base64, hashlib, hmac, sys
key, content = base64.b64decode(sys.argv[1]), sys.argv[2].encode()
print("v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode())
"#;

    #[test]
    fn python_computes_the_same() {
        let key = Key::make(Signing::Hmac).unwrap();
        let text = String::from(key.clone());
        let body = "{\"sku\":\"茶-1\"}";
        let content = format!("{ID}.{SECONDS}.{body}");
        let python = Command::new("python3").args(["-c", PYTHON, &text[6..], &content]).output();
        let Ok(output) = python else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let secret = Secret { key, created_at: Time(0), expires_at: None };
        let ours = signatures(&[secret], ID, Time(SECONDS * 1_000_000), body.as_bytes());
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), ours);
    }
}
