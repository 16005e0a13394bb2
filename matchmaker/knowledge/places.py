"""
The states of Mexico, the regions of Red OTT México, and how near two places are.

Source of the tables: INEGI (codes, names, boundaries) and Red OTT México (regions, coordinators).
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files
from typing import Any

from rapidfuzz import fuzz

from matchmaker.errors import FieldError

__all__ = [
    "REGIONS",
    "STATES",
    "SUGGESTION_CUTOFF",
    "InvalidCountry",
    "Nearness",
    "Place",
    "Region",
    "State",
    "UnknownState",
    "find_state",
    "nearness",
    "state_code",
]

SUGGESTION_CUTOFF = 80.0
"""Lowest similarity (rapidfuzz ``WRatio``, 0–100) at which a state is suggested for an unknown text."""

_MOST_SUGGESTIONS = 3
_SHORTEST_SUGGESTIBLE = 4
"""Letters below which part of almost any name looks like a match."""


class UnknownState(LookupError):
    """
    A text that names no Mexican state.

    Attributes:
        text: what was looked for, as given.
        suggestions: names of up to three states it may have meant, best first; may be empty.
    """

    def __init__(self, text: str, suggestions: tuple[str, ...]) -> None:
        super().__init__(text, suggestions)
        self.text = text
        self.suggestions = suggestions


class InvalidCountry(ValueError):
    """A country that is not written as two capital letters; the text is in ``country``."""

    def __init__(self, country: str) -> None:
        super().__init__(country)
        self.country = country


@dataclass(frozen=True, slots=True)
class Region:
    """One of the seven regions of Red OTT México, with the institution that coordinates it."""

    key: str
    name: str
    coordinator: str


@dataclass(frozen=True, slots=True)
class State:
    """A Mexican state: INEGI two-digit code, everyday name, key of its region, codes of its neighbours."""

    code: str
    name: str
    region: str
    adjacent: frozenset[str]


class Nearness(IntEnum):
    """
    How near two places are, from nothing known to the same municipality.

    A grade says what is known at least: two places in one country of which one names no state are COUNTRY.
    """

    UNKNOWN = 0
    ABROAD = 1
    COUNTRY = 2
    ADJACENT_STATE = 3
    SAME_REGION = 4
    SAME_STATE = 5
    SAME_MUNICIPALITY = 6


def _fold(text: str) -> str:
    """Letters and digits of a text, without accents, case, dots, hyphens or spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def _read_tables() -> dict[str, Any]:
    source = files("matchmaker.knowledge").joinpath("data", "places.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


_TABLES = _read_tables()

REGIONS: dict[str, Region] = {
    key: Region(key, row["name"], row["coordinator"]) for key, row in _TABLES["regions"].items()
}
"""The regions by key."""

STATES: dict[str, State] = {
    code: State(code, row["name"], row["region"], frozenset(row["adjacent"])) for code, row in _TABLES["states"].items()
}
"""The 32 states by INEGI code, "01" to "32"."""

_CODE_OF_SPELLING = {
    _fold(spelling): code for code, row in _TABLES["states"].items() for spelling in (row["name"], *row["spellings"])
}
_COUNTRY_NAMES = frozenset(map(_fold, _TABLES["country_names"]))
_NAMED_LIKE_THE_COUNTRY = tuple(STATES[code].name for code in _TABLES["states_named_like_the_country"])
_REGION_AND_ALLIANCES = {
    code: {state.region} | {key for key, members in _TABLES["alliances"].items() if code in members}
    for code, state in STATES.items()
}
_BORDER_STATE_OF_SPELLING = {
    _fold(spelling): key for key, row in _TABLES["border"].items() for spelling in row["spellings"]
}
_FACES: dict[str, frozenset[str]] = {key: frozenset(row["faces"]) for key, row in _TABLES["border"].items()}


def find_state(text: str) -> State:
    """
    The state named by an INEGI code ("1", "01"), a name or a usual spelling ("Edo. Méx.", "N.L.").

    Accents, case, dots, hyphens and spaces of a name do not count. "México" alone is the country.

    Raises:
        UnknownState: the text names no state; it carries suggestions.
    """
    code = text.strip().zfill(2)
    if code not in STATES:
        code = _CODE_OF_SPELLING.get(_fold(text), "")
    if not code:
        raise UnknownState(text, _suggest(text))
    return STATES[code]


def state_code(text: str) -> str:
    """
    The INEGI code of the state a form's or a file's field ``state`` names.

    Raises:
        FieldError: no such state; it says which are meant perhaps.
    """
    try:
        return find_state(text).code
    except UnknownState as error:
        if error.suggestions:
            raise FieldError("state", "state_near", value=text, suggestions=", ".join(error.suggestions)) from None
        raise FieldError("state", "state", value=text) from None


def _suggest(text: str) -> tuple[str, ...]:
    folded = _fold(text)
    if folded in _COUNTRY_NAMES:
        return _NAMED_LIKE_THE_COUNTRY
    if len(folded) < _SHORTEST_SUGGESTIBLE:
        return ()
    scores: dict[str, float] = {}
    for spelling, code in _CODE_OF_SPELLING.items():
        if len(spelling) > _SHORTEST_SUGGESTIBLE:
            scores[code] = max(scores.get(code, 0.0), fuzz.WRatio(folded, spelling))
    close = [code for code in scores if scores[code] >= SUGGESTION_CUTOFF]
    best = sorted(close, key=lambda code: (-scores[code], code))
    return tuple(STATES[code].name for code in best[:_MOST_SUGGESTIONS])


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where somebody is; every part may be unknown.

    Attributes:
        country: ISO 3166-1 code of two capital letters.
        state: INEGI code in Mexico ("14"), free text elsewhere.
        municipality: its name.

    Raises:
        InvalidCountry: the country is not two capital letters.
        UnknownState: the country is Mexico and the state is not an INEGI code.
    """

    country: str | None = None
    state: str | None = None
    municipality: str | None = None

    def __post_init__(self) -> None:
        if self.country is not None and not re.fullmatch("[A-Z]{2}", self.country):
            raise InvalidCountry(self.country)
        if self.country == "MX" and self.state is not None and self.state not in STATES:
            raise UnknownState(self.state, _suggest(self.state))


def nearness(a: Place, b: Place) -> Nearness:
    """
    How near two places are; the order of the two does not matter.

    The alliance Centro-Bajío-Occidente counts as a region. A US state counts as adjacent to the
    Mexican states it faces across the border. Names are compared without accents or case.
    """
    if a.country is None or b.country is None:
        return Nearness.UNKNOWN
    if a.country != b.country:
        return Nearness.ADJACENT_STATE if _face_each_other(a, b) else Nearness.ABROAD
    state_a, state_b = _state_key(a), _state_key(b)
    if not state_a or not state_b:
        return Nearness.COUNTRY
    if state_a == state_b:
        return Nearness.SAME_MUNICIPALITY if _same_municipality(a, b) else Nearness.SAME_STATE
    return _between_mexican_states(state_a, state_b) if a.country == "MX" else Nearness.COUNTRY


def _between_mexican_states(a: str, b: str) -> Nearness:
    if _REGION_AND_ALLIANCES[a] & _REGION_AND_ALLIANCES[b]:
        return Nearness.SAME_REGION
    return Nearness.ADJACENT_STATE if b in STATES[a].adjacent else Nearness.COUNTRY


def _face_each_other(a: Place, b: Place) -> bool:
    state_in = {a.country: _state_key(a), b.country: _state_key(b)}
    return state_in.get("MX", "") in _FACES.get(state_in.get("US", ""), frozenset())


def _state_key(place: Place) -> str:
    """What two places in one state have in common; empty where the state is not known."""
    if place.country == "MX":
        return place.state or ""
    folded = _fold(place.state or "")
    return _BORDER_STATE_OF_SPELLING.get(folded, folded) if place.country == "US" else folded


def _same_municipality(a: Place, b: Place) -> bool:
    municipality = _fold(a.municipality or "")
    return bool(municipality) and municipality == _fold(b.municipality or "")
