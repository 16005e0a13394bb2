"""First schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column(
            "revision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("entity", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(length=8), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=128), nullable=True),
        sa.Column("municipality", sa.String(length=128), nullable=True),
        sa.Column("size", sa.String(length=16), nullable=True),
        sa.Column("assimilation_level", sa.SmallInteger(), nullable=True),
        sa.Column("scian", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("name", name=op.f("uq_organizations_name")),
    )
    op.create_table(
        "needs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("short_summary", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("annex", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("publication_date", sa.Date(), nullable=False),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("types_of_partnership", sa.JSON(), nullable=False),
        sa.Column("technology_keywords", sa.JSON(), nullable=False),
        sa.Column("market_keywords", sa.JSON(), nullable=False),
        sa.Column("sdg_keywords", sa.JSON(), nullable=False),
        sa.Column("targeted_countries", sa.JSON(), nullable=False),
        sa.Column("scian", sa.JSON(), nullable=False),
        sa.Column("ipc", sa.JSON(), nullable=False),
        sa.Column("cpc", sa.JSON(), nullable=False),
        sa.Column("hs", sa.JSON(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=128), nullable=True),
        sa.Column("municipality", sa.String(length=128), nullable=True),
        sa.Column("expected_role_of_the_partner", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("technical_specification_or_expertise_sought", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("deadline_for_eoi", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.id"],
            name=op.f("fk_needs_organization_organizations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("organization", "reference", name=op.f("uq_needs_organization_reference")),
    )
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_needs_visibility_status"), ["visibility", "status"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("short_summary", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("annex", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("publication_date", sa.Date(), nullable=False),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("types_of_partnership", sa.JSON(), nullable=False),
        sa.Column("technology_keywords", sa.JSON(), nullable=False),
        sa.Column("market_keywords", sa.JSON(), nullable=False),
        sa.Column("sdg_keywords", sa.JSON(), nullable=False),
        sa.Column("targeted_countries", sa.JSON(), nullable=False),
        sa.Column("scian", sa.JSON(), nullable=False),
        sa.Column("ipc", sa.JSON(), nullable=False),
        sa.Column("cpc", sa.JSON(), nullable=False),
        sa.Column("hs", sa.JSON(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=128), nullable=True),
        sa.Column("municipality", sa.String(length=128), nullable=True),
        sa.Column("expected_role_of_the_partner", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("advantages_and_innovation", sa.Text(), nullable=False),
        sa.Column("stage_of_development", sa.String(length=32), nullable=True),
        sa.Column("trl", sa.SmallInteger(), nullable=True),
        sa.Column("mrl", sa.SmallInteger(), nullable=True),
        sa.Column("ipr_status", sa.String(length=32), nullable=True),
        sa.Column("ipr_notes", sa.Text(), nullable=False),
        sa.Column("deliverable_remotely", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.id"],
            name=op.f("fk_offers_organization_organizations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("organization", "reference", name=op.f("uq_offers_organization_reference")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_kind"), ["kind"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("offer", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need"], ["needs.id"], name=op.f("fk_feedback_need_needs"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"], name=op.f("fk_feedback_offer_offers"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organization"],
            ["organizations.id"],
            name=op.f("fk_feedback_organization_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_need"), ["need"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_offer"), ["offer"], unique=False)

    op.create_table(
        "legal_statuses",
        sa.Column("offer", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), nullable=False),
        sa.Column("right", sa.String(length=16), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("application_number", sa.String(length=64), nullable=True),
        sa.Column("grant_number", sa.String(length=64), nullable=True),
        sa.Column("filing_date", sa.Date(), nullable=True),
        sa.Column("grant_date", sa.Date(), nullable=True),
        sa.Column("next_due_date", sa.Date(), nullable=True),
        sa.Column("restorable_until", sa.Date(), nullable=True),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer"], ["offers.id"], name=op.f("fk_legal_statuses_offer_offers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer", "jurisdiction", "right", name=op.f("pk_legal_statuses")),
    )
    with op.batch_alter_table("legal_statuses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_statuses_state"), ["state"], unique=False)

    op.create_table(
        "licensing",
        sa.Column("offer", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=2), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("availability", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"], name=op.f("fk_licensing_offer_offers"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer", "jurisdiction", name=op.f("pk_licensing")),
    )
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Uuid(), nullable=False),
        sa.Column("offer", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("encoder", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["need"], ["needs.id"], name=op.f("fk_matches_need_needs"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"], name=op.f("fk_matches_offer_offers"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint("need", "offer", name=op.f("uq_matches_need_offer")),
    )
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_matches_offer"), ["offer"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("matches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_matches_offer"))

    op.drop_table("matches")
    op.drop_table("licensing")
    with op.batch_alter_table("legal_statuses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_statuses_state"))

    op.drop_table("legal_statuses")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_offer"))
        batch_op.drop_index(batch_op.f("ix_feedback_need"))

    op.drop_table("feedback")
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offers_kind"))

    op.drop_table("offers")
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_needs_visibility_status"))

    op.drop_table("needs")
    op.drop_table("organizations")
    op.drop_table("changes")
