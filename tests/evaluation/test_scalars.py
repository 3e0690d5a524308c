"""Scalar quantities of images: by hand, and alike for the truth and its samples."""

import math

import numpy as np
import pytest
import torch

from vspair.config.evaluation import TAKEN, Functional
from vspair.evaluation.regions import regions
from vspair.evaluation.scalars import functional_values, nearest, quantities, snapped

SHAPE = (1, 4, 6)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


POOL = torch.randn(5, 3, *SHAPE, generator=seeded())
LOST = torch.rand(3, *SHAPE, generator=seeded(1)) < 0.4
REFERENCE = torch.randn(3, *SHAPE, generator=seeded(2))


def of(statistic, region):
    return Functional(statistic=statistic, region=region)


def test_quantities_are_what_they_are_called():
    found = {name: values.numpy() for name, values in quantities(POOL, LOST, REFERENCE).items()}
    pool, lost = POOL.double().numpy(), LOST.numpy()
    flat = pool.reshape(5, 3, -1)
    assert found["mean"] == pytest.approx(flat.mean(2))
    assert found["deviation"] == pytest.approx(flat.std(2))
    holes = [[member[image][lost[image]].mean() for image in range(3)] for member in pool]
    assert found["holes"] == pytest.approx(np.array(holes))
    differences = (abs(np.diff(pool, axis=axis)).reshape(5, 3, -1).mean(2) for axis in (-2, -1))
    assert found["variation"] == pytest.approx(sum(differences))
    centred = flat - flat.mean(0)
    assert found["distance"] == pytest.approx(np.sqrt((centred**2).mean(2)), rel=1e-5)
    apart = flat - REFERENCE.double().numpy().reshape(3, -1)
    assert found["reference"] == pytest.approx(np.sqrt((apart**2).mean(2)), rel=1e-5)


def test_the_projection_is_linear_and_the_same_in_every_call():
    one, other = (quantities(pool, LOST, REFERENCE)["projection"] for pool in (POOL, 3 * POOL.flip(1)))
    assert other == pytest.approx(3 * one.flip(1), rel=1e-5)
    assert one.std() == pytest.approx(1, rel=0.5)


def test_truth_and_samples_are_treated_alike():
    """In another order of the pool every value goes where its member goes: what ranks of exchangeable members need."""
    order = torch.tensor([3, 0, 4, 2, 1])
    for name, values in quantities(POOL, LOST, REFERENCE).items():
        assert quantities(POOL[order], LOST, REFERENCE)[name] == pytest.approx(values[order], rel=1e-5), name


def test_what_an_image_lacks():
    lost = LOST.clone()
    lost[1] = False
    assert quantities(POOL, lost, REFERENCE)["holes"].isnan().all(0).tolist() == [False, True, False]
    assert "holes" not in quantities(POOL, None, REFERENCE)
    assert "variation" not in quantities(POOL.flatten(2), None, REFERENCE.flatten(1))


def test_the_nearest_observation_by_hand():
    seen = torch.tensor([[[0.0, 0.0]], [[3.0, 0.0]], [[0.0, 5.0]]])
    assert nearest(torch.tensor([[[2.0, 0.5]], [[0.5, 4.0]], [[-1.0, 1.0]]]), seen).tolist() == [1, 2, 0]


def test_samples_within_half_a_step_are_the_truth():
    qoi = torch.tensor([[-1.0, 0.2]])
    samples = torch.tensor([[[-0.98, 0.2]], [[-0.9, 0.26]], [[-1.04, 0.07]]])
    expected = torch.tensor([[[-1.0, 0.2]], [[-0.9, 0.3]], [[-1.0, 0.1]]])
    torch.testing.assert_close(snapped(samples, qoi, 0.05), expected)
    torch.testing.assert_close(snapped(samples, qoi, 1e-5), samples, atol=2e-5, rtol=0)


@pytest.mark.parametrize(
    ("region", "window"),
    [
        ("all", np.s_[:, :]),
        ((1, 2, 2, 3), np.s_[1:3, 2:5]),
        ((0.5, 0, 0.5, 0.5), np.s_[2:4, 0:3]),
        ((0.0, 0.0, 0.01, 1), np.s_[0:1, :]),
    ],
)
def test_functionals_of_a_region(region, window):
    part = POOL.double().numpy()[(..., *window)].reshape(5, 3, -1)
    for statistic, function in (("mean", np.mean), ("sum", np.sum), ("maximum", np.max)):
        values, count = functional_values(POOL, None, of(statistic, region))
        assert values.numpy() == pytest.approx(function(part, axis=2)), statistic
        assert count.tolist() == [part.shape[2]] * 3


def test_functionals_of_the_holes():
    lost = LOST.clone()
    lost[1] = False
    for statistic, function in (("mean", np.mean), ("sum", np.sum), ("maximum", np.max)):
        values, count = functional_values(POOL, lost, of(statistic, "holes"))
        inside = POOL.double().numpy()[4, 2][lost[2].numpy()]
        assert values[4, 2] == pytest.approx(function(inside))
        assert values.isnan().all(0).tolist() == [False, True, False]
        assert count.tolist() == lost.flatten(1).sum(1).tolist()
    with pytest.raises(ValueError, match="expected a mask for a functional of the holes, found none"):
        functional_values(POOL, None, of("mean", "holes"))


@pytest.mark.parametrize(
    ("region", "shape", "message"),
    [
        ((0, 0, 5, 6), SHAPE, r"region=\[0.0, 0.0, 5.0, 6.0\] leaves the image of 4x6 pixels"),
        ((0.5, 0.5, 0.6, 0.1), SHAPE, "leaves the image of 4x6 pixels"),
        ((4, 0, 1, 1), SHAPE, "leaves the image of 4x6 pixels"),
        ((1.5, 0, 2, 2), SHAPE, "must be whole pixels, or shares of at most 1"),
        ((1, 0, 2, 2), (24,), r"is a rectangle, but x has the shape \[24\]"),
    ],
)
def test_a_rectangle_that_is_no_part_of_the_image_is_refused(region, shape, message):
    with pytest.raises(ValueError, match=message):
        of("mean", region).window(shape)


@pytest.mark.parametrize(
    "region", ["hole", [1, 2, 3], [0, 0, 0, 1], [-1, 0, 1, 1], [0, 0, math.nan, 1], 3, [0, 0, "a", 1]]
)
def test_what_is_no_region_is_refused(region):
    with pytest.raises(ValueError, match=r"must be all, holes or \[top, left, height, width\]"):
        of("mean", region)


def test_numbers_may_arrive_as_text():
    assert of("mean", ["1", "2", "2", "3"]).region == (1, 2, 2, 3)


def test_no_functional_is_called_what_a_region_is():
    """Its coverage would stand under the same name."""
    assert set(regions(POOL[0], LOST)) <= set(TAKEN)
