"""Every sentence the code says exists in both languages, with the same placeholders."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from matchmaker.abandonment.idle import FlagKind
from matchmaker.domain.terms import LegalState, LicenceAvailability, OfferKind
from matchmaker.errors import FieldError
from matchmaker.knowledge.places import Nearness
from matchmaker.knowledge.sectors import SectorRelation
from matchmaker.storage.changes import ProfileKind
from matchmaker.texts import ENGLISH, SPANISH, Language, keys, say

ROOT = Path(__file__).parents[2]
PACKAGES = ("matchmaker", "api", "evaluation")

# What takes a key: at which position, what is put before it, and the placeholders it fills by itself.
SAYERS: dict[str, tuple[int, str, frozenset[str]]] = {
    "say": (0, "", frozenset()),
    "hint": (0, "option.", frozenset()),
    "FieldError": (1, "field.", frozenset({"field"})),
    "NotFound": (0, "not_found.", frozenset({"identity"})),
    "Refusal": (1, "", frozenset()),
    "_misread": (1, "", frozenset()),
    **dict.fromkeys(
        ("MatchmakerError", "FileRefused", "SettingError", "Unavailable", "DatasetError"),
        (0, "", frozenset()),
    ),
}
# These take a key too, and its values in a mapping.
PROBLEMS = {"Problem": 2, "_broken": 2, "problem": 2}

# Sentences that are words of both languages, or nothing but placeholders and names.
SAME_IN_BOTH = {
    "cli.bench.no",
    "cli.match.evidence",
    "kind.know_how",
    "kind.software",
    "setting.database",
}


@dataclass(frozen=True)
class Use:
    """Something the code says: a pattern for its key and, where they can be read, the names of its values."""

    key: str
    values: frozenset[str] | None


def uses(source: str) -> Iterator[Use]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from uses_in(node, node.func.id)


def uses_in(call: ast.Call, name: str) -> Iterator[Use]:
    position, prefix, filled = SAYERS.get(name, (PROBLEMS.get(name), "", frozenset()))
    if position is None or len(call.args) <= position:
        return
    named = [keyword.arg for keyword in call.keywords]
    values = None if name in PROBLEMS or None in named else filled.union(filter(None, named))
    for pattern in patterns(call.args[position]):
        yield Use(re.escape(prefix) + pattern, values)


def patterns(node: ast.expr) -> list[str]:
    """What an expression can spell, its unknown parts as single words; nothing if all of it is unknown."""
    match node:
        case ast.Constant(value=str(text)):
            return [re.escape(text)]
        case ast.IfExp(body=body, orelse=otherwise):
            return patterns(body) + patterns(otherwise)
        case ast.JoinedStr(values=parts):
            return ["".join(one_pattern(part) for part in parts)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [one_pattern(left) + one_pattern(right)]
    return []


def one_pattern(node: ast.expr) -> str:
    return next(iter(patterns(node)), r"[^.]+")


def faults(source: str) -> list[str]:
    """The keys that ``source`` says and that do not exist, and those whose placeholders it leaves empty."""
    placeholders = keys(ENGLISH)
    found = []
    for use in uses(source):
        matching = [key for key in placeholders if re.fullmatch(use.key, key)]
        if not matching:
            found.append(f"no sentence {use.key}")
        found += [
            f"{key} lacks {sorted(missing)}"
            for key in matching
            if use.values is not None and len(matching) == 1 and (missing := placeholders[key] - use.values)
        ]
    return found


def sentence(key: str, language: Language) -> str:
    """A sentence with the names of its placeholders in their places."""
    return say(key, language, **{name: f"<{name}>" for name in keys(language)[key]})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("say('kind.patent', language)", []),
        ("say('kind.patents', language)", [r"no sentence kind\.patents"]),
        ("say(f'kind.{kind}', language)", []),
        ("say(f'kinds.{kind}', language)", [r"no sentence kinds\.[^.]+"]),
        ("say('kind.' + kind, language)", []),
        ("say('kinds.' + kind, language)", [r"no sentence kinds\.[^.]+"]),
        ("say('cli.bench.yes' if held else 'cli.bench.never', language)", [r"no sentence cli\.bench\.never"]),
        ("hint('match.k')", []),
        ("hint('match.z')", [r"no sentence option\.match\.z"]),
        ("FieldError(name, 'missing')", []),
        ("FieldError(name, 'absent')", [r"no sentence field\.absent"]),
        ("FieldError(name, 'number')", ["field.number lacks ['value']"]),
        ("FieldError(name, 'number', **values)", []),
        ("NotFound('need', identity)", []),
        ("NotFound('thing', identity)", [r"no sentence not_found\.thing"]),
        ("FileRefused('file.empty')", ["file.empty lacks ['file']"]),
        ("Refusal(413, 'api.too_large')", ["api.too_large lacks ['limit']"]),
        ("problem(request, 500, 'api.nothing')", [r"no sentence api\.nothing"]),
        ("Problem(1, 'kind', 'row.nothing', {})", [r"no sentence row\.nothing"]),
        ("problem.say(language)", []),
        ("say(key, language)", []),
    ],
)
def test_a_scan_of_the_code_finds_what_cannot_be_said(source: str, found: list[str]) -> None:
    assert faults(source) == found


@pytest.mark.parametrize("package", PACKAGES)
def test_whatever_the_code_says_exists_and_its_placeholders_are_filled(package: str) -> None:
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in sorted((ROOT / package).rglob("*.py"))
        if (wrong := faults(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_both_languages_have_the_same_sentences_with_the_same_placeholders() -> None:
    assert keys(SPANISH) == keys(ENGLISH)


@pytest.mark.parametrize("language", Language)
def test_no_sentence_is_empty(language: Language) -> None:
    assert [key for key in keys(language) if not sentence(key, language).strip()] == []


def test_only_words_of_both_languages_are_the_same_in_both() -> None:
    same = {key for key in keys(SPANISH) if sentence(key, SPANISH) == sentence(key, ENGLISH)}
    assert same == SAME_IN_BOTH


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("state.", LegalState),
        ("licence.", LicenceAvailability),
        ("kind.", OfferKind),
        ("nearness.", Nearness),
        ("sector.", SectorRelation),
        ("flag.", FlagKind),
        ("not_found.", ProfileKind),
        ("cli.doctor.index_", ProfileKind),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_every_value_that_is_said_has_a_sentence(prefix: str, kind: type[Enum], language: Language) -> None:
    words = [member.value if isinstance(member.value, str) else member.name.lower() for member in kind]
    assert words
    assert [word for word in words if f"{prefix}{word}" not in keys(language)] == []


def test_a_sentence_is_said_in_the_language_asked_with_its_values() -> None:
    assert say("not_found.need", SPANISH, identity="N-7") == "no existe la necesidad N-7"
    assert say("not_found.need", ENGLISH, identity="N-7") == "there is no need N-7"


def test_doubled_braces_are_said_as_braces() -> None:
    said = say("file.mapping", SPANISH, file="mapa.json", reason="vacío")
    assert '{"columns": {' in said
    assert "{{" not in said


@pytest.mark.parametrize("language", Language)
def test_an_unknown_key_is_refused(language: Language) -> None:
    with pytest.raises(KeyError, match="no_such_sentence"):
        say("no_such_sentence", language)


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="identity"):
        say("not_found.need", SPANISH)


def test_an_error_says_the_same_rule_in_both_languages() -> None:
    error = FieldError("title", "missing")
    assert str(error) == error.say(ENGLISH) == "title is missing: write it and send the row again"
    assert error.say(SPANISH) == "falta title: escriba el dato y envíe de nuevo la fila"
