"""The mixtures of every run and the samples of them that it is trained on, in one file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vspair.data.arrays import not_whole, read_whole
from vspair.distributions.mixture import GaussianMixture, on_sphere
from vspair.problems.transport.settings import Mixtures
from vspair.problems.transport.stacks import PLANE, SPHERE, settled
from vspair.training.seeds import derive
from vspair.training.tensors import write_tensors

CALLED = "file of mixtures"

SPACE, FLAT = 3, 2
"""Dimensions of the mixtures whose samples are put on the sphere, and of that in the plane."""

_PARTS = ("weights", "means", "covariances")


@dataclass(frozen=True)
class Truth:
    """What one run is about: the law of its data, of which anything can be drawn.

    Arguments:
        qoi: mixture of x, before it is put on the sphere there.
        observation: mixture of y; None in the plane, where y is measured.
        operator: F, shape (1, 2), in the plane; None on the sphere.
        noise: sigma of the measurement; 0 on the sphere.
    """

    qoi: GaussianMixture
    observation: GaussianMixture | None
    operator: Tensor | None
    noise: float

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n draws of x and y: independent ones on the sphere, pairs in the plane."""
        qoi = self.qoi.sample(n, generator)
        if self.operator is None:
            return on_sphere(qoi), on_sphere(self.observation.sample(n, generator))
        observation = qoi @ self.operator.mT
        return qoi, observation + self.noise * torch.randn(observation.shape, generator=generator)

    def posterior(self, observation: Tensor) -> GaussianMixture:
        """p(x | y) in the plane for observations (batch, 1)."""
        return self.qoi.posterior(self.operator, self.noise, observation)


def drawn(values: Mapping[str, Any], draw: str) -> dict[str, Tensor]:
    """All tensors of the file, those of the runs stacked in front of samples: (samples, runs, dimension).

    Arguments:
        values: dotted key inside the problem -> plain value (`stacks.drawing_keys`).
        draw: name of the draw.
    """
    _, values = settled(values, draw)
    settings, noise = Mixtures.model_validate(values["mixtures"]), values["plane.noise"]
    truths: dict[str, list[Truth]] = {SPHERE: [], PLANE: []}
    for seed in values["seeds"]:
        of = seed if settings.drawn == "each" else values["seeds"][0]
        generator = torch.Generator().manual_seed(derive(settings.seed, "initialisation", of))
        first, second, flat = (_mixture(settings, size, generator) for size in (SPACE, SPACE, FLAT))
        operator = torch.randn(1, FLAT, generator=generator)
        if values["plane.unit_operator"]:
            operator = operator / operator.norm()
        truths[SPHERE].append(Truth(first, second, None, 0.0))
        truths[PLANE].append(Truth(flat, None, operator, noise))
    tensors = {}
    for part, of_runs in truths.items():
        samples = []
        for seed, truth in zip(values["seeds"], of_runs, strict=True):
            # A stream of its own: runs may share mixtures, but no samples.
            generator = torch.Generator().manual_seed(derive(settings.seed, "noise", seed))
            samples.append(truth.sample(settings.samples, generator))
        for name, each in zip(("qoi", "observation"), zip(*samples, strict=True), strict=True):
            tensors[f"{part}.{name}"] = torch.stack(each, 1)
        tensors |= _told(part, of_runs)
    return tensors


