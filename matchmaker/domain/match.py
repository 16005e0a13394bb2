"""Matches between a need and an offer, and what people say of them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from matchmaker.domain import rules
from matchmaker.domain.terms import Phase, Reason, Verdict
from matchmaker.errors import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """
    A need and an offer that the engine brought together.

    Attributes:
        score: similarity in [-1, 1].
        probability: calibrated chance in [0, 1] that the offer answers the need; ``None`` where the encoder in use
            has no calibration.
        encoder: digest of the encoder that made the score.
    """

    id: UUID = field(default_factory=rules.new_id)
    need: UUID
    offer: UUID
    score: float
    probability: float | None
    encoder: str
    proposed_at: datetime
    phase: Phase = Phase.PROPOSED

    def __post_init__(self) -> None:
        rules.utc("proposed_at", self.proposed_at)
        if not -1.001 <= self.score <= 1.001:  # unit vectors in float32 overshoot by rounding
            raise FieldError("score", "range", value=self.score, low=-1, high=1)
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise FieldError("probability", "range", value=self.probability, low=0, high=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What one side says of an offer for a need: useful, or refused for a reason."""

    id: UUID = field(default_factory=rules.new_id)
    need: UUID
    offer: UUID
    organization: UUID
    verdict: Verdict
    reason: Reason | None = None
    note: str = ""
    given_at: datetime

    def __post_init__(self) -> None:
        rules.utc("given_at", self.given_at)
        rules.text("note", self.note, 2000)
        if self.verdict is Verdict.REFUSED and self.reason is None:
            raise FieldError("reason", "choice", value="", choices=", ".join(Reason))
