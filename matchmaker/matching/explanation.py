"""Which sentence of an offer answers which sentence of a need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.port import Float32
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role
from models.text import sentences

# A sentence of one or two words says too little to be shown as evidence where there is a longer one.
_SHORTEST_EVIDENCE = 3
# Sentences of either side that are compared at most; texts are bounded to 4,000 characters or so anyway.
_MOST_SENTENCES = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of the need and the sentence of the offer nearest to it; ``similarity`` in [-1, 1]."""

    need: str
    offer: str
    similarity: float


def evidence(encoder: CachedEncoder, need: str, offers: Sequence[str], pairs: int = 2) -> list[tuple[Evidence, ...]]:
    """For each offer, its ``pairs`` best pairs of sentences, best first, no sentence used twice."""
    if not offers:
        return []
    asked = _telling(need)
    said = [_telling(offer) for offer in offers]
    questions = encoder.encoder.encode(asked, Role.QUERY)
    answers = encoder.encode([sentence for own in said for sentence in own], Role.PASSAGE)
    explained, at = [], 0
    for own in said:
        similarity = questions @ answers[at : at + len(own)].T
        at += len(own)
        explained.append(_best_pairs(asked, own, similarity, pairs))
    return explained


def _best_pairs(asked: Sequence[str], said: Sequence[str], similarity: Float32, pairs: int) -> tuple[Evidence, ...]:
    remaining = similarity.copy()
    best: list[Evidence] = []
    while len(best) < min(pairs, len(asked), len(said)):
        row, column = divmod(int(remaining.argmax()), remaining.shape[1])
        best.append(Evidence(asked[row], said[column], float(remaining[row, column])))
        remaining[row, :] = -np.inf
        remaining[:, column] = -np.inf
    return tuple(best)


def _telling(text: str) -> list[str]:
    found = [sentence.text for sentence in sentences(text)][:_MOST_SENTENCES]
    telling = [sentence for sentence in found if len(sentence.split()) >= _SHORTEST_EVIDENCE]
    return telling or found or [text]
