"""Jobs of computed tomography: scales, operator, quality, patients, and the latents that Figure 11 shows."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vspair.data.pairs import Split
from vspair.data.scales import Scale, scan_scales
from vspair.data.units import HALF_STEP
from vspair.evaluation import Evaluated, inspect_variances
from vspair.evaluation.quality import quality
from vspair.models.method import Method
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.problems.setting import Setting
from vspair.problems.tomography.observed import ChiSquare
from vspair.problems.tomography.scans import ScanSettings

__all__ = ["quality"]


def scales(values: Mapping[str, Any], train: Split) -> tuple[Scale, Scale]:
    """Attenuation as stored; observations may be divided."""
    return scan_scales(values["data.scale"], train)


def frame(values: Mapping[str, Any], method: Method, train: Split, scales: tuple[Scale, Scale]) -> dict[str, Any]:
    """Shapes, or the operator for a method that knows it; for TV also the slice's margin around the image."""
    if not method.physical:
        return {"qoi_shape": train.qoi.shape[1:], "observation_shape": train.observation.shape[1:]}
    scan = ScanSettings.model_validate(values["scan"])
    image, observation = (tuple(values[part]) for part in ("image", "observation"))
    geometry = Scan(**scan.geometry()).reduced(image, observation, scan.binning)
    # It moves to the device with the method, once the method is known to fit there.
    found: dict[str, Any] = {"operator": RayTransform(geometry, 1 / scales[1].unit)}
    if method.kind == "TV":
        cut = max(scan.pixels - side * scan.binning for side in image) / 2
        found["margin"] = math.ceil(cut / scan.binning)
    return found


def resolution(values: Mapping[str, Any], scale: Scale) -> float:
    """Half a Hounsfield unit, below which an interval says nothing."""
    return HALF_STEP


def misfit(setting: Setting, split: Split) -> ChiSquare:
    """Chi-square of a split's scans and the scans of other images, as if the small image's operator were exact."""
    scan = ScanSettings.model_validate(setting.values["scan"])
    image, observation = (tuple(setting.values[part]) for part in ("image", "observation"))
    operator = RayTransform(Scan(**scan.geometry()).reduced(image, observation, scan.binning)).to(setting.device)
    noise = split.level, setting.values["noise.convention"]
    return ChiSquare(operator, split.observation, *noise, scan.photons, scan.binning**2)


def groups(split: Split) -> dict[str, np.ndarray]:
    """The code of the patient, study or series of each slice; -1 (`vspair.data.groups.UNKNOWN`) where none is known."""
    return {"patient": split.label}


def columns(split: Split) -> dict[str, np.ndarray]:
    """The noise level of each scan in percent."""
    return {"level": split.level}


def summary(setting: Setting, result: Evaluated) -> dict[str, Any]:
    """Shares of latents, and how many slices there were."""
    return {"latents": result.latents, "train": len(setting.stored.train), "test": len(setting.stored.test)}


def inspect(
    setting: Setting, model: nn.Module, files: Mapping[str, str], generator: torch.Generator
) -> tuple[dict[str, Tensor], str]:
    """Reconstructions along the likely latents of highest and of lowest variance (Figure 11).

    Arguments:
        setting: with `figures.perturbed`, `steps`, `unit`, `gate` and `top` among its values.
        model: trained.
        files, generator: unused.

    Returns:
        Tensors by name, and a sentence for the log.
    """
    shown = {key: setting.values[f"figures.{key}"] for key in ("perturbed", "steps", "unit", "gate", "top")}
    chosen = torch.tensor(shown["perturbed"])
    observation = setting.pairs(setting.stored.test).observation[chosen.to(setting.device)]
    looked = inspect_variances(
        model.posterior(observation),
        range(len(observation)),
        shown["steps"],
        threshold=shown["gate"],
        top=shown["top"],
        unit=shown["unit"],
    )
    looked |= {"images": chosen, "steps": torch.tensor(shown["steps"])}
    return looked, f"latents of highest and lowest variance: {looked['varied_latents'].tolist()}"
