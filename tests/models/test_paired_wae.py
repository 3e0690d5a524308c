"""Paired Wasserstein autoencoders and the conditional VAE beside them: terms, maps, draws."""

import pytest
import torch

from vspair.models.normal_cvae import NormalCVAE
from vspair.models.paired_wae import MeasurementCost, PairedWAE
from vspair.objectives.costs import squared
from vspair.objectives.energy import energy_distance

OPERATOR = torch.tensor([[0.6, -0.8]])


def built(cls, *arguments, **named):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return cls(*arguments, **named).eval()


def on_sphere(**named):
    fixed = {"noise": 0, "spherical": True, "bounded": True, "prior": "uniform", "cost": squared}
    return built(PairedWAE, 3, 3, (8, 6), 2, **{**fixed, **named})


def in_plane(**named):
    fixed = {"noise": 2, "spherical": False, "bounded": False, "prior": "normal", "cost": MeasurementCost(OPERATOR)}
    return built(PairedWAE, 2, 1, (8, 6), 2, **{**fixed, **named})


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(4))


def noise():
    return torch.Generator().manual_seed(9)


def test_terms_are_those_of_equation_4():
    model, x, y = in_plane(), batch(7, 2), batch(7, 1)
    found = model.terms(x, y, noise())
    generator = noise()
    z = torch.randn(7, 2, generator=generator)
    of_x = model.qoi.encoder(torch.cat([x, torch.randn(7, 2, generator=generator)], 1))
    of_y = model.observation.encoder(torch.cat([y, torch.randn(7, 2, generator=generator)], 1))
    expected = {
        "cost": (model.qoi.decoder(z) @ OPERATOR.T - model.observation.decoder(z)).square().sum(1),
        "reconstruction_qoi": (model.qoi.decoder(of_x) - x).square().sum(1),
        "divergence_qoi": energy_distance(of_x, z).expand(7),
        "reconstruction_observation": (model.observation.decoder(of_y) - y).square().sum(1),
        "divergence_observation": energy_distance(of_y, z).expand(7),
    }
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-6), name


def test_terms_of_no_weight_are_left_out():
    x = batch(5, 3)
    assert list(on_sphere(autoencoding=False).terms(x, x)) == ["cost"]
    assert list(on_sphere(matching=False).terms(x, x)) == ["cost", "reconstruction_qoi", "reconstruction_observation"]


def test_averaged_errors_are_the_summed_ones_by_the_dimension():
    x = batch(5, 3)
    summed, mean = (on_sphere(reduction=how).terms(x, x, noise()) for how in ("sum", "mean"))
    assert torch.allclose(summed["reconstruction_qoi"], 3 * mean["reconstruction_qoi"])


def test_maps_on_the_sphere_stay_there_and_draw_nothing():
    model, x = on_sphere(), batch(6, 3)
    image = model.mapped(x)
    assert torch.allclose(image.norm(dim=1), torch.ones(6))
    assert torch.equal(image, model.observation.decode(model.qoi.encode(x)))
    assert torch.equal(model.mapped_back(x), model.qoi.decode(model.observation.encode(x)))
    codes = model.qoi.encode(100 * x)
    assert (codes >= 0).all()
    assert (codes <= 1).all()


def test_draws_follow_the_prior_and_repeat():
    first, again = (on_sphere().generate(50, noise()) for _ in range(2))
    assert all(map(torch.equal, first, again))
    like = torch.zeros(1)
    assert on_sphere().draws(10_000, like, noise()).mean().item() == pytest.approx(0.5, abs=0.01)
    assert in_plane().draws(10_000, like, noise()).std().item() == pytest.approx(1, abs=0.02)


def test_posteriors_draw_codes_of_y_and_decode_x():
    model, y = in_plane(), batch(3, 1)
    draws = model.posterior(y).sample(4, noise())
    assert draws.shape == (4, 3, 2)
    repeated = y.repeat(4, 1)
    codes = model.observation.encoder(torch.cat([repeated, torch.randn(12, 2, generator=noise())], 1))
    assert torch.allclose(draws, model.qoi.decoder(codes).unflatten(0, (4, 3)), atol=1e-6)
    alike = in_plane(noise=0).posterior(y).sample(2, noise())
    assert torch.equal(alike[0], alike[1])


def test_the_conditional_vaes_terms_are_those_of_equation_5():
    model, x, y = built(NormalCVAE, 2, 1, (8, 6), 2, 0.1), batch(7, 2), batch(7, 1)
    found = model.terms(x, y, noise())
    mean, log_variance = model.recognition(torch.cat([x, y], 1)).split(2, 1)
    z = mean + (log_variance / 2).exp() * torch.randn(7, 2, generator=noise())
    law = torch.distributions.Normal(mean, (log_variance / 2).exp())
    kl = torch.distributions.kl_divergence(law, torch.distributions.Normal(0.0, 1.0)).sum(1)
    error = (model.decoder(torch.cat([z, y], 1)) - x).square().sum(1)
    assert torch.allclose(found["reconstruction"], error / 0.02, rtol=1e-5)
    assert torch.allclose(found["kl"], kl, rtol=1e-5)


def test_the_conditional_vaes_posterior_decodes_normal_draws():
    model, y = built(NormalCVAE, 2, 1, (8, 6), 2, 0.1), batch(3, 1)
    draws = model.posterior(y).sample(5, noise())
    assert draws.shape == (5, 3, 2)
    codes = torch.cat([torch.randn(5, 3, 2, generator=noise()), y.expand(5, 3, 1)], -1)
    assert torch.allclose(draws, model.decoder(codes), atol=1e-6)