def write_draws(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write what `drawn` gave."""
    write_tensors(path, tensors)


def read_truths(path: Path, part: str) -> list[Truth]:
    """The law of each run's data on the `sphere` or in the `plane`.

    Raises:
        VspairError: the file is missing or not whole.
    """
    found = _read(path)

    def mixture(name: str, run: int) -> GaussianMixture:
        return GaussianMixture(*(found[f"{part}.{name}.{each}"][run] for each in _PARTS))

    runs = range(len(found[f"{part}.qoi.weights"]))
    if part == SPHERE:
        return [Truth(mixture("qoi", run), mixture("observation", run), None, 0.0) for run in runs]
    noise = found["plane.noise"].item()
    return [Truth(mixture("qoi", run), None, found["plane.operator"][run], noise) for run in runs]


def read_samples(path: Path, part: str) -> tuple[Tensor, Tensor]:
    """The training samples x and y of all runs, shapes (samples, runs, dimension).

    Raises:
        VspairError: the file is missing or not whole.
    """
    found = _read(path)
    return found[f"{part}.qoi"], found[f"{part}.observation"]


def _read(path: Path) -> dict[str, Tensor]:
    arrays = read_whole(path, CALLED)
    try:
        runs = _require_mixture(arrays, f"{SPHERE}.qoi", SPACE)
        for name, size in ((f"{SPHERE}.observation", SPACE), (f"{PLANE}.qoi", FLAT)):
            _require_form(arrays, f"{name}.weights", (runs, None))
            _require_mixture(arrays, name, size)
        _require_form(arrays, f"{PLANE}.operator", (runs, 1, FLAT))
        _require_form(arrays, f"{PLANE}.noise", (), "f8")
        if not 0 < arrays[f"{PLANE}.noise"] < math.inf:
            raise ValueError(f"a noise of {arrays[f'{PLANE}.noise']}")
        for part, sizes in ((SPHERE, (SPACE, SPACE)), (PLANE, (FLAT, 1))):
            count = len(arrays[f"{part}.qoi"])
            for name, size in zip(("qoi", "observation"), sizes, strict=True):
                _require_form(arrays, f"{part}.{name}", (count, runs, size))
    except (LookupError, TypeError, ValueError) as error:
        raise not_whole(path, CALLED, f"no {error}" if isinstance(error, KeyError) else error) from error
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _require_form(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int | None, ...], kind: str = "f4") -> None:
    """Refuse an array of another shape, in which None stands for any length from 1 on, or of other numbers."""
    found = arrays[name]
    fits = found.ndim == len(shape) and all(
        length == wanted or (wanted is None and length) for length, wanted in zip(found.shape, shape, strict=True)
    )
    if not fits or found.dtype.str[1:] != kind:
        raise ValueError(f"{name} of the shape {found.shape} and the type {found.dtype}")


def _require_mixture(arrays: Mapping[str, np.ndarray], name: str, size: int) -> int:
    """Refuse what are no mixtures of one size; gives their number."""
    weights = arrays[f"{name}.weights"]
    _require_form(arrays, f"{name}.weights", (None, None))
    _require_form(arrays, f"{name}.means", (*weights.shape, size))
    _require_form(arrays, f"{name}.covariances", (*weights.shape, size, size))
    if (weights < 0).any() or not np.allclose(weights.sum(1), 1, atol=1e-5):
        raise ValueError(f"{name}.weights that sum to {weights.sum(1).tolist()}")
    covariances = arrays[f"{name}.covariances"]
    if not np.array_equal(covariances, covariances.swapaxes(-1, -2)):
        raise ValueError(f"{name}.covariances that are not symmetric")
    np.linalg.cholesky(covariances)
    return len(weights)


def _told(part: str, truths: list[Truth]) -> dict[str, Tensor]:
    tensors = {}
    for name in ("qoi", "observation"):
        mixtures = [getattr(truth, name) for truth in truths]
        if mixtures[0] is not None:
            for each in _PARTS:
                tensors[f"{part}.{name}.{each}"] = torch.stack([getattr(mixture, each) for mixture in mixtures])
    if part == PLANE:
        tensors["plane.operator"] = torch.stack([truth.operator for truth in truths])
        tensors["plane.noise"] = torch.tensor(truths[0].noise, dtype=torch.float64)
    return tensors


def _mixture(settings: Mixtures, dimension: int, generator: torch.Generator) -> GaussianMixture:
    law = GaussianMixture.drawn(
        settings.components, dimension, settings.extent, settings.spread, settings.weighting, generator
    )
    if settings.spread_is == "deviation":
        return GaussianMixture(law.weights, law.means, law.covariances.square())
    return law
