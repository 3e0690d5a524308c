"""The tables and figures of a run folder, each with what its part of the page says."""

import base64
import csv
import io
import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from vspair.provenance.audit.findings import Finding
from vspair.published import Published
from vspair.regular import content, text
from vspair.reporting.page.words import natural
from vspair.verdicts import VERDICTS

LINES = 40
"""Lines of a figure's data that the page holds; a figure may stand on many thousands."""

_LARGEST = 1 << 28
_PNG = b"\x89PNG\r\n\x1a\n"
_SIZE = slice(16, 24)


@dataclass(frozen=True)
class Data:
    """The beginning of a figure's CSV.

    Arguments:
        columns: names.
        lines: texts, at most `LINES` of them.
        total: how many lines there are.
        fault: why it could not be read; empty if it could.
    """

    columns: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    total: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Section:
    """One table or figure.

    Arguments:
        name: such as `table3`.
        file: its CSV, relative to the run folder; also the name of its place in the page.
        cells: as in the ledger, each with its place `index` among all cells of the page.
        job: of the ledger; None for what no job made.
        findings: breaks that concern its files.
        meaning: what a table says above its cells.
        note: what it says below them.
        picture: a figure's PNG, relative to the run folder; empty for a table.
        image: its bytes in base 64; empty where there are none.
        size: its width and height in pixels.
        data: what a figure was drawn from.
    """

    name: str
    file: str
    cells: list[dict[str, Any]]
    job: Mapping[str, Any] | None
    findings: list[Finding]
    meaning: str = ""
    note: str = ""
    picture: str = ""
    image: str = ""
    size: tuple[int, int] = (0, 0)
    data: Data | None = None

    @property
    def verdicts(self) -> dict[str, int]:
        """How many of its cells got each verdict that occurs, in the order of `VERDICTS`."""
        return tally(self.cells, zero=False)

    @property
    def grid(self) -> tuple[list[str], list[tuple[str, list[dict[str, Any] | None]]]]:
        """Its columns, and its rows with one cell or None for each of them."""
        places = {(cell["row"], cell["column"]): cell for cell in self.cells}
        rows, columns = (list(dict.fromkeys(cell[key] for cell in self.cells)) for key in ("row", "column"))
        return columns, [(row, [places.get((row, column)) for column in columns]) for row in rows]


def tally(cells: Iterable[Mapping[str, Any]], zero: bool = True) -> dict[str, int]:
    """How many cells got each verdict; with those that none got, if `zero`."""
    counts = Counter(cell["verdict"] for cell in cells)
    return {word: counts[word] for word in VERDICTS if zero or counts[word]}


def with_not_run(ledger: Mapping[str, Any], published: Mapping[str, Published]) -> list[dict[str, Any]]:
    """The cells of a ledger and, for tables that were not made, one `not run` for each of their published values.

    Arguments:
        ledger: see `vspair.provenance.run.ledger`.
        published: name of a table -> the paper's numbers.
    """
    there = {*ledger["makers"], *(cell["file"] for cell in ledger["cells"])}
    absent = {file: numbers for table, numbers in published.items() if (file := _csv(table)) not in there}
    return [
        *map(dict, ledger["cells"]),
        *(cell for file, numbers in absent.items() for cell in _not_run(file, numbers)),
    ]


def sections(
    folder: Path, ledger: Mapping[str, Any], findings: Sequence[Finding], published: Mapping[str, Published]
) -> tuple[list[Section], list[Section]]:
    """The tables, with those that have published values and were not made, and the figures of a run folder.

    Arguments:
        folder: the run folder.
        ledger: see `vspair.provenance.run.ledger`.
        findings: of the audit.
        published: name of a table -> the paper's numbers.
    """
    cells: dict[str, list[dict[str, Any]]] = {}
    for cell in with_not_run(ledger, published):
        cells.setdefault(cell["file"], []).append(cell)
    made = {name for name in ledger["makers"] if name.endswith(".csv")}
    tables = [name for name in {*made, *cells} if name.startswith("tables/")]
    pictures = [name for name in _pictures(folder, ledger["makers"]) if name.startswith("figures/")]
    found = (
        [_table(folder, ledger, findings, file, cells.get(file, [])) for file in _sorted(tables)],
        [_figure(folder, ledger, findings, name, cells.get(_data(name), [])) for name in _sorted(pictures)],
    )
    places = (cell for part in found for section in part for cell in section.cells)
    for index, cell in enumerate(places):
        cell["index"] = index
    return found


