"""
What the encoder is taught Spanish with: texts of either language, each with its English version.

The English version says where the text shall lie: where the English model puts it (Reimers & Gurevych, "Making
Monolingual Sentence Embeddings Multilingual using Knowledge Distillation", EMNLP 2020). A need shall besides lie near
the document that answers it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.encoder.training.material import Example, Manner, Query, Source

# Words of a document that are shown, and of its rough translation, which is a little longer.
_WORDS = 100
_TRANSLATED_WORDS = 105


class Kind(StrEnum):
    """What a lesson shows."""

    CLASSIFICATION = "classification"
    SENTENCES = "sentences"
    DOCUMENTS = "documents"
    TRANSLATIONS = "translations"
    TITLES = "titles"
    WORDS = "words"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    A text, and the English one that says where it shall lie: its own version, or, of :attr:`Kind.NEEDS`, the beginning
    of the document that answers it.
    """

    kind: Kind
    text: str
    english: str


def lessons(examples: Sequence[Example]) -> list[Lesson]:
    """All lessons that the examples hold, each once."""
    found = (lesson for example in examples for lesson in _of(example) if lesson.text and lesson.english)
    return list(dict.fromkeys(found))


def _of(example: Example) -> Iterator[Lesson]:
    if example.source in (Source.CLASSIFICATION, Source.SENTENCES):
        (query,) = example.queries
        english = example.document if example.language == "en" else query.text
        kind = Kind.CLASSIFICATION if example.source is Source.CLASSIFICATION else Kind.SENTENCES
        yield Lesson(kind, example.document, english)
        yield Lesson(kind, query.text, english)
        return
    original, translation = _cut(example.document, _WORDS), _cut(example.translation, _TRANSLATED_WORDS)
    if not original:
        return
    beginning = original if example.language == "en" else _cut(translation, _WORDS)
    yield Lesson(Kind.DOCUMENTS, original, beginning)
    yield Lesson(Kind.TRANSLATIONS, translation, beginning)
    yield from _titles(example)
    for query in example.queries:
        if query.manner is Manner.OWN_WORDS:
            yield from _need(query, beginning)


def _titles(example: Example) -> Iterator[Lesson]:
    titles = [query for query in example.queries if query.manner is not Manner.OWN_WORDS]
    english = next((query.text for query in titles if query.language == "en"), "")
    for query in titles:
        yield Lesson(Kind.TITLES, query.text, english)


def _need(query: Query, beginning: str) -> Iterator[Lesson]:
    versions = [text for text in (query.text, query.translation) if text]
    english = query.text if query.language == "en" else query.translation
    for text in versions:
        yield Lesson(Kind.WORDS, text, english)
        yield Lesson(Kind.NEEDS, text, beginning)


def _cut(text: str, words: int) -> str:
    return " ".join(text.split()[:words])
