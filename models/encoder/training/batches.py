"""Which examples are learned together: those whose documents are alike, so that wrong answers are hard ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from models.encoder.training.material import Example, Manner, Source, digest
from models.encoder.training.recipe import Recipe

Float32 = npt.NDArray[np.float32]

# Documents more alike than this may answer each other's queries and are not held against them.
_SAME = 0.8


class Likeness:
    """How alike the words of two documents are: the cosine of their tf-idf vectors."""

    def __init__(self, examples: Sequence[Example]) -> None:
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.3, dtype=np.float32)
        self._vectors: Any = words.fit_transform([example.document for example in examples]).tocsr()
        self._titles = _numbered([_title(example) for example in examples])
        self._origins = _numbered([example.origin or digest(example.document) for example in examples])

    def same(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """
        Which of ``rows`` and ``columns`` are as good as the same document, have the same title, or are a sentence and
        its document, ``(r, c)``.
        """
        alike: npt.NDArray[np.bool_] = (self._vectors[rows] @ self._vectors[columns].T).toarray() > _SAME
        alike |= self._titles[rows][:, None] == self._titles[columns][None, :]
        alike |= self._origins[rows][:, None] == self._origins[columns][None, :]
        return alike

    def neighbourhoods(
        self, members: npt.NDArray[np.int64], size: int, generator: np.random.Generator
    ) -> list[npt.NDArray[np.int64]]:
        """``members`` in groups of ``size`` that are alike, the last one smaller perhaps: each group is whoever is left
        and nearest to the first of those left, in an order drawn by chance.
        """
        members = generator.permutation(members)
        vectors = self._vectors[members]
        left = np.ones(len(members), dtype=np.bool_)
        groups = []
        for first in range(len(members)):
            if left[first]:
                nearness = (vectors @ vectors[first].T).toarray()[:, 0]
                nearness[~left] = -1.0
                nearness[first] = 2.0
                chosen = np.argsort(-nearness, kind="stable")[: min(size, int(left.sum()))]
                groups.append(members[chosen])
                left[chosen] = False
        return groups


def _numbered(names: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each name, the same for the same."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)


def _title(example: Example) -> str:
    """The title of an example, or a text that no other has."""
    titles = [query.text.casefold() for query in example.queries if query.manner is Manner.TITLE]
    return titles[0] if titles else example.document


def plan(
    examples: Sequence[Example], likeness: Likeness, recipe: Recipe, generator: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """The batches of a whole training, in order: rows of ``examples``, of one source each."""
    batches: list[npt.NDArray[np.int64]] = []
    for source in Source:
        members = np.array([row for row, example in enumerate(examples) if example.source is source], dtype=np.int64)
        for rows in _passes(members, recipe.passes.get(source, 0), generator):
            groups = likeness.neighbourhoods(rows, recipe.neighbours, generator)
            order = generator.permutation(len(groups))
            queue = np.concatenate([groups[position] for position in order])
            batches += np.split(queue, range(recipe.batch[source], len(queue), recipe.batch[source]))
    return [batches[position] for position in generator.permutation(len(batches)) if len(batches[position]) > 1]


def _passes(
    members: npt.NDArray[np.int64], passes: float, generator: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    whole, part = divmod(passes, 1)
    drawn = generator.permutation(members)[: round(part * len(members))]
    return [rows for rows in (*[members] * int(whole), drawn) if len(rows)]
