//! Writing boxes whose length is known only at their end.

/// Bytes of boxes, written front to back.
#[derive(Debug, Default)]
pub(super) struct BoxWriter {
    bytes: Vec<u8>,
}

impl BoxWriter {
    /// Writes one box around what `content` writes.
    pub(super) fn in_box(&mut self, kind: &[u8; 4], content: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.u32(0);
        self.raw(kind);
        content(self);
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.overwrite_u32(start, length);
    }

    /// Writes one box that begins with a version and flags.
    pub(super) fn in_full_box(
        &mut self,
        kind: &[u8; 4],
        version: u8,
        flags: u32,
        content: impl FnOnce(&mut Self),
    ) {
        self.in_box(kind, |w| {
            w.u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
            content(w);
        });
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn i32(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.raw(&value.to_be_bytes());
    }

    pub(super) fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.bytes.len() + count, 0);
    }

    /// Returns where the next byte goes.
    pub(super) fn position(&self) -> usize {
        self.bytes.len()
    }

    /// Replaces four bytes that are already written; nothing if they are not.
    pub(super) fn overwrite_u32(&mut self, at: usize, value: u32) {
        if let Some(place) = self.bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
