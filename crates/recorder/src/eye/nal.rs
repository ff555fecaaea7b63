//! From the form that files use to the form that decoders read.
//!
//! Files keep parameter sets in a configuration record (ISO/IEC 14496-15) and
//! put a length before each NAL unit; decoders read one Annex B byte stream.
//! All of it comes from the camera, so every length is checked.

use crate::media::VideoCodec;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Returns parameter sets and picture as one Annex B stream; `None` if a
/// length points past the end.
pub(super) fn annex_b(codec: VideoCodec, configuration: &[u8], picture: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(configuration.len() + picture.len() + 64);
    let mut configuration = Reader(configuration);
    match codec {
        VideoCodec::H264 => avc_parameter_sets(&mut configuration, &mut out)?,
        VideoCodec::H265 => hevc_parameter_sets(&mut configuration, &mut out)?,
    }
    let mut picture = Reader(picture);
    while !picture.0.is_empty() {
        let length = picture.u32()?;
        append(&mut out, picture.take(usize::try_from(length).ok()?)?);
    }
    Some(out)
}

fn append(out: &mut Vec<u8>, nal: &[u8]) {
    out.extend_from_slice(&START_CODE);
    out.extend_from_slice(nal);
}

/// `AVCDecoderConfigurationRecord`, section 5.3.3.1.
fn avc_parameter_sets(record: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    record.take(5)?;
    for count_bits in [0x1f, 0xff] {
        for _ in 0..record.u8()? & count_bits {
            let length = record.u16()?;
            append(out, record.take(length.into())?);
        }
    }
    Some(())
}

/// `HEVCDecoderConfigurationRecord`, section 8.3.3.1.
fn hevc_parameter_sets(record: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    record.take(22)?;
    for _ in 0..record.u8()? {
        record.u8()?;
        for _ in 0..record.u16()? {
            let length = record.u16()?;
            append(out, record.take(length.into())?);
        }
    }
    Some(())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameter_sets_come_before_the_picture() {
        let record = [1, 66, 0, 31, 0xff, 0xe1, 0, 2, 0x67, 1, 1, 0, 1, 0x68];
        let picture = [0, 0, 0, 2, 0x65, 9];
        let expected = [&START_CODE[..], &[0x67, 1], &START_CODE, &[0x68], &START_CODE, &[0x65, 9]];
        assert_eq!(annex_b(VideoCodec::H264, &record, &picture).unwrap(), expected.concat());
    }

    #[test]
    fn a_length_past_the_end_is_no_picture() {
        let record = [1, 66, 0, 31, 0xff, 0xe0, 0];
        assert!(annex_b(VideoCodec::H264, &record, &[0, 0, 0, 9, 1]).is_none());
        assert!(annex_b(VideoCodec::H265, &record, &[]).is_none());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(record: Vec<u8>, picture: Vec<u8>) {
            annex_b(VideoCodec::H264, &record, &picture);
            annex_b(VideoCodec::H265, &record, &picture);
        }
    }
}
