//! Does a picture live?
//!
//! Pictures are compared at an eighth of their size, as the sums of blocks of
//! 8 × 8 brightness values: small enough to keep, and an average takes out most
//! of what coding alone changes. A sensor's noise survives in it; a picture
//! that is coded again from the same source settles to the same sums.

/// Pixels along each side of a block.
const SIDE: usize = 8;
/// A block has changed when its sum has moved by a quarter of a grey level.
const CHANGED_BY: u16 = 16;
/// How many blocks in a thousand must have changed for the picture to live.
/// Below that lie a ticking clock that the camera writes over a frozen picture
/// and single blocks in which an encoder chose differently.
const LIVE_PER_MILLE: usize = 2;
/// However small the picture, one changed block is not life.
const LEAST_CHANGED: usize = 4;

/// A picture's brightness at an eighth of its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Luma {
    columns: usize,
    sums: Vec<u16>,
}

impl Luma {
    /// Shrinks rows of `width` brightness values from 0 to 255; `None` if
    /// there is not a single block.
    pub(super) fn from_rows<R>(width: usize, rows: impl Iterator<Item = R>) -> Option<Self>
    where
        R: Iterator<Item = u16>,
    {
        let columns = width / SIDE;
        let mut sums = Vec::new();
        let mut band = vec![0_u16; columns];
        for (number, row) in rows.enumerate() {
            for (place, value) in row.take(columns * SIDE).enumerate() {
                if let Some(sum) = band.get_mut(place / SIDE) {
                    *sum = sum.saturating_add(value.min(255));
                }
            }
            if number % SIDE == SIDE - 1 {
                sums.append(&mut band);
                band.resize(columns, 0);
            }
        }
        (!sums.is_empty()).then_some(Self { columns, sums })
    }

    /// Says whether the picture differs from `before` by motion or noise;
    /// `None` if the two cannot be compared.
    pub(super) fn lives_after(&self, before: &Self) -> Option<bool> {
        if (self.columns, self.sums.len()) != (before.columns, before.sums.len()) {
            return None;
        }
        let pairs = self.sums.iter().zip(&before.sums);
        let changed = pairs.filter(|(now, then)| now.abs_diff(**then) >= CHANGED_BY).count();
        let enough = (self.sums.len() * LIVE_PER_MILLE / 1000).max(LEAST_CHANGED);
        Some(changed >= enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a 640 × 360 picture whose brightness is `value(x, y)`.
    fn picture(value: impl Fn(usize, usize) -> u16) -> Luma {
        Luma::from_rows(
            640,
            (0..360).map(|y| (0..640).map(|x| value(x, y)).collect::<Vec<_>>()).map(Vec::into_iter),
        )
        .unwrap()
    }

    /// Noise of up to ±`strength`, different for every `seed`.
    fn noise(seed: usize, x: usize, y: usize, strength: usize) -> u16 {
        let mut mixed = (seed * 360 + y) * 640 + x;
        for _ in 0..3 {
            mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (mixed >> 29);
        }
        u16::try_from(100 + mixed % (2 * strength + 1)).unwrap()
    }

    #[test]
    fn a_still_picture_with_sensor_noise_lives() {
        let before = picture(|x, y| noise(1, x, y, 4));
        let after = picture(|x, y| noise(2, x, y, 4));
        assert_eq!(after.lives_after(&before), Some(true));
    }

    #[test]
    fn the_same_picture_again_is_frozen() {
        let before = picture(|x, y| noise(1, x, y, 4));
        assert_eq!(before.clone().lives_after(&before), Some(false));
    }

    #[test]
    fn a_small_moving_thing_lives() {
        let ball =
            |left| move |x, y| if (left..left + 30).contains(&x) && y < 30 { 255 } else { 0 };
        assert_eq!(picture(ball(50)).lives_after(&picture(ball(20))), Some(true));
    }

    #[test]
    fn a_ticking_digit_over_a_frozen_picture_is_frozen() {
        let digit = |on: u16| move |x, y| if x < 8 && y < 16 { on } else { 90 };
        assert_eq!(picture(digit(200)).lives_after(&picture(digit(20))), Some(false));
    }

    #[test]
    fn pictures_of_different_sizes_cannot_be_compared() {
        let small = Luma::from_rows(64, (0..64).map(|_| std::iter::repeat_n(7, 64))).unwrap();
        assert_eq!(small.lives_after(&picture(|_, _| 7)), None);
        assert!(Luma::from_rows(7, (0..64).map(|_| std::iter::repeat_n(7, 7))).is_none());
    }
}
