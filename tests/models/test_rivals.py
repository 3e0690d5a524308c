"""Probabilistic methods behind a filtered back-projection: what all promise, and what each is."""

import pytest
import torch

from vspair.config import Training
from vspair.models.build import build as built
from vspair.models.fbp.model import FBP
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.training import ResidentPairs, fit, initialised, memory

pytestmark = pytest.mark.usefixtures("one_thread")

KINDS = ("UNetEnsemble", "QuantileUNet", "PhysicalCVAE", "PhysicalFlow")
INSIDE = {"PhysicalCVAE": "CVAE", "PhysicalFlow": "Flow"}
SIDE = 16


@pytest.fixture(scope="module")
def ray():
    return RayTransform(Scan(pixels=32, enlarged=40, angles=30, bins=31).reduced((SIDE, SIDE), (15, 15), 2), 12.0)


@pytest.fixture
def method(ray, settings):
    """A small method by its kind, in evaluation mode."""
    return lambda kind, **changes: initialised(lambda: built(settings(kind, **changes), {"operator": ray}), 0).eval()


@pytest.fixture(scope="module")
def pairs(ray):
    """Blocks of one of two heights, seen as if all had the height between, with noise."""
    generator = seeded()
    block = torch.zeros(1, 1, SIDE, SIDE)
    block[..., 5:11, 4:12] = 1
    x = block * torch.tensor([0.2, 0.4]).repeat(12).view(24, 1, 1, 1)
    y = ray(0.3 * block)
    return x, y + 0.1 * y.std() * torch.randn((24, *y.shape[1:]), generator=generator)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def trained(model, pairs, factors, epochs=2, rate=3e-3):
    schedule = Training(epochs=epochs, batch_size=8, learning_rate=rate, checkpoint_every=99)
    return fit(model, ResidentPairs(*pairs), schedule, factors, seed=0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_every_one_promises(method, settings, pairs, kind):
    """Seeded draws of the right shape, terms of each pair, a state without the operator, no answer in training mode."""
    model, (x, y) = method(kind), pairs
    factors = settings(kind).factors()
    history = trained(model, pairs, factors)
    assert history[-1]["total"] < history[0]["total"]
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())
    assert all(name.startswith(("network.", "members.", "model.")) for name in model.state_dict())
    posterior = model.posterior(y[:3])
    draws = posterior.sample(5, seeded(1))
    assert draws.shape == (5, 3, 1, SIDE, SIDE)
    assert torch.equal(draws, posterior.sample(5, seeded(1)))
    assert not torch.equal(draws, posterior.sample(5, seeded(2)))
    assert model.probabilistic
    assert model.reconstruct(y[:3], seeded(1)).shape == (3, 1, SIDE, SIDE)
    terms = model.terms(x, y, seeded(1))
    assert set(terms) == set(factors)
    assert all(term.shape == (24,) and term.isfinite().all() for term in terms.values())
    model.train()
    for answer in (model.reconstruct, model.posterior):
        with pytest.raises(RuntimeError, match="training mode"):
            answer(y[:3])


@pytest.mark.parametrize("kind", INSIDE)
def test_a_model_behind_the_filter_is_the_model_of_the_filtered_image(ray, method, settings, pairs, kind):
    """Filtered once: catches a second time, and observations that reach the model as they are."""
    model, (x, y) = method(kind), pairs
    image = (1, SIDE, SIDE)
    frame = {"qoi_shape": image, "observation_shape": image}
    given = {key: value for key, value in settings(kind).architecture().items() if key not in ("filter", "cutoff")}
    plain = built(settings(INSIDE[kind], **given), frame).eval()
    plain.load_state_dict(model.model.state_dict())
    start = FBP(ray, "hann", 0.9).reconstruct(y).clone()
    assert torch.equal(model.reconstruct(y, seeded(1)), plain.reconstruct(start, seeded(1)))
    draws = [each.posterior(seen).sample(3, seeded(2)) for each, seen in ((model, y), (plain, start))]
    assert torch.equal(*draws)
    torch.testing.assert_close(model.terms(x, y, seeded(3)), plain.terms(x, start, seeded(3)))


