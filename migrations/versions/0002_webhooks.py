"""webhooks to the outside, and events in the order they were told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those told before stay in the order of their ids: all have the instant of the migration.
    op.add_column(
        "events", sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))
    )
    op.alter_column("events", "told_at", server_default=sa.text("clock_timestamp()"))
    op.drop_index("events_unrelayed_idx", table_name="events")
    op.create_index(
        "events_unrelayed_idx",
        "events",
        ["store_id", "told_at"],
        unique=False,
        postgresql_where=sa.text("relayed_at IS NULL"),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(collation="C"), nullable=True),
        sa.Column("secret_number", sa.BigInteger(), nullable=False),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listens_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "disabled_reason IN ('gone', 'failing')", name=op.f("webhook_endpoints_disabled_reason_known_check")
        ),
        sa.CheckConstraint("secret_number > 0", name=op.f("webhook_endpoints_secret_number_positive_check")),
        sa.CheckConstraint(
            "NOT (is_active AND removed_at IS NOT NULL)", name=op.f("webhook_endpoints_removed_is_inactive_check")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("webhook_endpoints_not_negative_check")),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("webhook_endpoints_pkey")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(collation="C"), nullable=False),
        sa.Column("is_next", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_reason", sa.Text(collation="C"), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("webhook_deliveries_state_known_check")
        ),
        sa.CheckConstraint(
            "last_reason IN ('status', 'redirect', 'timeout', 'connection', 'tls', 'name', 'address')",
            name=op.f("webhook_deliveries_last_reason_known_check"),
        ),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)",
            name=op.f("webhook_deliveries_delivered_at_a_time_check"),
        ),
        sa.CheckConstraint("state = 'waiting' OR NOT is_next", name=op.f("webhook_deliveries_next_waits_check")),
        sa.CheckConstraint("attempts >= 0", name=op.f("webhook_deliveries_not_negative_check")),
        sa.ForeignKeyConstraint(
            ["store_id", "endpoint_id"],
            ["webhook_endpoints.store_id", "webhook_endpoints.id"],
            name=op.f("webhook_deliveries_endpoint_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("webhook_deliveries_pkey")),
        sa.UniqueConstraint("store_id", "endpoint_id", "event_id", name=op.f("webhook_deliveries_once_key")),
    )
    for name, columns, where in (
        ("webhook_deliveries_turns_idx", ["endpoint_id", "subject_id", "told_at"], "state = 'waiting'"),
        ("webhook_deliveries_due_idx", ["endpoint_id", "next_attempt_at"], "is_next"),
        ("webhook_deliveries_open_idx", ["endpoint_id", "state", "event_id"], "state <> 'delivered'"),
        ("webhook_deliveries_event_id_idx", ["event_id"], None),
    ):
        op.create_index(
            name, "webhook_deliveries", ["store_id", *columns], unique=False, postgresql_where=where and sa.text(where)
        )
    op.create_index(
        "webhook_deliveries_one_at_a_time_key",
        "webhook_deliveries",
        ["store_id", "endpoint_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("is_next"),
    )
