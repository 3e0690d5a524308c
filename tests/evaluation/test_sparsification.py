"""Sparsification curves and AUSE: against a count in numpy, closed forms and invariances."""

import numpy as np
import pytest
import torch

from vspair.evaluation.sparsification import removed_shares, sparsification, sparsification_error


def images(count, pixels, seed=0):
    return torch.rand(count, pixels, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def brute(squared_error, variance):
    """Both curves and their area for one image, pixel by pixel in numpy."""
    curves = []
    for key in (variance, squared_error):
        order = np.argsort(-key, kind="stable")
        curve = [squared_error[order[len(order) * step // 20 :]].mean() for step in range(20)]
        curves.append(np.array(curve) / squared_error.mean())
    return *curves, np.trapezoid(curves[0] - curves[1], np.arange(20) / 20)


@pytest.mark.parametrize("pixels", [1, 3, 20, 49])
def test_curves_and_area_are_those_of_a_count(pixels):
    """Catches a wrong order, a share rounded up, a curve left without normalisation, rows mixed up."""
    squared_error, variance = images(5, pixels), images(5, pixels, seed=1)
    by_uncertainty, oracle = sparsification(squared_error, variance)
    area = sparsification_error(by_uncertainty, oracle)
    for row in range(5):
        expected = brute(squared_error[row].numpy(), variance[row].numpy())
        np.testing.assert_allclose(by_uncertainty[row], expected[0], rtol=1e-12)
        np.testing.assert_allclose(oracle[row], expected[1], rtol=1e-12)
        assert area[row] == pytest.approx(expected[2], rel=1e-9, abs=1e-12)


def test_the_worst_order_has_the_area_of_its_closed_form():
    """Squared errors spread evenly over (0, 1): the best order leaves 1 - f, the worst 1 + f; their area is 0.95^2."""
    squared_error = torch.linspace(0, 1, 20_000, dtype=torch.float64)[None]
    by_uncertainty, oracle = sparsification(squared_error, -squared_error)
    np.testing.assert_allclose(oracle[0], 1 - removed_shares(), atol=1e-3)
    np.testing.assert_allclose(by_uncertainty[0], 1 + removed_shares(), atol=1e-3)
    assert sparsification_error(by_uncertainty, oracle) == pytest.approx(0.95**2, abs=1e-3)


def test_pixels_of_equal_variance_keep_their_order():
    """All alike: the first pixels go first, here those with the largest errors, as with the oracle."""
    squared_error = torch.arange(40.0, 0, -1)[None]
    by_uncertainty, oracle = sparsification(squared_error, torch.ones(1, 40))
    torch.testing.assert_close(by_uncertainty, oracle)


def test_an_image_without_error_has_no_curve_and_leaves_others_alone():
    squared_error = images(2, 49)
    squared_error[0] = 0
    curves = sparsification(squared_error, images(2, 49, seed=1))
    area = sparsification_error(*curves)
    assert area.isnan().tolist() == [True, False]
    assert curves[0][0].isnan().all()


def test_no_tensor_is_made_on_another_device():
    """The meta device stands in for a GPU, whose tensors do not mix with the CPU's."""
    curves = sparsification(torch.empty(3, 49, device="meta"), torch.empty(3, 49, device="meta"))
    assert sparsification_error(*curves).device.type == "meta"
