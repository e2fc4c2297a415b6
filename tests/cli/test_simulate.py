"""`stoa simulate`: on a PostgreSQL of its own, and no other."""

import json
from pathlib import Path

from tests.folders import open_folder
from tests.somebody import stoa


def test_a_short_run_ends_with_every_law_kept_and_refuses_a_second_in_the_same_place() -> None:
    with open_folder() as folder:
        data = folder / "data"
        done = stoa("simulate", "--minutes", "0.02", "--seed", "3", "--data", str(data), "--json")
        again = stoa("simulate", "--minutes", "0.02", "--data", str(data))
        acts = _acts(data)

    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["broken"] is None
    assert document["steps"] == len(acts) > 0
    assert document["looked"]["everywhere"] >= 1
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("There are stores in this data directory already")


def _acts(data: Path) -> list[object]:
    return [json.loads(line) for line in (data / "acts.jsonl").read_text().splitlines()]
