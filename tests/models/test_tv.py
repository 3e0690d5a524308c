"""Total variation: optimal by independent solvers and in closed form, and its strength chosen on pairs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, nnls
from skimage.restoration import denoise_tv_chambolle

from vspair.errors import VspairError
from vspair.models.tv.model import TV, gradient, gradient_adjoint
from vspair.operators import ParallelBeam, Scan
from vspair.operators.joseph import joseph_matrix
from vspair.operators.ray import RayTransform

SCAN = Scan(pixels=32, enlarged=40, angles=30, bins=31)


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.reduced((16, 16), (15, 15), 2), 12.0)


def pairs(ray, n=4, noise=0.1, seed=0):
    """One block each, its projections with noise."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(2, 10, (n, 2, 1), generator=generator)
    at = torch.arange(16)
    rows, columns = ((at >= place[:, k]) & (at < place[:, k] + 5) for k in (0, 1))
    x = (rows[:, :, None] & columns[:, None, :]).float().mul(0.5)[:, None]
    y = ray(x)
    return x, y + noise * y.std() * torch.randn(y.shape, generator=generator)


class Identity(torch.nn.Module):
    """y = x on square pixels, as an operator of norm 1."""

    def __init__(self, image):
        super().__init__()
        self.geometry = ParallelBeam(image, 1.0, (0.0, 0.0), np.arange(image[0]), np.arange(image[1]))
        self.scale = 1.0

    def forward(self, image):
        return image

    adjoint = forward

    def norm(self):
        return 1.0


def test_the_gradient_is_that_of_numpy_and_has_its_adjoint():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 1, 5, 7, generator=generator, dtype=torch.float64)
    q = torch.randn(2, 2, 5, 7, generator=generator, dtype=torch.float64)
    g = gradient(x)
    np.testing.assert_array_equal(g[:, 0, :-1], np.diff(x[:, 0], axis=1))
    np.testing.assert_array_equal(g[:, 1, :, :-1], np.diff(x[:, 0], axis=2))
    assert (g[:, 0, -1] == 0).all()
    assert (g[:, 1, :, -1] == 0).all()
    torch.testing.assert_close((g * q).sum(), (x * gradient_adjoint(q)).sum())


def test_denoising_is_that_of_scikit_image():
    """Its isotropic total variation has the same differences: min ||x - y||^2 / 2 + w TV(x) is its weight w."""
    y = np.random.default_rng(0).random((12, 10)) + 1
    expected = denoise_tv_chambolle(y, weight=0.2, eps=1e-14, max_num_iter=20000)
    found = TV(Identity((12, 10)), [0.2], 5000, margin=0).reconstruct(torch.from_numpy(y[None, None]).float())[0, 0]
    np.testing.assert_allclose(found, expected, atol=3e-4)


def test_a_step_is_flattened_by_the_closed_form():
    """m equal columns of height 1 next to n of 0 become 1 - w/m and w/n: x >= 0 does not bind. One axis at a time."""
    y = torch.zeros(1, 1, 4, 10)
    y[..., :3] = 1
    expected = torch.where(y > 0, 1 - 0.3 / 3, 0.3 / 7)
    torch.testing.assert_close(TV(Identity((4, 10)), [0.3], 2000, margin=0).reconstruct(y), expected, rtol=0, atol=1e-4)
    turned = TV(Identity((10, 4)), [0.3], 2000, margin=0).reconstruct(y.mT.contiguous())
    torch.testing.assert_close(turned, expected.mT.contiguous(), rtol=0, atol=1e-4)


