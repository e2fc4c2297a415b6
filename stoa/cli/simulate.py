"""`stoa simulate`: shops at work at random for some minutes, and every law looked at as they go."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer

from stoa.cli.installation import say
from stoa.config import Config
from stoa.db.embedded import EmbeddedPostgres
from stoa.db.migrate import migrate
from stoa.kernel.clock import utc_now
from stoa.kernel.logs import log_plainly
from stoa.kernel.refusals import Conflict

app = typer.Typer(add_completion=False)


class NotEmpty(Conflict):
    """The simulation would sell somebody's stock."""

    code = "simulate.not_empty"
    says = "There are stores in this data directory already; give the simulation an empty one with --data."


@app.command()
def simulate(
    minutes: Annotated[float, typer.Option(min=0.01, max=10_000, help="How long to go on.")] = 1.0,
    seed: Annotated[int, typer.Option(help="What is decided follows from it.")] = 1,
    stores: Annotated[int, typer.Option(min=1, max=50, help="How many stores.")] = 3,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="An empty data directory; without it one that is removed unless a law breaks."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Buy, pay, cancel, restock, let time pass, several at once, on a PostgreSQL of its own; look at every law.

    Exit status 1 where a law or a promise is broken, or some kind of act never came off in a long run. What was done
    stands in `acts.jsonl` in the data directory.
    """
    log_plainly()
    with _data_dir(data) as path:
        with EmbeddedPostgres(path, small=True) as postgres:
            migrate(postgres.urls.owner)
            config = Config.from_embedded(postgres.data_dir, postgres.urls, postgres.secret_key, {})
            document = asyncio.run(_simulate(config, minutes=minutes, seed=seed, stores=stores, path=path))
        print(json.dumps(document, indent=2) if as_json else _in_words(document))
        if document["broken"] is not None or document["never_done"]:
            say(f"What was done stands in {path / 'acts.jsonl'}.")
            raise typer.Exit(1)


@contextmanager
def _data_dir(data: Path | None) -> Iterator[Path]:
    """The one named, or one that is removed where all went well."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    path = Path(tempfile.mkdtemp(prefix="stoa-simulation-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


async def _simulate(config: Config, *, minutes: float, seed: int, stores: int, path: Path) -> dict[str, Any]:
    from stoa.simulator import Broken, Simulation, open_world
    from stoa.simulator.diary import Diary
    from stoa.simulator.inspecting import Inspector
    from stoa.simulator.overhearing import Overheard
    from stoa.simulator.world import open_store

    inspector = await Inspector.at(config.urls)
    world = await open_world(config, begins_at=utc_now())
    diary = Diary()
    try:
        if await inspector.reader.fetchval("SELECT count(*) FROM stores"):
            raise NotEmpty()
        diary = Diary(path / "acts.jsonl")
        dice = Random(seed)  # noqa: S311
        for n in range(stores):
            await open_store(world, dice, slug=f"simulated-{n}")
        overheard = Overheard()
        overheard.listen()
        simulation = Simulation(world, dice, diary, inspector, overheard)
        broken = None
        try:
            await simulation.run(seconds=minutes * 60)
        except Broken as error:
            broken = {
                "promise": error.promise,
                "rows": error.rows,
                "about_them": diary.last(error.ids),
                "last": diary.last(),
            }
        except Exception as error:
            say("\n".join(diary.last()))
            say(f"Step {simulation.report.steps} of seed {seed} raised {type(error).__name__}.")
            raise
        return {"seed": seed, "stores": stores, **simulation.report.document, "broken": broken}
    finally:
        diary.close()
        await world.close()
        await inspector.close()


def _in_words(document: dict[str, Any]) -> str:
    lines = [
        (
            f"{document['steps']:,} acts in {document['seconds']:,.0f} s ({document['steps_per_second']} a second),"
            f" {document['orders']:,} orders, {document['looked'].get('queries', 0):,} looks at laws"
            f" ({document['looking_seconds']:.0f} s)."
        ),
        *(f"{count:8,}  {name}" for name, count in document["done"].items()),
        *(f"{count:8,}  refused: {name}" for name, count in document["refused"].items()),
        *(f"{count:8,}  logged: {name}" for name, count in document["warnings"].items()),
        f"Transactions done again: {document['transactions_done_again']}.",
    ]
    if document["never_done"]:
        lines.append(f"Never done: {', '.join(document['never_done'])}.")
    if document["broken"] is None:
        return "\n".join([*lines, "Every law held."])
    broken = document["broken"]
    return "\n".join(
        [
            *lines, f"BROKEN  {broken['promise']} (seed {document['seed']}, step {document['steps']})",
            *(f"        {row}" for row in broken["rows"]), "The last acts about them:", *broken["about_them"],
            "The last acts:", *broken["last"],
        ]
    )  # fmt: skip
