"""Vectors already computed, kept by text and encoder so that nothing is encoded twice."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.encoder.encoder import Encoder, Role

Float32 = npt.NDArray[np.float32]

# SQLite takes at most 32,766 parameters in a statement; smaller questions keep memory flat.
_QUESTION = 500
# Vectors are stored each time this many are ready, so that an interrupted run loses little.
_PORTION = 512


class CachedEncoder:
    """
    An encoder whose vectors are kept in a file named after the encoder's digest.

    The file holds hashes and vectors, never texts, and can be deleted at any time.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self.encoder = encoder
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{encoder.digest[:16]}.sqlite"

    def encode(self, texts: Sequence[str], role: Role, on_progress: Callable[[int], None] | None = None) -> Float32:
        """
        Encode texts to ``(n, d)`` float32 unit vectors, computing only those not yet known.

        Args:
            texts: may repeat; a repeated text is encoded once.
            role: query or passage.
            on_progress: called with the number of texts finished since the last call.
        """
        keys = [self._key(text, role) for text in texts]
        vectors = np.zeros((len(texts), self.encoder.dimension), dtype=np.float32)
        known = self._look_up(set(keys))
        for row, key in enumerate(keys):
            if key in known:
                vectors[row] = known[key]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if on_progress and len(texts) > len(missing):
            on_progress(sum(key in known for key in keys))
        rows: dict[bytes, list[int]] = {}
        for row, key in enumerate(keys):
            if key in missing:
                rows.setdefault(key, []).append(row)
        ordered = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(ordered), _PORTION):
            portion = ordered[start : start + _PORTION]
            fresh = self.encoder.encode([missing[key] for key in portion], role)
            self._store(portion, fresh)
            for key, vector in zip(portion, fresh, strict=True):
                vectors[rows[key]] = vector
            if on_progress:
                on_progress(sum(len(rows[key]) for key in portion))
        return vectors

    def _look_up(self, keys: set[bytes]) -> dict[bytes, Float32]:
        wanted = sorted(keys)
        try:
            with closing(self._connect()) as connection:
                return dict(_read(connection, wanted))
        except sqlite3.DatabaseError as error:
            self._discard(error)
            return {}

    def _store(self, keys: Sequence[bytes], vectors: Float32) -> None:
        rows = [(key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        try:
            self._insert(rows)
        except sqlite3.DatabaseError as error:
            self._discard(error)
            self._insert(rows)

    def _insert(self, rows: list[tuple[bytes, bytes]]) -> None:
        with closing(self._connect()) as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    def _discard(self, error: sqlite3.DatabaseError) -> None:
        """Start afresh where the file is spoilt; a lock or a full disk is no reason to."""
        if isinstance(error, sqlite3.OperationalError):
            raise error
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)

    def _key(self, text: str, role: Role) -> bytes:
        return hashlib.blake2b(f"{role.value}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=60)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _read(connection: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, Float32]]:
    for start in range(0, len(keys), _QUESTION):
        part = keys[start : start + _QUESTION]
        marks = ",".join("?" * len(part))
        question = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only marks
        for key, vector in connection.execute(question, part):
            yield key, np.frombuffer(vector, dtype=np.float32)
