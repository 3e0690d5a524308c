"""The weighted sum of all terms (Eq. 15): the only place where weights are applied."""

from collections.abc import Mapping

from torch import Tensor


def total(terms: Mapping[str, Tensor], factors: Mapping[str, float]) -> Tensor:
    """The objective per sample: sum over terms of factor times term, shape (batch,).

    Arguments:
        terms: name -> value per sample, shape (batch,).
        factors: name -> factor, from the settings of the kind of method (`Trained.factors`).

    Raises:
        KeyError: a term has no factor.
    """
    return sum(factors[name] * value for name, value in terms.items())
