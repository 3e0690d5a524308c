"""Scores of trained runs: the measures of Section 4 batch by batch, and the points that the figures show."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from vspair.distributions.mixture import GaussianMixture
from vspair.evaluation.couplings import cheapest, interval_coverage, monge_gap
from vspair.evaluation.scalars import nearest, quantities
from vspair.evaluation.simulated import posterior_numbers, randomised_rank
from vspair.objectives.costs import COSTS
from vspair.objectives.energy import energy_distance
from vspair.problems.transport.draws import Truth
from vspair.problems.transport.settings import Scores
from vspair.problems.transport.stacks import coverage_column

KAPPA = 10.0
"""Weight of the energy distance in MG + kappa ED (Table 1)."""

SHOWN_OBSERVATIONS = 2
"""Observations whose posteriors Figure 4 shows (the paper's Table 4)."""

RANKED = 39
"""Samples of each posterior that the truth is ranked among."""


@dataclass(frozen=True)
class Exact:
    """The posterior in closed form, as a method.

    Arguments:
        truth: law of the data.
    """

    truth: Truth

    def posterior(self, observation: Tensor) -> GaussianMixture:
        """p(x | y) for observations (batch, 1)."""
        return self.truth.posterior(observation)


@torch.inference_mode()
def sphere_scores(model: nn.Module, truth: Truth, settings: Scores, cost: str, seed: int) -> pd.DataFrame:
    """Energy distance and Monge gap of each batch (Table 1).

    Arguments:
        model: a trained paired WAE on the sphere.
        truth: law of its data.
        settings: how many batches, of how many points.
        cost: name of c.
        seed: of batches and noise.

    Returns:
        Columns `ed` (mean of both marginals'), `mg` (mean of both directions'), `sum` (MG + 10 ED), and their parts.
    """
    generator, lines, distance = torch.Generator().manual_seed(seed), [], COSTS[cost]
    for _ in range(settings.batches):
        qoi, observation = truth.sample(settings.batch_size, generator)
        made = model.generate(settings.batch_size, generator)
        energies = [energy_distance(*pair).item() for pair in zip((qoi, observation), made, strict=True)]
        gaps = (
            monge_gap(qoi, model.mapped(qoi), distance),
            monge_gap(observation, model.mapped_back(observation), distance),
        )
        lines.append((*energies, *gaps))
    frame = pd.DataFrame(lines, columns=["ed_qoi", "ed_observation", "mg_forth", "mg_back"])
    frame["ed"] = (frame["ed_qoi"] + frame["ed_observation"]) / 2
    frame["mg"] = (frame["mg_forth"] + frame["mg_back"]) / 2
    frame["sum"] = frame["mg"] + KAPPA * frame["ed"]
    return frame


@torch.inference_mode()
def plane_scores(model: nn.Module | Exact, truth: Truth, settings: Scores, seed: int) -> pd.DataFrame:
    """Energy distances of each batch (Table 2), coverage of credible intervals, and whether draws are the posterior's.

    A line is a batch of x and y and, with the first y of it, a posterior. A method without a coupling of its own draws
    x from its posteriors of as many other y, and y by measuring that x.

    Arguments:
        model: a trained method of the plane, or the closed form.
        truth: law of its data.
        settings: how many batches and observations, of how many points and samples; which intervals.
        seed: of batches and noise.

    Returns:
        Columns `unconditional` (mean of both marginals'), `conditional`, `coverage_<level in percent>`, parts; and
        those of `plane_ranks`, of all batches together and the same in each line.
    """
    generator, lines = torch.Generator().manual_seed(seed), []
    for _ in range(settings.batches):
        qoi, observation = truth.sample(settings.batch_size, generator)
        # From other y than those of the batch, which would pull both samples together.
        made = _generated(model, truth, truth.sample(settings.batch_size, generator)[1], generator)
        energies = [energy_distance(*pair).item() for pair in zip((qoi, observation), made, strict=True)]
        law = truth.posterior(observation[:1])
        draws = model.posterior(observation[:1]).sample(settings.batch_size, generator)
        exact = law.sample(settings.batch_size, generator)
        conditional = energy_distance(draws[:, 0], exact[:, 0]).item()
        coverage = [interval_coverage(draws, law, level).mean().item() for level in settings.levels]
        lines.append((*energies, conditional, *coverage))
    covered = [coverage_column(level) for level in settings.levels]
    frame = pd.DataFrame(lines, columns=["ed_qoi", "ed_observation", "conditional", *covered])
    frame["unconditional"] = (frame["ed_qoi"] + frame["ed_observation"]) / 2
    return frame.assign(**plane_ranks(model, truth, settings, generator))


@torch.inference_mode()
def plane_ranks(
    model: nn.Module | Exact, truth: Truth, settings: Scores, generator: torch.Generator
) -> dict[str, float]:
    """Simulation-based calibration and TARP on fresh pairs, a batch of observations with a posterior each at a time.

    Arguments:
        model, truth, settings: as for `plane_scores`.
        generator: of pairs, references and draws.

    Returns:
        `sbc_p`, the least p-value of uniform ranks of the quantities times their number (Bonferroni), at most 1;
        `tarp_area` and `tarp_p` (see `vspair.evaluation.simulated`).
    """
    pools = []
    for _ in range(settings.batches):
        qoi, observation = truth.sample(settings.batch_size, generator)
        other, seen = truth.sample(settings.batch_size, generator)
        reference = other[nearest(observation, seen)]
        draws = model.posterior(observation).sample(RANKED, generator)
        pools.append(quantities(torch.cat([qoi[None], draws]), None, reference))
    ranks = {}
    for name in pools[0]:
        pool = torch.cat([each[name] for each in pools], 1)
        ranks[name] = randomised_rank(pool.numpy(), torch.rand(pool.shape[1], generator=generator).numpy())
    places = np.arange(settings.batches * settings.batch_size)
    numbers = posterior_numbers(ranks, places, places)
    values = [value for name, value in numbers.items() if name.startswith("sbc_") and name.endswith("_p")]
    kept = {name: numbers[name] for name in ("tarp_area", "tarp_p")}
    return {"sbc_p": min(1.0, len(values) * min(values)), **kept}


@torch.inference_mode()
def sphere_shown(model: nn.Module, truth: Truth, points: int, cost: str, seed: int) -> pd.DataFrame:
    """Points of Figure 1: x, its image under the learned map, and under the optimal map to as many draws of y.

    Returns:
        A line each point and map, with columns `map` (`learned` or `minibatch`), `x0`, ..., and `y0`, ....
    """
    generator = torch.Generator().manual_seed(seed)
    qoi, observation = truth.sample(points, generator)
    target, _ = cheapest(qoi, observation, COSTS[cost])
    images = {"learned": model.mapped(qoi), "minibatch": observation[target]}
    frames = [_points(qoi, "x").join(_points(image, "y")).assign(map=name) for name, image in images.items()]
    return pd.concat(frames, ignore_index=True)


@torch.inference_mode()
def plane_shown(model: nn.Module, truth: Truth, points: int, seed: int) -> pd.DataFrame:
    """Points of Figure 4: samples for two observations, of the method and of the closed form.

    Returns:
        A line each sample, with columns `observation` (its number), `y`, `source` (`method` or `truth`), `x0`, `x1`.
    """
    generator = torch.Generator().manual_seed(seed)
    _, observation = truth.sample(SHOWN_OBSERVATIONS, generator)
    exact = truth.posterior(observation).sample(points, generator)
    draws = model.posterior(observation).sample(points, generator)
    frames = []
    for source, found in (("truth", exact), ("method", draws)):
        for number, y in enumerate(observation[:, 0].tolist()):
            frames.append(_points(found[:, number], "x").assign(observation=number, y=y, source=source))
    return pd.concat(frames, ignore_index=True)


def _generated(
    model: nn.Module, truth: Truth, observation: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    if hasattr(model, "generate"):
        return model.generate(len(observation), generator)
    qoi = model.posterior(observation).sample(1, generator)[0]
    noise = truth.noise * torch.randn(observation.shape, generator=generator)
    return qoi, qoi @ truth.operator.mT + noise


def _points(values: Tensor, name: str) -> pd.DataFrame:
    return pd.DataFrame({f"{name}{axis}": column for axis, column in enumerate(values.T.tolist())})
