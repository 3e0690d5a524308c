"""The frame around every script of the workflow: checks before, a log, and a receipt after a clean end."""

import atexit
import gc
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.printable import shown, tell
from vspair.provenance.code import fingerprint
from vspair.provenance.logs import handlers_of
from vspair.provenance.receipt.folders import files_below
from vspair.provenance.receipt.places import SUFFIX, Places
from vspair.provenance.receipt.state import LOCK, state_of
from vspair.refusals import refusal

_EVIDENCE = ("script", "entries", "fingerprint", "configuration", "seed", "stochastic", "preset", "results")


class Job:
    """One running job.

    Attributes:
        seed: the job's seed, or None.
        configuration: dotted key to value of what the rule selected for the job.
        log: logger that writes to the job's log file and to the standard error.
    """

    def __init__(self, snakemake: object, root: Path) -> None:
        self._snakemake = snakemake
        self._evidence = _evidence(snakemake)
        local = snakemake.config["local"]
        data = local["data_dir"]
        # Where Snakemake works: the project's root, unless it was called with another folder.
        folder = Path(local.get("folder") or root)
        self._directory = None if folder.samefile(root) else os.path.relpath(folder.resolve(), root.resolve())
        run = folder / self._evidence["results"]
        self._places = Places(run=run, root=root, data=folder / data if data else None)
        self._settings = local["settings"]
        self._lock = local.get("lock") or LOCK
        self._receipt, self._outputs = _outputs(snakemake)
        self._annotations: dict[str, dict] = {}
        self._started = datetime.now(UTC)
        self.seed: int | None = self._evidence["seed"]
        self.configuration: dict[str, object] = dict(self._evidence["configuration"])
        self.log = logging.getLogger("vspair")

    def annotate(self, path: Path | str, annotations: Mapping[str, object]) -> None:
        """Note facts about an output in the receipt.

        Args:
            path: one of the job's outputs.
            annotations: JSON values. Under `cells`, `row|column` leads to a dict whose `inputs` are paths of those
                inputs of the job that made the cell.

        Raises:
            ValueError: the path is not an output of the job, or a cell's input is not an input of it.
        """
        if Path(path) not in self._outputs:
            raise ValueError(f"{path} is not an output of the rule {self._snakemake.rule}")
        noted = dict(annotations)
        if "cells" in noted:
            noted["cells"] = {cell: self._cell(cell, facts) for cell, facts in noted["cells"].items()}
        self._annotations.setdefault(self._places.name(path), {}).update(self._places.scrub(noted))

    def _cell(self, cell: str, facts: Mapping[str, object]) -> dict[str, object]:
        known = {self._places.name(path) for path in _expand(_paths(self._snakemake.input))}
        named = [self._places.name(path) for path in facts.get("inputs", ())]
        if unknown := sorted(set(named) - known):
            raise ValueError(f"the cell {cell} names {unknown}, no inputs of the rule {self._snakemake.rule}")
        return {**facts, "inputs": named}

    def _begin(self) -> None:
        """Drop the receipt of an earlier run, check the code, and remember the state of every input."""
        began = perf_counter()
        self._receipt.unlink(missing_ok=True)
        script, recorded = self._evidence["script"], self._evidence["fingerprint"]
        now = fingerprint(self._places.root, script, self._evidence["entries"], remembered=True)
        if now != recorded:
            raise VspairError(
                f"expected the code of {script} to be as it was when the workflow was planned ({recorded[:12]}), "
                f"found it edited since ({now[:12]}): run the same command again"
            )
        # Now and not at the end: whoever edits the project meanwhile does not change what runs.
        self._project = state_of(self._places.root, script, self._evidence["entries"], self._lock)
        self._folders = [path for path in _paths(self._snakemake.input) if path.is_dir()]
        self._state = {path: _state(path) for path in _expand(_paths(self._snakemake.input))}
        self._evidence_seconds = perf_counter() - began

    def _finish(self) -> None:
        """Check inputs and outputs and write the receipt.

        Raises:
            VspairError: an input changed while the job ran, an output is missing, or the disk is full.
        """
        began = perf_counter()
        # Here and not above: they draw in pydantic, and a job that fails at its start does not need them.
        from vspair.provenance.receipt.building import asked_for, build, write
        from vspair.provenance.receipt.lookup import claims_of

        for path, state in self._state.items():
            if _state(path) != state:
                raise VspairError(
                    f"expected the input {path} to stay as it was while the rule {self._snakemake.rule} ran, found it "
                    "changed: wait until nothing else writes it and run the same command again"
                )
        if added := [path for path in _expand(self._folders) if path not in self._state]:
            raise VspairError(
                f"expected the files of {self._folders[0]} to stay what they were while the rule "
                f"{self._snakemake.rule} ran, found {added[0]} added: run the same command again"
            )
        for path in self._outputs:
            if not path.exists():
                raise VspairError(
                    f"expected the rule {self._snakemake.rule} to write {path}, found no such file: mend its script"
                )
        outputs = {self._places.name(path): sha256(path) for path in _expand(self._outputs)}
        inputs = {self._places.name(path): sha256(path) for path in self._state}
        claims = claims_of(self._state, self._places)
        statement = build(
            places=self._places,
            evidence=self._evidence,
            parameters={key: value for key, value in _items(self._snakemake.params).items() if key != "evidence"},
            settings=self._settings,
            state=self._project,
            rule=self._snakemake.rule,
            wildcards=_items(self._snakemake.wildcards),
            threads=self._snakemake.threads,
            resources=_items(self._snakemake.resources),
            outputs=outputs,
            inputs=inputs,
            folders=[self._places.name(path) for path in self._folders],
            claims=claims,
            target=self._places.name(self._outputs[0]),
            asked=asked_for(self._outputs[0], self._places, self._evidence["results"]),
            directory=self._directory,
            receipt=self._places.name(self._receipt),
            annotations=self._annotations,
            started=self._started,
            finished=datetime.now(UTC),
            evidence_seconds=lambda: self._evidence_seconds + perf_counter() - began,
        )
        write(self._receipt, statement)