def test_no_image_is_better():
    """Weak duality: -|p|^2 / 2 - <p, y> of feasible p and q, found by SLSQP, is below the objective of every image.

    Feasible are |q| <= strength at each pixel with A' p + grad' q >= 0, where A and y are divided by the norm of A.
    """
    geometry = Scan(pixels=4, enlarged=4, angles=3, bins=5).full()
    ray = RayTransform(geometry, 10.0)
    generator = torch.Generator().manual_seed(1)
    y = ray(torch.rand(1, 1, 4, 4, generator=generator))
    y = y + 0.3 * y.std() * torch.randn(y.shape, generator=generator)
    matrix = 10.0 * joseph_matrix(geometry).toarray().astype(np.float64)
    norm, strength = np.linalg.norm(matrix, 2), 0.02
    matrix, data = matrix / norm, y.flatten().double().numpy() / norm
    grad = gradient(torch.eye(16, dtype=torch.float64).reshape(16, 1, 4, 4)).reshape(16, 32).numpy().T

    def inside(v):
        return np.concatenate([matrix.T @ v[:15] + grad.T @ v[15:], strength**2 - (v[15:].reshape(2, 16) ** 2).sum(0)])

    best = minimize(
        lambda v: v[:15] @ v[:15] / 2 + v[:15] @ data,
        np.zeros(47),
        method="SLSQP",
        constraints={"type": "ineq", "fun": inside},
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert inside(best.x).min() > -1e-9
    method = TV(ray, [strength], 3000, margin=0)
    found = method.reconstruct(y)
    assert float(method.objective(found, y, strength)) == pytest.approx(-best.fun, rel=1e-4)


def test_without_strength_it_is_non_negative_least_squares():
    geometry = Scan(pixels=6, enlarged=6, angles=7, bins=9).full()
    ray = RayTransform(geometry)
    generator = torch.Generator().manual_seed(1)
    y = ray(torch.rand(1, 1, 6, 6, generator=generator))
    y = y + 0.3 * y.std() * torch.randn(y.shape, generator=generator)
    expected, _ = nnls(joseph_matrix(geometry).toarray().astype(np.float64), y.flatten().double().numpy())
    assert (expected == 0).any()
    found = TV(ray, [0.0], 5000, margin=0).reconstruct(y)
    np.testing.assert_allclose(found.flatten(), expected, atol=1e-3)


def test_a_large_strength_leaves_the_best_constant(ray):
    _, y = pairs(ray)
    ones = ray(torch.ones(1, 1, 16, 16))
    expected = (y * ones).sum((1, 2, 3)) / ones.square().sum()
    found = TV(ray, [10.0], 3000, margin=0).reconstruct(y)
    torch.testing.assert_close(found, expected[:, None, None, None].expand_as(found), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("strength", [1e-5, 1e-4, 1e-3, 1e-2])
def test_200_steps_are_within_1_percent_of_the_minimum(ray, strength):
    """The step size suits weak and strong regularisation; more steps only help."""
    _, y = pairs(ray, n=2)
    values = []
    for iterations in (100, 200, 2000):
        method = TV(ray, [strength], iterations)
        values.append(method.objective(method.minimise(y, strength), y, strength))
    first, second, last = torch.stack(values)
    assert (second <= first).all()
    assert (last <= second * (1 + 1e-5)).all()
    assert (second <= 1.01 * last).all()


def test_what_lies_around_the_image_stays_there():
    """A bright frame just beyond the image: with room for it the inside is right, and is that of the larger problem."""
    geometry = SCAN.reduced((16, 16), (15, 15), 2)
    inner, outer = (RayTransform(replace(geometry, image=(side, side)), 12.0) for side in (12, 16))
    x = torch.full((1, 1, 16, 16), 0.5)
    x[..., 2:14, 2:14] = 0.1
    x[..., 6:9, 5:9] = 0.3
    y = outer(x)
    found = TV(inner, [1e-4], 500).reconstruct(y)
    expected = TV(outer, [1e-4], 500, margin=0).reconstruct(y)[..., 2:14, 2:14]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    inside = x[..., 2:14, 2:14]
    without = TV(inner, [1e-4], 500, margin=0).reconstruct(y)
    assert (found - inside).norm() < 0.2 * (without - inside).norm()


@pytest.mark.parametrize("scale", [0.05, 30.0])
def test_the_units_of_the_observation_cancel(ray, scale):
    _, y = pairs(ray)
    twin = RayTransform(ray.geometry, 12.0 * scale)
    expected = TV(ray, [1e-3], 50).reconstruct(y)
    torch.testing.assert_close(TV(twin, [1e-3], 50).reconstruct(scale * y), expected, rtol=1e-3, atol=1e-4)


def test_images_do_not_meet(ray):
    _, y = pairs(ray)
    method = TV(ray, [1e-3], 50)
    alone = torch.cat([method.reconstruct(each[None]) for each in y])
    torch.testing.assert_close(method.reconstruct(y), alone, rtol=1e-4, atol=1e-5)


def test_the_strength_with_the_least_error_is_chosen_and_kept(ray):
    """By hand from reconstructions with each alone; the chosen one is inside the candidates, and travels as weights."""
    x, y = pairs(ray, noise=0.2)
    strengths = [1e-6, 1e-3, 3e-1]
    errors = [(TV(ray, [each], 100).reconstruct(y) - x).square().flatten(1).mean(1) for each in strengths]
    method = TV(ray, strengths, 100)
    rows = method.tune(x, y)
    assert [row["strength"] for row in rows] == strengths
    assert [row["mse"] for row in rows] == pytest.approx([float(each.mean()) for each in errors], rel=1e-4)
    decibels = [float((-10 * each.log10()).mean()) for each in errors]
    assert [row["psnr_fixed"] for row in rows] == pytest.approx(decibels, rel=1e-4)
    assert np.argmin([row["mse"] for row in rows]) == 1
    assert float(method.strength) == 1e-3
    loaded = TV(ray, strengths, 100)
    loaded.load_state_dict(method.state_dict())
    expected = TV(ray, [1e-3], 100).reconstruct(y)
    torch.testing.assert_close(loaded.reconstruct(y), expected, rtol=0, atol=0)


def test_it_does_not_reconstruct_before_a_strength_is_chosen(ray):
    with pytest.raises(RuntimeError, match="call tune"):
        TV(ray, [1e-3, 1e-2], 10).reconstruct(pairs(ray)[1])


@pytest.mark.parametrize("strengths", [[], [-1.0], [1e-3, float("inf")], [float("nan")]])
def test_impossible_strengths_are_refused(ray, strengths):
    with pytest.raises(ValueError, match="at least one, all finite and not negative"):
        TV(ray, strengths, 10)


def test_a_negative_margin_is_refused(ray):
    with pytest.raises(ValueError, match="margin is -1"):
        TV(ray, [1e-3], 10, margin=-1)


@pytest.mark.parametrize("strength", [5e-3, -1.0, float("inf")])
def test_weights_with_a_strength_that_is_no_candidate_are_refused(ray, strength):
    """A file of weights holds one number, which the right name and shape do not make right."""
    method = TV(ray, [1e-3, 1e-2], 10)
    method.strength.fill_(strength)
    with pytest.raises(VspairError, match=rf"among its candidates 0.001, 0.01, found {strength}.*: train it again"):
        method.reconstruct(pairs(ray)[1])


def test_an_error_that_is_no_number_chooses_no_strength(ray):
    """The least of NaN and numbers depends on their order."""
    x, y = pairs(ray)
    with pytest.raises(VspairError, match=r"expected a finite error of TV at each strength, found none at 0.001, 0.01"):
        TV(ray, [1e-3, 1e-2], 10).tune(x * float("nan"), y)
