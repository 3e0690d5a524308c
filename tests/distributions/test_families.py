"""What every latent family promises; a new family joins `FAMILIES`."""

import pytest
import torch

from vspair.distributions import Gaussian, Point, SparsityPrior, SpikeSlab

FAMILIES = [Point, Gaussian, SpikeSlab]
RANDOM = [Gaussian, SpikeSlab]


BATCHES = [(4,), (), (2, 3)]
"""Codes one by one, and in more than one axis, as the first."""


def prior_of(family, alpha0=1.0, beta0=1.0):
    """The prior of a family, N(0, 1) or the spike-and-slab with rho = 1/2."""
    return SparsityPrior(alpha0, beta0) if family is SpikeSlab else Gaussian(torch.zeros(6), torch.zeros(6))


@pytest.fixture(params=FAMILIES, ids=lambda family: family.__name__)
def family(request):
    return request.param


def heads(family, batch=(4,), latent=6, seed=0):
    return torch.randn(*batch, family.heads, latent, generator=torch.Generator().manual_seed(seed))


def test_the_number_of_heads_is_that_of_table_6():
    assert [family.heads for family in FAMILIES] == [1, 2, 3]


@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_parameters_come_back_in_the_order_of_the_heads(family, batch):
    given = heads(family, batch)
    parameters = family.from_heads(given).parameters()
    assert parameters.shape == given.shape
    # The third head is a log-probability: what a map is to predict is omega itself (deviation E13).
    expected = torch.cat([given[..., :2, :], given[..., 2:, :].clamp(max=0).exp()], dim=-2)
    torch.testing.assert_close(parameters, expected)


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_draws_have_the_shape_asked_for(family, batch, shape):
    assert family.from_heads(heads(family, batch)).rsample(None, shape).shape == (*shape, *batch, 6)


def test_draws_come_from_the_generator_alone(family):
    """Catches noise from the global stream, which would break resuming."""
    latent = family.from_heads(heads(family))
    first = latent.rsample(torch.Generator().manual_seed(1), (3,))
    torch.manual_seed(99)
    again = latent.rsample(torch.Generator().manual_seed(1), (3,))
    assert torch.equal(first, again)
    assert torch.equal(latent.rsample(torch.Generator().manual_seed(2), (3,)), first) == (family is Point)


def test_draws_pass_finite_gradients_to_every_head(family):
    given = heads(family)
    given[:, 2:].neg_().abs_().neg_()  # log omega <= 0, where its gradient is not zero
    given.requires_grad_()
    # Enough draws that every relaxed gate is undecided at least once.
    family.from_heads(given).rsample(torch.Generator().manual_seed(0), (2000,)).pow(2).sum().backward()
    assert given.grad.isfinite().all()
    assert (given.grad != 0).all()


@pytest.mark.parametrize("random", RANDOM, ids=lambda family: family.__name__)
@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_divergence_is_of_each_code_by_itself_and_not_negative(random, batch):
    given, prior = heads(random, batch), prior_of(random)
    for name, part in random.from_heads(given).kl(prior).items():
        assert part.shape == batch
        assert (part > 0).all()
        alone = [random.from_heads(one).kl(prior)[name] for one in given.reshape(-1, *given.shape[-2:])]
        torch.testing.assert_close(part.flatten(), torch.stack(alone))


@pytest.mark.parametrize("random", RANDOM, ids=lambda family: family.__name__)
def test_divergence_is_zero_at_the_prior(random):
    at_prior = torch.zeros(4, random.heads, 6)
    at_prior[:, 2:] = torch.tensor(0.5).log()
    for part in random.from_heads(at_prior).kl(prior_of(random)).values():
        torch.testing.assert_close(part, torch.zeros(4), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("random", "head"), [(Gaussian, 1), (SpikeSlab, 1), (SpikeSlab, 2)])
@pytest.mark.parametrize("extreme", [0.0, 1e-30, -1e-30, 200.0, -200.0, 1e4, -1e4])
def test_gradients_are_finite_at_extreme_heads(random, extreme, head):
    """log sigma^2 (head 1) and log omega (head 2): catches 0 log 0, inf * 0 and overflowing exponentials."""
    given = heads(random)
    given[:, head] = extreme
    given.requires_grad_()
    prior = prior_of(random, 1.0, 127.0)
    latent = random.from_heads(given)
    loss = sum(part.sum() for part in latent.kl(prior).values())
    loss = loss + latent.rsample(torch.Generator().manual_seed(0)).sum() + latent.parameters().sum()
    loss.backward()
    assert loss.isfinite()
    assert given.grad.isfinite().all()
    if random is SpikeSlab:
        assert prior.logit_rho.grad.isfinite()
