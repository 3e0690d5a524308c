import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vspair.distributions import Gaussian

MEAN = torch.tensor([[0.0, 1.0, -2.5, 4.0], [0.3, -0.1, 0.0, 10.0]], dtype=torch.float64)
LOG_VARIANCE = torch.tensor([[0.0, -3.0, 1.5, -8.0], [2.0, 0.5, -0.5, 3.0]], dtype=torch.float64)
PRIORS = {
    "standard": None,
    "itself": Gaussian(MEAN, LOG_VARIANCE),
    "narrow": Gaussian(MEAN + 0.5, LOG_VARIANCE - 3),
    "wide": Gaussian(MEAN.flip(1), LOG_VARIANCE.flip(0) + 2),
}


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_divergence_to_a_prior_is_that_of_torch(prior):
    """Catches exchanged arguments: the divergence is not symmetric."""
    latent, standard = Gaussian(MEAN, LOG_VARIANCE), Gaussian(torch.zeros_like(MEAN), torch.zeros_like(MEAN))
    laws = [Normal(law.mean, (0.5 * law.log_variance).exp()) for law in (latent, prior or standard)]
    torch.testing.assert_close(latent.kl_per_latent(prior), kl_divergence(*laws))
    torch.testing.assert_close(latent.kl(prior)["kl"], kl_divergence(*laws).sum(1))


@pytest.mark.parametrize("own", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("others", [-1e4, 0.0, 1e4])
def test_divergence_between_extremes_has_finite_gradients(own, others):
    """float32, means 100 apart: catches a divergence to a prior without bounds on its variance."""
    heads = torch.tensor([[[0.0], [own]], [[100.0], [others]]], requires_grad=True)
    latent, prior = (Gaussian.from_heads(part[None]) for part in heads)
    divergence = latent.kl(prior)["kl"]
    divergence.sum().backward()
    assert divergence.isfinite().all()
    assert heads.grad.isfinite().all()


def test_divergence_is_the_mean_log_ratio_of_the_draws():
    """Monte Carlo to 4.5 standard errors: catches a divergence that does not belong to what is drawn."""
    latent = Gaussian(MEAN, LOG_VARIANCE)
    draws = latent.rsample(torch.Generator().manual_seed(11), (200_000,))
    ratio = Normal(MEAN, (0.5 * LOG_VARIANCE).exp()).log_prob(draws) - Normal(0.0, 1.0).log_prob(draws)
    error = ratio.std(0) / np.sqrt(len(ratio))
    z = (ratio.mean(0) - latent.kl_per_latent()) / error.clamp(min=1e-12)
    assert z.abs().max() < 4.5


def test_draws_have_the_mean_and_the_variance():
    n = 200_000
    draws = Gaussian(MEAN, LOG_VARIANCE).rsample(torch.Generator().manual_seed(12), (n,))
    variance = LOG_VARIANCE.exp()
    assert ((draws.mean(0) - MEAN) / (variance / n).sqrt()).abs().max() < 4.5
    assert ((draws.var(0) - variance) / (variance * np.sqrt(2 / (n - 1)))).abs().max() < 4.5


def test_the_gradient_of_a_draw_is_one_for_mu_and_half_sigma_epsilon_for_its_log_variance():
    mean, log_variance = MEAN.clone().requires_grad_(), LOG_VARIANCE.clone().requires_grad_()
    draw = Gaussian(mean, log_variance).rsample(torch.Generator().manual_seed(13))
    draw.sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones_like(MEAN))
    torch.testing.assert_close(log_variance.grad, 0.5 * (draw.detach() - MEAN))


@pytest.mark.parametrize("sign", [1, -1])
def test_log_variances_beyond_thirty_count_as_thirty(sign):
    latent = Gaussian(torch.zeros(1, 1), torch.full((1, 1), sign * 1e4))
    assert latent.parameters()[0, 1, 0] == sign * 30
    torch.testing.assert_close(latent.variance, torch.full((1, 1), np.exp(sign * 30.0), dtype=torch.float32))
