"""Numbers of the configuration by what they count, each with the largest that can be meant.

What a machine has memory for is another question, asked where a job is to run (`vspair.problems.needs`).
"""

from collections.abc import Hashable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field

SMALLEST, GREATEST = 1e-30, 1e30
"""Of numbers that are not 0: squares of them are still numbers of single precision, in which all is computed."""

Count = Annotated[int, Field(gt=0, le=1_000_000)]
"""Of what is done one after another or held together: epochs, iterations, pairs of a batch, samples, images."""

Few = Annotated[int, Field(gt=0, le=1_000)]
"""Of what takes a job or a network each."""

Pixels = Annotated[int, Field(gt=0, le=2**14)]
"""Along one side of an image or a detector, or angles."""

Width = Annotated[int, Field(gt=0, le=2**24)]
"""Of a layer of numbers: a latent space, a hidden layer."""

Channels = Annotated[int, Field(gt=0, le=2**16)]
"""Of a convolution."""

Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""Of every generator, also of those that take 32 bits."""

Index = Annotated[int, Field(ge=0, le=1_000_000)]
"""Position of an image."""

Positive = Annotated[float, Field(gt=0, le=1e6)]
NonNegative = Annotated[float, Field(ge=0, le=1e6)]
Share = Annotated[float, Field(gt=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Multiple = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Of a latent's value or spread, by which it is perturbed."""

MARGIN = 1e-6
"""Of a probability to 0 and 1: much nearer to 1 single precision has no number but 1 itself."""


def require_margin(probability: float) -> float:
    """A probability that is neither as good as certain nor as good as impossible.

    Raises:
        ValueError: it is nearer to 0 or 1 than `MARGIN`.
    """
    if not MARGIN <= probability <= 1 - MARGIN:
        raise ValueError(f"must be between {MARGIN:g} and {1 - MARGIN:g}")
    return probability


Probability = Annotated[float, Field(gt=0, lt=1), AfterValidator(require_margin)]

Item = TypeVar("Item", bound=Hashable)


def distinct(values: Sequence[Item]) -> Sequence[Item]:
    """The values, none of which may stand there twice; 1 and 1.0 are one number, and so are 0.0 and -0.0.

    Raises:
        ValueError: two are equal.
    """
    if len(set(values)) < len(values):
        raise ValueError("must be distinct")
    return values


def distinct_shown(values: Sequence[Item]) -> Sequence[Item]:
    """The values, none of which may look like another where six digits are shown, in names of columns and rows.

    Raises:
        ValueError: two do.
    """
    shown = [f"{value:g}" for value in values if isinstance(value, float)]
    if len(set(shown)) < len(shown) == len(set(values)):
        raise ValueError("must be distinct in six digits")
    return distinct(values)


Distinct = AfterValidator(distinct_shown)

Seeds = Annotated[tuple[int, ...], Field(min_length=1, max_length=100)]
"""Of runs; `require_seeds` asks the rest in one sentence."""


def require_seeds(seeds: Sequence[int]) -> None:
    """Check that runs differ, and that every generator takes their seeds.

    Raises:
        ValueError: two are equal, or one is negative or of more than 32 bits.
    """
    if len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError(f"seeds must be distinct and not negative, found {list(seeds)}")
    if max(seeds) >= 2**32:
        raise ValueError(f"seeds must be below 2^32, found {max(seeds)}")


def fault_of_number(value: Any) -> str | None:
    """Why no setting can have this number, or a list of numbers that holds it; None where it can."""
    if isinstance(value, list | tuple):
        return next(filter(None, map(fault_of_number, value)), None)
    if isinstance(value, int | float):
        return _fault(value)
    return None


def _fault(number: float) -> str | None:
    size = abs(number)
    if isinstance(number, float) and size and not SMALLEST <= size <= GREATEST:
        return f"must be 0 or between {SMALLEST:g} and {GREATEST:g} in size"
    return "must be below 2^63" if isinstance(number, int) and size >= 2**63 else None
