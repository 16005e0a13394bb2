"""The shapes of answers, as the OpenAPI document describes them."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from matchmaker.domain.legal_status import LegalStatus
from matchmaker.domain.offer import Licensing
from matchmaker.domain.terms import IprStatus, NeedStatus, OfferKind, Stage, Visibility


class ProfileShown(BaseModel):
    """What needs and offers share."""

    id: UUID
    owner: str
    reference: str | None = None
    title: str
    short_summary: str
    description: str
    annex: str | None = Field(None, description="What the office's own text holds beyond; left out of pages.")
    language: str
    publication_date: date
    expiration_date: date | None
    types_of_partnership: list[str]
    technology_keywords: list[str]
    market_keywords: list[str]
    sdg_keywords: list[str]
    targeted_countries: list[str]
    scian: list[str] | None = None
    ipc: list[str]
    cpc: list[str]
    hs: list[str] | None = None
    country: str | None = None
    state: str | None = Field(None, description="INEGI two-digit code in Mexico.")
    municipality: str | None = None
    expected_role_of_the_partner: str


class NeedShown(ProfileShown):
    """A need. Of an anonymous one the company is known by region and subsectors only."""

    technical_specification_or_expertise_sought: str
    visibility: Visibility
    status: NeedStatus
    deadline_for_eoi: date | None
    region: str | None = Field(description="Region of Red OTT México.")
    subsectors: list[str] = Field(description="SCIAN codes of three digits.")


class OfferShown(ProfileShown):
    """An offer, with its legal status and licensing in every jurisdiction."""

    kind: OfferKind
    advantages_and_innovation: str
    stage_of_development: Stage | None
    trl: int | None
    mrl: int | None
    ipr_status: IprStatus | None
    ipr_notes: str
    deliverable_remotely: bool | None
    legal_status: list[LegalStatus]
    licensing: list[Licensing]


class NeedPage(BaseModel):
    """Needs in the order they were made; ``next`` is where the next page begins, if there is one."""

    needs: list[NeedShown]
    next: UUID | None


class OfferPage(BaseModel):
    """Offers in the order they were made; ``next`` is where the next page begins, if there is one."""

    offers: list[OfferShown]
    next: UUID | None


class FactorShown(BaseModel):
    """A fact about a pair: one word of its own scale, and a sentence."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(examples=["nearness"])
    value: str = Field(examples=["same_state"])
    text: str = Field(examples=["mismo estado"])


class EvidenceShown(BaseModel):
    """A sentence of the need and the sentence of the offer nearest to it."""

    need: str
    offer: str
    similarity: float = Field(ge=-1.001, le=1.001)


class MatchShown(BaseModel):
    """How well a pair fits, and why. ``probability`` is null where the encoder has no calibration."""

    model_config = ConfigDict(extra="allow")

    rank: int = Field(ge=1)
    title: str
    language: str
    owner: str
    score: float = Field(ge=-1.001, le=1.001)
    probability: float | None = Field(ge=0, le=1)
    factors: list[FactorShown]
    evidence: list[EvidenceShown]


class OfferMatchShown(MatchShown):
    """An offer found for a need."""

    offer_id: UUID
    reference: str
    kind: OfferKind


class NeedMatchShown(MatchShown):
    """An open need found for an offer, with as much of its company as may be shown."""

    need_id: UUID
    visibility: Visibility
    region: str | None
    subsectors: list[str]


class OfferMatches(BaseModel):
    """Offers, best first, and the digest of the encoder that made the scores."""

    matches: list[OfferMatchShown]
    encoder: str


class NeedMatches(BaseModel):
    """Needs, best first, and the digest of the encoder that made the scores."""

    matches: list[NeedMatchShown]
    encoder: str


class FieldProblem(BaseModel):
    """What is wrong with one value: where it stands, and what to do."""

    pointer: str | None = Field(None, description="JSON pointer into the body.", examples=["#/state"])
    parameter: str | None = Field(None, description="Name of the parameter.", examples=["limit"])
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457), in the language asked for."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Contenido no procesable"])
    status: int = Field(examples=[422])
    detail: str
    instance: str = Field(description="Path of the request.", examples=["/v1/needs"])
    errors: list[FieldProblem] | None = None


class Health(BaseModel):
    """How the process is."""

    status: str = Field(examples=["ok"])
