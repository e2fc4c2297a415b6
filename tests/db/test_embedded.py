"""The embedded PostgreSQL: private, durable, back when it was killed, and one sentence when it cannot be used."""

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stoa.db.embedded import EmbeddedPostgres, connect, open_data_dir
from stoa.db.embedded.errors import (
    Damaged,
    DataDirInUse,
    DiskFull,
    FolderClosed,
    NotRunning,
    NotWritable,
    OlderData,
    SocketFolderTaken,
    explain,
)
from stoa.db.embedded.postmaster import running_postmaster
from stoa.db.embedded.tuning import GB, settings
from stoa.kernel.refusals import Refusal
from tests.folders import open_folder
from tests.somebody import as_ordinary_user, run_python

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down")


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    """One server for the tests that only look at it."""
    with open_folder() as folder, EmbeddedPostgres(folder / "data", small=True) as server:
        yield server


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory that was used and stopped, to copy from."""
    with open_folder() as folder:
        with EmbeddedPostgres(folder / "data", small=True) as server:
            ask(server.urls.owner, "CREATE TABLE kept AS SELECT 42 AS answer")
        yield folder / "data"


@pytest.fixture
def stopped(made: Path, folder: Path) -> Path:
    """A copy of it for one test, owners and modes kept."""
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    return folder / "data"


def ask(url: str, question: str) -> str:
    """The first value of the answer, as text; nothing for a command."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
    return str(row[0]) if row else ""


def refuses(expected: type[Refusal], data_dir: Path) -> str:
    """The sentence with which a start is refused; nothing of ours is left running."""
    with pytest.raises(expected) as refusal:
        EmbeddedPostgres(data_dir, small=True).start()
    assert running_postmaster(data_dir / "postgres") is None
    return refusal.value.sentence


def test_it_is_version_18_in_utf8_with_checksums_and_listens_on_no_port(running):
    assert ask(running.urls.server, "SHOW server_version_num").startswith("18")
    assert ask(running.urls.server, "SHOW server_encoding") == "UTF8"
    assert ask(running.urls.server, "SHOW data_checksums") == "on"
    assert ask(running.urls.server, "SHOW listen_addresses") == ""
    assert ask(running.urls.server, "SELECT datlocale FROM pg_database WHERE datname = 'stoa'") == "C.UTF-8"


def test_durability_is_never_traded(running):
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert ask(running.urls.server, f"SHOW {name}") == "on"
        for small in (True, False):
            assert settings(socket_folder=Path("/s"), memory=8 * GB, small=small)[name] == "on"


def test_each_url_enters_as_its_role(running):
    assert ask(running.urls.owner, "SELECT current_user") == "stoa_owner"
    assert ask(running.urls.server, "SELECT current_user") == "stoa_server"
    assert ask(running.urls.reader, "SELECT current_user") == "stoa_reader"


def test_nobody_enters_without_a_password(running):
    without = f"postgresql://postgres@/stoa?host={running.data_dir}/socket&port=5432"
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        ask(without, "SELECT 1")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(without.replace("postgres@", "postgres:guess@"), "SELECT 1")


def test_files_and_socket_are_private(running):
    modes = {
        name: stat.S_IMODE((running.data_dir / name).stat().st_mode) for name in ("secrets.json", "socket", "postgres")
    }
    assert modes == {"secrets.json": 0o600, "socket": 0o700, "postgres": 0o700}


def test_the_programs_are_those_of_version_18(running):
    told = subprocess.run([running.bin_path / "psql", "--version"], capture_output=True, text=True, check=True).stdout
    assert "18." in told


def test_a_second_owner_is_told_who_has_the_directory(running):
    with pytest.raises(DataDirInUse) as refusal:
        EmbeddedPostgres(running.data_dir, small=True).start()

    assert refusal.value.sentence == (
        f"The data directory {running.data_dir} is in use by process {os.getpid()}: "
        "stop it first, or choose another with --data."
    )
    assert ask(running.urls.server, "SELECT 1") == "1"


def test_a_second_reader_shares_the_server_and_leaves_it_running(running):
    with open_data_dir(running.data_dir) as shared:
        assert shared.urls == running.urls
        assert shared.secret_key == running.secret_key
    assert ask(running.urls.reader, "SELECT 1") == "1"


def test_opening_a_directory_that_nobody_runs_runs_it_for_a_while(stopped):
    with pytest.raises(NotRunning):
        connect(stopped)

    with open_data_dir(stopped, small=True) as opened:
        assert ask(opened.urls.owner, "SELECT answer FROM kept") == "42"

    assert running_postmaster(stopped / "postgres") is None


def test_a_server_that_is_killed_comes_back_with_what_was_committed(stopped):
    said: list[str] = []
    with EmbeddedPostgres(stopped, small=True) as server:
        server.watch(said.append)
        ask(server.urls.owner, "INSERT INTO kept VALUES (43)")
        assert server.pid is not None

        os.kill(server.pid, signal.SIGKILL)

        assert ask_until_answered(server.urls.owner, "SELECT sum(answer) FROM kept") == "85"
        assert said[0] == "PostgreSQL ended (status -9); starting it again."


def test_a_server_that_is_stopped_stays_stopped(stopped):
    server = EmbeddedPostgres(stopped, small=True)
    server.start()
    server.watch(lambda sentence: None)
    server.stop()
    server.stop()

    assert server.pid is None
    assert not (stopped / "postgres" / "postmaster.pid").exists()


