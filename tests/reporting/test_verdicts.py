"""Verdicts on numbers against published ones."""

import numpy as np
import pytest

from vspair.reporting import verdict


@pytest.mark.parametrize(
    ("value", "sd", "n", "word", "elsewhere"),
    [
        (0.0576, None, 1, "reproduced", "not comparable"),
        (0.0593, None, 1, "reproduced", "not comparable"),
        (0.0594, None, 1, "differs", "not comparable"),
        (0.0559, 0.0, 3, "reproduced", "not comparable"),
        (0.0600, 0.001, 3, "within noise", "not comparable"),
        (0.0600, 0.0001, 3, "differs", "not comparable"),
        (0.0600, None, 1, "differs", "not comparable"),
        (None, None, 0, "not run", "not run"),
        (float("nan"), None, 1, "differs", "not comparable"),
    ],
)
def test_words(value, sd, n, word, elsewhere):
    """0.0576 with tolerance 0.0017; t(0.975, 2) = 4.303, so 0.001 explains 0.00497 and 0.0001 explains 0.0005."""
    assert verdict(value, sd, n, 0.0576, 0.0017) == word
    assert verdict(value, sd, n, 0.0576, 0.0017, comparable=False) == elsewhere


def test_noise_covers_95_percent_of_honest_repetitions():
    """4,000 draws of three seeds and one published run from one Gaussian: 'within noise' is right 95 % of the time."""
    draws = np.random.default_rng(0).normal(size=(4000, 4))
    words = [verdict(d[:3].mean(), d[:3].std(ddof=1), 3, d[3], 0.0) for d in draws]
    assert words.count("within noise") / 4000 == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 4000))
