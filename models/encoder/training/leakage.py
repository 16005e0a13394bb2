"""
Keeping what is evaluated out of what is learned: texts that are the same, or nearly, as a text to be evaluated on.

Nearly the same is a Jaccard similarity of :data:`NEAR` or more between the sets of three-word sequences, without case,
accents and punctuation; of a single sentence, that as large a share of its sequences stands in one text that is
evaluated on. Examples are cleaned by comparing every pair of texts, and what is left is looked over a second time by
other means, MinHash (Broder, 1997) and the list of all sentences, so that a fault in the first does not pass unseen.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH
from sklearn.feature_extraction.text import HashingVectorizer

from models.encoder.training.material import Example, Source

NEAR = 0.6

_SEQUENCE = 3
_PORTION = 2_000
_PERMUTATIONS = 128
# Bands and rows: of the pairs at NEAR, 4 in 100,000 are missed.
_BANDS = (42, 3)
_WORD = re.compile(r"\w+")
_ENDS = re.compile(r"[.!?;\n]+\s")


@dataclass(frozen=True, slots=True)
class Leak:
    """A text to be learned that is, or nearly is, one to be evaluated on. ``similarity`` is in ``[NEAR, 1]``."""

    learned: str
    evaluated: str
    similarity: float


class TrainingLeak(Exception):
    """Something that is evaluated on would be learned."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        first = leaks[0]
        super().__init__(f"{len(leaks)} texts; the first: {first.learned[:80]!r} is near {first.evaluated[:80]!r}")
        self.leaks = list(leaks)


class Evaluated:
    """The texts that are evaluated on, ready to be compared with."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [text for text in dict.fromkeys(texts) if _sequences(text)]
        self._sequences = [_sequences(text) for text in self._texts]
        self._counts: Any = _matrix(self._sequences).T.tocsr() if self._texts else None
        self._sizes = np.array([len(sequences) for sequences in self._sequences])

    def __len__(self) -> int:
        return len(self._texts)

    def leaks(self, texts: Sequence[str]) -> list[Leak | None]:
        """For each text the evaluated one that it is nearest to, if that is too near. Every pair is compared."""
        found: list[Leak | None] = []
        for start in range(0, len(texts), _PORTION):
            found += self._leaks(texts[start : start + _PORTION])
        return found

    def _leaks(self, texts: Sequence[str]) -> list[Leak | None]:
        if not self._texts:
            return [None] * len(texts)
        sequences = [_sequences(text) for text in texts]
        shared = (_matrix(sequences) @ self._counts).tocsr()
        found = []
        for row, mine in enumerate(sequences):
            columns = shared.indices[shared.indptr[row] : shared.indptr[row + 1]]
            common = shared.data[shared.indptr[row] : shared.indptr[row + 1]]
            found.append(self._nearest(texts[row], mine, columns, common))
        return found

    def _nearest(
        self, text: str, mine: frozenset[str], columns: npt.NDArray[np.int32], common: npt.NDArray[np.float32]
    ) -> Leak | None:
        # Sequences are counted by hashes, which may fall together: what looks near is compared itself.
        estimates = common / (len(mine) + self._sizes[columns] - common)
        near = [
            (len(mine & theirs) / len(mine | theirs), int(column))
            for column in columns[estimates >= NEAR]
            for theirs in [self._sequences[column]]
        ]
        similarity, column = max(near, default=(0.0, 0))
        return Leak(text, self._texts[column], similarity) if similarity >= NEAR else None

    def holds(self, texts: Sequence[str]) -> list[bool]:
        """Whether a share of :data:`NEAR` or more of each text's sequences stands in one evaluated text."""
        held: list[bool] = []
        for start in range(0, len(texts), _PORTION):
            sequences = [_sequences(text) for text in texts[start : start + _PORTION]]
            if not self._texts:
                held += [False] * len(sequences)
                continue
            most = (_matrix(sequences) @ self._counts).max(axis=1).toarray()[:, 0]
            held += [bool(common >= NEAR * max(1, len(own))) for common, own in zip(most, sequences, strict=True)]
        return held

    def sentences(self) -> set[str]:
        """All sentences of the evaluated texts, as :func:`_plain` gives them."""
        return {_plain(part) for text in self._texts for part in _ENDS.split(text)} - {""}

    def sketch(self) -> "Sketches":
        """The same texts for the second look."""
        return Sketches(self._texts)


class Sketches:
    """The second look: MinHash finds candidates, which are then compared."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._index = MinHashLSH(num_perm=_PERMUTATIONS, params=_BANDS)
        for number, text in enumerate(self._texts):
            self._index.insert(str(number), _sketch(text), check_duplication=False)

    def leak(self, text: str) -> Leak | None:
        """An evaluated text that ``text`` is too near to, if one is found."""
        mine = _sequences(text)
        if not mine:
            return None
        for key in self._index.query(_sketch(text)):
            evaluated = self._texts[int(key)]
            theirs = _sequences(evaluated)
            if (similarity := len(mine & theirs) / len(mine | theirs)) >= NEAR:
                return Leak(text, evaluated, similarity)
        return None


def clean(examples: Sequence[Example], evaluated: Evaluated) -> list[Example]:
    """The examples of which no text leaks."""
    texts = sorted({text for example in examples for text in _texts(example)})
    leaking = {leak.learned for leak in evaluated.leaks(texts) if leak}
    single = [example.document for example in examples if example.source is Source.SENTENCES]
    held = {sentence for sentence, stands in zip(single, evaluated.holds(single), strict=True) if stands}
    return [
        example
        for example in examples
        if leaking.isdisjoint(_texts(example)) and not (example.source is Source.SENTENCES and example.document in held)
    ]


def check(examples: Sequence[Example], evaluated: Evaluated) -> None:
    """
    Look a second time whether something leaks.

    Raises:
        TrainingLeak: something does.
    """
    sketches = evaluated.sketch()
    texts = sorted({text for example in examples for text in _texts(example)})
    leaks = [leak for text in texts if (leak := sketches.leak(text))]
    known = evaluated.sentences()
    single = [example.document for example in examples if example.source is Source.SENTENCES]
    leaks += [Leak(sentence, sentence, 1.0) for sentence in single if _plain(sentence) in known]
    if leaks:
        raise TrainingLeak(leaks)


def _texts(example: Example) -> Iterator[str]:
    yield example.document
    if example.translation:
        yield example.translation
    for query in example.queries:
        yield query.text
        if query.translation:
            yield query.translation


def _plain(text: str) -> str:
    """The words of a text, without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


def _sequences(text: str) -> frozenset[str]:
    """Three-word sequences; a text of fewer words is one sequence."""
    words = _plain(text).split()
    if len(words) < _SEQUENCE:
        return frozenset([" ".join(words)]) if words else frozenset()
    return frozenset(" ".join(words[start : start + _SEQUENCE]) for start in range(len(words) - _SEQUENCE + 1))


def _matrix(sequences: Sequence[frozenset[str]]) -> Any:
    """Which sequences each text has, ``(n, 2 ** 22)``, sparse."""
    counter = HashingVectorizer(
        analyzer=lambda text: text, n_features=2**22, alternate_sign=False, norm=None, dtype=np.float32
    )
    return counter.transform(sequences).tocsr()


def _sketch(text: str) -> MinHash:
    sketch = MinHash(num_perm=_PERMUTATIONS)
    sketch.update_batch([sequence.encode() for sequence in sorted(_sequences(text))])
    return sketch
