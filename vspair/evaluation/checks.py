"""What else is asked of a calibration's samples: whether they are the posterior's, and intervals of functionals."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from vspair.config.evaluation import Functional
from vspair.evaluation.functionals import functional_numbers, prefixed
from vspair.evaluation.grouping import Parts
from vspair.evaluation.scalars import functional_values, quantities, snapped
from vspair.evaluation.simulated import (
    ALPHAS,
    BINS,
    REFERENCE,
    band,
    expected_coverage,
    histogram,
    mean_over,
    one_of_each,
    posterior_numbers,
    randomised_rank,
)

DRAWS = 8
"""Samples of an image from which new observations are made, the first ones."""

Misfit = Callable[[Tensor, Tensor], Mapping[str, Tensor]]
"""(x, places) -> name -> (n,): how far each image is from the observation at its place."""


@dataclass(frozen=True)
class Checked:
    """What was found.

    Arguments:
        images: one row per image: `rank_mean` and so on, ranks of the truth in [0, 1) (NaN where an image lacks what
            they are of), `credibility`, that of TARP, and each misfit, mean over the draws, with `truth_...` beside it.
        summary: parts that belong into that of `calibrate`: `posterior`, numbers over all images; coverages, widths and
            factors of functionals in `raw`, `scaled` and `assured`; `undefined`; `tested_images` and `tested_units`.
        curves: columns `kind`, `x`, `y`, `low`, `high`: of each quantity that some image has the share of ranks in bins
            around x, of `tarp` the expected coverage over credibility, with the band of as many independent images.
    """

    images: pd.DataFrame
    summary: dict[str, Any]
    curves: pd.DataFrame


class PosteriorChecks:
    """Takes samples batch by batch, keeps a few numbers of each, and says at the end what they are worth.

    Arguments:
        qoi: x, shape (images, *shape of x).
        lost: True where y has lost x, shape of `qoi`; None where nothing is lost by place.
        reference: points for TARP that do not depend on x given y, shape of `qoi`.
        functionals: by name.
        misfit: of images and observations; None where nothing is compared.
        resolution: r, half the step in which x was recorded.
        generator: breaks ties of ranks, and draws one image of each group.
    """

    def __init__(
        self,
        qoi: Tensor,
        lost: Tensor | None,
        reference: Tensor,
        functionals: Mapping[str, Functional],
        misfit: Misfit | None,
        resolution: float,
        generator: np.random.Generator,
    ):
        self._qoi, self._lost, self._reference, self._resolution = qoi, lost, reference, resolution
        self._functionals, self._misfit, self._generator = functionals, misfit, generator
        self._places: list[Tensor] = []
        self._pools: dict[str, list[Tensor]] = {}
        self._pixels: dict[str, list[Tensor]] = {}
        self._misfits: dict[str, list[Tensor]] = {}

    def take(self, places: Tensor, samples: Tensor) -> None:
        """Look at the samples of some images.

        Arguments:
            places: of these images, integers (n,).
            samples: shape (S, n, *shape of x).
        """
        qoi = self._qoi[places]
        lost = None if self._lost is None else self._lost[places]
        pool = torch.cat([qoi[None], snapped(samples, qoi, self._resolution)])
        self._places.append(places.cpu())
        for name, values in quantities(pool, lost, self._reference[places]).items():
            self._pools.setdefault(name, []).append(values.cpu())
        for name, functional in self._functionals.items():
            values, pixels = functional_values(pool, lost, functional)
            self._pools.setdefault(f"functional {name}", []).append(values.cpu())
            self._pixels.setdefault(name, []).append(pixels.cpu())
        if self._misfit is not None:
            drawn = samples[:DRAWS]
            found = self._misfit(drawn.flatten(0, 1), places.repeat(len(drawn)))
            columns = {name: values.view(len(drawn), -1).mean(0) for name, values in found.items()}
            columns |= {f"truth_{name}": values for name, values in self._misfit(qoi, places).items()}
            for name, values in columns.items():
                self._misfits.setdefault(name, []).append(values.double().cpu())

    def found(self, parts: Parts, levels: Sequence[float], delta: float) -> Checked:
        """The numbers, once every image was looked at once.

        Arguments:
            parts: which images fit the factors of functionals. Ranks and misfits have nothing fitted and are of all.
            levels: of the functionals' central intervals.
            delta: probability with which an assured factor may be too small.
        """
        order = torch.cat(self._places).argsort()
        pools = {name: torch.cat(each, 1)[:, order] for name, each in self._pools.items()}
        misfits = {name: torch.cat(each)[order].numpy() for name, each in self._misfits.items()}
        group, count = parts.group, len(order)
        names = [name for name in pools if not name.startswith("functional ")]
        ranks = {name: randomised_rank(pools[name].numpy(), self._generator.random(count)) for name in names}
        chosen = one_of_each(group, self._generator)
        posterior = posterior_numbers(ranks, group, chosen)
        posterior |= {name: mean_over(values, group)[0] for name, values in misfits.items()}
        summary: dict[str, Any] = {
            "posterior": {name: value if math.isfinite(value) else None for name, value in posterior.items()},
            "undefined": {},
            "tested_images": count,
            "tested_units": len(chosen),
        }
        for name, functional in self._functionals.items():
            pool, pixels = pools[f"functional {name}"], torch.cat(self._pixels[name])[order]
            half_step = self._resolution / (pixels if functional.statistic == "mean" else torch.ones_like(pixels))
            numbers = prefixed(name, functional_numbers(pool, half_step, parts, levels, delta))
            for part, each in numbers.items():
                summary.setdefault(part, {}).update(each)
            if lacking := int((~torch.isfinite(pool[0])).sum()):
                summary["undefined"][name] = lacking
        columns = {"credibility" if name == REFERENCE else f"rank_{name}": each for name, each in ranks.items()}
        images = pd.DataFrame(columns | misfits)
        return Checked(images, summary, _curves(ranks, group, len(chosen)))


def _curves(ranks: Mapping[str, np.ndarray], group: np.ndarray, units: int) -> pd.DataFrame:
    lines = []
    for name, values in ranks.items():
        if not np.isfinite(values).any():
            continue
        if name == REFERENCE:
            kind, x, y, expected = "tarp", ALPHAS, expected_coverage(values, group, ALPHAS), ALPHAS
        else:
            kind, x, y = name, (np.arange(BINS) + 0.5) / BINS, histogram(values, group)
            expected = np.full(BINS, 1 / BINS)
        bands = np.array([band(share, units) for share in expected])
        lines.append(pd.DataFrame({"kind": kind, "x": x, "y": y, "low": bands[:, 0], "high": bands[:, 1]}))
    return pd.concat(lines, ignore_index=True)
