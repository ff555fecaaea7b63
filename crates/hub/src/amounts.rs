//! Durations, sizes and numbers as people say them: in one way, whether the daemon says it or the command.

/// A second, in milliseconds.
pub(crate) const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Returns a duration as people say it: two units at most.
pub(crate) fn duration(ms: u64) -> String {
    let two = |big: u64, name: &str, small: u64, small_name: &str| {
        let (whole, rest) = (ms / big, ms % big / small);
        if rest == 0 {
            format!("{whole} {name}")
        } else {
            format!("{whole} {name} {rest} {small_name}")
        }
    };
    match ms {
        0..SECOND => format!("{}.{} s", 0, ms / 100),
        SECOND..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => two(MINUTE, "min", SECOND, "s"),
        HOUR..DAY => two(HOUR, "h", MINUTE, "min"),
        DAY.. => two(DAY, "d", HOUR, "h"),
    }
}

/// Returns a size as people say it.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    units.iter().find(|(_, size)| bytes >= *size).map_or_else(
        || format!("{bytes} B"),
        |(name, size)| format!("{}.{} {name}", bytes / size, bytes % size * 10 / size),
    )
}

/// Returns a number and what it counts.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        let said = [
            (0, "0.0 s"),
            (420, "0.4 s"),
            (999, "0.9 s"),
            (42_000, "42 s"),
            (60_000, "1 min"),
            (192_400, "3 min 12 s"),
            (11_520_000, "3 h 12 min"),
            (86_400_000 * 2 + 3_600_000 * 3 + 5, "2 d 3 h"),
        ];
        for (ms, words) in said {
            assert_eq!(duration(ms), words);
        }
    }

    #[test]
    fn sizes_are_said_with_one_decimal() {
        let said = [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (4_150_000, "4.1 MB")];
        for (size, words) in said {
            assert_eq!(bytes(size), words);
        }
    }
}
