"""
Documents of several passages, searched as wholes, kept in a folder that survives a crash at any moment.

On disk an index is a folder of generations. A generation is written beside the current one, flushed to the disk, and
takes effect when the small file ``CURRENT`` is replaced in one step; whatever a crash leaves half-written is never
looked at again and is removed by the next save.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from index.aggregation import document_scores
from index.faiss_index import FaissIndex
from index.port import NO_HIT, DamagedIndex, Float32, Hits, VectorIndex

_CURRENT = "CURRENT"
_VECTORS = "vectors.faiss"
_DOCUMENTS = "documents.json"
_MANIFEST = "manifest.json"
_FORMAT = 1
# What ``problem`` says of an index that was made with another encoder.
OTHER_ENCODER = "encoder"

# How many passages are asked for, for each document wanted: documents have one to three passages as a rule.
_FANOUT = 4


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document to be indexed: its identity, the digest of its words, and one vector for each passage ``(p, d)``."""

    identity: str
    digest: str
    vectors: Float32


@dataclass(frozen=True, slots=True)
class DocumentHit:
    """A found document. ``score`` in [-1, 1], see :func:`index.aggregation.document_scores`."""

    identity: str
    score: float


class DocumentIndex:
    """An index of documents for one encoder. Not safe for use from several threads at once.

    Attributes:
        revision: how far it has followed its source; 0: not at all.
        anchor: what the source had at that revision, so that another source is not mistaken for it.
        problem: why the files could not be used, if so.
    """

    def __init__(self, folder: Path, encoder: str, dimension: int) -> None:
        self._folder = folder
        self._encoder = encoder
        self._vectors: VectorIndex = FaissIndex(dimension)
        self._passages: dict[str, list[int]] = {}
        self._owners: dict[int, str] = {}
        self._digests: dict[str, str] = {}
        self._next = 0
        self.revision = 0
        self.anchor = ""
        self.problem: str | None = None

    @classmethod
    def open(cls, folder: Path, encoder: str, dimension: int) -> "DocumentIndex":
        """
        Load the current generation, or start empty at revision 0.

        ``problem`` then says why it could not be used: ``encoder`` when it belongs to another encoder, otherwise what
        is damaged; it stays ``None`` when there was nothing to load.
        """
        index = cls(folder, encoder, dimension)
        if not (folder / _CURRENT).exists():
            return index
        try:
            index._load(folder / (folder / _CURRENT).read_text(encoding="ascii").strip())
        except (DamagedIndex, OSError, ValueError, KeyError) as error:
            index = cls(folder, encoder, dimension)
            index.problem = str(error) or type(error).__name__
        return index

    def __len__(self) -> int:
        return len(self._passages)

    @property
    def digests(self) -> dict[str, str]:
        """Identity → digest of the words it was indexed with."""
        return dict(self._digests)

    def put(self, documents: Iterable[IndexedDocument]) -> None:
        """Index documents, replacing those with the same identity."""
        arrived = {document.identity: document for document in documents}
        self.drop(arrived)
        ids: list[int] = []
        for document in arrived.values():
            own = list(range(self._next, self._next + len(document.vectors)))
            self._next += len(own)
            self._passages[document.identity] = own
            self._digests[document.identity] = document.digest
            self._owners.update(dict.fromkeys(own, document.identity))
            ids += own
        if ids:
            stacked = np.concatenate([document.vectors for document in arrived.values()])
            self._vectors.add(np.array(ids, np.int64), stacked)

    def drop(self, identities: Iterable[str]) -> None:
        """Take documents out; those that are not in it are passed over."""
        gone: list[int] = []
        for identity in identities:
            own = self._passages.pop(identity, [])
            self._digests.pop(identity, None)
            for passage in own:
                del self._owners[passage]
            gone += own
        self._vectors.remove(np.array(gone, np.int64))

    def search(self, queries: Float32, k: int, allowed: Collection[str] | None = None) -> list[DocumentHit]:
        """
        The ``k`` best documents for one text, given by the vectors of its passages ``(m, d)``.

        Documents are found by their passages and then scored whole; equal scores are ordered by identity.

        Args:
            queries: one vector for each passage of the text.
            k: how many documents.
            allowed: identities to choose among; all if not given.
        """
        if not self._passages or not len(queries):
            return []
        chosen = None
        if allowed is not None:
            own = [passage for identity in allowed for passage in self._passages.get(identity, [])]
            chosen = np.array(sorted(own), np.int64)
        available = len(self._owners) if chosen is None else len(chosen)
        wanted = min(k, len(self._passages) if allowed is None else len(allowed))
        depth = min(k * _FANOUT, available)
        while True:
            hits = self._vectors.search(queries, depth, chosen)
            found = {self._owners[passage] for passage in hits.ids.ravel().tolist() if passage != NO_HIT}
            scored = [DocumentHit(identity, score) for identity, score in self._score(queries, sorted(found))]
            best = sorted(scored, key=lambda hit: (-hit.score, hit.identity))[:k]
            if depth >= available or (len(best) >= wanted and _surpass(best, hits)):
                return best
            depth = min(depth * 2, available)

    def score(self, queries: Float32, identity: str) -> float | None:
        """How well one document answers a text, as :meth:`search` scores it; ``None`` if it is not indexed."""
        if identity not in self._passages:
            return None
        return self._score(queries, [identity])[0][1]

    def _score(self, queries: Float32, identities: Sequence[str]) -> list[tuple[str, float]]:
        if not identities:
            return []
        groups = [self._passages[identity] for identity in identities]
        vectors = self._vectors.vectors(np.array([passage for group in groups for passage in group], np.int64))
        starts = np.cumsum([0, *map(len, groups[:-1])])
        return list(zip(identities, document_scores(queries @ vectors.T, starts).tolist(), strict=True))

    def save(self, *, anew: bool = False) -> None:
        """Make the index as it stands the current generation, unless a newer one of the same encoder is there.

        Args:
            anew: the index was built from its source, so that what is there, newer or not, is not to be trusted.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "lock"):
            if not anew and self._is_behind():
                return
            name = f"generation-{self.revision:012d}-{os.urandom(4).hex()}"
            self._write(self._folder / name)
            pointer = self._folder / f"{_CURRENT}.new"
            pointer.write_text(name, encoding="ascii")
            _flush(pointer)
            pointer.replace(self._folder / _CURRENT)
            _flush(self._folder)
            for other in self._folder.glob("generation-*"):
                if other.name != name:
                    shutil.rmtree(other, ignore_errors=True)

    def _is_behind(self) -> bool:
        try:
            current = (self._folder / _CURRENT).read_text(encoding="ascii").strip()
            manifest = _read_manifest(self._folder / current)
        except (DamagedIndex, OSError, ValueError):
            return False
        return bool(manifest["encoder"] == self._encoder and manifest["revision"] > self.revision)

    def _write(self, generation: Path) -> None:
        generation.mkdir()
        self._vectors.save(generation / _VECTORS)
        documents = [[identity, self._digests[identity], passages] for identity, passages in self._passages.items()]
        (generation / _DOCUMENTS).write_text(json.dumps(documents), encoding="utf-8")
        manifest = {
            "format": _FORMAT,
            "revision": self.revision,
            "anchor": self.anchor,
            "encoder": self._encoder,
            "dimension": self._vectors.dimension,
            "documents": len(self._passages),
            "next": self._next,
            "sha256": {name: _digest(generation / name) for name in (_VECTORS, _DOCUMENTS)},
        }
        (generation / _MANIFEST).write_text(
            json.dumps(manifest | {"seal": _seal(manifest)}, indent=2), encoding="utf-8"
        )
        for name in (_VECTORS, _DOCUMENTS, _MANIFEST):
            _flush(generation / name)
        _flush(generation)

    def _load(self, generation: Path) -> None:
        manifest = _read_manifest(generation)
        if manifest["format"] != _FORMAT:
            raise DamagedIndex(f"format {manifest['format']} instead of {_FORMAT}")
        if manifest["encoder"] != self._encoder:
            raise DamagedIndex(OTHER_ENCODER)
        for name, expected in manifest["sha256"].items():
            if _digest(generation / name) != expected:
                raise DamagedIndex(f"{name} does not have the checksum it was saved with")
        self._vectors = FaissIndex.load(generation / _VECTORS)
        for identity, digest, passages in json.loads((generation / _DOCUMENTS).read_text(encoding="utf-8")):
            self._passages[identity] = passages
            self._digests[identity] = digest
            self._owners.update(dict.fromkeys(passages, identity))
        self._next = manifest["next"]
        self.revision = manifest["revision"]
        self.anchor = manifest["anchor"]


def _surpass(best: Sequence[DocumentHit], hits: Hits) -> bool:
    """
    Whether no document outside ``hits`` can reach the last of ``best``: all its passages, the first one too, score
    below every row's end.
    """
    return not best or best[-1].score > float(hits.scores[:, -1].mean())


def _read_manifest(generation: Path) -> dict[str, Any]:
    manifest = json.loads((generation / _MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict) or manifest.pop("seal", None) != _seal(manifest):
        raise DamagedIndex(f"{_MANIFEST} does not have the checksum it was saved with")
    return manifest


def _seal(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Put a file or folder on the disk, so that a power cut cannot undo what comes after."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
