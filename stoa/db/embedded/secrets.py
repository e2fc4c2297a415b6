"""The secrets of a data directory: the roles' passwords and the key that tokens are derived from.

They are made once, stand in `secrets.json` for its owner alone, and are never shown.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from stoa.db.embedded.account import name_of
from stoa.db.embedded.errors import Damaged, WrongOwner

FILE = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """One password for each role, and the installation's secret key (256 bits as hexadecimal text)."""

    postgres: str = field(repr=False)
    stoa_owner: str = field(repr=False)
    stoa_server: str = field(repr=False)
    stoa_reader: str = field(repr=False)
    secret_key: str = field(repr=False)

    @property
    def role_passwords(self) -> dict[str, str]:
        """The passwords of Stoa's three roles by their names."""
        return {"stoa_owner": self.stoa_owner, "stoa_server": self.stoa_server, "stoa_reader": self.stoa_reader}


def read_secrets(data_dir: Path) -> Secrets:
    """The secrets of a data directory that has some."""
    path = data_dir / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Secrets(**{item.name: str(content[item.name]) for item in fields(Secrets)})
    except PermissionError as error:
        owner = name_of(path.stat().st_uid) if os.access(data_dir, os.X_OK) else "somebody else"
        raise WrongOwner(path=str(path), owner=owner, you=name_of(os.geteuid())) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(data_dir=str(data_dir), reason=f"{FILE} cannot be read") from error
    except FileNotFoundError as error:
        raise Damaged(data_dir=str(data_dir), reason=f"{FILE} is missing") from error


def make_secrets(data_dir: Path) -> Secrets:
    """Make them, once: written whole under another name first, so that a crash leaves all or nothing."""
    if (data_dir / FILE).exists():
        return read_secrets(data_dir)
    made = Secrets(
        *(secrets.token_hex(32) if item.name == "secret_key" else secrets.token_hex(16) for item in fields(Secrets))
    )
    write_private(data_dir / FILE, json.dumps(asdict(made), indent=1) + "\n")
    return made


def write_private(path: Path, content: str) -> None:
    """Put a file in place whole, readable by its owner only, which is the owner of its folder."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
