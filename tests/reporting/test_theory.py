"""Numbers and figure of the linear-Gaussian check, on laws made here."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path as Outline
from scipy.stats import chi2
from scipy.stats import multivariate_normal as gaussian

from vspair.reporting.theory import agreement, ellipse, entries_frame, moments, squared_distances, theory_figure

MEAN = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]])
EXACT = np.array([[1.0, 0.3, -0.2], [0.3, 0.5, 0.1], [-0.2, 0.1, 0.8]])
SMALL = 0.25 * EXACT
OFFSET = 0.02
ERROR = 0.01
DRAWS = 4000


def entries_of(objective, mean, covariance):
    """Two observations: trained law and limit (the same) beside the closed form."""
    wide = {"closed_form": np.array([EXACT] * 2), "limit": covariance, "trained": covariance, "standard_error": ERROR}
    means = {"closed_form": MEAN, "limit": MEAN, "trained": mean, "standard_error": ERROR}
    parts = [entries_frame("mean", means), entries_frame("covariance", wide)]
    return pd.concat(parts).assign(objective=objective)


@pytest.fixture(scope="module")
def entries():
    """`eq16` has a quarter of the covariance, `likelihood` all of it; both means are off by twice their error."""
    shifted = MEAN + OFFSET * np.array([1, -1, 1])
    return pd.concat([entries_of("eq16", MEAN + OFFSET, SMALL), entries_of("likelihood", shifted, EXACT)])


@pytest.fixture(scope="module")
def samples():
    """Draws for the first observation from the law that each source claims."""
    parts = []
    for seed, (name, law) in enumerate({"generative": EXACT, "eq16": SMALL, "likelihood": EXACT}.items()):
        draws = gaussian.rvs(MEAN[0], law, DRAWS, random_state=seed)
        parts.append(pd.DataFrame(draws, columns=["z1", "z2", "z3"]).assign(source=name))
    return pd.concat(parts)


def test_entries_come_back_as_the_law_that_they_were(entries):
    """Catches rows and columns of a covariance that change places on the way through the file."""
    mean, covariance = moments(entries[entries["objective"] == "eq16"], 1, "trained")
    np.testing.assert_allclose(mean, MEAN[1] + OFFSET)
    np.testing.assert_allclose(covariance, SMALL)
    assert (entries.groupby(["objective", "observation"]).size() == 3 + 6).all()
    chosen = entries[(entries["objective"] == "eq16") & (entries["entry"] == "z3 z1")]
    np.testing.assert_allclose(chosen["closed_form"], EXACT[2, 0])


def test_distances_are_those_of_the_density():
    """-2 log of the density ratio to the centre, by scipy."""
    points = np.random.default_rng(0).normal(size=(20, 3))
    law = gaussian(MEAN[0], EXACT)
    expected = 2 * (law.logpdf(MEAN[0]) - law.logpdf(points))
    np.testing.assert_allclose(squared_distances(points, MEAN[0], EXACT), expected, rtol=1e-9)


def measures(entries, samples):
    return agreement(entries, samples).set_index(["objective", "measure"])["value"]


def test_agreement_tells_the_overconfident_map_from_the_exact_one(entries, samples):
    """A covariance of a quarter holds P(chi2 <= q / 4) of the draws; shares to 4.5 standard errors."""
    table = measures(entries, samples)
    for objective, ratio in (("eq16", 0.25), ("likelihood", 1)):
        assert table[objective, "mean_error"] == pytest.approx(OFFSET / ERROR)
        assert table[objective, "variance_ratio"] == pytest.approx(ratio)
        assert table[objective, "covariance_error"] == pytest.approx(1 - ratio, abs=1e-12)
        assert table[objective, "limit_error"] == pytest.approx(0, abs=1e-12)
    for objective, expected in (("eq16", chi2.cdf(chi2.ppf(0.95, 3) / 4, 3)), ("likelihood", 0.95)):
        error = np.sqrt(expected * (1 - expected) / DRAWS)
        # The shift of the mean is too small to matter: it moves the share by a tenth of a standard error.
        assert abs(table[objective, "coverage"] - expected) < 4.5 * error
    assert table["eq16", "p_value"] < 1e-6
    assert table["likelihood", "p_value"] > 0.01
    # A distance that is measured to the closed form in both measures would be 0 here.
    changed = measures(entries.assign(limit=entries["closed_form"]), samples)
    assert changed["eq16", "limit_error"] == pytest.approx(0.75)


def test_an_ellipse_holds_its_share():
    """Share of draws inside the drawn outline, to 4.5 standard errors: catches a radius for one dimension (1.96)."""
    covariance = EXACT[:2, :2]
    for level in (0.5, 0.95):
        draws = gaussian.rvs(MEAN[0, :2], covariance, 40_000, random_state=3)
        inside = Outline(ellipse(MEAN[0, :2], covariance, level).T).contains_points(draws).mean()
        assert abs(inside - level) < 4.5 * np.sqrt(level * (1 - level) / 40_000)


def test_the_figure_shows_every_entry_and_one_ellipse_per_law(entries, samples):
    mean, covariance, draws = theory_figure(entries, samples).axes
    for axis, quantity in ((mean, "mean"), (covariance, "covariance")):
        lines = {line.get_label(): line for line in axis.lines}
        for objective, part in entries[entries["quantity"] == quantity].groupby("objective"):
            np.testing.assert_allclose(lines[objective].get_xdata(), part["closed_form"])
            np.testing.assert_allclose(lines[objective].get_ydata(), part["trained"])
        assert f"Eq. {18 if quantity == 'mean' else 19}" in axis.get_xlabel()
    outlines = {line.get_label(): line.get_xydata().T for line in draws.lines}
    for name, centre, law in (
        ("eq16", MEAN[0] + OFFSET, SMALL),
        ("likelihood", MEAN[0] + OFFSET * np.array([1, -1, 1]), EXACT),
        ("closed form", MEAN[0], EXACT),
    ):
        np.testing.assert_allclose(outlines[name], ellipse(centre[:2], law[:2, :2]))
