"""The table as people read it: a line a figure, and below it on what it was measured."""

from rich.console import Console
from rich.table import Table

from stoa.cli.bench.sheet import Sheet, figure


def show(console: Console, sheet: Sheet) -> None:
    """Print it."""
    table = Table(title="How fast it sells", title_justify="left")
    table.add_column("what")
    table.add_column("median", justify="right")
    table.add_column("rounds")
    table.add_column("must reach")
    table.add_column("does")
    for row in sheet.rows:
        rounds = ", ".join(figure(value) for value in row.rounds) if len(row.rounds) > 1 else ""
        does = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[row.reached]
        table.add_row(row.what, f"{figure(row.value)} {row.unit}".strip(), rounds, row.must, does)
    console.print(table)
    for line in _notes(sheet):
        console.print(line, markup=False, highlight=False)


def _notes(sheet: Sheet) -> list[str]:
    told = sheet.document()
    machine = sheet.machine
    lines = [
        f"{told['command']}: {told['began']}, {told['took_seconds'] / 60:.0f} minutes.",
        (
            f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['system']},"
            f" Python {machine['python']}, source {machine['source']};"
            f" 8 kB are durable after {machine['durable_write_ms']} ms;"
            f" load before {machine['load_before'][0]}."
        ),
        "PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in machine["postgres"].items()) + ".",
    ]
    for seen in sheet.laws:
        how = f"BROKEN: {'; '.join(seen['broken'])}" if seen["broken"] else "all hold"
        lines.append(
            f"{seen['laws']} laws after {seen['after']}, {seen['orders']:,} orders: {how} ({seen['seconds']:.0f} s)."
        )
    return lines