@contextmanager
def recorded(snakemake: object, root: Path | None = None) -> Iterator[Job]:
    """Run a script's work with a log, and leave a receipt beside its outputs when it ends well.

    Args:
        snakemake: Snakemake's object of that name, or any object with the attributes input, output, params,
            wildcards, threads, resources, rule, log, config and scriptdir. `params.evidence` is the dict made by the
            rule, `config["local"]` holds `data_dir`, the call's `settings` and perhaps `lock` (relative to the
            root) and `folder` (where Snakemake works, by default the root), and the output named `receipt` is where
            the receipt goes.
        root: the project's root; by default `config["local"]["root"]`, else the folder above the script's.

    Raises:
        SystemExit: with status 1, after one logged sentence, when a VspairError says what the user can mend, or the
            machine does not let a file be written or read.
    """
    # Python's last search for cycles walks through all that torch has made, and the process ends anyway.
    atexit.register(gc.freeze)
    try:
        handlers = handlers_of(_paths(snakemake.log))
    except VspairError as error:
        tell(f"error: {error}", to_errors=True)
        raise SystemExit(1) from None
    log = logging.getLogger("vspair")
    level = log.level
    log.setLevel(logging.INFO)
    for handler in handlers:
        log.addHandler(handler)
    try:
        root = root or snakemake.config["local"].get("root") or Path(snakemake.scriptdir).parent
        job = Job(snakemake, Path(root).absolute())
        job._begin()
        yield job
        job._finish()
    except VspairError as error:
        log.error("error: %s", shown(error))
        raise SystemExit(1) from None
    except Exception as error:
        if isinstance(error, OSError) and (sentence := refusal(error)) is not None:
            log.error("error: %s", shown(sentence))
            raise SystemExit(1) from None
        # Python prints the traceback on the standard error by itself when the script ends.
        for handler in handlers[1:]:
            handler.handle(log.makeRecord(log.name, logging.ERROR, "", 0, "defect", (), sys.exc_info()))
        raise
    finally:
        log.setLevel(level)
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def _evidence(snakemake: object) -> dict:
    evidence = _get(snakemake.params, "evidence")
    absent = [key for key in _EVIDENCE if key not in evidence] if isinstance(evidence, Mapping) else ["evidence"]
    if absent:
        raise VspairError(
            f"expected the rule {snakemake.rule} to pass params.evidence with {', '.join(_EVIDENCE)}, found no "
            f"{', '.join(absent)}: mend the rule"
        )
    return dict(evidence)


def _outputs(snakemake: object) -> tuple[Path, list[Path]]:
    receipt = _get(snakemake.output, "receipt")
    others = [path for path in _paths(snakemake.output) if receipt is None or path != Path(receipt)]
    if receipt is None or not str(receipt).endswith(SUFFIX) or not others:
        raise VspairError(
            f"expected the rule {snakemake.rule} to have an output named `receipt` (*{SUFFIX}) beside its "
            f"others, found {receipt}: mend the rule"
        )
    return Path(receipt), others


def _paths(files: Iterable | Mapping | str) -> list[Path]:
    """Paths of Snakemake's named lists, of lists, of dicts (whose values may be lists) and of a single path."""
    if isinstance(files, str | os.PathLike):
        return [Path(files)]
    items = files if isinstance(files, Iterable) and not isinstance(files, Mapping) else _items(files).values()
    return [path for item in items for path in _paths(item)]


def _items(named: object) -> dict[str, object]:
    """Names and values of a dict, one of Snakemake's named lists, or a plain namespace."""
    return dict(named.items() if hasattr(named, "items") else vars(named))


def _get(named: object, name: str) -> object:
    return named.get(name) if hasattr(named, "get") else getattr(named, name, None)


def _expand(paths: Iterable[Path]) -> list[Path]:
    """Files in the place of folders, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(files_below(path) if path.is_dir() else [path]))
    return list(found)


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise VspairError(f"expected the input {path}, found none ({error.strerror}): remake or restore it") from error
    return status.st_mtime_ns, status.st_size
