"""Methods that know the operator and go from observation to QoI at once: FBP, LPD and UNet."""

import numpy as np
import pytest
import torch

from vspair.config import Training
from vspair.models.build import build as built
from vspair.models.fbp.model import FBP
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.training import ResidentPairs, fit, initialised

pytestmark = pytest.mark.usefixtures("one_thread")

SCAN = Scan(pixels=32, enlarged=40, angles=30, bins=31)
LEARNED = ("LPD", "UNet")


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.reduced((16, 16), (15, 15), 2), 12.0)


@pytest.fixture
def method(ray, settings):
    """A small method by its kind, in evaluation mode."""
    return lambda kind, operator=ray: initialised(lambda: built(settings(kind), {"operator": operator}), 0).eval()


def pairs(ray, n=24, seed=0):
    """Two blocks each, their projections with 10 % of noise."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(2, 10, (n, 2, 2, 1), generator=generator)
    at = torch.arange(16)
    rows, columns = ((at >= place[:, :, k]) & (at < place[:, :, k] + 4) for k in (0, 1))
    x = (rows[..., :, None] & columns[..., None, :]).float().mul(0.4).sum(1, keepdim=True)
    y = ray(x)
    return x, y + 0.1 * y.std() * torch.randn(y.shape, generator=generator)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("filter", "cutoff"), [("Ram-Lak", 1.0), ("Hann", 0.64), ("Cosine", 0.8)])
def test_filtered_back_projection_is_divals_up_to_a_constant(tmp_path, monkeypatch, filter, cutoff):
    """dival (ODL, astra) samples |f| in frequency and so loses a constant below 1 % of the largest value; the rest
    agrees to 0.4 % of the norm."""
    monkeypatch.setenv("HOME", str(tmp_path))
    import odl
    from dival.reconstructors.odl_reconstructors import FBPReconstructor

    space = odl.uniform_discr([-0.13, -0.13], [0.13, 0.13], (40, 40))
    geometry = odl.tomo.parallel_beam_geometry(space, num_angles=30, det_shape=(41,))
    theirs = FBPReconstructor(
        odl.tomo.RayTransform(space, geometry, impl="astra_cpu"),
        hyper_params={"filter_type": filter, "frequency_scaling": cutoff},
    )
    ray = RayTransform(Scan(enlarged=40, angles=30, bins=41).full())
    x = torch.zeros(2, 1, 40, 40)
    x[0, 0, 10:25, 18:30] = 0.5
    x[1, 0, 15:20, 8:30] = 0.3
    for y in ray(x):
        expected = np.asarray(theirs.reconstruct(theirs.observation_space.element(y[0].numpy())))
        difference = FBP(ray, filter.lower(), cutoff).reconstruct(y[None])[0, 0].numpy() - expected
        assert 0 < abs(difference.mean()) < 0.01 * expected.max()
        assert np.linalg.norm(difference - difference.mean()) < 4e-3 * np.linalg.norm(expected)


def test_filtered_back_projection_has_nothing_to_learn_and_no_window_by_default(ray):
    found, (_, y) = FBP(ray), pairs(ray)
    assert not found.state_dict()
    assert not list(found.parameters())
    expected = FBP(ray, "ram-lak", 1.0).reconstruct(y)
    assert torch.equal(found.reconstruct(y), expected)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(found.reconstruct(y), expected)


def test_an_untrained_u_net_is_the_filtered_back_projection_that_was_asked_for(ray, method):
    _, y = pairs(ray)
    assert torch.equal(method("UNet").reconstruct(y), FBP(ray, "hann", 0.9).reconstruct(y))


@pytest.mark.parametrize("kind", LEARNED)
def test_training_takes_it_past_filtered_back_projection(ray, method, kind):
    """On pairs that it has not seen, against the best of three cut-offs, and in mixed precision close to that.

    Catches an operator in units in which LPD does not learn, and a memory that is not passed on.
    """
    model = method(kind)
    schedule = Training(epochs=30, batch_size=4, learning_rate=3e-3, checkpoint_every=99)
    fit(model, ResidentPairs(*pairs(ray)), schedule, {"reconstruction_qoi": 1.0}, seed=0)
    x, y = pairs(ray, seed=1)
    found = model.reconstruct(y)
    errors = [(FBP(ray, "hann", cutoff).reconstruct(y) - x).square().mean() for cutoff in (0.4, 0.64, 1.0)]
    assert (found - x).square().mean() < 0.8 * min(errors)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = model.reconstruct(y)
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - found).norm() < 0.05 * found.norm()


@pytest.mark.parametrize("kind", LEARNED)
def test_what_every_learned_method_promises(ray, method, kind):
    """Its term by hand; a state without operator and filter; no answer in training mode, whose statistics leak."""
    model, (x, y) = method(kind), pairs(ray)
    found = model.reconstruct(y)
    assert found.is_inference()
    expected = 0.5 * (found - x).square().sum((1, 2, 3))
    torch.testing.assert_close(model.terms(x, y), {"reconstruction_qoi": expected})
    assert all(name.startswith("network.") for name in model.state_dict())
    assert not model.probabilistic
    with pytest.raises(RuntimeError, match=f"{kind} is in training mode"):
        model.train().reconstruct(y)


@pytest.mark.parametrize("scale", [1e-3, 40.0])
def test_the_units_of_the_observation_cancel_in_learned_primal_dual(ray, method, scale):
    """y / ||A|| is the same for y in any units: catches an operator that is scaled once or thrice."""
    _, y = pairs(ray)
    twin = method("LPD", RayTransform(ray.geometry, 12.0 * scale))
    torch.testing.assert_close(twin.reconstruct(scale * y), method("LPD").reconstruct(y), rtol=1e-3, atol=1e-4)


def test_mixed_precision_spares_the_operator(ray, method):
    """It sees float32 with autocast off, in which its products keep their bits."""
    model, (_, y), seen = method("LPD"), pairs(ray), []
    handle = model.operator.register_forward_hook(
        lambda module, inputs, output: seen.append((inputs[0].dtype, torch.is_autocast_enabled("cpu")))
    )
    with torch.autocast("cpu", torch.bfloat16):
        model.reconstruct(y)
    handle.remove()
    assert seen == [(torch.float32, False)] * 2


def test_an_image_that_cannot_be_halved_is_refused(settings):
    ray = RayTransform(SCAN.reduced((15, 16), (15, 15), 2))
    with pytest.raises(ValueError, match=r"\(15, 16\) cannot be halved 1 times"):
        built(settings("UNet"), {"operator": ray})
    with pytest.raises(ValueError, match="halve the QoI 1 times, but 15x16"):
        settings("UNet").require_fit((1, 15, 16), (1, 15, 15))
