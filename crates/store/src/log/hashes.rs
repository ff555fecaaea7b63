//! The stored hashes, read one by one for proofs.

use rusqlite::{Connection, OptionalExtension};
use tlog_tiles::{Error, Hash, HashReader, sub_tree_index};

use super::edge::Edge;

/// Reads stored hashes from the database.
pub(crate) struct StoredHashes<'db>(pub(crate) &'db Connection);

impl StoredHashes<'_> {
    fn at(&self, place: u64) -> rusqlite::Result<Option<Hash>> {
        self.0
            .prepare_cached("SELECT hash FROM log_hashes WHERE place = ?1")?
            .query_row([place], |row| row.get(0).map(Hash))
            .optional()
    }

    /// Reads a tree's right edge; absent if a hash of it is missing.
    pub(crate) fn edge(&self, size: u64) -> rusqlite::Result<Option<Edge>> {
        let mut roots = Vec::new();
        for place in sub_tree_index(0, size, Vec::new()) {
            match self.at(place)? {
                Some(hash) => roots.push((place, hash)),
                None => return Ok(None),
            }
        }
        Ok(Some(Edge::new(size, roots)))
    }
}

impl HashReader for StoredHashes<'_> {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |place: &u64| {
            self.at(*place)
                .map_err(|error| Error::InvalidInput(error.to_string()))?
                .ok_or(Error::IndexesNotInTree)
        };
        places.iter().map(read).collect()
    }
}
