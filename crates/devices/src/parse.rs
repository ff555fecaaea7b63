//! Bytes to structs, without a word of the bytes in what goes wrong.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::error::Category;

use crate::speech::Malformed;

/// Reads text of at most `limit_bytes`.
pub(crate) fn text(payload: &[u8], limit_bytes: usize) -> Result<&str, Malformed> {
    if payload.len() > limit_bytes {
        return Err(Malformed::TooLarge);
    }
    std::str::from_utf8(payload).map_err(|_| Malformed::NotUtf8)
}

/// Reads a JSON object. Fields that `T` does not name are skipped; a field
/// that comes twice is refused, since two readers could take different ones.
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Malformed> {
    if !text.trim_start().starts_with('{') {
        // Derived readers would take an array for a struct.
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Malformed::WrongType,
            Err(_) => Malformed::NotJson,
        });
    }
    serde_json::from_str(text).map_err(|error| named(&error))
}

/// Reads a JSON array.
pub(crate) fn list<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Vec<T>, Malformed> {
    serde_json::from_str(text).map_err(|error| named(&error))
}

fn named(error: &serde_json::Error) -> Malformed {
    // The parser's own words quote the message, so they end here.
    match error.classify() {
        Category::Data => Malformed::WrongType,
        Category::Io | Category::Syntax | Category::Eof => Malformed::NotJson,
    }
}

/// For a field of type `Option<Option<T>>`: `Some(None)` is a field that is
/// there and null, `None` one that is not there.
pub(crate) fn said<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Sample {
        word: String,
    }

    fn read(payload: &[u8]) -> Result<Sample, Malformed> {
        object(text(payload, 64)?)
    }

    #[test]
    fn every_kind_of_bad_message_has_its_name() {
        for (payload, why) in [
            (&[b' '; 65][..], Malformed::TooLarge),
            (b"{\"word\":\"\xff\"}", Malformed::NotUtf8),
            (b"word", Malformed::NotJson),
            (b"{\"word\":\"a\"", Malformed::NotJson),
            (b"{\"word\":\"a\"} x", Malformed::NotJson),
            (b"[\"a\"]", Malformed::WrongType),
            (b"7", Malformed::WrongType),
            (b"{\"word\":7}", Malformed::WrongType),
            (b"{}", Malformed::WrongType),
            (b"{\"word\":\"a\",\"word\":\"b\"}", Malformed::WrongType),
        ] {
            assert_eq!(read(payload), Err(why), "{payload:?}");
        }
    }

    #[test]
    fn unknown_fields_are_skipped() {
        let sample = read(br#"{"later":{"a":[1,2]},"word":"a"}"#).unwrap();
        assert_eq!(sample.word, "a");
    }
}
