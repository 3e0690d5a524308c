"""The chain behind one file, one cell of a table or one number of a figure, down to the raw data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.audit.auditing import audited
from vspair.provenance.audit.environment import outdated_lock
from vspair.provenance.audit.findings import Configuration, Finding
from vspair.provenance.receipt.lookup import find
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run
from vspair.provenance.why.cell import Cell, find_cell
from vspair.provenance.why.origin import behind

_RENDERED = {".png", ".pdf", ".md", ".tex"}
_FACTS = (
    *("rule", "wildcards", "preset", "seed", "configuration", "script", "entries", "fingerprint", "files"),
    *("commit", "dirty", "tree", "remedy", "lock_file", "lock", "machine", "versions", "started", "seconds"),
)


def why(
    file: Path | str,
    root: Path,
    cell: tuple[str, str] | None = None,
    configuration: Configuration | None = None,
    data_dir: Path | None = None,
) -> dict[str, object]:
    """The chain of receipts behind a file as JSON values: `file`, `chain`, `command`, `damaged` (receipts of the run
    that cannot be read, each with `file` and `sentence`) and, when asked for, the cell.

    Each node of `chain` has the file's name and SHA-256, the facts of its receipt (none for raw data), `breaks` (what
    is no longer true of this link) and `inputs` (further nodes). A job that was shown already is marked `repeated`.
    Of a cell, `cell` has what its line says and where it comes from, and `behind` sums up its chain (see `behind`).

    Args:
        file: any output of the workflow.
        root: the project's root.
        cell: row and column of a table, or name of a line and column of a figure's CSV; the chain is then restricted
            to the inputs behind that cell. For a picture or a rendered table, the CSV beside it is meant.
        configuration: as for `audit`.
        data_dir: as for `audit`.

    Raises:
        VspairError: no receipt covers the file, a receipt is damaged, or there is no such cell.
    """
    file = Path(file)
    if cell is not None and file.suffix in _RENDERED and file.with_suffix(".csv").is_file():
        file = file.with_suffix(".csv")
    path = find(file)
    if path is None:
        raise VspairError(f"expected a receipt beside {file} that covers it, found none: make the file by the workflow")
    receipt = read(path)
    run = Run(receipt.run_folder, root, data_dir)
    name = run.places.name(file)
    answer: dict[str, object] = {"file": name}
    found: Cell | None = None
    if cell is not None:
        found = find_cell(file, name, receipt, cell)
        answer |= {"cell": found.facts, "behind": behind(run, receipt, found)}
    names = None if found is None else found.inputs
    answer["chain"] = _Tree(run, audited(run, configuration)).node(name, receipt.outputs[name], names=names)
    answer["command"] = receipt.command
    answer["damaged"] = [{"file": found, "sentence": sentence} for found, sentence in run.damaged.items()]
    return answer


@dataclass
class _Tree:
    """The chain of one run as nested dicts; shows every job once."""

    run: Run
    findings: Sequence[Finding]
    shown: set[Path] = field(default_factory=set)

    def node(
        self, name: str, recorded: str, reader: Receipt | None = None, names: Sequence[str] | None = None
    ) -> dict[str, object]:
        """A file with the digest that its reader recorded, and below it its inputs (only `names`, when given)."""
        receipt = self.run.maker(name)
        node: dict[str, object] = {"file": name, "sha256": recorded}
        if receipt is None:
            return node | {"breaks": self._of_raw(name, recorded, reader), "inputs": []}
        words = {"stale data"} if recorded != receipt.outputs[name] else set()
        if receipt.path in self.shown:
            return node | {"rule": receipt.rule, "repeated": True, "breaks": sorted(words), "inputs": []}
        self.shown.add(receipt.path)
        concerned = {*receipt.outputs, self.run.name(receipt)}
        words |= {found.word for found in self.findings if found.file in concerned and _concerns(found, name)}
        words |= {"stale environment"} if outdated_lock(self.run, receipt) else set()
        followed = [item for item in receipt.inputs if names is None or item in names]
        return node | {
            **{fact: getattr(receipt, fact) for fact in _FACTS},
            "breaks": sorted(words),
            "inputs": [self.node(item, receipt.inputs[item], receipt) for item in followed],
        }

    def _of_raw(self, name: str, recorded: str, reader: Receipt | None) -> list[str]:
        """What is no longer true of a file that no job made."""
        if not self.run.checkable(name):
            return []
        if told := {found.word for found in self.findings if found.file == name and found.word == "unreceipted"}:
            # In the run folder, and yet no receipt that can be read says how it was made.
            return sorted(told)
        # A bundle's project is that of its commit.
        of_project = reader is not None and name.startswith("project:")
        now = self.run.project_digest(reader, name) if of_project else self.run.digest(name)
        return [] if now == recorded else ["missing" if now is None else "stale data"]


def _concerns(finding: Finding, name: str) -> bool:
    # A break of a whole job stands at its first output; an edited or missing sibling is no break of this file.
    return finding.word not in ("edited", "missing") or finding.file == name