def _csv(table: str) -> str:
    # Published numbers that the paper prints in a figure's text are named after the figure, their table after both.
    return f"tables/{table if table.startswith('table') else f'table_{table}'}.csv"


def _data(picture: str) -> str:
    return f"{picture.removesuffix('.png')}.csv"


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=natural)


def _pictures(folder: Path, makers: Mapping[str, str]) -> set[str]:
    there = {path.relative_to(folder).as_posix() for path in folder.glob("figures/*.png")}
    return there | {name for name in makers if name.endswith(".png")}


def _not_run(file: str, numbers: Published) -> list[dict[str, Any]]:
    empty = {"value": None, "sd": None, "n": 0, "unit": "", "key": "", "statistic": "", "inputs": []}
    return [
        empty
        | {"file": file, "row": row, "column": column, "published": value, "tolerance": tolerance}
        | {"verdict": "not run"}
        for (row, column), (value, tolerance) in numbers.values.items()
    ]


def _table(
    folder: Path, ledger: Mapping[str, Any], findings: Sequence[Finding], file: str, cells: list[dict[str, Any]]
) -> Section:
    job = ledger["jobs"].get(ledger["makers"].get(file))
    # What no job made has no evidence, so that nothing is taken from it.
    words = _words(folder / file) if job else ("", "")
    return Section(Path(file).stem, file, cells, job, _concerning(findings, file, job), *words)


def _figure(
    folder: Path, ledger: Mapping[str, Any], findings: Sequence[Finding], picture: str, cells: list[dict[str, Any]]
) -> Section:
    job = ledger["jobs"].get(ledger["makers"].get(picture))
    path, file = folder / picture, _data(picture)
    found = _picture(path)
    known = found.startswith(_PNG) and len(found) >= _SIZE.stop
    return Section(
        name=path.stem,
        file=file,
        cells=cells,
        job=job,
        findings=_concerning(findings, picture, job),
        picture=picture,
        image=base64.b64encode(found).decode() if known else "",
        size=struct.unpack(">II", found[_SIZE]) if known else (0, 0),
        data=_read(folder / file) if (folder / file).is_file() else None,
    )


def _picture(path: Path) -> bytes:
    """Bytes of a picture; none where there is no regular file, for a link would show what lies elsewhere."""
    try:
        return content(path, _LARGEST)
    except OSError:
        return b""


def _concerning(findings: Sequence[Finding], file: str, job: Mapping[str, Any] | None) -> list[Finding]:
    files = {file, *(job["outputs"] if job else ())}
    return [finding for finding in findings if finding.file in files]


def _words(path: Path) -> tuple[str, str]:
    """What the Markdown beside a table says above and below the cells; empty where there is none."""
    try:
        words = text(path.with_suffix(".md"), _LARGEST)
    except (OSError, ValueError):
        return "", ""
    above, _, rest = words.partition("\n|")
    *_, below = rest.rpartition("|\n")
    return above.strip(), below.strip()


def _read(path: Path) -> Data:
    try:
        reader = csv.reader(io.StringIO(text(path, _LARGEST), newline=""), strict=True)
        columns = next(reader, [])
        lines = list(islice(reader, LINES))
        return Data(columns, lines, len(lines) + sum(1 for _ in reader))
    except (OSError, ValueError, csv.Error) as error:
        return Data(fault=f"it is no CSV: {error}")
