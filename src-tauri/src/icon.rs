//! The tray icon's pictures: a door in the colour of its worst state, with a sign for those who do
//! not see the colour.

use ksni::Icon;

use crate::mood::Mood;

/// Dots of a drawing's side.
const SIDE: usize = 16;

/// How many pixels a dot may have: trays ask for different sizes.
const SCALES: [usize; 3] = [1, 2, 4];

/// A drawing: `#` is the door, `o` the sign upon it.
type Drawing = [&'static str; SIDE];

const CLOSED: Drawing = [
    "................",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "..########oo##..",
    "..########oo##..",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "..############..",
    "................",
];

const OPEN: Drawing = [
    "................",
    "..############..",
    "..#........###..",
    "..#......#####..",
    "..#.....######..",
    "..#.....######..",
    "..#.....######..",
    "..#.....######..",
    "..#.....#o####..",
    "..#.....#o####..",
    "..#.....######..",
    "..#.....######..",
    "..#.....######..",
    "..#.......####..",
    "..############..",
    "................",
];

const UNSURE: Drawing = [
    "................",
    "..############..",
    "..############..",
    "..####oooo####..",
    "..###oo##oo###..",
    "..########oo##..",
    "..#######oo###..",
    "..######oo####..",
    "..######oo####..",
    "..############..",
    "..######oo####..",
    "..######oo####..",
    "..############..",
    "..############..",
    "..############..",
    "................",
];

const ALARM: Drawing = [
    "................",
    "..############..",
    "..############..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..############..",
    "..############..",
    "..#####oo#####..",
    "..#####oo#####..",
    "..############..",
    "..############..",
    "................",
];

/// The app's colours (`ui/src/style/tokens.css`), alpha first.
const GREEN: [u8; 4] = [0xff, 0x2f, 0x7d, 0x5b];
const AMBER: [u8; 4] = [0xff, 0xc7, 0x7a, 0x12];
const RED: [u8; 4] = [0xff, 0xb3, 0x26, 0x1e];
const GREY: [u8; 4] = [0xff, 0x7d, 0x80, 0x7c];
const LIGHT: [u8; 4] = [0xff, 0xff, 0xff, 0xff];
const NOTHING: [u8; 4] = [0; 4];

/// The icon of a mood, in all sizes.
pub(crate) fn of(mood: Mood) -> Vec<Icon> {
    let (drawing, colour) = drawn(mood);
    SCALES.iter().map(|scale| scaled(drawing, colour, *scale)).collect()
}

const fn drawn(mood: Mood) -> (&'static Drawing, [u8; 4]) {
    match mood {
        Mood::Away | Mood::Sealed | Mood::Unclaimed | Mood::LoggedOut => (&UNSURE, GREY),
        Mood::NoDoor => (&CLOSED, GREY),
        Mood::Locked => (&CLOSED, GREEN),
        Mood::Unknown => (&UNSURE, AMBER),
        Mood::Unlocked | Mood::Open => (&OPEN, AMBER),
        Mood::Jammed | Mood::Alarmed => (&ALARM, RED),
    }
}

fn scaled(drawing: &Drawing, colour: [u8; 4], scale: usize) -> Icon {
    let mut data = Vec::with_capacity(SIDE * SIDE * scale * scale * 4);
    for row in drawing {
        for _ in 0..scale {
            for dot in row.bytes() {
                let pixel = match dot {
                    b'#' => colour,
                    b'o' => LIGHT,
                    _ => NOTHING,
                };
                data.extend(std::iter::repeat_n(pixel, scale).flatten());
            }
        }
    }
    let side = i32::try_from(SIDE * scale).unwrap_or(0);
    Icon { width: side, height: side, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_has_as_many_pixels_as_it_says() {
        for drawing in [&CLOSED, &OPEN, &UNSURE, &ALARM] {
            for scale in SCALES {
                let icon = scaled(drawing, GREEN, scale);
                let pixels = usize::try_from(icon.width * icon.height).unwrap();
                assert_eq!(icon.data.len(), pixels * 4);
            }
        }
    }

    #[test]
    fn states_that_differ_in_colour_differ_in_shape_where_it_matters() {
        let [locked, open, unknown, jammed] =
            [Mood::Locked, Mood::Open, Mood::Unknown, Mood::Jammed].map(|mood| drawn(mood).0);
        assert!(locked != open && locked != unknown && locked != jammed && open != jammed);
    }
}
