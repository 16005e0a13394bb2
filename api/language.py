"""Which language a request is answered in."""

import re

from matchmaker.texts import SPANISH, Language

_QUALITY = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)


def preferred(header: str) -> Language:
    """
    The language that an ``Accept-Language`` header (RFC 9110, section 12.5.4) likes best; Spanish where it names
    none of ours, or two of them equally.
    """
    liked = dict.fromkeys(Language, 0.0)
    for choice in header.split(","):
        tag, _, parameters = choice.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        wanted = SPANISH if primary == "*" else next((own for own in Language if own.value == primary), None)
        if wanted is not None:
            liked[wanted] = max(liked[wanted], _quality(parameters))
    return max(liked, key=lambda language: (liked[language], language is SPANISH))


def _quality(parameters: str) -> float:
    if not parameters.strip():
        return 1.0
    found = _QUALITY.fullmatch(parameters)
    return float(found[1]) if found else 0.0
