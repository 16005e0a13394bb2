"""JSON as people write it: read, or refused with the rule it breaks."""

import json
import re
from typing import Any

# Characters shown on each side of the place where reading stopped.
_AROUND = 20
# Levels of brackets beyond which a text is looked at as nested too deeply, and a length of number as too long.
_DEEP = 100
_LONG_NUMBER = re.compile(r"\d{1000}", re.ASCII)


class Unreadable(ValueError):
    """
    A text that is not JSON.

    Attributes:
        rule: ``json`` (the syntax), ``nested`` (too deeply) or ``digits`` (a number too long to read).
        at: character at which reading stopped, counted from 0, as well as can be told.
        values: what the rule's sentence is filled with.
    """

    def __init__(self, rule: str, at: int = 0, **values: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.at = at
        self.values = values


def parse(text: str) -> Any:
    """
    The value of a JSON text; ``NaN`` and the infinities, with which tables write an empty cell, are ``None``.

    Raises:
        Unreadable: it is not JSON.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - _AROUND) : error.pos + _AROUND]
        raise Unreadable("json", error.pos, position=error.pos + 1, value=near) from None
    except RecursionError:
        raise Unreadable("nested", _deep(text)) from None
    except ValueError:  # Python reads no number of more than some thousand digits
        number = _LONG_NUMBER.search(text)
        raise Unreadable("digits", number.start() if number else 0) from None


def _deep(text: str) -> int:
    """Where a text goes deep, without regard to brackets inside quotation marks."""
    depth = 0
    for bracket in re.finditer(r"[\[{\]}]", text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > _DEEP:
            return bracket.start()
    return 0
