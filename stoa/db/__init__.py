"""PostgreSQL, the only thing that keeps state: models' base, transactions, roles, policies, migrations."""
