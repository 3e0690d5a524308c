"""Whether the ledger of a run is what its tables and figures give."""

from collections.abc import Iterator

from vspair.errors import VspairError
from vspair.provenance.audit.findings import Finding
from vspair.provenance.run.chain import LEDGER, Run
from vspair.provenance.run.ledger import NUMBERS, flat, ledger, number, read_lines

_WORDS = ("file", "row", "column", "unit", "verdict", "key", "statistic", "inputs", "seeds", "commit", "command")


def contradicted_ledger(run: Run) -> Iterator[Finding]:
    """Lines of the ledger that are not what the tables and figures say that it was made from."""
    receipt = run.maker(LEDGER)
    if receipt is None or run.digest(LEDGER) != receipt.outputs[LEDGER]:
        return
    tables = {name: recorded for name, recorded in receipt.inputs.items() if name.endswith(".csv")}
    if any(run.digest(name) != recorded for name, recorded in tables.items()):
        # The checksums tell which one has changed.
        return
    wanted = _texts(flat(ledger(run), tables.keys()))
    try:
        found = _texts(read_lines(run.places.path(LEDGER)))
    except (VspairError, KeyError, TypeError) as error:
        yield Finding(LEDGER, "contradiction", f"it cannot be read: {error}; remake it with `{receipt.command}`")
        return
    if found != wanted:
        line = next((line for line in found if line not in wanted), found[-1] if found else ())
        sentence = f"it has a line that its tables and figures do not give, {line}: remake it with `{receipt.command}`"
        yield Finding(LEDGER, "contradiction", sentence)


def _texts(lines: list[dict]) -> list[tuple[str, ...]]:
    """Place, numbers and sources of each line, numbers with the digits that a CSV has."""
    numbers = [[number(str(line[key])) for key in (*NUMBERS, "n")] for line in lines]
    return [
        (*(line[key] or "" for key in _WORDS), *("" if value is None else f"{value:.8g}" for value in given))
        for line, given in zip(lines, numbers, strict=True)
    ]
