//! MQTT topic names and filters, checked once at the edge.
//!
//! Owns what may be a topic at all. A [`TopicName`] or [`TopicFilter`] that
//! exists obeys the rules below, so nobody behind it checks again:
//! valid UTF-8 of 1 to [`MAX_TOPIC_BYTES`] bytes, no NUL, an ASCII first byte,
//! no leading `$` (names that belong to a broker, and shared subscriptions),
//! at most [`MAX_TOPIC_LEVELS`] levels, and wildcards only in a filter, each
//! alone in its level, `#` only in the last.
//!
//! It does not know who may use a topic; that is [`crate::grants`].
//!
//! Rules after MQTT 3.1.1 and 5, section 4.7. The ASCII first byte is ours: no
//! device needs another, and routers have been stopped by one.

use std::sync::Arc;

/// The longest topic name or filter, in bytes of UTF-8.
pub const MAX_TOPIC_BYTES: usize = 512;

/// The most levels (parts between slashes) of a topic name or filter.
pub const MAX_TOPIC_LEVELS: usize = 16;

/// Why bytes cannot be a topic name or filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicFormat {
    /// No bytes at all.
    #[error("a topic has at least one character")]
    Empty,
    /// Longer than [`MAX_TOPIC_BYTES`].
    #[error("a topic has at most 512 bytes")]
    TooLong,
    /// More parts between slashes than [`MAX_TOPIC_LEVELS`].
    #[error("a topic has at most 16 levels")]
    TooDeep,
    /// Not text.
    #[error("a topic is valid UTF-8")]
    NotUtf8,
    /// A NUL, a leading `$` or a first byte beyond ASCII.
    #[error("a topic has no NUL, no leading $ and begins with ASCII")]
    Forbidden,
    /// A wildcard in a name, or in a filter where none may stand.
    #[error("a wildcard stands alone in a level of a filter, # only in the last")]
    Wildcard,
}

/// The name of one topic, as a message carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicName(Arc<str>);

/// A pattern of topics, as a subscription or a grant carries it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicFilter(Arc<str>);

impl TopicName {
    /// Reads a name from text.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, TopicFormat> {
        check_common(text)?;
        if text.contains(['+', '#']) {
            return Err(TopicFormat::Wildcard);
        }
        Ok(Self(text.into()))
    }

    /// Reads a name from the bytes of a packet.
    ///
    /// # Errors
    /// Says which rule the bytes break.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, TopicFormat> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| TopicFormat::NotUtf8)?)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TopicFilter {
    /// Reads a filter from text.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, TopicFormat> {
        check_common(text)?;
        let mut levels = text.split('/').peekable();
        while let Some(level) = levels.next() {
            let is_last = levels.peek().is_none();
            match level {
                "+" => {}
                "#" if is_last => {}
                plain if plain.contains(['+', '#']) => return Err(TopicFormat::Wildcard),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    /// Returns the filter as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the filter matches a topic.
    #[must_use]
    pub fn matches(&self, topic: &TopicName) -> bool {
        covers(&self.0, &topic.0)
    }

    /// Tells whether every topic that `other` matches is matched by this
    /// filter too.
    ///
    /// Coverage is what a grant needs: `home/+` *matches* the text `home/#`,
    /// yet a subscriber to `home/#` would hear `home/a/b`. The answer is never
    /// wrongly yes; it is no for a few filters that differ in spelling alone
    /// (`+/#` and `#`).
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.0, &other.0)
    }
}

impl From<&TopicName> for TopicFilter {
    /// The filter that matches this one topic.
    fn from(name: &TopicName) -> Self {
        Self(Arc::clone(&name.0))
    }
}

impl std::fmt::Display for TopicName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_common(text: &str) -> Result<(), TopicFormat> {
    let first = text.bytes().next().ok_or(TopicFormat::Empty)?;
    if text.len() > MAX_TOPIC_BYTES {
        return Err(TopicFormat::TooLong);
    }
    if first == b'$' || !first.is_ascii() || text.contains('\0') {
        return Err(TopicFormat::Forbidden);
    }
    if text.split('/').count() > MAX_TOPIC_LEVELS {
        return Err(TopicFormat::TooDeep);
    }
    Ok(())
}

