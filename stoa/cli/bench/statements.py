"""The benchmark's own SQL, kept in `sql/`: a name such as $store in it stands for a value given here."""

from datetime import datetime
from pathlib import Path
from string import Template
from uuid import UUID

FOLDER = Path(__file__).parent / "sql"


def script(name: str, /, **values: UUID | datetime | bool | int | str) -> str:
    """The statements of `sql/<name>.sql` with these values in their places. All of them are the benchmark's own."""
    return Template((FOLDER / f"{name}.sql").read_text()).substitute(values)
