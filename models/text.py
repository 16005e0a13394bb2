"""Sentences of Spanish and English text, found with spaCy's rule-based pipeline."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

# spaCy refuses longer texts to bound its memory; longer ones are read in slices.
_SLICE = 100_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands: ``text == source[start:end]``."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """
    Split ``text`` into sentences, in order, without surrounding white space; empty ones are left out.

    Line breaks end a sentence too: portfolios and shop-floor notes use them instead of full stops.
    """
    found: list[Sentence] = []
    base = 0
    while base < len(text):
        part = text[base : base + _SLICE]
        edges = [*(span.start_char for span in _pipeline()(part).sents), len(part)]
        if base + len(part) < len(text):  # the last sentence of a slice may go on in the next
            edges = edges[:-1] if len(edges) > 2 else [0, _last_gap(part)]
        for start, end in pairwise(edges):
            found += _lines(text, base + start, base + end)
        base += edges[-1]
    return found


def _last_gap(text: str) -> int:
    return max(text.rfind(" "), text.rfind("\n")) + 1 or len(text)


def _lines(source: str, start: int, end: int) -> list[Sentence]:
    lines: list[Sentence] = []
    at = start
    for line in source[start:end].splitlines(keepends=True):
        bare = line.strip()
        if bare:
            first = at + line.index(bare)
            lines.append(Sentence(bare, first, first + len(bare)))
        at += len(line)
    return lines


@cache
def _pipeline() -> "Language":
    from models.segmentation import (
        build,  # spaCy takes a second to import, and most commands never read a text
    )

    return build()