/// Compares level by level. `inner` may be a filter or a name: a name is a
/// filter that happens to have no wildcard.
fn covers(outer: &str, inner: &str) -> bool {
    let mut outer = outer.split('/');
    let mut inner = inner.split('/');
    loop {
        match (outer.next(), inner.next()) {
            // `a/#` includes `a` itself, so the inner side may have ended.
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(level)) if level != "#" => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            (Some(_), _) | (None, Some(_)) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text).unwrap()
    }

    #[test]
    fn a_name_with_anything_unusual_is_refused() {
        for (text, why) in [
            ("", TopicFormat::Empty),
            ("a/#", TopicFormat::Wildcard),
            ("a+b", TopicFormat::Wildcard),
            ("$SYS/broker", TopicFormat::Forbidden),
            ("$share/g/a", TopicFormat::Forbidden),
            ("é/x", TopicFormat::Forbidden),
            ("a\0b", TopicFormat::Forbidden),
            (&"x".repeat(513), TopicFormat::TooLong),
            (&"a/".repeat(16), TopicFormat::TooDeep),
        ] {
            assert_eq!(TopicName::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(TopicName::parse_bytes(b"a/\xff"), Err(TopicFormat::NotUtf8));
    }

    #[test]
    fn ordinary_names_are_kept_as_they_are() {
        for text in
            ["a", "/a", "a/", "a//b", "zigbee2mqtt/Front door", "door/Tür", &"x".repeat(512)]
        {
            assert_eq!(name(text).as_str(), text);
        }
    }

    #[test]
    fn a_wildcard_stands_alone_in_its_level() {
        for text in ["#", "+", "a/#", "+/+", "a/+/b/#", "/+"] {
            assert_eq!(filter(text).as_str(), text);
        }
        for text in ["a#", "a/#/b", "a+", "+a/b", "##", "++", "#/a"] {
            assert_eq!(TopicFilter::parse(text), Err(TopicFormat::Wildcard), "{text}");
        }
        assert_eq!(TopicFilter::parse("$share/g/a"), Err(TopicFormat::Forbidden));
    }

    #[test]
    fn coverage_is_not_a_match() {
        for (outer, inner, expected) in [
            ("home/+", "home/#", false),
            ("home/+", "home/+", true),
            ("home/+", "home/a", true),
            ("home/#", "home", true),
            ("home/#", "home/+/a/#", true),
            ("home/#", "#", false),
            ("home/#", "+/a", false),
            ("home/#", "homes", false),
            ("#", "#", true),
            ("+", "#", false),
            ("+/a", "b/a", true),
            ("a/b", "a/+", false),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("a/+/c", "a/#", false),
            ("a/+/#", "a/#", false),
            ("a/+/#", "a/b", true),
            ("+/+", "/", true),
            ("+", "/", false),
        ] {
            assert_eq!(filter(outer).covers(&filter(inner)), expected, "{outer} over {inner}");
        }
    }

    fn level() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), Just("a".to_owned()), Just("b".to_owned())]
    }

    fn any_name() -> impl Strategy<Value = TopicName> {
        prop::collection::vec(level(), 1..6)
            .prop_filter_map("a topic", |levels| TopicName::parse(&levels.join("/")).ok())
    }

    fn any_filter() -> impl Strategy<Value = TopicFilter> {
        let part = prop_oneof![3 => level(), 2 => Just("+".to_owned()), 1 => Just("#".to_owned())];
        prop::collection::vec(part, 1..6)
            .prop_filter_map("a filter", |levels| TopicFilter::parse(&levels.join("/")).ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

        #[test]
        fn what_a_covered_filter_matches_the_covering_one_matches(
            outer in any_filter(), inner in any_filter(), topic in any_name(),
        ) {
            if outer.covers(&inner) && inner.matches(&topic) {
                prop_assert!(outer.matches(&topic), "{outer} {inner} {topic}");
            }
        }

        #[test]
        fn every_filter_covers_itself(filter in any_filter()) {
            prop_assert!(filter.covers(&filter));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(name) = TopicName::parse_bytes(&bytes) {
                prop_assert_eq!(name.as_str().as_bytes(), &bytes[..]);
                prop_assert!(filter("#").matches(&name));
            }
        }
    }
}
