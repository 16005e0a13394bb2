"""The closed lists of the field: each value is spelled as files and the API spell it."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """Who an organization is to the network."""

    COMPANY = "company"
    TTO = "tto"
    CHAMBER = "chamber"
    NETWORK = "network"


class CompanySize(StrEnum):
    """Size of a company, in the four classes of Mexico's Ley para el Desarrollo de la Competitividad de la MIPYME."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class OfferKind(StrEnum):
    """What is offered."""

    PATENT = "patent"
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"
    PLANT_VARIETY = "plant_variety"
    SOFTWARE = "software"
    KNOW_HOW = "know_how"
    CAPABILITY = "capability"


class Stage(StrEnum):
    """Stage of development, as the Enterprise Europe Network profile names it."""

    CONCEPT = "concept"
    UNDER_DEVELOPMENT = "under development"
    LAB_TESTED = "lab tested"
    DEMONSTRATION = "available for demonstration"
    ON_THE_MARKET = "already on the market"


# TRL ↔ stage as domain practice reads them: 4 is laboratory validation.
STAGE_TRL: dict[Stage, tuple[int, int]] = {
    Stage.CONCEPT: (1, 2),
    Stage.UNDER_DEVELOPMENT: (3, 3),
    Stage.LAB_TESTED: (4, 5),
    Stage.DEMONSTRATION: (6, 8),
    Stage.ON_THE_MARKET: (9, 9),
}


def stage_of(trl: int) -> Stage:
    """The stage that a technology readiness level (1–9) belongs to."""
    return next(stage for stage, (low, high) in STAGE_TRL.items() if low <= trl <= high)


class IprStatus(StrEnum):
    """How the knowledge is protected, as the Enterprise Europe Network profile names it."""

    NONE = "none applied"
    SECRET = "secret know-how"  # noqa: S105 - a kind of protection
    APPLIED = "applied not granted"
    GRANTED = "granted"


class LicenceAvailability(StrEnum):
    """Whether a licence can be had. Silence is ``unknown``, never ``available``."""

    AVAILABLE = "available"
    EXCLUSIVE = "exclusively_licensed"
    NON_EXCLUSIVE = "non_exclusively_licensed"
    NOT_FOR_LICENSING = "not_for_licensing"
    UNKNOWN = "unknown"


class Right(StrEnum):
    """A registered right."""

    PATENT = "patent"
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"
    PLANT_VARIETY = "plant_variety"


class LegalState(StrEnum):
    """State of a right in one jurisdiction, after WIPO ST.27 and IFI usage."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    IN_GRACE = "in_grace"
    LAPSED_RESTORABLE = "lapsed_restorable"
    LAPSED_FINAL = "lapsed_final"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    REVOKED = "revoked"
    NO_RIGHT_HERE = "no_right_here"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    """What happened to a right."""

    FILING = "filing"
    PRIORITY = "priority"
    PUBLICATION = "publication"
    GRANT = "grant"
    FEE_PAID = "fee_paid"
    FEE_MISSED = "fee_missed"
    LAPSE = "lapse"
    RESTORATION = "restoration"
    EXPIRY = "expiry"
    WITHDRAWAL = "withdrawal"
    REFUSAL = "refusal"
    REVOCATION = "revocation"
    ASSIGNMENT = "assignment"
    LICENCE = "licence"
    NATIONAL_PHASE_NOT_ENTERED = "national_phase_not_entered"
    OTHER = "other"


class Visibility(StrEnum):
    """Who may see a need: everybody; everybody but not whose it is; its company, the engine and its coordinator."""

    PUBLIC = "public"
    ANONYMOUS = "anonymous"
    PRIVATE = "private"


class NeedStatus(StrEnum):
    """Where a need is in its own life. Expiry is not a status: it follows from the date."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class Phase(StrEnum):
    """Where a match is on its way from a proposal to an agreement."""

    PROPOSED = "proposed"
    INTEREST = "interest"
    ACCEPTED = "accepted"
    INTRODUCED = "introduced"
    MEETING = "meeting"
    NDA = "nda"
    NEGOTIATION = "negotiation"
    AGREEMENT = "agreement"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What a person says of a proposed match."""

    USEFUL = "useful"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a match was refused."""

    TOO_EARLY = "too_early"
    WRONG_PROBLEM = "wrong_technical_problem"
    BENEFIT_UNCLEAR = "benefit_unclear"
    ROUTE_UNCLEAR = "commercial_route_unclear"
    DESCRIPTION_UNCLEAR = "description_unclear"
    ALREADY_SOLVED = "already_solved"
    PRICE_OR_TERMS = "price_or_terms"
    TOO_FAR = "too_far_away"
    SIZE = "not_a_fit_for_our_size"
    LEGAL_STATUS = "legal_status"
    OTHER = "other"