def test_what_a_killed_owner_left_running_is_stopped_and_started_anew(stopped):
    code = (
        "import os, signal, sys; from pathlib import Path; from stoa.db.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1]), small=True).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert run_python("-c", code, str(stopped)).returncode == -signal.SIGKILL
    orphan = running_postmaster(stopped / "postgres")
    assert orphan is not None

    with EmbeddedPostgres(stopped, small=True) as server:
        assert server.pid != orphan.pid
        assert ask(server.urls.owner, "SELECT answer FROM kept") == "42"
        with pytest.raises(ProcessLookupError):
            os.kill(orphan.pid, 0)


def test_a_stale_number_that_now_belongs_to_another_program_is_forgotten(stopped):
    stale = stopped / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stopped}/postgres\n1700000000\n5432\n{stopped}/socket\n\n  1  1\nready\n")

    with EmbeddedPostgres(stopped, small=True) as server:
        assert ask(server.urls.owner, "SELECT answer FROM kept") == "42"


def test_a_first_start_that_was_interrupted_is_begun_again(folder):
    (folder / "data" / "postgres.new" / "base").mkdir(parents=True)
    (folder / "data" / "initdb.password").write_text("half")

    with EmbeddedPostgres(folder / "data", small=True) as server:
        assert ask(server.urls.server, "SELECT 1") == "1"

    assert not (folder / "data" / "postgres.new").exists()
    assert not (folder / "data" / "initdb.password").exists()


def test_a_long_path_gets_its_socket_in_a_short_private_folder(folder):
    with EmbeddedPostgres(folder / ("long" * 20), small=True) as server:
        place = Path(running_postmaster(server.pgdata).socket_folder)  # type: ignore[union-attr]
        assert place.parent == Path("/tmp")
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert ask(server.urls.server, "SELECT 1") == "1"
        assert connect(server.data_dir).urls == server.urls
    place.rmdir()


def test_a_socket_folder_that_is_open_to_others_is_not_used(stopped):
    (stopped / "socket").chmod(0o777)
    assert "is not a private folder of" in refuses(SocketFolderTaken, stopped)
    assert stat.S_IMODE((stopped / "socket").stat().st_mode) == 0o777


def test_files_of_another_version_are_refused_and_left_alone(stopped):
    (stopped / "postgres" / "PG_VERSION").write_text("16\n")
    assert refuses(OlderData, stopped) == (
        f"The data directory {stopped} was made by PostgreSQL 16, and this is PostgreSQL 18: "
        "carry it over with pg_dump and pg_restore, or choose another with --data."
    )


@pytest.mark.parametrize(
    "lost", ["postgres/global/pg_control", "postgres/PG_VERSION", "secrets.json", "postgres/pg_wal"]
)
def test_a_directory_with_parts_missing_is_called_damaged(stopped, lost):
    path = stopped / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    sentence = refuses(Damaged, stopped)

    assert sentence.startswith(f"The data directory {stopped} is damaged (")
    assert "\n" not in sentence
    assert not path.exists()


def test_a_file_in_the_place_of_the_directory_is_refused(folder):
    (folder / "data").write_text("mine")
    assert "cannot be written" in refuses(NotWritable, folder / "data")
    assert (folder / "data").read_text() == "mine"


def test_no_room_left_is_said_so(folder):
    words = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
    refusal = explain(words, data_dir=folder, log=folder / "start.log")
    assert isinstance(refusal, DiskFull)
    assert refusal.sentence == (
        f"The disk that holds {folder} is full: free some space there, or choose another directory with --data."
    )


@root_only
def test_a_disk_too_small_is_refused_and_nothing_half_made_stays(folder):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this root may not mount a small disk")
    try:
        refuses(DiskFull, folder / "data")
        assert not (folder / "data" / "postgres").exists()
    finally:
        subprocess.run(["umount", folder], check=True)


@root_only
def test_as_root_a_closed_folder_is_named_and_not_opened(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    assert refuses(FolderClosed, closed / "data") == (
        f"The account stoa-postgres, as which PostgreSQL runs, may not enter the folder {closed}: "
        f"choose another data directory with --data, or let it pass with: chmod o+x {closed}"
    )

    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@root_only
def test_as_root_the_server_owns_its_files_and_its_socket_only(running):
    owners = {path.name: path.owner() for path in running.data_dir.iterdir()}
    assert owners == {
        "lock": "root",
        "postgres": "stoa-postgres",
        "secrets.json": "root",
        "socket": "stoa-postgres",
        "start.log": "root",
        "stoa.conf": "root",
    }


_USE = """
from pathlib import Path
from stoa.db.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), small=True) as server:
    with psycopg.connect(server.urls.server) as connection:
        print(connection.execute("SELECT current_user").fetchone()[0], server.pgdata.owner())
"""


def test_an_ordinary_user_runs_it_as_themselves(folder):
    folder.chmod(0o777)
    done = as_ordinary_user(_USE, str(folder / "data"))
    me = "nobody" if os.geteuid() == 0 else folder.owner()
    assert (done.returncode, done.stdout) == (0, f"stoa_server {me}\n"), done.stderr
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700


@root_only
def test_root_runs_the_directory_of_an_ordinary_user_as_its_owner_who_can_go_on(folder):
    folder.chmod(0o777)
    assert as_ordinary_user(_USE, str(folder / "data")).returncode == 0

    with EmbeddedPostgres(folder / "data", small=True) as server:
        assert ask(server.urls.server, "SELECT 1") == "1"

    done = as_ordinary_user(_USE, str(folder / "data"))
    assert (done.returncode, done.stdout) == (0, "stoa_server nobody\n"), done.stderr


def ask_until_answered(url: str, question: str) -> str:
    """Ask again while the server is away; it has a minute to come back."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask(url, question)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
