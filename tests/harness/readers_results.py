"""Readers of what jobs leave for later jobs: per-image metrics and summaries, as the scripts of tables read them."""

import contextlib
import csv
import json
import math
import runpy
import types
from importlib.util import find_spec
from pathlib import Path

import mutations
from hostile import Reader

ROOT = Path(find_spec("vspair").origin).parents[1]
IMAGES = 12
METRICS = ("mse", "mse30", "nnz", "sparsity")
RELATIVE = 1e-6


def make_metrics(folder: Path) -> None:
    import numpy as np

    draw = np.random.default_rng(7)
    for seed in range(2):
        path = folder / f"seeds/vsPAIR/seed{seed}"
        path.mkdir(parents=True)
        lines = ["image,index,label," + ",".join(METRICS)]
        for image in range(IMAGES):
            values = ",".join(f"{value:.8g}" for value in draw.random(len(METRICS)))
            lines.append(f"{image},{100 - image},{image % 5},{values}")
        (path / "images.csv").write_text("\n".join(lines) + "\n")
        summary = {
            "images": IMAGES,
            "mse_to_unit": 0.25,
            "parameters": 1000,
            "inference_seconds": 0.5,
            "measures": list(METRICS),
        }
        (path / "summary.json").write_text(json.dumps(summary, indent=1))


def scripted(name: str, folder: Path, out: Path) -> None:
    """Run a script of the workflow on files of a folder, without the frame that records it."""
    from vspair import provenance
    from vspair.errors import VspairError

    @contextlib.contextmanager
    def unrecorded(snakemake):
        configuration = {
            "inpainting.data.scale": "symmetric",
            "inpainting.data.test": IMAGES,
        }
        yield types.SimpleNamespace(configuration=configuration, annotate=lambda *_: None, seed=0)

    seeds = [folder / f"vsPAIR/seed{seed}" for seed in range(2)]
    files = {
        "images": [str(seed / "images.csv") for seed in seeds],
        "summaries": [str(seed / "summary.json") for seed in seeds],
        "published": str(ROOT / "config/published/vspair.yaml"),
    }
    snakemake = types.SimpleNamespace(
        input=types.SimpleNamespace(**files),
        output=types.SimpleNamespace(csv=str(out / "table.csv"), images=str(out / "images.csv")),
        params=types.SimpleNamespace(
            methods=["vsPAIR"], caption="A caption.", labels={}, runs=[("vsPAIR", "digits", 0), ("vsPAIR", "digits", 1)]
        ),
        wildcards=types.SimpleNamespace(problem="inpainting", method="vsPAIR", data="digits"),
        config={"local": {}},
    )
    kept, provenance.recorded = provenance.recorded, unrecorded
    try:
        runpy.run_path(str(ROOT / f"scripts/{name}.py"), {"snakemake": snakemake})
    except SystemExit as error:
        raise VspairError(str(error)) from error
    finally:
        provenance.recorded = kept


def read_aggregate(folder: Path, out: Path):
    scripted("aggregate", folder, out)
    return rows(out / "images.csv")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def place(text: str) -> int | str:
    """What describes a pair, 07 as 7."""
    return int(text) if text.isdecimal() else text


def wanted(folder: Path) -> list[tuple[list[list[str]], list[dict[str, float]]]] | str:
    """Places and numbers of both seeds without the project and its libraries; what is wrong with them, if anything."""
    found = []
    for seed in range(2):
        try:
            with (folder / f"vsPAIR/seed{seed}/images.csv").open(encoding="utf-8", newline="") as stream:
                reader = csv.reader(stream, strict=True)
                head, *lines = [line for line in reader if line]
        except (ValueError, csv.Error) as error:
            return f"no CSV: {error}"
        if any(head.count(key) != 1 for key in METRICS) or any(len(line) != len(head) for line in lines):
            return "another form"
        try:
            numbers = [{key: float(line[head.index(key)]) for key in METRICS} for line in lines]
        except ValueError:
            return "no number"
        if not all(math.isfinite(value) for line in numbers for value in line.values()):
            return "not finite"
        if len(numbers) != IMAGES:
            return "not all test images"
        places = [[place(text) for key, text in zip(head, line, strict=True) if key not in METRICS] for line in lines]
        found.append((places, numbers))
    return found


def aggregated(value, truth, folder) -> str | None:
    """The mean over seeds of each image, or a refusal where a seed's file is not whole."""
    numbers = wanted(folder)
    if isinstance(numbers, str):
        return f"taken, though a file has {numbers}"
    (places, first_seed), (others, second_seed) = numbers
    if places != others:
        return "taken, though the seeds are of different images"
    for line, first, second in zip(value, first_seed, second_seed, strict=True):
        for key in METRICS:
            mean = (first[key] + second[key]) / 2
            if not math.isclose(float(line[key]), mean, rel_tol=RELATIVE, abs_tol=1e-300):
                return f"{key} is {line[key]} instead of {mean}"
    return None


def read_table(folder: Path, out: Path):
    from vspair.published import Published

    with _never_compared(Published):
        scripted("table3", folder, out)
    return rows(out / "table.csv")


@contextlib.contextmanager
def _never_compared(published):
    kept, published.obstacle = published.obstacle, lambda self, configuration: "the run is tiny"
    try:
        yield
    finally:
        published.obstacle = kept


def tabled(value, truth, folder) -> str | None:
    """The mean over all images and seeds in each cell, or a refusal where a file is not whole."""
    numbers = wanted(folder)
    if isinstance(numbers, str):
        return f"taken, though a file has {numbers}"
    try:
        factor = json.loads((folder / "vsPAIR/seed0/summary.json").read_bytes())["mse_to_unit"]
        sound = not isinstance(factor, bool) and isinstance(factor, int | float) and math.isfinite(factor)
    except (ValueError, KeyError, TypeError, OverflowError):
        sound = False
    if not sound:
        return "taken, though the summary is not whole"
    cells = {line["column"]: line["value"] for line in value if line["row"] == "vsPAIR"}
    for key in METRICS:
        means = [sum(line[key] for line in seed) / IMAGES for _, seed in numbers]
        if not math.isclose(float(cells[key]), sum(means) / 2, rel_tol=RELATIVE, abs_tol=1e-300):
            return f"{key} is {cells[key]} instead of {sum(means) / 2}"
    return None


BOTH = {".csv": mutations.TABLE, ".json": mutations.JSON}
READERS = (
    Reader("aggregate", make_metrics, read_aggregate, aggregated, "**/images.csv", BOTH, 300),
    Reader("table", make_metrics, read_table, tabled, ways=BOTH, tries=300),
)
