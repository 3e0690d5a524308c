"""Repeated observations of one x: closed forms of the linear-Gaussian model, and a method that is too sure."""

from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vspair.distributions.linear_gaussian import LinearGaussian
from vspair.errors import VspairError
from vspair.evaluation.repeated import Repeated, repeat

LEVEL = 0.9
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
NORMAL = np.vectorize(NormalDist().cdf)
MODEL = LinearGaussian.drawn(6, 4, 2, 0.4, 0.4, torch.Generator().manual_seed(5))


class Exact:
    """p(x | y), entry by entry, with its spread times k: samples at even quantiles, or drawn."""

    def __init__(self, k=1.0, drawn=False):
        self.k, self.drawn = k, drawn

    def posterior(self, y):
        law = MODEL.posterior(y)
        sd = self.k * law.covariance.diagonal().sqrt()

        def sample(n, generator):
            if self.drawn:
                return law.sample(generator, (n,))
            places = [NormalDist().inv_cdf((s + 1) / (n + 1)) for s in range(n)]
            return law.mean + sd * torch.tensor(places, dtype=y.dtype).reshape(-1, 1, 1)

        return SimpleNamespace(sample=sample)


def observed(qoi, count, seed=0):
    return MODEL.forward(qoi.expand(count, -1)).sample(torch.Generator().manual_seed(seed))


def run(method, qoi, observation, **changes):
    settings = {"samples": 199, "level": LEVEL, "batch_size": 700, "resolution": 1e-9}
    generator = torch.Generator().manual_seed(1)
    return repeat(method, qoi, observation, None, **settings | {"generator": generator} | changes)


def closed_form(qoi, k=1.0):
    """Bias (K A - I)(x - m), sd of the mean sqrt(diag K N K^T), sd of the posterior, and the coverage of x.

    The posterior mean of y = A x + e is m + K (A (x - m) + e), e ~ N(0, N); it shrinks towards m.
    """
    prior, forward = MODEL.prior, MODEL.forward
    weight, noise, covariance = (part.numpy() for part in (forward.weight, forward.noise, prior.covariance))
    gain = covariance @ weight.T @ np.linalg.inv(weight @ covariance @ weight.T + noise)
    bias = (gain @ weight - np.eye(len(covariance))) @ (qoi - prior.mean).numpy()
    spread = np.sqrt(np.diag(gain @ noise @ gain.T))
    sd = k * np.sqrt(np.diag(covariance - gain @ weight @ covariance))
    return bias, spread, sd, NORMAL((Z * sd - bias) / spread) - NORMAL((-Z * sd - bias) / spread)


QOI = MODEL.prior.sample(torch.Generator().manual_seed(8))
COUNT = 4000


@pytest.fixture(scope="module", params=[1.0, 0.4])
def found(request):
    """How wide the posterior is, and the maps of many observations."""
    repeated = run(Exact(request.param), QOI, observed(QOI, COUNT))
    return request.param, SimpleNamespace(**{name: values.numpy() for name, values in repeated.maps().items()})


def test_coverage_of_a_fixed_x_has_its_closed_form_and_is_not_the_level(found):
    """5 standard errors of 4,000 observations, for the exact posterior and for one that is too sure."""
    k, repeated = found
    *_, coverage = closed_form(QOI, k)
    np.testing.assert_array_less(
        np.abs(repeated.coverage - coverage), 5 * np.sqrt(coverage * (1 - coverage) / COUNT) + 1e-3
    )
    assert np.ptp(coverage) > 0.1


def test_bias_spread_error_and_predicted_have_their_closed_forms(found):
    k, repeated = found
    bias, spread, sd, _ = closed_form(QOI, k)
    np.testing.assert_array_less(np.abs(repeated.bias - bias), 5 * spread / np.sqrt(COUNT))
    np.testing.assert_allclose(repeated.spread, spread, rtol=5 / np.sqrt(2 * COUNT))
    np.testing.assert_allclose(repeated.error, np.hypot(bias, spread), rtol=5 / np.sqrt(COUNT))
    quantiles = [NormalDist().inv_cdf(s / 200) for s in range(1, 200)]
    np.testing.assert_allclose(repeated.predicted, sd * np.std(quantiles, ddof=1), rtol=1e-6)


def test_on_average_over_x_the_exact_posterior_covers_its_level_and_a_narrow_one_does_not():
    """19 drawn samples reach 0.9 exactly; 20 observations each of 150 x, 4.5 standard errors over these."""
    generator = torch.Generator().manual_seed(2)
    coverages = {True: [], False: []}
    for seed in range(150):
        qoi = MODEL.prior.sample(generator)
        for exact, method in ((True, Exact(drawn=True)), (False, Exact(0.5))):
            repeated = run(method, qoi, observed(qoi, 20, seed), samples=19, generator=generator)
            coverages[exact].append(repeated.coverage.mean().item())
    error = np.std(coverages[True], ddof=1) / np.sqrt(150)
    assert abs(np.mean(coverages[True]) - LEVEL) < 4.5 * error < 0.08
    assert np.mean(coverages[False]) < LEVEL - 4.5 * error


def test_batches_make_no_difference():
    y = observed(QOI, 50)
    whole, parts = (run(Exact(), QOI, y, batch_size=size) for size in (50, 7))
    for name, values in whole.maps().items():
        torch.testing.assert_close(parts.maps()[name], values, rtol=1e-12, atol=1e-12)
    assert parts.numbers() == pytest.approx(whole.numbers(), nan_ok=True)


def test_numbers_by_hand():
    """Of 10 observations at 50 %: none and all have probability 1/1024 each, 9 or more 11/1024."""
    coverage = torch.tensor([[0.0, 0.5], [0.9, 1.0]], dtype=torch.float64)
    three = torch.tensor([[-3.0, 3.0], [-3.0, 3.0]], dtype=torch.float64)
    repeated = Repeated(coverage, three, 2 * three.abs(), 4 * three.abs(), 6 * three.abs(), 0.25, 10, 9, 0.5)
    assert repeated.numbers() == pytest.approx(
        {"coverage": 0.6, "holes_coverage": 0.25, "lowest": 0.075, "middle": 0.7, "highest": 0.985}
        | {"below": 0.25, "above": 0.25, "bias": 3, "spread": 6, "error": 12, "predicted": 18}
        | {"variance_ratio": 10 / 9 * (18 / 12) ** 2}
    )


def test_pixels_of_a_right_method_are_rarely_said_to_be_off():
    """At most a share of 0.005 each by chance, and nearly all of a narrow one."""
    inside = torch.from_numpy(np.random.default_rng(0).binomial(60, LEVEL, 20_000) / 60)
    ones = torch.ones_like(inside)
    numbers = Repeated(inside, ones, ones, ones, ones, None, 60, 19, LEVEL).numbers()
    assert numbers["below"] < 0.007
    assert numbers["above"] < 0.007
    narrow = Repeated(ones / 2, ones, ones, ones, ones, None, 60, 19, LEVEL).numbers()
    assert narrow["below"] == 1


def test_pixels_in_holes_are_counted_where_they_are_lost():
    """A method that knows all but the lost pixels, whose samples lie beside the truth; images of any shape."""
    qoi = torch.arange(6.0).reshape(1, 2, 3)
    lost = torch.rand(30, 1, 2, 3, generator=torch.Generator().manual_seed(0)) < 0.3
    y = torch.where(lost, -5.0, qoi)
    around = torch.linspace(-1, 1, 19).reshape(-1, 1, 1, 1, 1)
    method = SimpleNamespace(posterior=lambda y: SimpleNamespace(sample=lambda n, _: y + around))
    settings = {"samples": 19, "level": 0.9, "batch_size": 8, "resolution": 1e-6, "generator": None}
    repeated = repeat(method, qoi, y, lost, **settings)
    assert repeated.holes_coverage == 0
    torch.testing.assert_close(repeated.coverage, 1 - lost.double().mean(0))
    with pytest.raises(ValueError, match="expected a mask of shape"):
        repeat(method, qoi, y, lost[:2], **settings)


def test_too_few_samples_and_what_is_not_finite_are_refused():
    y = observed(QOI, 3)
    with pytest.raises(VspairError, match=r"at least 19 posterior samples .* found samples=18"):
        run(Exact(), QOI, y, samples=18)
    with pytest.raises(VspairError, match=r"expected finite posterior samples.*diverged"):
        run(Exact(float("nan")), QOI, y)
    wrong = SimpleNamespace(posterior=lambda y: SimpleNamespace(sample=lambda n, _: y[None]))
    with pytest.raises(ValueError, match="expected samples of shape"):
        run(wrong, QOI, y)
