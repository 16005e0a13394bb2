"""The tables. A column is named after the field it holds; lists of plain words are JSON arrays."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; a moment without a zone is a bug of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows only when the key is an INTEGER.
_Sequence = BigInteger().with_variant(Integer, "sqlite")


def _identity() -> Column[Any]:
    return Column("id", Uuid, primary_key=True)


def _words(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


def _moments() -> list[Column[Any]]:
    return [
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
    ]


def _place() -> list[Column[Any]]:
    return [
        Column("country", String(2), nullable=False),
        Column("state", String(128)),
        Column("municipality", String(128)),
    ]


def _profile() -> list[Any]:
    return [
        _identity(),
        Column("organization", Uuid, ForeignKey("organizations.id", ondelete="RESTRICT"), nullable=False),
        Column("reference", String(128), nullable=False),
        Column("title", String(256), nullable=False),
        Column("short_summary", String(500), nullable=False),
        Column("description", Text, nullable=False),
        Column("annex", Text, nullable=False),
        Column("language", String(2), nullable=False),
        Column("publication_date", Date, nullable=False),
        Column("expiration_date", Date),
        _words("types_of_partnership"),
        _words("technology_keywords"),
        _words("market_keywords"),
        _words("sdg_keywords"),
        _words("targeted_countries"),
        _words("scian"),
        _words("ipc"),
        _words("cpc"),
        _words("hs"),
        *_place(),
        Column("expected_role_of_the_partner", Text, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("text_digest", String(64), nullable=False),
        *_moments(),
        UniqueConstraint("organization", "reference"),
    ]


organizations = Table(
    "organizations",
    metadata,
    _identity(),
    Column("name", String(256), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    *_place(),
    Column("size", String(16)),
    Column("assimilation_level", SmallInteger),
    _words("scian"),
    *_moments(),
)

needs = Table(
    "needs",
    metadata,
    *_profile(),
    Column("technical_specification_or_expertise_sought", Text, nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("deadline_for_eoi", Date),
    Index(None, "visibility", "status"),
)

offers = Table(
    "offers",
    metadata,
    *_profile(),
    Column("kind", String(16), nullable=False, index=True),
    Column("advantages_and_innovation", Text, nullable=False),
    Column("stage_of_development", String(32)),
    Column("trl", SmallInteger),
    Column("mrl", SmallInteger),
    Column("ipr_status", String(32)),
    Column("ipr_notes", Text, nullable=False),
    Column("deliverable_remotely", Boolean),
)

legal_statuses = Table(
    "legal_statuses",
    metadata,
    Column("offer", Uuid, ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True),
    Column("jurisdiction", String(2), primary_key=True),
    Column("right", String(16), primary_key=True),
    Column("position", SmallInteger, nullable=False),
    Column("state", String(24), nullable=False, index=True),
    Column("application_number", String(64)),
    Column("grant_number", String(64)),
    Column("filing_date", Date),
    Column("grant_date", Date),
    Column("next_due_date", Date),
    Column("restorable_until", Date),
    Column("events", JSON, nullable=False),
    Column("source", String(256), nullable=False),
    Column("read_on", Date),
)

licensing = Table(
    "licensing",
    metadata,
    Column("offer", Uuid, ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True),
    Column("jurisdiction", String(2), primary_key=True),
    Column("position", SmallInteger, nullable=False),
    Column("availability", String(32), nullable=False),
    Column("evidence", String(500), nullable=False),
    Column("read_on", Date),
)

matches = Table(
    "matches",
    metadata,
    _identity(),
    Column("need", Uuid, ForeignKey("needs.id", ondelete="CASCADE"), nullable=False),
    Column("offer", Uuid, ForeignKey("offers.id", ondelete="CASCADE"), nullable=False),
    Column("score", Float, nullable=False),
    Column("probability", Float),
    Column("encoder", String(64), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("phase", String(16), nullable=False),
    UniqueConstraint("need", "offer"),
    Index(None, "offer"),
)

feedback = Table(
    "feedback",
    metadata,
    _identity(),
    Column("need", Uuid, ForeignKey("needs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("offer", Uuid, ForeignKey("offers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("organization", Uuid, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(32)),
    Column("note", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("revision", _Sequence, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False),
    Column("entity", Uuid, nullable=False),
    Column("operation", String(8), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
