"""Do observations agree with images: the truth does, to its noise or to the last grey level, and others do not."""

import numpy as np
import pytest
import torch

from vspair.data.noise import add_noise
from vspair.data.pairs import Split
from vspair.data.scales import Scale
from vspair.data.simulation import _noisy
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.problems.inpainting.jobs import misfit
from vspair.problems.setting import Setting
from vspair.problems.tomography.observed import ChiSquare

PHOTONS, RAYS, SIDE = 4096, 16, 12
SCANS = 6


@pytest.fixture(scope="module")
def operator():
    scan = Scan(side=0.26, pixels=SIDE, enlarged=SIDE, angles=16, bins=20)
    return RayTransform(scan.reduced((SIDE, SIDE), (16, 20), 1))


@pytest.fixture(scope="module")
def scanned(operator):
    """Images of water, and scans in which every entry is the mean of rays with one line integral."""
    generator = np.random.default_rng(0)
    qoi = 0.25 * generator.random((SCANS, 1, SIDE, SIDE)).astype(np.float32)
    integral = operator(torch.from_numpy(qoi)).numpy()
    drawn = _noisy(np.repeat(integral[..., None], RAYS, -1), PHOTONS, generator).mean(-1)
    return torch.from_numpy(qoi), drawn.astype(np.float32)


@pytest.mark.parametrize("convention", ["relative_norm", "mean_abs"])
@pytest.mark.parametrize("level", [0, 5.0, (0, 20)], ids=str)
def test_the_chi_square_of_the_truth_is_one(operator, scanned, convention, level):
    """The mean of 6 scans of 320 entries to 4.5 standard errors: photons and noise are both in the variance."""
    qoi, observation = scanned
    noisy, levels = add_noise(observation[:, 0], range(SCANS), level, convention, 1)
    compare = ChiSquare(operator, noisy[:, None], levels, convention, PHOTONS, RAYS)
    found = compare(qoi, torch.arange(SCANS))["chi_square"]
    assert found.mean().item() == pytest.approx(1, abs=4.5 * np.sqrt(2 / (SCANS * 320)))


def test_other_images_are_told_and_places_kept_apart(operator, scanned):
    qoi, observation = scanned
    compare = ChiSquare(operator, observation, [0] * SCANS, "relative_norm", PHOTONS, RAYS)
    own = compare(qoi, torch.arange(SCANS))["chi_square"]
    assert (compare(qoi.flip(0), torch.arange(SCANS))["chi_square"] > 2).all()
    assert (compare(1.05 * qoi, torch.arange(SCANS))["chi_square"] > own).all()
    assert compare(qoi.flip(0), torch.arange(SCANS).flip(0))["chi_square"].flip(0) == pytest.approx(own)


def test_what_is_visible_is_compared_in_grey_values():
    generator = np.random.default_rng(0)
    grey = generator.integers(0, 256, (3, 1, 4, 4)).astype(np.uint8)
    lost = generator.random(grey.shape) < 0.3
    seen = np.where(lost, 0, grey).astype(np.uint8)
    seen[2] = np.where(lost[2], 0, 0)
    split = Split(grey, seen, lost, np.arange(3), np.zeros(3))
    scale = Scale(127.5, 127.5)
    setting = Setting("inpainting", {}, None, {}, None, scale, scale, "cpu")
    compare = misfit(setting, split)

    def scaled(values):
        return torch.from_numpy((values - 127.5) / 127.5).float()

    places = torch.tensor([1, 0])
    truth = compare(scaled(grey[[1, 0]].astype(float)), places)
    assert truth["residual"].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert truth["agreement"].tolist() == [1, 1]
    # What was lost is not compared; half a grey level is none, a whole one is.
    changed = np.where(lost, 255 - grey, grey)[[1, 0]] + np.array([0.4, 3.0]).reshape(2, 1, 1, 1)
    found = compare(scaled(changed), places)
    visible = (~lost).reshape(3, -1).sum(1)[[1, 0]]
    norms = np.sqrt((seen.astype(float) ** 2).reshape(3, -1).sum(1))[[1, 0]]
    assert found["residual"].numpy() == pytest.approx(np.array([0.4, 3.0]) * np.sqrt(visible) / norms, rel=1e-4)
    assert found["agreement"].tolist() == [1, 0]
    black = compare(scaled(np.zeros((1, 1, 4, 4))), torch.tensor([2]))
    assert black["residual"].isnan().all() and black["agreement"].tolist() == [1]
