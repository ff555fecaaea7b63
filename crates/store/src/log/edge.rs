//! The tree's right edge: all that appending needs to know of what lies left.

use tlog_tiles::{Error, Hash, HashReader, stored_hash_index, stored_hashes, tree_hash};

/// The roots of the complete subtrees that make up a tree, largest first: one
/// for each bit of its size. 20 hashes stand for a million leaves, so that a
/// tree of any size is written, or re-derived, without reading it again.
#[derive(Clone, Default)]
pub(crate) struct Edge {
    size: u64,
    roots: Vec<(u64, Hash)>,
}

impl Edge {
    /// Takes the roots' places and hashes, as [`tlog_tiles::sub_tree_index`]
    /// orders them.
    pub(crate) fn new(size: u64, roots: Vec<(u64, Hash)>) -> Self {
        Self { size, roots }
    }

    /// Returns the number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Appends a record and returns the hashes that it completes, in the order
    /// of their places; the first place is [`Edge::next_place`] before the call.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<Vec<Hash>, Error> {
        let number = self.size;
        let completed = stored_hashes(number, record, self)?;
        let merged = completed.len().saturating_sub(1);
        self.roots.truncate(self.roots.len().saturating_sub(merged));
        let root = *completed.last().ok_or(Error::BadMath)?;
        let level = u8::try_from(merged).map_err(|_| Error::BadMath)?;
        self.roots.push((stored_hash_index(level, number >> merged), root));
        self.size += 1;
        Ok(completed)
    }

    /// Returns the place at which the next leaf's hash will stand.
    pub(crate) fn next_place(&self) -> u64 {
        stored_hash_index(0, self.size)
    }

    /// Returns the root of the whole tree.
    pub(crate) fn tree_hash(&self) -> Result<Hash, Error> {
        tree_hash(self.size, self)
    }
}

impl HashReader for Edge {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, Error> {
        let find = |place: &u64| {
            let found = self.roots.iter().find(|(at, _)| at == place);
            found.map(|(_, hash)| *hash).ok_or(Error::IndexesNotInTree)
        };
        places.iter().map(find).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Everything(Vec<Hash>);

    impl HashReader for Everything {
        fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, Error> {
            let at = |place: &u64| self.0[usize::try_from(*place).unwrap()];
            Ok(places.iter().map(at).collect())
        }
    }

    #[test]
    fn the_edge_knows_as_much_as_the_whole_tree() {
        let (mut edge, mut all) = (Edge::default(), Everything(Vec::new()));
        for number in 0..1_000_u64 {
            let record = number.to_be_bytes();
            assert_eq!(edge.next_place(), u64::try_from(all.0.len()).unwrap());
            let expected = stored_hashes(number, &record, &all).unwrap();
            assert_eq!(edge.append(&record).unwrap(), expected);
            all.0.extend(expected);
            assert_eq!(edge.tree_hash().unwrap(), tree_hash(number + 1, &all).unwrap());
            assert_eq!(edge.roots.len(), edge.size().count_ones() as usize);
        }
    }
}
