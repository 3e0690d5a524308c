import pytest
import torch

from vspair.config import Training, Weights
from vspair.models.fbp import FBP
from vspair.models.lpd import LPD
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.training import ResidentPairs, fit, initialised

SCAN = Scan(pixels=32, enlarged=40, angles=30, bins=31)
SMALL = {"iterations": 2, "primal": 3, "dual": 3, "width": 8}


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.reduced((16, 16), (15, 15), 2))


def pairs(ray, n=24, seed=0):
    """Two blocks each, their projections with 5 % of noise."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(2, 10, (n, 2, 2, 1), generator=generator)
    at = torch.arange(16)
    rows, columns = ((at >= place[:, :, k]) & (at < place[:, :, k] + 4) for k in (0, 1))
    x = (rows[..., :, None] & columns[..., None, :]).float().mul(0.4).sum(1, keepdim=True)
    y = ray(x)
    return x, y + 0.05 * y.std() * torch.randn(y.shape, generator=generator)


def small(ray, seed=0):
    return initialised(lambda: LPD(ray, **SMALL), seed).eval()


def test_it_has_the_weights_of_errata_e8(ray):
    assert sum(parameter.numel() for parameter in LPD(ray).parameters()) == 251_980


def test_training_takes_it_past_filtered_back_projection(ray, choices):
    """Catches an operator in units in which it does not learn, and a memory that is not passed on."""
    x, y = pairs(ray)
    new_x, new_y = pairs(ray, seed=1)
    model = small(ray)
    schedule = Training(epochs=30, batch_size=4, learning_rate=3e-3, checkpoint_every=99)
    history = fit(model, ResidentPairs(x, y), schedule, choices(), Weights(), seed=0)
    assert history[-1]["reconstruction_qoi"] < 0.3 * history[0]["reconstruction_qoi"]
    error = (model.reconstruct(new_y) - new_x).square().mean()
    errors = [(FBP(ray, "hann", cutoff).reconstruct(new_y) - new_x).square().mean() for cutoff in (0.4, 0.64, 1.0)]
    assert error < 0.8 * min(errors)


@pytest.mark.parametrize("scale", [1e-3, 40.0])
def test_the_units_of_the_observation_cancel(ray, scale):
    """y / ||A|| is the same for y in any units: catches an operator that is scaled once or thrice."""
    _, y = pairs(ray)
    other = RayTransform(ray.geometry, scale)
    twin = LPD(other, **SMALL).eval()
    model = small(ray)
    twin.load_state_dict(model.state_dict())
    torch.testing.assert_close(twin.reconstruct(scale * y), model.reconstruct(y), rtol=1e-3, atol=1e-4)


def test_the_term_is_half_the_squared_error_of_each_image(ray, choices):
    x, y = pairs(ray)
    model = small(ray)
    expected = 0.5 * (model.reconstruct(y) - x).square().sum((1, 2, 3))
    torch.testing.assert_close(model.terms(x, y, choices())["reconstruction_qoi"].detach(), expected)


def test_its_state_is_its_weights_and_not_the_operator(ray):
    model = small(ray)
    assert set(model.state_dict()) == {name for name, _ in model.named_parameters()}
    assert not model.probabilistic


def test_it_does_not_reconstruct_in_training_mode(ray):
    with pytest.raises(RuntimeError, match="LPD is in training mode"):
        small(ray).train().reconstruct(pairs(ray)[1])


def test_mixed_precision_reaches_the_networks_and_spares_the_operator(ray):
    """The operator sees float32 with autocast off, in which its products keep their bits."""
    _, y = pairs(ray)
    model = small(ray)
    exact = model.reconstruct(y)
    seen = []
    handle = model.operator.register_forward_hook(
        lambda module, inputs, output: seen.append((inputs[0].dtype, torch.is_autocast_enabled("cpu")))
    )
    with torch.autocast("cpu", torch.bfloat16):
        found = model.reconstruct(y)
    handle.remove()
    assert seen == [(torch.float32, False)] * SMALL["iterations"]
    assert found.dtype == torch.float32
    assert 0 < (found - exact).norm() < 0.05 * exact.norm()
