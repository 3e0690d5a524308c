"""Scores of posterior samples alone, without a calibration: what an ablation compares."""

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.evaluation.measured import MARKED, Measured
from vspair.evaluation.predictive import level_name

COVERAGE = f"coverage_{level_name(MARKED)}"
KEPT = ("crps", "energy", COVERAGE, "pit_")


@torch.inference_mode()
def scores(
    method,
    qoi: Tensor,
    observation: Tensor,
    samples: int,
    batch_size: int,
    resolution: float,
    generator: torch.Generator,
) -> pd.DataFrame:
    """CRPS, energy score and ranks of every test image (definitions: docs/definitions.md).

    Arguments:
        method: answers `posterior(y)`.
        qoi: x, shape (images, *shape of x).
        observation: y, shape (images, *shape of y), on the same device.
        samples: draws per image.
        batch_size: observations at once.
        resolution: half the step in which x was recorded, in the unit of x.
        generator: source of all draws, on the same device.

    Returns:
        One row per image: `crps`, `energy`, `coverage_90`, `pit_1` to `pit_10` (`vspair.evaluation.ranks.tenths`).
    """
    parts = []
    with tqdm(total=len(qoi), unit="image", desc="scores", disable=None) as bar:
        for x, y in zip(qoi.split(batch_size), observation.split(batch_size), strict=True):
            drawn = method.posterior(y).sample(samples, generator)
            columns = Measured(drawn, x, None, (MARKED,), resolution, generator).raw()
            parts.append({name: values for name, values in columns.items() if name.startswith(KEPT)})
            bar.update(len(y))
    return pd.DataFrame({name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]})
