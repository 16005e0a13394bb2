"""Vectors already computed, kept by text and encoder so that nothing is encoded twice."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
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
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )

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
        with closing(self._connect()) as connection:
            known = self._look_up(connection, set(keys))
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
                with connection:
                    connection.executemany(
                        "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                        [(key, vector.tobytes()) for key, vector in zip(portion, fresh, strict=True)],
                    )
                for key, vector in zip(portion, fresh, strict=True):
                    vectors[rows[key]] = vector
                if on_progress:
                    on_progress(sum(len(rows[key]) for key in portion))
        return vectors

    def _look_up(self, connection: sqlite3.Connection, keys: set[bytes]) -> dict[bytes, Float32]:
        known: dict[bytes, Float32] = {}
        wanted = sorted(keys)
        for start in range(0, len(wanted), _QUESTION):
            part = wanted[start : start + _QUESTION]
            marks = ",".join("?" * len(part))
            for key, vector in connection.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})",  # noqa: S608 - only marks
                part,
            ):
                known[key] = np.frombuffer(vector, dtype=np.float32)
        return known

    def _key(self, text: str, role: Role) -> bytes:
        return hashlib.blake2b(f"{role.value}\0{text}".encode("utf-8", "replace"), digest_size=16).digest()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=60)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection
