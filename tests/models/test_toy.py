"""Latent maps of the linear-Gaussian setting: what each objective leads to, and how fast."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import chi2, wishart
from torch.distributions import MultivariateNormal

from vspair.distributions import FullGaussian, LinearGaussian
from vspair.errors import VspairError
from vspair.models.toy import OBJECTIVES, AffineObservationEncoder, leverage
from vspair.training.toy import fit_map

pytestmark = pytest.mark.usefixtures("one_thread")

PROBABILITY = 1e-3
"""Of a false alarm, for each tail of each chi-square test."""


def setting(seed, pairs, latent_y=3):
    """A random problem, its pairs and the five places where maps are looked at."""
    generator = torch.Generator().manual_seed(seed)
    problem = LinearGaussian.drawn(4, 3, 3, noise=0.3, spread=0.4, generator=generator)
    encoder = AffineObservationEncoder(3, latent_y, generator)
    x, y = problem.pairs(pairs, generator)
    encoded = problem.encoder(x)
    draws = encoded.sample(generator)
    new = problem.pairs(5, generator)[1]
    return SimpleNamespace(problem=problem, encoder=encoder, y=y, encoded=encoded, draws=draws, new=new)


def trained(name, case, iterations=2000):
    """The fitted map's predictions at the new observations."""
    model = OBJECTIVES[name](case.encoder.weight.shape[0], 3)
    fit_map(model, case.encoder(case.y), case.encoded, case.draws, iterations)
    with torch.inference_mode():
        return model, model(case.encoder(case.new))


def deviations(name, pairs, seeds):
    """Deviations from the objective's limit at one y in standard errors, shape (seeds, entries that have an error).

    Means, and for the likelihood the lower triangle of the covariance.
    """
    found = []
    for seed in seeds:
        case = setting(seed, pairs)
        model, law = trained(name, case)
        limit = model.limit(case.problem, case.new)
        errors = model.standard_errors(case.problem, case.new, leverage(case.y, case.new))
        z = ((law.mean - limit.mean) / errors[0])[0]
        if name == "likelihood":
            triangle = torch.tril_indices(3, 3)
            z = torch.cat([z, ((law.covariance - limit.covariance) / errors[1])[0][*triangle]])
        found.append(z)
    return torch.stack(found)


def assert_within_chance(z):
    """The square sum over seeds of each column is that of independent standard normal numbers, not above nor below."""
    seeds, entries = z.shape
    total = (z**2).sum(0)
    assert total.max() < chi2.isf(PROBABILITY / entries, seeds), total / seeds
    assert total.min() > chi2.ppf(PROBABILITY / entries, seeds), total / seeds


def test_eq_16_leads_to_the_encoders_covariance_and_not_to_eq_19():
    """The finding: the mapped covariance is Sigma_zx, short of Eq. 19 by B Cov(X | y) B^T, however many pairs.

    The miss is compared with that term built from p(x | y); a map that did learn Eq. 19 would fail here.
    """
    case = setting(0, 2000)
    law = trained("eq16", case)[1]
    exact = case.problem.latent_posterior(case.new)
    weight = case.problem.encoder.weight
    missing = weight @ case.problem.posterior(case.new).covariance @ weight.mT
    torch.testing.assert_close(exact.covariance - law.covariance, missing.expand(5, -1, -1), rtol=0, atol=1e-5)
    assert missing.trace() > 0.3 * exact.covariance.trace()


def test_eq_16_is_least_squares():
    """The mean against numpy's solution on (1, y): catches a fit that stops early or mixes up the heads."""
    case = setting(1, 500)
    law = trained("eq16", case)[1]
    features, rows = (np.insert(y.numpy(), 0, 1, axis=1) for y in (case.y, case.new))
    expected = rows @ np.linalg.lstsq(features, case.encoded.mean.numpy(), rcond=None)[0]
    np.testing.assert_allclose(law.mean.numpy(), expected, atol=1e-6)


