"""`stoa laws`: whether what is promised holds, now, in the database that is in use."""

import asyncio
import json
from typing import Annotated

import psycopg
import typer

from stoa.cli.installation import Data, using_installation
from stoa.config import Config, SettingMissing
from stoa.db.engine import connect
from stoa.db.server_check import explain_connection
from stoa.laws import Finding, check

app = typer.Typer(add_completion=False)


@app.command()
def laws(
    data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Run every law's query over all stores, as the role that only reads. Exit status 1 if one is broken."""
    with using_installation(data, must_exist=True) as config:
        findings = asyncio.run(_look(_reader(config), aloud=not as_json))
    broken = sum(not finding.holds for finding in findings)
    if as_json:
        print(json.dumps({"laws": [_document(finding) for finding in findings], "broken": broken}, indent=2))
    else:
        print(f"{len(findings)} laws, {broken} broken." if broken else f"All {len(findings)} laws hold.")
    if broken:
        raise typer.Exit(1)


def _reader(config: Config) -> str:
    """The reader's address, after a look that it lets us in.

    Raises what `explain_connection` says, and SettingMissing where only the server's address is known.
    """
    if config.reader_url is None:
        raise SettingMissing(
            name="STOA_READER_URL", meaning="laws are read over all stores, which stoa_reader alone may"
        )
    with explain_connection(config.reader_url), psycopg.connect(config.reader_url, connect_timeout=10):
        return config.reader_url


async def _look(reader_url: str, *, aloud: bool) -> list[Finding]:
    connection = await connect(reader_url)
    findings = []
    try:
        async for finding in check(connection):
            findings.append(finding)
            if aloud:
                _say(finding)
    finally:
        await connection.close()
    return findings


def _say(finding: Finding) -> None:
    if finding.holds:
        print(f"ok      {finding.law.name}", flush=True)
        return
    rows = "1 row" if finding.rows == 1 else f"{finding.rows} rows"
    print(f"BROKEN  {finding.law.name} ({rows})", flush=True)
    for row in finding.sample:
        print(f"        {json.dumps(row)}")
    if finding.rows > len(finding.sample):
        print(f"        and {finding.rows - len(finding.sample)} more")


def _document(finding: Finding) -> dict[str, object]:
    return {
        "law": finding.law.says,
        "domain": finding.law.domain,
        "holds": finding.holds,
        "rows": finding.rows,
        "sample": finding.sample,
    }
