"""Readers of what the sibling papers' jobs hand on: subsets, mixtures with samples, and results of analyses."""

import json
import math
from pathlib import Path

import numpy as np
from hostile import Reader
from mutations import TABLE
from tensors import metadata, tensors


def make_subsets(folder: Path) -> None:
    from vspair.data.subsets import Subsets, write_subsets

    draw = np.random.default_rng(3)
    images = draw.integers(0, 256, (9, 4, 4), dtype=np.uint8)
    index = {1: draw.integers(0, 9, (2, 3)), 2: draw.integers(0, 9, (2, 6))}
    (folder / "both").mkdir(parents=True)
    write_subsets(folder / "both/subsets.safetensors", Subsets(images, index))


def read_them(folder: Path, out: Path):
    from vspair.data.subsets import read_subsets

    return read_subsets(folder / "subsets.safetensors")


def sound_subsets(value, truth, folder) -> str | None:
    for classes in value.index:
        found = value.of(classes)
        if found.ndim != 4 or found.dtype != np.uint8 or not found.size:
            return f"images of {classes} classes are {found.dtype} of shape {found.shape}"
    return None


VALUES = {
    "seeds": [0, 1],
    "mixtures": {
        **{"components": 3, "extent": 1.0, "spread": [0.1, 0.2], "spread_is": "variance", "weighting": "uniform"},
        **{"drawn": "each", "samples": 5, "seed": 1},
    },
    **{"plane.noise": 0.1, "plane.unit_operator": True},
}


def make_mixtures(folder: Path) -> None:
    from vspair.problems.transport.draws import drawn, write_draws

    (folder / "both").mkdir(parents=True)
    write_draws(folder / "both/mixtures.safetensors", drawn(VALUES, "usual"))


def read_mixtures(folder: Path, out: Path):
    from vspair.problems.transport.draws import read_samples, read_truths

    path = folder / "mixtures.safetensors"
    return {part: (read_truths(path, part), read_samples(path, part)) for part in ("sphere", "plane")}


def sound_mixtures(value, truth, folder) -> str | None:
    for part, (laws, samples) in value.items():
        for values in samples:
            if values.ndim != 3 or values.shape[1] != len(laws) or not values.isfinite().all():
                return f"samples of {part} have shape {tuple(values.shape)} for {len(laws)} runs"
        for law in laws:
            total = law.qoi.weights.sum().item()
            if not math.isclose(total, 1, rel_tol=1e-6) or law.qoi.weights.min() < 0:
                return f"weights of {part} sum to {total}"
            if law.qoi.means.shape[0] != len(law.qoi.weights):
                return f"{len(law.qoi.weights)} weights of {law.qoi.means.shape[0]} components"
    return None


KEYS = ("diversity.ssim.diversity", "metrics.shared.squared.of_means.ratio_sum")


def make_analyses(folder: Path) -> None:
    (folder / "both").mkdir(parents=True)
    found = {
        "diversity": {"ssim": {"diversity": 0.7, "var_diversity": 0.02}},
        "metrics": {"shared": {"squared": {"of_means": {"ratio_sum": 1.1, "sig_dims": 3.0}}}},
    }
    (folder / "both/seed0.json").write_text(json.dumps(found, indent=1) + "\n")


def read_analyses(folder: Path, out: Path):
    from vspair.problems.interventions.results import Results

    results = Results({"dense.mnist.1.40": [str(folder / "seed0.json")]})
    return [results.values(stack, key)[0] for stack in results.paths for key in KEYS]


def sound_numbers(value, truth, folder) -> str | None:
    odd = [number for number in value if math.isinf(number)]
    return f"{odd[0]} as a number" if odd else None


BOTH = {".safetensors": (tensors, tensors, metadata), ".csv": TABLE}
READERS = (
    Reader("subsets", make_subsets, read_them, sound_subsets, ways=BOTH),
    Reader("mixtures", make_mixtures, read_mixtures, sound_mixtures, ways=BOTH),
    Reader("analyses", make_analyses, read_analyses, sound_numbers),
)
