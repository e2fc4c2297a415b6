"""What cannot be done is said in one sentence on stderr, with exit status 1, and never as a traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoa.db.embedded import EmbeddedPostgres
from tests.folders import open_folder
from tests.somebody import ROOT, run_python, stoa

KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    with open_folder() as folder, EmbeddedPostgres(folder / "data", small=True) as server:
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.rstrip("\n")


def test_a_directory_in_use_names_the_process(running):
    assert refused(stoa("serve", "--data", str(running.data_dir), "--port", "0")) == (
        f"The data directory {running.data_dir} is in use by process {os.getpid()}: "
        "stop it first, or choose another with --data."
    )
    assert running.pid is not None


def test_older_files_are_refused(folder):
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("16\n")
    assert "was made by PostgreSQL 16, and this is PostgreSQL 18" in refused(stoa("serve", "--data", str(folder)))


def test_a_directory_that_is_no_directory_is_refused(folder):
    (folder / "file").write_text("mine")
    assert "cannot be written" in refused(stoa("database", "status", "--data", str(folder / "file")))
    assert (folder / "file").read_text() == "mine"


def test_a_directory_that_cannot_be_written_is_refused(folder):
    folder.chmod(0o555)
    sentence = refused(stoa("database", "status", "--data", str(folder / "data"), ordinary=True))
    assert sentence.startswith(f"The data directory {folder}/data cannot be written (Permission denied")
    assert not (folder / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns what others may not read")
def test_a_directory_of_somebody_else_is_refused(running):
    assert refused(stoa("database", "status", "--data", str(running.data_dir), ordinary=True)) == (
        f"{running.data_dir} belongs to root, and you are nobody: "
        "run this as root, or choose another directory with --data."
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "nonsense is not the address of a PostgreSQL"),
        ("postgresql://a:secret@127.0.0.1:1/stoa", "No PostgreSQL answers at postgresql://a@127.0.0.1:1/stoa ("),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(url, says):
    sentence = refused(stoa("database", "status", STOA_DATABASE_URL=url, STOA_SECRET_KEY=KEY))
    assert says in sentence
    assert "secret" not in sentence


def test_a_wrong_password_and_a_missing_database_are_told_apart(running):
    wrong = running.urls.server.replace("stoa_server:", "stoa_server:x")
    assert "does not let stoa_server in (password authentication failed" in refused(
        stoa("database", "status", STOA_DATABASE_URL=wrong, STOA_SECRET_KEY=KEY)
    )
    missing = running.urls.server.replace("/stoa?", "/shop?")
    assert "has no database shop: stoa database prepare makes it." in refused(
        stoa("database", "status", STOA_DATABASE_URL=missing, STOA_SECRET_KEY=KEY)
    )


def test_a_missing_key_is_named(running):
    assert refused(stoa("database", "status", STOA_DATABASE_URL=running.urls.server)) == (
        "STOA_SECRET_KEY is not set: 32 random bytes in hexadecimal."
    )


def test_a_port_that_was_asked_for_and_is_taken_is_refused(folder, taken_port):
    assert refused(stoa("serve", "--data", str(folder / "data"), "--port", str(taken_port))) == (
        f"Port {taken_port} on 127.0.0.1 is taken by another program: choose another with --port."
    )
    assert not (folder / "data").exists()


def test_an_address_of_another_machine_is_refused(folder):
    sentence = refused(stoa("serve", "--data", str(folder / "data"), "--host", "192.0.2.1"))
    assert sentence.startswith("Stoa cannot listen on 192.0.2.1, port 8000 (")


def test_what_is_no_command_is_a_mistake_of_usage():
    done = stoa("dmo")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'dmo'. Did you mean 'demo'?" in done.stderr


def test_version_and_help_load_no_command():
    assert stoa("--version").stdout == "stoa 0.1.0\n"
    assert "Serve the shops" in stoa("--help").stdout
    told = run_python("-c", "import sys, stoa.cli.main; print({'sqlalchemy', 'fastapi', 'psycopg'} & set(sys.modules))")
    assert told.stdout == "set()\n"


def test_the_command_works_through_a_link_from_any_folder(folder):
    (folder / "stoa").symlink_to(ROOT / "bin" / "stoa")
    environment = {**os.environ, "STOA_VENV": sys.prefix}
    done = subprocess.run([folder / "stoa", "--version"], cwd=folder, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"stoa 0.1.0\n", b"")


def test_an_environment_that_cannot_be_made_is_refused(folder):
    (folder / "venv").mkdir()
    (folder / "venv" / "mine").write_text("kept")
    environment = {**os.environ, "STOA_VENV": str(folder / "venv")}
    done = subprocess.run([ROOT / "bin" / "stoa"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{folder}/venv holds something else than a virtual environment" in done.stderr
    assert (folder / "venv" / "mine").read_text() == "kept"
