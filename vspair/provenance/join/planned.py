"""The jobs that the workflow of the receiving project plans, by the receipts that they would leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vspair.provenance.forecast.plan import listed
from vspair.provenance.receipt.places import SUFFIX, Places
from vspair.provenance.receipt.receipt import Receipt


@dataclass(frozen=True)
class Planned:
    """A job of the plan.

    Attributes:
        inputs: its inputs.
        passing: its log and its benchmark, which no receipt covers.
    """

    inputs: tuple[Path, ...]
    passing: tuple[Path, ...]

    def reads_as(self, receipt: Receipt, places: Places) -> bool:
        """Whether a finished job had these inputs and no others, by name; a folder stands for the files in it."""
        wanted = {places.name(path) for path in self.inputs}
        found = {name for name in receipt.inputs if name not in wanted}
        inside = {name: {folder for folder in wanted if name.startswith(f"{folder}/")} for name in found}
        folders = set().union(*inside.values())
        return all(inside.values()) and wanted - folders <= receipt.inputs.keys()


def planned(places: Places, settings: Mapping[str, object]) -> dict[str, Planned]:
    """Name of each receipt in the run folder -> the job that would leave it, for the workflow's default target.

    Args:
        places: of the receiving project.
        settings: those that the workflow is given, `preset` among them.

    Raises:
        VspairError: Snakemake refuses to plan, with its own words.
    """
    found = {}
    jobs, _ = listed(places.root, settings)
    for job in jobs:
        files = {part: tuple(places.root / name for name in job[part]) for part in ("input", "log", "benchmark")}
        for name in job["output"]:
            if name.endswith(SUFFIX) and places.inside(places.root / name):
                found[places.name(places.root / name)] = Planned(files["input"], files["log"] + files["benchmark"])
    return found