def test_an_untrained_ensemble_of_u_nets_is_filtered_back_projection_and_its_members_differ(ray, method, pairs):
    """As in a U-Net the corrections begin at zero; what they are made of does not begin alike."""
    model, (x, y) = method("UNetEnsemble"), pairs
    assert torch.equal(model.reconstruct(y, seeded()), FBP(ray, "hann", 0.9).reconstruct(y))
    weights = torch.stack([member.entry[0].weight.detach().flatten() for member in model.members])
    assert len(weights) == 3
    assert torch.pdist(weights).min() > 0.1
    trained(model, pairs, {"reconstruction_qoi": 1.0})
    start = FBP(ray, "hann", 0.9).reconstruct(y)
    with torch.inference_mode():
        alone = torch.stack([member(start) for member in model.members])
    assert torch.pdist(alone.flatten(1)).min() > 1e-2
    # Every draw is one of the members, and all of them are drawn.
    draws = model.posterior(y).sample(40, seeded(1))
    same = (draws[:, None] == alone).flatten(3).all(3)
    assert (same.sum(1) == 1).all()
    assert same.any(0).all()
    expected = 0.5 * (alone - x).square().sum((0, 2, 3, 4))
    torch.testing.assert_close(model.terms(x, y)["reconstruction_qoi"].detach(), expected)


def test_quantiles_never_cross_and_the_reconstruction_is_the_mean(method, pairs):
    """Whatever the network says; its mean is an output of its own."""
    model, (_, y) = method("QuantileUNet"), pairs
    torch.nn.init.normal_(model.network.correction.weight, generator=seeded(4))
    mean, quantiles = (part.detach() for part in model._outputs(y))
    assert (quantiles.diff(dim=1) < 0).any()
    posterior = model.posterior(y)
    assert (posterior.quantiles.diff(dim=0) >= 0).all()
    assert torch.equal(posterior.quantiles.sum(0)[:, 0], quantiles.sort(dim=1).values.sum(1))
    assert torch.equal(model.reconstruct(y), mean)
    n = 4000
    draws, third = posterior.sample(n, seeded(1)), posterior.quantiles[1]
    share = (draws <= third).double().mean()
    # 0.3 of all pixels of all images below the quantile of that level, 4.5 standard errors.
    assert abs(share - 0.3) < 4.5 * (0.21 / (n * third.numel())) ** 0.5


def test_trained_quantiles_tell_the_two_heights_that_a_scan_cannot(method, settings, pairs):
    """In the block x is 0.2 or 0.4: the 10 % quantile goes to one, the 90 % one to the other, the mean between."""
    model, (_, y) = method("QuantileUNet"), pairs
    trained(model, pairs, settings("QuantileUNet").factors(), epochs=40, rate=1e-2)
    low, *_, high = (part[:, 0, 6:10, 5:11].mean() for part in model.posterior(y).quantiles)
    assert abs(low - 0.2) < 0.04
    assert abs(high - 0.4) < 0.04
    assert abs(model.reconstruct(y)[:, 0, 6:10, 5:11].mean() - 0.3) < 0.03


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("small", [0, memory.SMALL])
def test_the_memory_of_a_training_is_known(monkeypatch, method, kind, small):
    """Also where a model counts as large and is not made; weights by the model itself."""
    monkeypatch.setattr(memory, "SMALL", small)
    model = method(kind)
    needed = memory.memory_needed(lambda: method(kind), (1, SIDE, SIDE), (1, 15, 15), 4)
    assert needed.gradients == 4 * sum(parameter.numel() for parameter in model.parameters())
    assert needed.activations > 4 * 4 * SIDE * SIDE
