"""The systems that can be measured: words, vectors, and both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import perf_counter

import numpy as np

from evaluation.datasets import Dataset
from evaluation.runs import Run
from index.aggregation import document_scores
from index.fusion import weighted_sum
from index.lexical import LexicalIndex
from index.port import Float32
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role

# Documents kept of each query: what the deepest measure looks at, and as many again for pooling.
DEPTH = 200
# Function words that tell the two languages apart in any longer text.
_SPANISH = {"de", "la", "el", "los", "las", "que", "para", "con", "una", "por", "del"}
_ENGLISH = {"the", "of", "and", "to", "for", "with", "is", "by", "that", "are", "from"}
_SAMPLE = 300


class System(StrEnum):
    """A way to rank documents for a query."""

    LEXICAL = "lexical"
    DENSE = "dense"
    HYBRID = "hybrid"


# What matching in the product does.
BEST = System.DENSE


@dataclass(slots=True)
class Measured:
    """A run and the seconds its parts took."""

    run: Run
    seconds: dict[str, float] = field(default_factory=dict)


def run_system(
    system: System,
    dataset: Dataset,
    encoder: CachedEncoder | None,
    on_progress: Callable[[int], None] | None = None,
    depth: int = DEPTH,
) -> Measured:
    """
    Rank the documents of a collection for each of its queries.

    A document is scored as in the product, see :func:`index.aggregation.document_scores`.

    Args:
        system: which one.
        dataset: the collection.
        encoder: needed by every system but the lexical one.
        on_progress: told of the passages and queries encoded since the last call.
        depth: documents kept of each query.
    """
    documents = list(dataset.documents)
    texts = [document.full_text for document in dataset.documents.values()]
    seconds: dict[str, float] = {}
    dense = lexical = None
    if system is not System.LEXICAL:
        assert encoder is not None, "only the lexical system does without an encoder"
        dense = _Dense(encoder, texts, seconds, on_progress)
    if system is not System.DENSE:
        lexical = LexicalIndex(texts, _language(texts))
    started = perf_counter()
    queries = dense.encode(list(dataset.queries.values())) if dense else None
    run: Run = {}
    for row, (query, text) in enumerate(dataset.queries.items()):
        scores = _scores(dense, None if queries is None else queries[row], lexical, text)
        run[query] = _best(documents, scores, depth)
    seconds["search"] = round(perf_counter() - started, 2)
    return Measured(run, seconds)


class _Dense:
    def __init__(
        self,
        encoder: CachedEncoder,
        texts: list[str],
        seconds: dict[str, float],
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._encoder = encoder
        self._progress = on_progress
        started = perf_counter()
        passages = [encoder.encoder.passages(text) for text in texts]
        self._starts = np.cumsum([0, *map(len, passages[:-1])])
        self._vectors = encoder.encode([passage for own in passages for passage in own], Role.PASSAGE, on_progress)
        seconds["encode"] = round(perf_counter() - started, 2)

    def encode(self, queries: list[str]) -> list[Float32]:
        """The vectors ``(m, d)`` of each query's passages."""
        passages = [self._encoder.encoder.passages(query) for query in queries]
        flat = [passage for own in passages for passage in own]
        vectors = self._encoder.encode(flat, Role.QUERY, self._progress)
        return np.split(vectors, np.cumsum([len(own) for own in passages])[:-1])

    def scores(self, query: Float32) -> Float32:
        """Score of every document ``(n,)``."""
        return document_scores(query @ self._vectors.T, self._starts)


def _scores(dense: _Dense | None, query: Float32 | None, lexical: LexicalIndex | None, text: str) -> Float32:
    if dense is None or query is None:
        assert lexical is not None, "a system ranks by words, by vectors or by both"
        return lexical.scores(text)
    if lexical is None:
        return dense.scores(query)
    return weighted_sum(dense.scores(query), lexical.scores(text))


def _best(documents: list[str], scores: Float32, depth: int) -> dict[str, float]:
    depth = min(depth, len(documents))
    nearest = np.argpartition(-scores, depth - 1)[:depth]
    return {documents[row]: float(scores[row]) for row in nearest.tolist()}


def _language(texts: list[str]) -> str:
    words = [word for text in texts[:_SAMPLE] for word in text.lower().split()]
    spanish = sum(word in _SPANISH for word in words)
    english = sum(word in _ENGLISH for word in words)
    return "es" if spanish > english else "en"
