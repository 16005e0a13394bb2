"""The bilingual sentence encoder at run time: texts in, unit vectors out."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.text import sentences

if TYPE_CHECKING:
    from models.encoder.engines import Engine

Float32 = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"

# Past this many characters a text is cut before it is read: some 4,000 passages.
LONGEST_TEXT = 2_000_000


class Role(StrEnum):
    """What a text is to the search: the thing asked, or the thing found. A model may have a prompt for each."""

    QUERY = "query"
    PASSAGE = "passage"


class EncoderUnavailable(Exception):
    """The encoder's folder is missing or cannot be loaded."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"encoder {name!r} cannot be loaded: {reason}")
        self.name = name
        self.reason = reason


class Encoder:
    """A loaded sentence encoder. Safe to share between threads."""

    def __init__(self, engine: "Engine", digest: str) -> None:
        self._engine = engine
        self.digest = digest

    @classmethod
    def load(cls, name: str | None = None, *, exact: bool = False) -> "Encoder":
        """
        Load the encoder named by a folder or a sentence-transformers model name; by default our own weights.

        Args:
            name: of the folder or model.
            exact: compute in float32 even where something faster is at hand; for folders of our own.

        Raises:
            EncoderUnavailable: no such folder or model, or its files do not load.
        """
        target = name or str(WEIGHTS)
        _prepare()
        import torch
        from safetensors import SafetensorError

        from models.encoder import reading
        from models.encoder.engines import LibraryEngine, OwnEngine

        folder = Path(target)
        try:
            if reading.is_readable(folder):
                return cls(OwnEngine(folder, torch.float32 if exact else None), _folder_digest(folder))
            library = LibraryEngine(target)
        except (OSError, ValueError, RuntimeError, TypeError, LookupError, SafetensorError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise EncoderUnavailable(target, reason) from error
        return cls(library, _folder_digest(folder) if folder.is_dir() else library.digest())

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._engine.dimension

    @property
    def window(self) -> int:
        """Longest input in tokens, prompt and special tokens included."""
        return self._engine.window

    @property
    def precision(self) -> str:
        """What the arithmetic is done in, chosen for the processor: ``bfloat16`` or ``float32``."""
        return self._engine.precision

    @property
    def instructions(self) -> str:
        """The processor's instructions that the arithmetic was chosen for, such as ``AMX``, ``AVX512``, ``AVX2``."""
        from models.encoder import engines

        return engines.instructions()

    def encode(self, texts: Sequence[str], role: Role) -> Float32:
        """
        Encode texts to unit vectors ``(n, d)`` float32; what lies beyond the window is not read (see
        :meth:`passages`). An empty text has a vector too: that of the special tokens and of the prompt, if the
        model has one.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._engine.encode([_clean(text) for text in texts], role.value)

    def passages(self, text: str) -> list[str]:
        """
        Cut a text into passages that each fit the window, at sentence ends where possible.

        Nothing is left out: the passages, joined, hold every word of ``text``. They are as few as can be and of about
        the same length: a remnant of a few words would be near to anything. A text that fits is one passage; an empty
        text is one empty passage.
        """
        text = _clean(text)
        limit = self.window - self._engine.overhead
        if len(text) <= limit or self._engine.count(text) <= limit:  # a token is one character or more
            return [text]
        pieces = list(self._pieces(text, limit))
        counts = [self._engine.count(piece) for piece in pieces]
        starts = _balanced(counts, limit)
        return [" ".join(pieces[start:end]) for start, end in pairwise([*starts, len(pieces)])]

    def _pieces(self, text: str, limit: int) -> Iterator[str]:
        for sentence in sentences(text):
            if self._engine.count(sentence.text) <= limit:
                yield sentence.text
            else:
                yield from self._halves(sentence.text, limit)

    def _halves(self, text: str, limit: int) -> Iterator[str]:
        """Cut a text without sentence ends near its middle, at white space if there is any, until the parts fit."""
        if self._engine.count(text) <= limit or len(text) == 1:
            yield text
            return
        middle = len(text) // 2
        gaps = [gap.start() for gap in re.finditer(r"\s+", text)]
        at = min(gaps, key=lambda gap: abs(gap - middle), default=middle)
        for half in (text[:at].strip(), text[at:].strip()):
            if half:
                yield from self._halves(half, limit)


def _balanced(counts: Sequence[int], limit: int) -> list[int]:
    """Where passages start when pieces of these token counts, each at most ``limit``, are packed in order into the
    fewest passages and, among such, into those whose longest is shortest.
    """
    fewest = len(_packed(counts, limit))
    low, high = max(counts), limit
    while low < high:
        middle = (low + high) // 2
        if len(_packed(counts, middle)) > fewest:
            low = middle + 1
        else:
            high = middle
    return _packed(counts, high)


def _packed(counts: Sequence[int], limit: int) -> list[int]:
    starts, used = [0], 0
    for position, count in enumerate(counts):
        if used and used + count > limit:
            starts.append(position)
            used = 0
        used += count
    return starts


def _clean(text: str) -> str:
    """Drop NUL and other control characters, which no tokenizer agrees on, and bound the length."""
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def _prepare() -> None:
    """Prepare the process before the libraries are imported: no telemetry, and threads that share the machine."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait must soon sleep: spinning ones bring two processes on the same cores almost to a halt. But a
    # thread that sleeps between two layers wakes too late for a short text: it may spin for some 20 microseconds.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _folder_digest(folder: Path) -> str:
    """Digest of all the files that decide a vector; documentation beside them does not count."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
            if path.name == "manifest.json":
                continue
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
