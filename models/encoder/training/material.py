"""
What the encoder learns from: documents with the queries they answer.

Only files named *train* are opened, and of ``corfo`` the projects of :func:`is_corfo_training`. The needs and offers
written for this purpose lie in ``data`` beside this module, with the guideline they follow.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
OWN_NEEDS = DATA / "needs.jsonl"
OWN_OFFERS = DATA / "offers.jsonl"

_IPC = Path("ipc-es-en") / "train.json"
_SBIR = Path("sbir") / "train.jsonl"
_CORFO = Path("corfo") / "projects.csv"
_NEEDS = Path("needs-mx") / "train.jsonl"


class MaterialUnusable(ValueError):
    """The files do not belong together."""


class Source(StrEnum):
    """Where an example comes from; a batch holds one kind only."""

    CLASSIFICATION = "classification"
    ABSTRACTS = "abstracts"
    PROJECTS = "projects"
    NEEDS = "needs"


class Manner(StrEnum):
    """How a query came to be: batches are read manner by manner."""

    TITLE = "title"
    TRANSLATED = "translated"
    OWN_WORDS = "own words"


@dataclass(frozen=True, slots=True)
class Query:
    """Something asked. ``language`` is ``es`` or ``en``."""

    text: str
    language: str
    manner: Manner


@dataclass(frozen=True, slots=True)
class Example:
    """A document, its language, and one query or more that it answers, at most one of each manner."""

    source: Source
    document: str
    language: str
    queries: tuple[Query, ...]


def read(data: Path) -> list[Example]:
    """
    Every example of the training halves in ``data`` and of the project's own corpus.

    An abstract that answers a need is an example of :attr:`Source.NEEDS`, with its titles beside the need, and not once
    more of :attr:`Source.ABSTRACTS`.

    Raises:
        MaterialUnusable: a file is not in its layout, or a need of the project's own corpus names an abstract that is
            not in ``data``.
    """
    abstracts = {digest(row["text"]): row for row in _jsonl(data / _SBIR, "title", "title_es_mt", "text")}
    needs = [*_own_needs(abstracts), *_given_needs(data)]
    answered = {example.document for example in needs}
    return [
        *_classification(data),
        *(_abstract(row, ()) for row in abstracts.values() if row["text"] not in answered),
        *_projects(data),
        *needs,
        *_own_offers(),
    ]


def files(data: Path) -> dict[str, Path]:
    """The files that :func:`read` opens, by the name they have in a manifest."""
    given = {path.as_posix(): data / path for path in (_IPC, _SBIR, _CORFO, _NEEDS)}
    return given | {path.name: path for path in (OWN_NEEDS, OWN_OFFERS)}


def digest(text: str) -> str:
    """What names an abstract in the corpus of needs: the first 16 hexadecimal digits of its sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_corfo_training(code: str) -> bool:
    """Whether a Corfo project belongs to the training 70 %: its code's sha256 lies in the first 70 % of the range."""
    return int(hashlib.sha256(code.encode()).hexdigest(), 16) < 0.7 * 2**256


def _classification(data: Path) -> Iterator[Example]:
    for pair in json.loads((data / _IPC).read_text(encoding="utf-8")):
        yield Example(Source.CLASSIFICATION, pair["en"], "en", (Query(pair["es"], "es", Manner.TITLE),))


def _projects(data: Path) -> Iterator[Example]:
    with (data / _CORFO).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not {"codigo", "titulo", "objetivo"} <= row.keys():
                raise MaterialUnusable(f"{data / _CORFO}: the columns codigo, titulo and objetivo are needed")
            if is_corfo_training(row["codigo"]) and row["titulo"].strip() and row["objetivo"].strip():
                yield Example(Source.PROJECTS, row["objetivo"], "es", (Query(row["titulo"], "es", Manner.TITLE),))


def _own_needs(abstracts: dict[str, dict[str, Any]]) -> Iterator[Example]:
    for row in _jsonl(OWN_NEEDS, "text", "language", "answer"):
        answer = abstracts.get(row["answer"])
        if answer is None:
            raise MaterialUnusable(f"the need {row['text'][:40]!r} names an abstract that is not in {_SBIR}")
        yield _abstract(answer, (Query(row["text"], row["language"], Manner.OWN_WORDS),))


def _given_needs(data: Path) -> Iterator[Example]:
    for row in _jsonl(data / _NEEDS, "need", "title", "text"):
        own = Query(row["need"], "es", Manner.OWN_WORDS)
        yield Example(Source.NEEDS, row["text"], "en", (own, Query(row["title"], "en", Manner.TITLE)))


def _own_offers() -> Iterator[Example]:
    for row in _jsonl(OWN_OFFERS, "offer", "need"):
        offer, need = row["offer"], row["need"]
        queries = (
            Query(need["text"], need["language"], Manner.OWN_WORDS),
            Query(offer["title"], offer["language"], Manner.TITLE),
        )
        yield Example(Source.NEEDS, offer["text"], offer["language"], queries)


def _abstract(row: dict[str, Any], needs: tuple[Query, ...]) -> Example:
    titles = (Query(row["title"], "en", Manner.TITLE), Query(row["title_es_mt"], "es", Manner.TRANSLATED))
    return Example(Source.NEEDS if needs else Source.ABSTRACTS, row["text"], "en", (*needs, *titles))


def _jsonl(path: Path, *fields: str) -> Iterator[dict[str, Any]]:
    """
    Raises:
        MaterialUnusable: a line that is not a JSON object with these fields.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
                missing = [field for field in fields if field not in row]
            except (ValueError, TypeError) as error:
                raise MaterialUnusable(f"{path}, line {number}: {error}") from None
            if missing:
                raise MaterialUnusable(f"{path}, line {number}: there is no {missing[0]}")
            yield row
