"""The bilingual sentence encoder at run time: texts in, unit vectors out."""

import copy
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.text import sentences

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Float32 = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"

_BATCH = 32
# Past this many characters a text is cut before it is read: some 4,000 passages.
LONGEST_TEXT = 2_000_000


class Role(StrEnum):
    """What a text is to the search: the thing asked, or the thing found. Each has its own prompt."""

    QUERY = "query"
    PASSAGE = "passage"


class EncoderUnavailable(Exception):
    """The encoder's folder is missing or cannot be loaded."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"encoder {name!r} cannot be loaded: {reason}")
        self.name = name
        self.reason = reason


class Encoder:
    """A loaded sentence encoder. Safe to share between threads: one text batch is encoded at a time."""

    def __init__(self, model: "SentenceTransformer", digest: str, precision: str) -> None:
        self._model = model
        # Counting sets the tokenizer's truncation, which encoding in another thread relies on: it has a copy to itself.
        self._counter = copy.deepcopy(model.tokenizer)
        self._counting = threading.Lock()
        self._lock = threading.Lock()
        self.digest = digest
        self.precision = precision

    @classmethod
    def load(cls, name: str | None = None) -> "Encoder":
        """
        Load the encoder named by a folder or a sentence-transformers model name; by default our own weights.

        Raises:
            EncoderUnavailable: no such folder or model, or its files do not load.
        """
        target = name or str(WEIGHTS)
        _quieten()
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer

        is_folder = Path(target).is_dir()
        try:
            model = SentenceTransformer(target, device="cpu", local_files_only=is_folder)
        except (OSError, ValueError, RuntimeError, TypeError, LookupError, SafetensorError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise EncoderUnavailable(target, reason) from error
        digest = _folder_digest(Path(target)) if is_folder else _state_digest(model)
        model.eval()
        return cls(model, digest, _choose_precision(model))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        dimension = self._model.get_embedding_dimension()
        assert dimension is not None
        return dimension

    @property
    def window(self) -> int:
        """Longest input in tokens, prompt and special tokens included."""
        return int(self._model.max_seq_length or 512)

    def encode(self, texts: Sequence[str], role: Role) -> Float32:
        """
        Encode texts to unit vectors ``(n, d)`` float32; what lies beyond the window is not read (see
        :meth:`passages`). An empty text has a vector too: that of its prompt alone.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        prompt = role.value if role.value in self._model.prompts else None
        with self._lock:
            vectors = self._model.encode(
                [_clean(text) for text in texts],
                prompt_name=prompt,
                batch_size=_BATCH,
                show_progress_bar=False,
                normalize_embeddings=True,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, dtype=np.float32)

    def passages(self, text: str) -> list[str]:
        """
        Cut a text into passages that each fit the window, at sentence ends where possible.

        Nothing is left out: the passages, joined, hold every word of ``text``. They are as few as can be and of about
        the same length: a remnant of a few words would be near to anything. A text that fits is one passage; an empty
        text is one empty passage.
        """
        text = _clean(text)
        limit = self.window - self._overhead()
        if len(text) <= limit or self._token_count(text) <= limit:  # a token is one character or more
            return [text]
        pieces = list(self._pieces(text, limit))
        counts = [self._token_count(piece) for piece in pieces]
        starts = _balanced(counts, limit)
        return [" ".join(pieces[start:end]) for start, end in pairwise([*starts, len(pieces)])]

    def _pieces(self, text: str, limit: int) -> Iterator[str]:
        for sentence in sentences(text):
            if self._token_count(sentence.text) <= limit:
                yield sentence.text
            else:
                yield from self._halves(sentence.text, limit)

    def _halves(self, text: str, limit: int) -> Iterator[str]:
        """Cut a text without sentence ends near its middle, at white space if there is any, until the parts fit."""
        if self._token_count(text) <= limit or len(text) == 1:
            yield text
            return
        middle = len(text) // 2
        gaps = [gap.start() for gap in re.finditer(r"\s+", text)]
        at = min(gaps, key=lambda gap: abs(gap - middle), default=middle)
        for half in (text[:at].strip(), text[at:].strip()):
            if half:
                yield from self._halves(half, limit)

    def _token_count(self, text: str) -> int:
        with self._counting:
            encoding = self._counter(text, add_special_tokens=False, truncation=False, verbose=False)
        return len(encoding["input_ids"])

    def _overhead(self) -> int:
        longest = max((str(prompt) for prompt in self._model.prompts.values()), key=len, default="")
        with self._counting:
            return len(self._counter(longest)["input_ids"])


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


def _quieten() -> None:
    """Prepare the process before the library is imported: no progress bars, no warnings, no telemetry, and threads
    that share the machine.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait must sleep: spinning ones bring two processes on the same cores almost to a halt.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library leaves it unannotated
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)


def _choose_precision(model: "SentenceTransformer") -> str:
    """
    Run the transformer in bfloat16 where the processor multiplies bfloat16 tiles; elsewhere it would be slower.

    Pooling and what follows stay in float32.
    """
    import torch

    if not torch.cpu.get_capabilities().get("amx_bf16", False):
        return "float32"
    transformer = model[0]
    transformer.to(torch.bfloat16)
    transformer.register_forward_hook(_to_float32)
    return "bfloat16"


def _to_float32(_module: object, _inputs: object, features: dict[str, Any]) -> dict[str, "torch.Tensor"]:
    features["token_embeddings"] = features["token_embeddings"].float()
    return features


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


def _state_digest(model: "SentenceTransformer") -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.float().numpy().tobytes())
    return digest.hexdigest()
