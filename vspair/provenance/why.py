"""The chain behind one file or one cell of a table, down to the raw data."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance import receipts
from vspair.provenance.audit import Configuration, Finding, check
from vspair.provenance.chain import Run
from vspair.provenance.view import Receipt


def why(
    file: Path | str,
    root: Path,
    cell: tuple[str, str] | None = None,
    configuration: Configuration | None = None,
    data_dir: Path | None = None,
) -> dict[str, object]:
    """The chain of receipts behind a file as JSON values: `file`, `chain`, `command` and, when asked for, `cell`.

    Each node of `chain` has the file's name and SHA-256, the facts of its receipt (none for raw data), `breaks` (what
    is no longer true of this link) and `inputs` (further nodes). A job that was shown already is marked `repeated`.

    Args:
        file: any output of the workflow.
        root: the project's root.
        cell: row and column of a table's CSV; the chain is then restricted to the inputs behind that cell.
        configuration: as for `audit`.
        data_dir: as for `audit`.

    Raises:
        VspairError: no receipt covers the file, a receipt is damaged, or the table has no such cell.
    """
    path = receipts.find(file)
    if path is None:
        raise VspairError(f"expected a receipt beside {file} that covers it, found none: make the file by the workflow")
    receipt = receipts.read(path)
    run = Run(receipt.run_folder, root, data_dir)
    name = run.places.name(file)
    answer: dict[str, object] = {"file": name}
    names: Sequence[str] | None = None
    if cell is not None:
        answer["cell"], names = _cell(file, receipt, cell)
    answer["chain"] = _Tree(run, configuration).node(name, receipt.outputs[name], names)
    answer["command"] = receipt.command
    return answer


def render(answer: dict) -> str:
    """The answer of `why` as an indented tree for people."""
    lines = []
    if "cell" in answer:
        facts = ", ".join(f"{key} {value}" for key, value in answer["cell"].items() if value not in ("", None, []))
        lines.append(f"cell: {facts}")
    lines += _lines(answer["chain"], "")
    return "\n".join([*lines, "", f"remake it with: {answer['command']}"])


def _cell(file: Path | str, receipt: Receipt, cell: tuple[str, str]) -> tuple[dict[str, object], list[str] | None]:
    """The line of a cell with what the receipt notes about it, and the inputs behind it (None when not noted)."""
    try:
        with Path(file).open(encoding="utf-8", newline="") as stream:
            table = list(csv.DictReader(stream))
    except (OSError, ValueError, csv.Error) as error:
        raise VspairError(f"expected a table in CSV at {file}, found: {error}; give the .csv of a table") from error
    if not table or not {"row", "column", "value"} <= table[0].keys():
        raise VspairError(f"expected a table with row, column and value at {file}, found none: give a table's .csv")
    row, column = cell
    found = [line for line in table if (line["row"], line["column"]) == cell]
    if not found:
        rows, columns = (", ".join(dict.fromkeys(line[key] for line in table)) for key in ("row", "column"))
        raise VspairError(
            f"expected a cell at row {row!r} and column {column!r} of {file}, found none: the rows are {rows}; "
            f"the columns are {columns}"
        )
    note = receipt.cells.get(f"{row}|{column}")
    facts = found[0] | {key: value for key, value in (note or {}).items() if key != "inputs"}
    return facts, None if note is None else note.get("inputs", [])


@dataclass
class _Tree:
    """The chain of one run as nested dicts; shows every job once."""

    run: Run
    configuration: Configuration | None
    shown: set[Path] = field(default_factory=set)

    def node(self, name: str, recorded: str, names: Sequence[str] | None = None) -> dict[str, object]:
        """A file with its recorded digest, and below it its inputs (those in `names` only, when given)."""
        receipt = self.run.maker(name)
        node: dict[str, object] = {"file": name, "sha256": recorded}
        if receipt is None:
            now = self.run.digest(name)
            state = "missing" if now is None else "stale data"
            return node | {"breaks": [state] if self.run.checkable(name) and now != recorded else [], "inputs": []}
        words = {"stale data"} if recorded != receipt.outputs[name] else set()
        if receipt.path in self.shown:
            return node | {"rule": receipt.rule, "repeated": True, "breaks": sorted(words), "inputs": []}
        self.shown.add(receipt.path)
        findings = check(self.run, receipt, self.configuration)
        words |= {finding.word for finding in findings if _concerns(finding, name)}
        followed = [item for item in receipt.inputs if names is None or item in names]
        return node | {
            "rule": receipt.rule,
            "wildcards": receipt.wildcards,
            "preset": receipt.preset,
            "seed": receipt.seed,
            "configuration": receipt.configuration,
            "fingerprint": receipt.fingerprint,
            "commit": receipt.commit,
            "dirty": receipt.dirty,
            "machine": receipt.machine,
            "versions": receipt.versions,
            "seconds": receipt.seconds,
            "breaks": sorted(words),
            "inputs": [self.node(item, receipt.inputs[item]) for item in followed],
        }


def _concerns(finding: Finding, name: str) -> bool:
    # A break of a whole job stands at its first output; an edited or missing sibling is no break of this file.
    return finding.word not in ("edited", "missing") or finding.file == name


def _lines(node: dict, indent: str) -> list[str]:
    state = f"NO LONGER TRUE: {', '.join(node['breaks'])}" if node["breaks"] else "still true"
    head = f"{indent}{node['file']}  sha256 {node['sha256'][:12]}"
    if node.get("repeated"):
        return [f"{head}  {state}  rule {node['rule']}, shown above"]
    if "rule" not in node:
        return [f"{head}  not made here  {state}"]
    wildcards = " ".join(f"{key}={value}" for key, value in sorted(node["wildcards"].items()))
    tree = "no commit" if node["commit"] is None else node["commit"][:12] + (" dirty" if node["dirty"] else "")
    facts = [
        f"rule {node['rule']}" + (f" ({wildcards})" if wildcards else ""),
        f"seed {node['seed']}",
        f"code {node['fingerprint'][:12]}",
        tree,
        " + ".join(str(node["machine"][key]) for key in ("cpu", "gpu") if node["machine"].get(key)),
        f"{node['seconds']} s",
    ]
    below = [line for item in node["inputs"] for line in _lines(item, indent + "  ")]
    return [f"{head}  {state}", f"{indent}  [{', '.join(facts)}]", *below]
