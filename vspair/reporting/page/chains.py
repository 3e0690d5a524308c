"""What the page needs to show the chain of evidence behind any cell or file, once for all of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vspair.provenance.audit.findings import Finding
from vspair.reporting.page.words import exact, number

_SHARED = ("files", "configuration", "versions", "machine", "lock")
_OWN = (
    *("rule", "wildcards", "seed", "stochastic", "script", "entries", "fingerprint", "commit", "dirty", "started"),
    *("seconds", "evidence_seconds", "threads", "command", "inputs", "outputs", "target"),
)
_TEXTS = ("file", "row", "column", "unit", "verdict", "key", "statistic")
_NUMBERS = ("value", "sd", "published", "tolerance")


class _Pool:
    """Values that many jobs have in common, kept once each."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        key = json.dumps(value, sort_keys=True)
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]


def chains(
    jobs: Mapping[str, Mapping], makers: Mapping[str, str], cells: Sequence[Mapping], findings: Sequence[Finding]
) -> dict[str, Any]:
    """Cells, jobs and breaks as JSON values; the page's script joins them to chains when a reader asks.

    What jobs have in common (source files, configuration, versions, machine, lock) stands once in `shared`, and the
    job holds its place there; so do a cell's `inputs`. Values of the configuration are JSON texts, numbers of cells
    are texts as a reader sees them (`exact`: with all digits), so that nothing is lost on what JSON has no word for.

    Arguments:
        jobs: receipt name -> facts, as in the ledger.
        makers: output -> receipt name.
        cells: as in the ledger, in the order of the page.
        findings: breaks that the audit found.
    """
    pools = {name: _Pool() for name in (*_SHARED, "cell_inputs")}
    return {
        "cells": [_cell(cell, pools["cell_inputs"]) for cell in cells],
        "jobs": {name: _job(job, pools) for name, job in jobs.items()},
        "makers": dict(makers),
        "findings": [[finding.file, finding.word, finding.sentence] for finding in findings],
        "shared": {name: pool.values for name, pool in pools.items()},
    }


def _cell(cell: Mapping, inputs: _Pool) -> dict[str, Any]:
    texts = {key: cell[key] for key in _TEXTS if cell.get(key)}
    numbers = {key: number(cell[key]) for key in _NUMBERS if cell.get(key) is not None}
    fact = {"exact": exact(cell["value"]), "n": exact(cell["n"])}
    return texts | numbers | fact | {"inputs": inputs.place(list(cell["inputs"]))}


def _job(job: Mapping, pools: Mapping[str, _Pool]) -> dict[str, Any]:
    facts = {key: job[key] for key in _OWN if job.get(key) is not None}
    configuration = {key: json.dumps(value, ensure_ascii=False) for key, value in job["configuration"].items()}
    shared = {key: job.get(key) for key in _SHARED} | {"configuration": configuration}
    return facts | {key: pools[key].place(value) for key, value in shared.items()}
