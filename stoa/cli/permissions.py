"""`stoa permissions`: who may do what."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def permissions(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print every operation of both APIs, the permission it needs, and the roles that have it."""
    from stoa.api.permissions import rules  # the APIs are loaded by those who ask

    found = rules()
    if as_json:
        print(json.dumps([asdict(rule) for rule in found], indent=1))
        return
    width = max(len(rule.path) for rule in found)
    for rule in found:
        print(f"{rule.api:7}{rule.method:8}{rule.path:{width}}  {rule.needs:18}{' '.join(rule.roles)}".rstrip())
