"""A need in somebody's own words, not stored."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.config import JsonDict

from matchmaker.domain import rules
from matchmaker.errors import FieldError
from matchmaker.knowledge.places import Place, state_code
from matchmaker.matching.facts import Asker

# Some four pages: encoding them takes a second or two, one text at a time, and anybody may ask.
LONGEST_QUESTION = 10_000

_EXAMPLE: JsonDict = {
    "text": "El agua de la tenería sale verde y con cromo, y no pasa la norma de descarga.",
    "state": "Guanajuato",
    "municipality": "León",
    "scian": ["3161"],
    "assimilation_level": 2,
    "k": 5,
}


class Question(BaseModel):
    """A need, and what is known of who has it."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]})

    text: str = Field(max_length=LONGEST_QUESTION, description="The need in Spanish or English, in one's own words.")
    state: str | None = Field(None, max_length=128, description="In Mexico a name or an INEGI code.")
    municipality: str | None = Field(None, max_length=128)
    country: str | None = Field(None, description="ISO 3166-1, two capital letters; MX where a state is given.")
    scian: list[str] = Field([], max_length=20, description="SCIAN codes of what the company does.")
    assimilation_level: int | None = Field(
        None, ge=1, le=5, description="How the company takes in technology: 1 uses what it buys, 5 own research."
    )
    k: int = Field(10, ge=1, le=100, description="How many matches.")

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Question":
        """The question of a request.

        Raises:
            RequestValidationError: the shape is wrong.
            FieldError: a value breaks a rule of the domain.
        """
        try:
            question = cls.model_validate(body)
        except ValidationError as error:
            found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
            raise RequestValidationError(found) from None
        if not question.text.strip():
            raise FieldError("text", "missing")
        if question.country is not None:
            rules.country("country", question.country)
        rules.codes("scian", question.scian)
        return question

    def asker(self) -> Asker:
        """Who asks.

        Raises:
            FieldError: no such state.
        """
        return Asker(self._place(), tuple(self.scian), self.assimilation_level)

    def _place(self) -> Place:
        if self.state is None and self.municipality is None:
            return Place(self.country)
        country = self.country or "MX"
        if self.state is None or country != "MX":
            return Place(country, self.state, self.municipality)
        return Place(country, state_code(self.state), self.municipality)
