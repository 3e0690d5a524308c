"""Jobs of computed tomography: scales, operator, quality, patients, and the latents that Figure 11 shows."""

import math
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from vspair.data.noise import add_noise
from vspair.data.pairs import Split
from vspair.data.scales import Scale, scan_scales
from vspair.data.simulation import rescans
from vspair.data.units import HALF_STEP
from vspair.errors import VspairError
from vspair.evaluation import Evaluated, inspect_variances
from vspair.evaluation.quality import quality
from vspair.models.method import Method
from vspair.operators import Scan, crop_average
from vspair.operators.ray import RayTransform
from vspair.problems.setting import Setting
from vspair.problems.tomography.observed import ChiSquare
from vspair.problems.tomography.scans import ScanSettings
from vspair.written import read_arrays

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


def observed_again(
    setting: Setting, image: int, count: int, files: Mapping[str, str], generator: np.random.Generator
) -> Split:
    """A test slice scanned again: photons drawn anew around its expected counts, then noise of its level.

    All rays of the whole slice are simulated, as for the pairs, and made smaller after the noise of the photons. Where
    the source has scans of its own, these are made anew by the recipe that it states, from its slice.

    Arguments:
        setting: with `image`, `observation`, `scan` and `noise.convention` among its values.
        image: position of the slice in the test split.
        count: number of scans.
        files: `slices`, the file of the chosen slices (`vspair.data.selection`).
        generator: source of photons and noise.

    Returns:
        The same x `count` times, each time with another scan.

    Raises:
        VspairError: the file does not hold that slice.
    """
    split = setting.stored.test
    scan = ScanSettings.model_validate(setting.values["scan"])
    rows = np.flatnonzero(read_arrays(files["slices"], ["index"])["index"] == split.index[image])
    if len(rows) != 1:
        raise VspairError(
            f"expected slice {split.index[image]} of the source once in {files['slices']}, found it {len(rows)} times: "
            "delete the file and run the same command again"
        )
    whole = read_arrays(files["slices"], ["images"], rows)["images"][0]
    scans = rescans(whole, Scan(**scan.geometry()), scan.photons, generator, setting.device)
    clean = np.empty((count, *split.observation.shape[2:]), np.float32)
    for row, full in zip(clean, tqdm(islice(scans, count), total=count, unit="scan", disable=None), strict=True):
        row[:] = crop_average(full, row.shape, scan.binning)
    level, seed = float(split.level[image]), int(generator.integers(2**63))
    noisy, levels = add_noise(clean, range(count), level, setting.values["noise.convention"], seed)
    qoi, index, label = (np.repeat(part[image : image + 1], count, 0) for part in (split.qoi, split.index, split.label))
    return Split(qoi, noisy[:, None], None, index, label, levels)


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