def test_the_likelihood_reaches_eq_18_and_19_by_wilks():
    """Twice the gain in log-likelihood over the closed form is chi-square with one degree per parameter of the map.

    4 features times 3 means and 6 covariance heads. Above: not the closed form's family; below 0: not trained.
    """
    gains = []
    for seed in range(6):
        case = setting(10 + seed, 1000)
        model, _ = trained("likelihood", case)
        with torch.inference_mode():
            fitted = -model.loss(case.encoder(case.y), case.encoded, case.draws) * len(case.y)
        exact = case.problem.latent_posterior(case.y)
        closed_form = MultivariateNormal(exact.mean, exact.covariance).log_prob(case.draws).sum()
        gains.append(2 * float(fitted - closed_form))
    freedom = len(gains) * 4 * (3 + 6)
    assert chi2.ppf(PROBABILITY, freedom) < sum(gains) < chi2.isf(PROBABILITY, freedom)


@pytest.mark.parametrize(
    ("name", "pairs", "repeats"),
    [("eq16", 300, 60), ("eq16", 4800, 60), pytest.param("likelihood", 300, 40, marks=pytest.mark.slow)],
)
def test_errors_are_the_stated_standard_errors(name, pairs, repeats):
    """No more and no less, over independent problems: catches a standard error that is wrong by half or by twice."""
    assert_within_chance(deviations(name, pairs, range(repeats)))


@pytest.mark.slow
def test_errors_fall_with_the_root_of_the_pairs():
    """Nine times the pairs of the test above, and still the stated errors, which are a third then.

    Errors that do not fall, as of a map that cannot hold the closed form, would be three times too large here.
    """
    assert_within_chance(deviations("likelihood", 2700, range(100, 110)))


def test_covariance_errors_are_those_of_a_wishart_matrix():
    """Scipy's variances of a scatter matrix of three draws, per draw: catches a wrong formula entry by entry."""
    case = setting(7, 500)
    h = leverage(case.y, case.new)
    covariance = case.problem.latent_posterior(case.new).covariance
    expected = np.sqrt(h.numpy()[:, None, None] * wishart(3, covariance.numpy()).var() / 3)
    error = OBJECTIVES["likelihood"](3, 3).standard_errors(case.problem, case.new, h)[1]
    np.testing.assert_allclose(error.numpy(), expected)


def test_standard_errors_halve_with_four_times_the_pairs():
    few, many = setting(2, 5000), setting(2, 20_000)
    for name, objective in OBJECTIVES.items():
        model = objective(3, 3)
        errors = [model.standard_errors(few.problem, few.new, leverage(case.y, few.new)) for case in (few, many)]
        for one, other in zip(*errors, strict=True):
            torch.testing.assert_close(one, 2 * other, rtol=0.1, atol=0)
        assert (errors[0][1] == 0).all() == (name == "eq16")


def test_wrong_pairs_are_found_out():
    """The planted fault is a shuffled order of x: the same test must then fail by far."""
    case = setting(3, 2000)
    order = torch.randperm(2000, generator=torch.Generator().manual_seed(0))
    case.encoded = FullGaussian(case.encoded.mean[order], case.encoded.covariance)
    model, law = trained("eq16", case)
    limit = model.limit(case.problem, case.new)
    error = model.standard_errors(case.problem, case.new, leverage(case.y, case.new))[0]
    assert ((law.mean - limit.mean) / error).abs().max() > 10


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_a_larger_observation_latent_changes_nothing(name):
    """z_y of 5 dimensions holds the same y: the fit is to agree, although its parameters are not unique."""
    case, wide = setting(4, 1000), setting(4, 1000)
    wide.encoder = AffineObservationEncoder(3, 5, torch.Generator().manual_seed(1))
    one, other = trained(name, case)[1], trained(name, wide)[1]
    torch.testing.assert_close(one.mean, other.mean, rtol=0, atol=1e-5)
    torch.testing.assert_close(one.covariance, other.covariance, rtol=0, atol=1e-5)


def test_predicted_covariances_are_positive_definite_before_training():
    case = setting(5, 100)
    model = OBJECTIVES["likelihood"](3, 3)
    torch.nn.init.normal_(model.map.layers.weight, generator=torch.Generator().manual_seed(2))
    assert torch.linalg.eigvalsh(model(case.encoder(case.new)).covariance).min() > 0


def test_a_fit_that_is_cut_short_says_what_to_raise():
    with pytest.raises(VspairError, match=r"DrawLikelihood .* after 2 iterations, found .*: raise theory.iterations"):
        trained("likelihood", setting(6, 200), iterations=2)
