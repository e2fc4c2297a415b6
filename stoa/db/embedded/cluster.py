"""The files of the embedded PostgreSQL: made whole or not at all, and looked at before they are used."""

import os
import shutil
import subprocess
from pathlib import Path

from stoa.db.binaries import MAJOR, bin_path, environment
from stoa.db.embedded.account import Account, name_of
from stoa.db.embedded.errors import Damaged, OlderData, WrongOwner, explain
from stoa.db.embedded.secrets import Secrets
from stoa.db.embedded.tuning import memory_bytes, render, settings

CONF = "stoa.conf"


def inspect_cluster(pgdata: Path, data_dir: Path) -> None:
    """Refuse files of another version, of somebody else, or with their beginning missing."""
    owner = pgdata.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise WrongOwner(path=str(data_dir), owner=name_of(owner), you=name_of(os.geteuid()))
    version = pgdata / "PG_VERSION"
    try:
        found = version.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError) as error:
        raise Damaged(data_dir=str(data_dir), reason=f"{version} cannot be read") from error
    if found != str(MAJOR):
        raise OlderData(data_dir=str(data_dir), found=found, wanted=str(MAJOR))


def make_cluster(pgdata: Path, *, data_dir: Path, account: Account, secrets: Secrets) -> None:
    """Run initdb beside the final place and move the result there, so that an interrupted one is begun again."""
    draft = pgdata.with_name(pgdata.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    password = data_dir / "initdb.password"
    password.unlink(missing_ok=True)
    draft.mkdir(mode=0o700)
    try:
        account.take(draft)
        password.touch(mode=0o600, exist_ok=False)
        password.write_text(secrets.postgres + "\n", encoding="ascii")
        account.take(password)
        _initdb(draft, password, data_dir=data_dir, account=account)
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\ninclude '../{CONF}'\n")
        draft.rename(pgdata)
    finally:
        password.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def _initdb(draft: Path, password: Path, *, data_dir: Path, account: Account) -> None:
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums"]
    done = subprocess.run(
        [bin_path() / "initdb", "-D", draft, *locale, *access, "--no-instructions"],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=environment(),
        start_new_session=True,  # Ctrl-C reaches us, and we clean up
        **account.step_down,
    )
    if done.returncode:
        raise explain(done.stderr or done.stdout, data_dir=data_dir, log=draft)


def write_settings(data_dir: Path, *, socket_folder: Path, small: bool) -> None:
    """Put `stoa.conf` beside the files, for this machine as it is today."""
    text = render(settings(socket_folder=socket_folder, memory=memory_bytes(), small=small))
    draft = data_dir / f"{CONF}.new"
    draft.unlink(missing_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o644)  # PostgreSQL's own account reads it; there is no secret in it
    draft.replace(data_dir / CONF)
