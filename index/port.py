"""The port every vector index implements."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

# Stands in a list of hits where fewer than k were found.
NO_HIT = -1


@dataclass(frozen=True, slots=True)
class Hits:
    """
    Nearest vectors of each query, best first.

    Attributes:
        scores: ``(m, k)`` float32 inner products; ``-inf`` where there is no hit.
        ids: ``(m, k)`` int64; :data:`NO_HIT` where there is no hit.
    """

    scores: Float32
    ids: Int64


@dataclass(frozen=True, slots=True)
class IndexStats:
    """
    What an index holds.

    Attributes:
        backend: which implementation; vectors: how many; dimension: their length; bytes: what they take in memory.
    """

    backend: str
    vectors: int
    dimension: int
    bytes: int


class DuplicateId(ValueError):
    """An id that is already in the index was added again: use ``update``."""


class DamagedIndex(Exception):
    """Index files that cannot be trusted: missing, truncated, or with another checksum."""


class VectorIndex(Protocol):
    """
    Unit vectors under int64 ids, searched by inner product.

    Vectors are float32 ``(n, d)``; ids are int64 ``(n,)``, not negative, each used once.
    """

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def add(self, ids: Int64, vectors: Float32) -> None:
        """
        Add vectors under new ids.

        Raises:
            DuplicateId: an id is in the index already or twice in ``ids``; nothing was added.
            ValueError: shapes do not agree; nothing was added.
        """
        ...

    def update(self, ids: Int64, vectors: Float32) -> None:
        """Put vectors under ids, replacing those that are there."""
        ...

    def remove(self, ids: Int64) -> int:
        """Remove vectors; ids that are not there are passed over. Returns how many were removed."""
        ...

    def search(self, queries: Float32, k: int, allowed: Int64 | None = None) -> Hits:
        """The ``k`` nearest of each query ``(m, d)``, among the ids ``allowed`` if given; equal scores by rising id."""
        ...

    def vectors(self, ids: Int64) -> Float32:
        """
        The stored vectors ``(n, d)`` of ids.

        Raises:
            KeyError: an id is not in the index.
        """
        ...

    def save(self, path: Path) -> None:
        """Write to one file. It is complete when this returns; making it take effect is the caller's step."""
        ...

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """
        Read a file that :meth:`save` wrote.

        Raises:
            DamagedIndex: the file cannot be read.
        """
        ...

    def stats(self) -> IndexStats:
        """What the index holds."""
        ...
