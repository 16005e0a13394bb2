"""The spaCy pipeline that finds sentence ends in Spanish and English by rule."""

from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

# Abbreviations whose full stop does not end a sentence; spaCy's multilingual tokenizer does not know them.
_ABBREVIATIONS: tuple[str, ...] = (
    "aprox.",
    "art.",
    "av.",
    "cap.",
    "col.",
    "dr.",
    "dra.",
    "ej.",
    "etc.",
    "fig.",
    "ing.",
    "lic.",
)
_ABBREVIATIONS += (
    "máx.",
    "min.",
    "mín.",
    "no.",
    "núm.",
    "pág.",
    "sr.",
    "sra.",
    "vol.",
    "e.g.",
    "i.e.",
    "p.",
    "approx.",
)

_OPENING_MARKS = frozenset("¿¡«“([")


def build() -> Language:
    """The pipeline; making it takes a moment, so keep it."""
    pipeline = spacy.blank("xx")
    tokenizer: Any = pipeline.tokenizer  # compiled, and not annotated
    for abbreviation in _ABBREVIATIONS:
        for form in (abbreviation, abbreviation.capitalize()):
            tokenizer.add_special_case(form, [{"ORTH": form}])
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("opening_marks")
    return pipeline


@Language.component("opening_marks")
def _opening_marks(document: Doc) -> Doc:
    """Let opening marks open the next sentence; spaCy's sentencizer leaves them at the end of the last one."""
    for token in document[1:]:
        if token.text in ("¿", "¡") and document[token.i - 1].text in ("...", "…"):
            token.is_sent_start = True
        first = token.i
        while token.is_sent_start and first > 0 and document[first - 1].text in _OPENING_MARKS:
            first -= 1
        if first < token.i:
            token.is_sent_start = False
            document[first].is_sent_start = True
    return document
