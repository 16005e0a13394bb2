"""
Rough translations for training, by Apertium (rule-based, GPL, Debian package ``apertium-eng-spa``).

The program is called as it stands and nothing of it is kept. Its Spanish is no example of how people write: it shows
the encoder that a text says the same in both languages.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence

from models.encoder.sources import SourceUnavailable

# (texts, their language, the language wanted) → translations, one for each text.
Translate = Callable[[Sequence[str], str, str], list[str]]

_PROGRAM = "apertium"
_CODES = {"en": "eng", "es": "spa"}
_BETWEEN = "\n\n"
_EDGE = "1"


def translate(texts: Sequence[str], language: str, wanted: str) -> list[str]:
    """
    Translate texts between Spanish and English, ``es`` and ``en``; line breaks become spaces.

    Raises:
        SourceUnavailable: the program is not installed, fails, or does not give each text back.
    """
    lines = [" ".join(text.split()) for text in texts]
    asked = [line for line in lines if line]
    answers = iter(_run(asked, f"{_CODES[language]}-{_CODES[wanted]}") if asked else [])
    return [next(answers) if line else "" for line in lines]


def version() -> str:
    """
    The first line of what the program says about itself.

    Raises:
        SourceUnavailable: it is not installed.
    """
    said = subprocess.run([_program(), "-V"], capture_output=True, text=True, check=False)  # noqa: S603
    return (said.stdout or said.stderr).strip().partition("\n")[0]


def _program() -> str:
    path = shutil.which(_PROGRAM)
    if path is None:
        raise SourceUnavailable(f"{_PROGRAM} is not installed: apt-get install apertium-eng-spa")
    return path


def _run(lines: Sequence[str], pair: str) -> list[str]:
    # Between two numbers, which stay as they are: a first or last text whose translation is empty is not lost.
    # -u: unknown words without a mark.
    asked = _BETWEEN.join([_EDGE, *lines, _EDGE])
    done = subprocess.run(  # noqa: S603
        [_program(), "-u", pair], input=asked, capture_output=True, encoding="utf-8", check=False
    )
    answers = [" ".join(answer.split()) for answer in done.stdout.split(_BETWEEN)][1:-1]
    if done.returncode or len(answers) != len(lines):
        raise SourceUnavailable(f"{_PROGRAM} {pair} gave {len(answers)} of {len(lines)} texts: {done.stderr.strip()}")
    return answers
