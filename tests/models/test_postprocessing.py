import pytest
import torch
from vspair.models.postprocessing import UNet

from vspair.config import Training, Weights
from vspair.models.fbp import FBP
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.training import ResidentPairs, fit, initialised

SCAN = Scan(pixels=32, enlarged=40, angles=30, bins=31)


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.reduced((16, 16), (15, 15), 2), 12.0)


def pairs(ray, n=24, seed=0):
    """One block each, its projections with 20 % of noise."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(2, 10, (n, 2, 1), generator=generator)
    at = torch.arange(16)
    rows, columns = ((at >= place[:, k]) & (at < place[:, k] + 5) for k in (0, 1))
    x = (rows[:, :, None] & columns[:, None, :]).float().mul(0.5)[:, None]
    y = ray(x)
    return x, y + 0.2 * y.std() * torch.randn(y.shape, generator=generator)


def small(ray, seed=0):
    return initialised(lambda: UNet(ray, channels=(8, 16), filter="hann", cutoff=0.9), seed).eval()


def test_untrained_it_is_the_filtered_back_projection_that_was_asked_for(ray):
    _, y = pairs(ray)
    torch.testing.assert_close(small(ray).reconstruct(y), FBP(ray, "hann", 0.9).reconstruct(y), rtol=0, atol=0)


def test_training_takes_it_past_filtered_back_projection(ray, choices):
    """On pairs that it has not seen; against the best of three cut-offs."""
    model = small(ray)
    schedule = Training(epochs=25, batch_size=4, learning_rate=3e-3, checkpoint_every=99)
    fit(model, ResidentPairs(*pairs(ray)), schedule, choices(), Weights(), seed=0)
    x, y = pairs(ray, seed=1)
    error = (model.reconstruct(y) - x).square().mean()
    errors = [(FBP(ray, "hann", cutoff).reconstruct(y) - x).square().mean() for cutoff in (0.4, 0.64, 1.0)]
    assert error < 0.7 * min(errors)


def test_its_state_holds_neither_operator_nor_filter(ray):
    state = set(small(ray).state_dict())
    assert state
    assert all(name.startswith("network.") for name in state)


def test_it_does_not_reconstruct_in_training_mode(ray):
    """Batch statistics would leak between images."""
    with pytest.raises(RuntimeError, match="UNet is in training mode"):
        small(ray).train().reconstruct(pairs(ray)[1])


def test_an_image_that_cannot_be_halved_is_refused():
    ray = RayTransform(SCAN.reduced((15, 16), (15, 15), 2))
    with pytest.raises(ValueError, match=r"\(15, 16\) cannot be halved 1 times"):
        UNet(ray, channels=(8, 16))


def test_mixed_precision_gives_float32_close_to_the_exact(ray, choices):
    x, y = pairs(ray)
    model = small(ray)
    fit(model, ResidentPairs(x, y), Training(epochs=1, batch_size=4, learning_rate=3e-3, checkpoint_every=9), choices(),
        Weights(), seed=0)  # fmt: skip
    exact = model.reconstruct(y)
    with torch.autocast("cpu", torch.bfloat16):
        found = model.reconstruct(y)
    assert found.dtype == torch.float32
    assert 0 < (found - exact).norm() < 0.05 * exact.norm()
