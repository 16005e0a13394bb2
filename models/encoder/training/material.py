"""
What the encoder learns from: documents with the queries they answer.

Only files named *train* are opened, and of ``corfo`` the projects of :func:`is_corfo_training`. The needs and offers
written for this purpose lie in ``data`` beside this module, with a glossary and the guideline they follow. Titles of
industries come from two build-time packages.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from models.encoder import sources
from models.encoder.training.translation import Translate, translate
from models.text import sentences

DATA = Path(__file__).parent / "data"
OWN_NEEDS = DATA / "needs.jsonl"
OWN_OFFERS = DATA / "offers.jsonl"
GLOSSARY = DATA / "glossary.tsv"

_IPC = Path("ipc-es-en") / "train.json"
_SBIR = Path("sbir") / "train.jsonl"
_CORFO = Path("corfo") / "projects.csv"
_NEEDS = Path("needs-mx") / "train.jsonl"

_OTHER = {"en": "es", "es": "en"}
# Words of a document that are translated: more than a training reads.
_TRANSLATED_WORDS = 120
# Words of a sentence that is learned with its translation.
_SENTENCE = (6, 40)


class MaterialUnusable(ValueError):
    """The files do not belong together."""


class Source(StrEnum):
    """Where an example comes from."""

    CLASSIFICATION = "classification"
    ABSTRACTS = "abstracts"
    PROJECTS = "projects"
    NEEDS = "needs"
    SENTENCES = "sentences"


class Manner(StrEnum):
    """How a query came to be."""

    TITLE = "title"
    TRANSLATED = "translated"
    OWN_WORDS = "own words"


@dataclass(frozen=True, slots=True)
class Query:
    """
    Something asked. ``language`` is ``es`` or ``en``; ``translation`` says the same in the other one, by hand; empty:
    there is none.
    """

    text: str
    language: str
    manner: Manner
    translation: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """
    A document, its language, and one query or more that it answers, at most one of each manner.

    ``translation`` is the beginning of the document in the other language, by machine; empty: there is none.
    """

    source: Source
    document: str
    language: str
    queries: tuple[Query, ...]
    translation: str = ""


def read(data: Path) -> list[Example]:
    """
    Every example of the training halves in ``data``, of the project's own corpus and of the titles of industries.

    An abstract that answers a need is an example of :attr:`Source.NEEDS`, with its titles beside the need, and not once
    more of :attr:`Source.ABSTRACTS`.

    Raises:
        MaterialUnusable: a file is not in its layout, or a need of the project's own corpus names an abstract that is
            not in ``data``.
        SourceUnavailable: a build-time package is missing.
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


def translated(examples: Sequence[Example], translator: Translate = translate) -> list[Example]:
    """
    The examples, their documents with the beginning in the other language, and of each document one sentence with its
    translation as an example of :attr:`Source.SENTENCES`. What must not be learned is taken out before: it would live
    on in its sentences.

    Raises:
        SourceUnavailable: the translator is missing.
    """
    prose = [example for example in examples if example.source is not Source.CLASSIFICATION]
    rest = [example for example in examples if example.source is Source.CLASSIFICATION]
    return [*rest, *_translated(prose, translator), *_sentences(prose, translator)]


def glossary() -> dict[str, str]:
    """
    Spanish words, in lower case, with what they most likely mean in English in a text about companies and technology.

    Raises:
        MaterialUnusable: a line that is not a word, a tab and its meaning.
    """
    words: dict[str, str] = {}
    for number, line in enumerate(GLOSSARY.read_text(encoding="utf-8").splitlines(), start=1):
        word, _, meaning = line.partition("\t")
        if not word or not meaning:
            raise MaterialUnusable(f"{GLOSSARY}, line {number}: a word, a tab and its meaning are expected")
        words.setdefault(word, meaning)
    return words


def files(data: Path) -> dict[str, Path]:
    """The files that :func:`read` and :func:`glossary` open, by the name they have in a manifest."""
    given = {path.as_posix(): data / path for path in (_IPC, _SBIR, _CORFO, _NEEDS)}
    return given | {path.name: path for path in (OWN_NEEDS, OWN_OFFERS, GLOSSARY)}


def digest(text: str) -> str:
    """What names an abstract in the corpus of needs: the first 16 hexadecimal digits of its sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_corfo_training(code: str) -> bool:
    """Whether a Corfo project belongs to the training 70 %: its code's sha256 lies in the first 70 % of the range."""
    return int(hashlib.sha256(code.encode()).hexdigest(), 16) < 0.7 * 2**256


def _classification(data: Path) -> Iterator[Example]:
    for pair in json.loads((data / _IPC).read_text(encoding="utf-8")):
        yield Example(Source.CLASSIFICATION, pair["en"], "en", (Query(pair["es"], "es", Manner.TITLE),))

    for spanish, english in sources.industry_titles():
        yield Example(Source.CLASSIFICATION, english, "en", (Query(spanish, "es", Manner.TITLE),))


def _translated(examples: Sequence[Example], translator: Translate) -> Iterator[Example]:
    """The examples with the beginnings of their documents in the other language."""
    beginnings = [" ".join(example.document.split()[:_TRANSLATED_WORDS]) for example in examples]
    languages = [example.language for example in examples]
    for example, translation in zip(examples, _across(beginnings, languages, translator), strict=True):
        yield replace(example, translation=translation)


def _sentences(examples: Sequence[Example], translator: Translate) -> Iterator[Example]:
    """Of each document one sentence of a usual length, if it has one, and its translation as what is asked."""
    chosen: dict[str, str] = {}
    for document, language in {example.document: example.language for example in examples}.items():
        usual = [part.text for part in sentences(document) if _SENTENCE[0] <= len(part.text.split()) <= _SENTENCE[1]]
        if usual:
            chosen.setdefault(usual[int(digest(document), 16) % len(usual)], language)
    asked = _across(list(chosen), list(chosen.values()), translator)
    for (sentence, language), translation in zip(chosen.items(), asked, strict=True):
        if translation:
            query = Query(translation, _OTHER[language], Manner.TRANSLATED)
            yield Example(Source.SENTENCES, sentence, language, (query,))


def _across(texts: Sequence[str], languages: Sequence[str], translator: Translate) -> list[str]:
    """Each text in the other language, in the same order."""
    found = [""] * len(texts)
    for language, wanted in _OTHER.items():
        rows = [row for row, own in enumerate(languages) if own == language]
        for row, translation in zip(rows, translator([texts[row] for row in rows], language, wanted), strict=True):
            found[row] = translation
    return found


def _projects(data: Path) -> Iterator[Example]:
    with (data / _CORFO).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not {"codigo", "titulo", "objetivo"} <= row.keys():
                raise MaterialUnusable(f"{data / _CORFO}: the columns codigo, titulo and objetivo are needed")
            if is_corfo_training(row["codigo"]) and row["titulo"].strip() and row["objetivo"].strip():
                yield Example(Source.PROJECTS, row["objetivo"], "es", (Query(row["titulo"], "es", Manner.TITLE),))


def _own_needs(abstracts: dict[str, dict[str, Any]]) -> Iterator[Example]:
    for row in _jsonl(OWN_NEEDS, "text", "language", "translation", "answer"):
        answer = abstracts.get(row["answer"])
        if answer is None:
            raise MaterialUnusable(f"the need {row['text'][:40]!r} names an abstract that is not in {_SBIR}")
        need = Query(row["text"], row["language"], Manner.OWN_WORDS, row["translation"])
        yield _abstract(answer, (need,))


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
