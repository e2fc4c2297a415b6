"""The house keeps its own rules: who imports whom, how files are called, how long they are, and what is in them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

import stoa
from stoa.db.tables import metadata
from stoa.db.urls import Urls

HOUSE = Path(stoa.__file__).parent
ROOT = HOUSE.parent

# A package imports only from those above it.
ORDER = [
    "kernel", "db", "events", "jobs", "audit", "stores", "people", "customers", "media", "catalog", "inventory",
    "budgets", "pricing", "promotions", "taxes", "shipping", "credits", "loyalty", "search", "carts", "payments",
    "orders", "checkout", "fulfillment", "returns", "reviews", "wishlists", "registry", "content", "sellers",
    "notices", "webhooks", "reports", "transfers", "blueprints", "adapters", "edge", "api", "storefront", "admin",
    "laws", "app", "simulator", "cli",
]  # fmt: skip

# What must know the whole house to do its work.
WHOLE_HOUSE = {
    "db/tables.py": "migrations and policies are about every model",
    "db/migrate.py": "it re-applies every domain's SQL",
    "jobs/worker.py": "the worker's process, which puts everything together as `app` does for the server's",
}

# Above every domain, and imported by many: how an installation is described.
ABOVE_ALL = {"config"}

LONGEST = 400


def imports_of(path: Path) -> Iterator[str]:
    """The packages of ours that a file imports, wherever in it; those for the type checker alone are left out."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "stoa":
            deeper = (node.module or "").split(".")[1:2]
            yield from deeper or [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("stoa."))


def goes_up(package: str, imported: str) -> bool:
    """Whether this import is against the order."""
    if imported == package or imported in ABOVE_ALL or imported == "__version__":
        return False
    return ORDER.index(imported) > ORDER.index(package)


def python_files() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def package_of(path: Path) -> str:
    """`orders` of `stoa/orders/models.py`, `app` of `stoa/app.py`."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def test_every_package_has_its_place() -> None:
    packages = {package_of(path) for path in python_files()}

    assert packages - ABOVE_ALL - {"__init__"} <= set(ORDER)


def test_imports_go_down_alone() -> None:
    against = [
        f"{path.relative_to(ROOT)} imports stoa.{imported}"
        for path in python_files()
        if package_of(path) in ORDER and str(path.relative_to(HOUSE)) not in WHOLE_HOUSE
        for imported in imports_of(path)
        if goes_up(package_of(path), imported)
    ]

    assert against == []


def test_an_import_that_goes_up_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "models.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nimport stoa.carts.lines\n"
        "from stoa import checkout\nfrom stoa.kernel import ids\n"
        "if TYPE_CHECKING:\n    from stoa.cli import main\n"
        "def late():\n    from stoa.api.store import app\n"
    )

    found = sorted(imports_of(file))

    assert found == ["api", "carts", "checkout", "kernel"]
    assert [name for name in found if goes_up("inventory", name)] == ["api", "carts", "checkout"]
    assert not goes_up("cli", "api")


def test_what_describes_an_installation_knows_no_domain() -> None:
    assert set(imports_of(HOUSE / "config.py")) <= {"kernel", "db"}


def test_no_file_is_called_after_nothing() -> None:
    nameless = {"service", "services", "utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}

    assert [str(path.relative_to(ROOT)) for path in python_files() if path.stem in nameless] == []


@pytest.mark.parametrize("suffix", ["py", "sql", "html", "css", "js"])
def test_no_file_is_too_long(suffix: str) -> None:
    """A library's own asset, which we only carry, says so by its `.min.` name."""
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in sorted(HOUSE.rglob(f"*.{suffix}"))
        if ".min." not in path.name and (lines := len(path.read_text().splitlines())) > LONGEST
    ]

    assert long == []


def test_migrations_make_what_the_models_say(urls: Urls) -> None:
    engine = create_engine(make_url(urls.owner).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables,
            },
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


# What belongs to one machine or one network and to nobody else's checkout.
_FOREIGN = {
    "a package index": re.compile(
        r"(?:--(?:extra-)?index-url|--find-links|--trusted-host)|https?://[^\s\"']*/simple/?\b"
    ),
    "a folder of somebody's machine": re.compile(r"(?:/home/\w+|/Users/\w+|/root/)"),
    "a password in an address": re.compile(r"postgres(?:ql)?://\w+:(?!\W)(?!PASSWORD|password|secret)[^@\s{}/]{8,}@"),
}


@pytest.mark.parametrize("what", _FOREIGN)
def test_nothing_of_one_machine_is_kept(what: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in _tracked()
        for number, line in enumerate(text.splitlines(), start=1)
        if _FOREIGN[what].search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package index", "--index-url https://packages.example/simple"),
        ("a package index", "https://packages.example/root/simple/ruff"),
        ("a folder of somebody's machine", "open('/home/ada/stoa')"),
        ("a password in an address", "postgresql://stoa:hunter22@db/stoa"),
    ],
)
def test_something_of_one_machine_is_seen(what: str, line: str) -> None:
    assert _FOREIGN[what].search(line)


def _tracked() -> Iterator[tuple[str, str]]:
    """Every text under version control, this file left out; in an exported tree, every text of ours."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else _exported()
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file() and path != Path(__file__):
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode(errors="replace")


def _exported() -> list[str]:
    ours = ("stoa", "tests", "migrations", "docs", "bin", ".ci", "requirements")
    files = [path for folder in ours for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    return [str(path.relative_to(ROOT)) for path in (*files, *ROOT.glob("*.*"))]
