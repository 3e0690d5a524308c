"""The conditional variational autoencoder: its bound by hand, and what its draws may depend on."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence


@pytest.fixture
def model(build):
    return build("CVAE")


def by_hand(model, qoi, observation):
    """q(z | x, y), p(z | y) as torch's distributions, and the condition c(y)."""
    mean, log_variance = model.recognition(torch.cat([qoi, observation], dim=1)).unbind(1)
    prior_mean, prior_log_variance, condition = model.conditional(observation).unbind(1)
    return (
        Normal(mean, (log_variance / 2).exp()),
        Normal(prior_mean, (prior_log_variance / 2).exp()),
        condition,
    )


def poisoned(network):
    """Fill a network with NaN: whatever reads it turns NaN."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))


def test_the_terms_are_those_of_the_conditional_bound_by_hand(model, batch, without_noise):
    """Catches a standard normal in the place of p(z | y), KL(p || q), and a decoder that is not told c(y)."""
    qoi, observation = batch
    recognised, prior, condition = by_hand(model, qoi, observation)
    decoded = model.decoder(torch.cat([recognised.mean, condition], dim=1))
    expected = {
        "reconstruction_qoi": 0.5 * (decoded - qoi).square().sum((1, 2, 3)),
        "kl_qoi": kl_divergence(recognised, prior).sum(1),
    }
    torch.testing.assert_close(model.terms(qoi, observation), expected)


def test_the_bound_is_trained_on_draws_of_the_recognition(model, batch):
    """Mean of 4,000 noisy reconstruction terms against draws by hand, to 4.5 standard errors."""
    qoi, observation = (part[:1].expand(4000, 1, 8, 8) for part in batch)
    with torch.no_grad():
        found = model.terms(qoi, observation, torch.Generator().manual_seed(1))["reconstruction_qoi"]
        recognised, _, condition = by_hand(model, qoi, observation)
        torch.manual_seed(2)
        decoded = model.decoder(torch.cat([recognised.sample(), condition], dim=1))
    expected = 0.5 * (decoded - qoi).square().sum((1, 2, 3))
    error = ((found.var() + expected.var()) / 4000).sqrt()
    assert found.std() > 0
    assert abs(found.mean() - expected.mean()) < 4.5 * error


def test_each_term_trains_what_it_reads(model, batch):
    """c(y) is the third head: the bound's divergence must not touch it, and reconstruction only it."""

    def trained(term):
        model.zero_grad(set_to_none=True)
        model.terms(*batch, torch.Generator().manual_seed(1))[term].sum().backward()
        heads = model.conditional.heads.weight.grad.unflatten(0, (3, -1)).abs().sum((1, 2)) > 0
        networks = {
            name: any(p.grad is not None and p.grad.any() for p in part.parameters())
            for name, part in (("recognition", model.recognition), ("decoder", model.decoder))
        }
        return heads.tolist(), networks

    assert trained("kl_qoi") == ([True, True, False], {"recognition": True, "decoder": False})
    assert trained("reconstruction_qoi") == ([False, False, True], {"recognition": True, "decoder": True})


def test_draws_come_from_the_observation_alone(model, batch):
    """Catches the recognition network at test time, which would have seen the truth."""
    before = model.posterior(batch[1]).sample(3, torch.Generator().manual_seed(1))
    poisoned(model.recognition)
    assert torch.equal(model.posterior(batch[1]).sample(3, torch.Generator().manual_seed(1)), before)
    assert model.reconstruct(batch[1], torch.Generator().manual_seed(1)).isfinite().all()


def test_the_prior_depends_on_the_observation(model, batch):
    """Catches one prior for all: every pair of observations differs in every mean and variance."""
    latent = model.infer(batch[1]).latent
    first, second = torch.combinations(torch.arange(6)).unbind(1)
    assert (latent.parameters()[first] != latent.parameters()[second]).all()


def test_the_condition_is_the_same_in_every_draw_and_the_latents_in_none(model, batch):
    posterior = model.posterior(batch[1])
    codes = posterior.sample_latent(7, torch.Generator().manual_seed(1))
    _, prior, condition = by_hand(model, *batch)
    assert torch.equal(codes[..., 5:], condition.detach().expand(7, 6, 5))
    assert all(len(draws.unique()) == 7 for draws in codes[..., :5].flatten(1).T)
    n = 20_000
    z = (posterior.sample_latent(n, torch.Generator().manual_seed(2))[..., :5].mean(0) - prior.mean) / prior.stddev
    assert (z * n**0.5).abs().max() < 4.5
