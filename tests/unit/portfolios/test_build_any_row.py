"""Rows of any content: a draft, or a field with the rule it breaks."""

import json
from typing import Any
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from matchmaker.errors import FieldError
from matchmaker.portfolios.build import KNOWN, draft
from matchmaker.portfolios.mapping import Mapping
from matchmaker.texts import ENGLISH, SPANISH
from tests.factories import DAY

SOMEBODY = UUID(int=1)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_LIKELY = st.sampled_from(
    ["P-1", "request", "patent", "Jalisco", "2026-03-31", "7", "MX", "available", "[]", "[{}]", "sí", "x" * 5_000]
)
_PART = st.dictionaries(
    st.sampled_from(["jurisdiction", "right", "state", "events", "availability", "date", "kind", "evidence", "source"]),
    _LIKELY | _JSON,
)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)) | st.text(), _LIKELY | st.lists(_PART, max_size=2) | _JSON))
@example({"legal_status": [{"jurisdiction": "MX"}]})
@example({"legal_status": [{"jurisdiction": "MX", "right": "patent", "state": "unknown", "events": [{}]}]})
@example({"licensing": [{}]})
@example({"owner": "x" * 1_000})
@example({"trl": "9" * 5_000})
def test_any_json_object_is_a_draft_or_a_field_with_a_rule(content: dict[str, Any]) -> None:
    likely = {"reference": "P-1", "title": "Bomba"} | content
    try:
        draft(Mapping().apply(likely), "OTT del Bajío").build(SOMEBODY, None, DAY)
    except FieldError as error:
        assert error.say(SPANISH) != error.say(ENGLISH)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)), _LIKELY | _JSON.map(lambda value: json.dumps(value))))
def test_any_cells_are_a_draft_or_a_field_with_a_rule(cells: dict[str, str]) -> None:
    try:
        draft({name: cell for name, cell in cells.items() if cell.strip()}, "OTT").build(SOMEBODY, None, DAY)
    except FieldError as error:
        assert error.field.partition(".")[0] in KNOWN
