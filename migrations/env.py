"""Alembic's entry: runs on the connection that `stoa.db.migrate` opened."""

from alembic import context

from stoa.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, compare_type=True, transaction_per_migration=True,
    include_name=lambda name, kind, parents: kind != "table" or name in metadata.tables,
)  # fmt: skip
with context.begin_transaction():
    context.run_migrations()
