//! A command line as systemd and desktop entries read it.

use std::fmt::Write as _;

/// Quotes one word for a unit's `ExecStart=` (systemd.service, "Command lines").
pub(super) fn for_unit(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => drop(write!(quoted, "\\{letter}")),
            // Specifiers and variables.
            '%' | '$' => drop(write!(quoted, "{letter}{letter}")),
            // systemd ends a line at either.
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// Quotes one word for a desktop entry's `Exec=`: first as an argument, then as a string of the
/// file (Desktop Entry Specification, "The Exec key").
pub(super) fn for_entry(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '`' | '$' => drop(write!(quoted, "\\\\{letter}")),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_is_only_put_in_quotes() {
        assert_eq!(for_unit("/usr/bin/doorward"), "\"/usr/bin/doorward\"");
        assert_eq!(for_entry("/home/ada/my hub"), "\"/home/ada/my hub\"");
    }

    #[test]
    fn nothing_in_a_path_is_read_as_a_command() {
        assert_eq!(for_unit(r#"/a"b\c%h$HOME"#), r#""/a\"b\\c%%h$$HOME""#);
        assert_eq!(for_entry(r#"/a"b\c%f$x`y"#), r#""/a\\"b\\\\c%%f\\$x\\`y""#);
        for end in ['\n', '\r'] {
            let path = format!("/a{end}ExecStart=/bin/sh");
            assert!(!for_unit(&path).contains(end), "{end:?}");
            assert!(!for_entry(&path).contains(end), "{end:?}");
        }
    }
}
