"""The PostgreSQL that Stoa brings along: for laptops, demonstrations and tests.

`EmbeddedPostgres` runs it, `connect` finds the one that runs, `open_data_dir` does whichever is needed.
"""

from stoa.db.embedded.access import DataDir, connect, default_data_dir, open_data_dir
from stoa.db.embedded.server import EmbeddedPostgres

__all__ = ["DataDir", "EmbeddedPostgres", "connect", "default_data_dir", "open_data_dir"]
