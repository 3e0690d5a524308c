"""The verdict on one number against its published counterpart."""

import math

VERDICTS = ("reproduced", "within noise", "differs", "not comparable", "not run")


def verdict(
    value: float | None, sd: float | None, n: int, published: float, tolerance: float, comparable: bool = True
) -> str:
    """Judge a mean over seeds against a published number, which is itself one run with noise of its own.

    `reproduced` is |value - published| <= tolerance. `within noise` is a miss that the spread of the seeds explains:
    the published number lies in the 95 % prediction interval for one more run, t(0.975, n - 1) sd sqrt(1 + 1/n).

    Arguments:
        value: mean over seeds; None if nothing was run, NaN if the run has nothing to take a mean of.
        sd: standard deviation over seeds; None or NaN for a single one.
        n: number of seeds.
        published: the paper's number.
        tolerance: absolute, >= 0.
        comparable: whether the run's configuration is the paper's.
    """
    if value is None:
        return "not run"
    if not comparable:
        return "not comparable"
    if math.isnan(value):
        return "differs"
    distance = abs(value - published)
    # Decimal fractions such as 0.0593 - 0.0576 carry a rounding error of the last bits.
    if distance <= tolerance + 1e-9 * abs(published):
        return "reproduced"
    if n >= 2 and sd is not None and distance <= _prediction_halfwidth(sd, n):
        return "within noise"
    return "differs"


def _prediction_halfwidth(sd: float, n: int) -> float:
    from scipy.stats import t

    return t.ppf(0.975, n - 1) * sd * math.sqrt(1 + 1 / n)
