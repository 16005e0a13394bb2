"""Vectors in FAISS, in this process: exact search over a flat index."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.port import NO_HIT, DamagedIndex, DuplicateId, Float32, Hits, IndexStats, Int64


class FaissIndex:
    """
    The :class:`~index.port.VectorIndex` port on ``IndexIDMap2(IndexFlatIP)``.

    Not safe for writing from several threads at once; searches may run side by side.
    """

    def __init__(self, dimension: int) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def add(self, ids: Int64, vectors: Float32) -> None:
        """See the port."""
        self._check(ids, vectors)
        if len(np.unique(ids)) != len(ids) or np.isin(ids, self._ids()).any():
            raise DuplicateId("an id is in the index already, or given twice")
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.ascontiguousarray(ids, np.int64))

    def update(self, ids: Int64, vectors: Float32) -> None:
        """See the port."""
        self._check(ids, vectors)
        if len(np.unique(ids)) != len(ids):
            raise DuplicateId("an id is given twice")
        self.remove(ids)
        self.add(ids, vectors)

    def remove(self, ids: Int64) -> int:
        """See the port."""
        if not len(ids) or not self._index.ntotal:
            return 0
        return int(self._index.remove_ids(faiss.IDSelectorBatch(np.unique(ids).astype(np.int64))))

    def search(self, queries: Float32, k: int, allowed: Int64 | None = None) -> Hits:
        """See the port."""
        available = self._index.ntotal if allowed is None else len(allowed)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        ids = np.full((len(queries), k), NO_HIT, dtype=np.int64)
        if not min(k, available) or not len(queries):
            return Hits(scores, ids)
        parameters = None
        if allowed is not None:
            chosen = np.ascontiguousarray(allowed, np.int64)
            parameters = faiss.SearchParameters()
            selector = faiss.IDSelectorBatch(chosen)  # kept here: FAISS before 1.15 does not
            parameters.sel = selector
        near, labels = self._search_past_ties(np.ascontiguousarray(queries, np.float32), k, available, parameters)
        for row in range(len(queries)):
            hits = labels[row] != NO_HIT
            order = np.lexsort((labels[row][hits], -near[row][hits]))[:k]
            scores[row, : len(order)] = near[row][hits][order]
            ids[row, : len(order)] = labels[row][hits][order]
        return Hits(scores, ids)

    def _search_past_ties(self, queries: Float32, k: int, available: int, parameters: Any) -> tuple[Float32, Int64]:
        """FAISS picks any of equal scores for the last place: look on until a lower score ends the tie."""
        depth = min(k + 1, available)
        while True:
            near, labels = self._index.search(queries, depth, params=parameters)
            tied = (near[:, -1] == near[:, min(k, depth) - 1]) & (labels[:, -1] != NO_HIT)
            if depth == available or not tied.any():
                return near, labels
            depth = min(depth * 2, available)

    def vectors(self, ids: Int64) -> Float32:
        """See the port."""
        if not np.isin(ids, self._ids()).all():
            raise KeyError("an id is not in the index")
        if not len(ids):
            return np.zeros((0, self.dimension), np.float32)
        found: Float32 = self._index.reconstruct_batch(np.ascontiguousarray(ids, np.int64))
        return found

    def save(self, path: Path) -> None:
        """See the port."""
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> "FaissIndex":
        """See the port."""
        try:
            stored = faiss.read_index(str(path))
        except (RuntimeError, MemoryError) as error:
            raise DamagedIndex(f"{path.name}: {str(error).splitlines()[0]}") from None
        if not isinstance(stored, faiss.IndexIDMap2):
            raise DamagedIndex(f"{path.name} is a {type(stored).__name__}")
        loaded = cls(int(stored.d))
        loaded._index = stored
        return loaded

    def stats(self) -> IndexStats:
        """See the port."""
        vectors = int(self._index.ntotal)
        return IndexStats("faiss-flat", vectors, self.dimension, vectors * (self.dimension * 4 + 8))

    def _ids(self) -> Int64:
        ids: Int64 = faiss.vector_to_array(self._index.id_map)
        return ids

    def _check(self, ids: Int64, vectors: Float32) -> None:
        if vectors.ndim != 2 or vectors.shape != (len(ids), self.dimension):
            raise ValueError(
                f"vectors of shape {vectors.shape} do not fit {len(ids)} ids of dimension {self.dimension}"
            )
        if len(ids) and ids.min() < 0:
            raise ValueError("ids must not be negative")
