"""Alembic's entry: runs on the connection that `stoa.db.migrate` opened."""

from typing import Any

from alembic import context

from stoa.db.tables import metadata


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Partitions and the queue's tables are not in the models, and not Alembic's business."""
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    transaction_per_migration=True,
    include_name=is_ours,
    on_version_apply=context.config.attributes["on_version_apply"],
)
with context.begin_transaction():
    context.run_migrations()
