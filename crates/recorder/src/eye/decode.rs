//! One keyframe to brightness. Every picture gets a decoder of its own, so
//! that nothing that one picture did lives on into the next.

use openh264::formats::YUVSource;

use super::compare::Luma;
use super::nal::annex_b;
use super::protocol::Request;
use crate::media::VideoCodec;

/// The most pixels that a picture may have: 8192 × 4320.
const MOST_PIXELS: usize = 8192 * 4320;

/// Decodes a keyframe; `None` if it is none.
pub(super) fn decode(request: &Request) -> Option<Luma> {
    let stream = annex_b(request.codec, request.configuration(), request.picture())?;
    match request.codec {
        VideoCodec::H264 => decode_h264(&stream),
        VideoCodec::H265 => decode_h265(&stream),
    }
}

fn decode_h264(stream: &[u8]) -> Option<Luma> {
    let mut decoder = openh264::decoder::Decoder::new().ok()?;
    let picture = decoder.decode(stream).ok()??;
    let (width, height) = picture.dimensions();
    let (stride, _, _) = picture.strides();
    within_bounds(width, height)?;
    let rows = picture.y().chunks(stride).take(height);
    Luma::from_rows(width, rows.map(|row| row.iter().copied().map(u16::from)))
}

fn decode_h265(stream: &[u8]) -> Option<Luma> {
    let mut decoder = rusty_h265::Decoder::new();
    decoder.push_annexb(stream, None).ok()?;
    decoder.flush();
    let frame = decoder.next_frame().ok()?;
    let [luma, _, _] = &frame.picture.planes;
    within_bounds(luma.width, luma.height)?;
    let to_8_bits = frame.picture.bit_depth_luma.saturating_sub(8);
    let rows = luma.data.chunks(luma.stride.max(1)).take(luma.height);
    Luma::from_rows(luma.width, rows.map(|row| row.iter().map(move |v| v >> to_8_bits)))
}

fn within_bounds(width: usize, height: usize) -> Option<()> {
    (width.checked_mul(height)? <= MOST_PIXELS).then_some(())
}
