"""Every sentence the product says outside its pages, in Spanish and in English."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter


class Language(StrEnum):
    """A language the product speaks."""

    SPANISH = "es"
    ENGLISH = "en"


SPANISH = Language.SPANISH
ENGLISH = Language.ENGLISH


def say(key: str, language: Language, **values: object) -> str:
    """
    The sentence ``key`` in ``language`` with its ``{placeholders}`` filled.

    Raises:
        KeyError: there is no such sentence.
    """
    return _catalogue(language)[key].format(**values)


def keys(language: Language) -> Mapping[str, frozenset[str]]:
    """Every key and the names of its placeholders, for checking that the languages agree."""
    return {
        key: frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)
        for key, sentence in _catalogue(language).items()
    }


@cache
def _catalogue(language: Language) -> Mapping[str, str]:
    source = files("matchmaker").joinpath("locales", f"{language.value}.toml").read_text(encoding="utf-8")
    return dict(_flatten("", tomllib.loads(source)))


def _flatten(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat += _flatten(f"{name}.", value)
        else:
            flat.append((name, str(value)))
    return flat
