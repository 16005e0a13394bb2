"""Sentences of Spanish and English text, found with spaCy's rule-based pipeline."""

from dataclasses import dataclass
from functools import cache

import spacy
from spacy.language import Language
from spacy.tokens import Doc

# Abbreviations whose full stop does not end a sentence; spaCy's multilingual tokenizer does not know them.
_ABBREVIATIONS = ("aprox.", "art.", "av.", "cap.", "col.", "dr.", "dra.", "ej.", "etc.", "fig.", "ing.", "lic.")
_ABBREVIATIONS += ("máx.", "min.", "mín.", "no.", "núm.", "pág.", "sr.", "sra.", "vol.", "e.g.", "i.e.", "p.", "approx.")

# spaCy refuses longer texts to bound its memory; longer ones are read in slices.
_SLICE = 100_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands: ``text == source[start:end]``."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """Split ``text`` into sentences, in order, without surrounding white space; empty ones are left out.

    Line breaks end a sentence too: portfolios and shop-floor notes use them instead of full stops.
    """
    found: list[Sentence] = []
    for base in range(0, len(text), _SLICE):
        document = _pipeline()(text[base : base + _SLICE])
        for span in document.sents:
            found += _lines(text, base + span.start_char, base + span.end_char)
    return found


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
def _pipeline() -> Language:
    pipeline = spacy.blank("xx")
    for abbreviation in _ABBREVIATIONS:
        for form in (abbreviation, abbreviation.capitalize()):
            pipeline.tokenizer.add_special_case(form, [{"ORTH": form}])  # type: ignore[attr-defined]
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("opening_marks")
    return pipeline


@Language.component("opening_marks")
def _opening_marks(document: Doc) -> Doc:
    """Let ``¿`` and ``¡`` open the next sentence; spaCy's sentencizer leaves them at the end of the last one."""
    for token in document[1:]:
        if token.text in ("¿", "¡") and not token.is_sent_start and document[token.i - 1].is_punct:
            token.is_sent_start = True
            if token.i + 1 < len(document):
                document[token.i + 1].is_sent_start = False
    return document
