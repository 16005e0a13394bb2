"""
What runs the model. Our own folders run on :class:`OwnEngine`, written for processors; any other
sentence-transformers model on :class:`LibraryEngine`.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from models.encoder import reading
from models.encoder.network import Network

Float32 = npt.NDArray[np.float32]

# Padded tokens that go through the network at once: enough to keep the cores busy, few enough to stay in their cache.
_PORTION = 4_096


class Engine(Protocol):
    """Texts to unit vectors. Safe to share between threads."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def window(self) -> int:
        """Longest input in tokens, prompt and special tokens included."""

    @property
    def precision(self) -> str:
        """What the arithmetic is done in."""

    @property
    def overhead(self) -> int:
        """Tokens of the longest prompt and the special tokens."""

    def encode(self, texts: Sequence[str], role: str) -> Float32:
        """Unit vectors ``(n, d)`` of at least one text; what lies beyond the window is not read."""

    def count(self, text: str) -> int:
        """Tokens of a text, prompt and special tokens not included."""


class OwnEngine:
    """Runs a folder written by :mod:`models.encoder.artefact` without the libraries that are slow to import."""

    def __init__(self, folder: Path, dtype: torch.dtype | None = None) -> None:
        """
        Args:
            folder: of the model.
            dtype: what the arithmetic is done in; by default the fastest on this processor.

        Raises:
            OSError, ValueError, KeyError: a file is missing or damaged.
        """
        artefact = reading.read(folder)
        dtype = dtype or fastest()
        self._network = Network(artefact.weights, artefact.shape, dtype).pack()
        self._prompts = artefact.prompts
        self.window = artefact.window
        self.dimension = artefact.weights["embeddings.LayerNorm.weight"].shape[0]
        self.precision = str(dtype).removeprefix("torch.")
        self._reader, self._counter = _tokenizer(folder), _tokenizer(folder)
        self._reader.enable_truncation(self.window)
        self.overhead = max(len(self._reader.encode(prompt).ids) for prompt in ("", *self._prompts.values()))

    def encode(self, texts: Sequence[str], role: str) -> Float32:
        prompt = self._prompts.get(role, "")
        tokens = [encoding.ids for encoding in self._reader.encode_batch_fast([prompt + text for text in texts])]
        vectors = np.empty((len(texts), self.dimension), np.float32)
        with torch.inference_mode():
            for portion in portions([len(ids) for ids in tokens], _PORTION):
                read = self._network(*pad([tokens[row] for row in portion]))
                vectors[portion] = torch.nn.functional.normalize(read, dim=1).numpy()
        return vectors

    def count(self, text: str) -> int:
        return len(self._counter.encode(text, add_special_tokens=False).ids)


class LibraryEngine:
    """Runs any model that sentence-transformers loads."""

    def __init__(self, name: str) -> None:
        """
        Raises:
            OSError, ValueError, RuntimeError, TypeError, LookupError, SafetensorError: no such model, or its files do
                not load.
        """
        _quieten()
        from sentence_transformers import SentenceTransformer

        local = Path(name).is_dir()
        self.model = SentenceTransformer(name, device="cpu", local_files_only=local).eval()
        # Encoding sets the tokenizer's truncation, which counting in another thread must not see.
        self._lock = threading.Lock()
        self.window = int(self.model.max_seq_length or 512)
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        self.precision = _set_precision(self.model)
        self.overhead = max(len(self._ids(prompt)) for prompt in ("", *map(str, self.model.prompts.values())))

    def encode(self, texts: Sequence[str], role: str) -> Float32:
        with self._lock:
            vectors = self.model.encode(
                list(texts),
                prompt_name=role if role in self.model.prompts else None,
                show_progress_bar=False,
                normalize_embeddings=True,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, dtype=np.float32)

    def count(self, text: str) -> int:
        with self._lock:
            return len(self._ids(text, add_special_tokens=False))

    def digest(self) -> str:
        """Digest of the weights, for a model that is not a folder."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.float().numpy().tobytes())
        return digest.hexdigest()

    def _ids(self, text: str, **options: Any) -> list[int]:
        encoding = self.model.tokenizer(text, truncation=False, verbose=False, **options)
        ids: list[int] = encoding["input_ids"]
        return ids


def portions(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Rows by rising length, in portions that padded hold at most ``most`` tokens, or one row."""
    portion: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if portion and (len(portion) + 1) * lengths[row] > most:
            yield portion
            portion = []
        portion.append(row)
    if portion:
        yield portion


def pad(tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids ``(n, t)`` int64, padded on the right, and lengths ``(n,)``."""
    lengths = [len(ids) for ids in tokens]
    padded = np.zeros((len(tokens), max(lengths)), np.int64)
    for row, ids in enumerate(tokens):
        padded[row, : len(ids)] = ids
    return torch.from_numpy(padded), torch.tensor(lengths)


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise ValueError(str(error)) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def instructions() -> str:
    """The processor's instructions that the arithmetic is chosen for: ``AMX``, or what PyTorch calls the others."""
    if torch.cpu.get_capabilities().get("amx_bf16", False):
        return "AMX"
    return torch.backends.cpu.get_cpu_capability()


def fastest() -> torch.dtype:
    """Bfloat16 where the processor multiplies tiles of it; elsewhere, AVX-512's bfloat16 included, it is slower."""
    return torch.bfloat16 if instructions() == "AMX" else torch.float32


def _set_precision(model: Any) -> str:
    """Run the transformer in the fastest precision; pooling and what follows stay in float32."""
    if fastest() is torch.float32:
        return "float32"
    model[0].to(torch.bfloat16)
    model[0].register_forward_hook(_to_float32)
    return "bfloat16"


def _to_float32(_module: object, _inputs: object, features: dict[str, Any]) -> dict[str, torch.Tensor]:
    features["token_embeddings"] = features["token_embeddings"].float()
    return features


def _quieten() -> None:
    """No progress bars and no warnings from the libraries."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library leaves it unannotated
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
