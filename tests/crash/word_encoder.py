"""A fast encoder for tests that need vectors but not meaning: texts that share words have near vectors."""

import hashlib

import numpy as np
import numpy.typing as npt

from models.encoder.encoder import Role

Float32 = npt.NDArray[np.float32]

DIMENSION = 64
_WORDS_A_PASSAGE = 30


class WordEncoder:
    """Stands in for :class:`models.encoder.encoder.Encoder` where hundreds of short-lived processes load one."""

    digest = "words" * 8
    dimension = DIMENSION
    window = _WORDS_A_PASSAGE
    precision = "float32"
    instructions = "none"

    def encode(self, texts: list[str], role: Role) -> Float32:
        """Unit vectors ``(n, 64)``: the sum of one random direction for each word."""
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split() or [""]:
                seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def passages(self, text: str) -> list[str]:
        """Thirty words each."""
        words = text.split()
        parts = [words[at : at + _WORDS_A_PASSAGE] for at in range(0, len(words), _WORDS_A_PASSAGE)]
        return [" ".join(part) for part in parts] or [""]
