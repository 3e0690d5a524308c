"""Numbers of the configuration by what they count, each with the largest that can be meant.

What a machine has memory for is another question, asked where a job is to run (`vspair.problems.needs`).
"""

from collections.abc import Hashable, Iterator, Sequence
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

Positive = Annotated[float, Field(gt=0, le=1e12)]
NonNegative = Annotated[float, Field(ge=0, le=1e12)]
Probability = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Multiple = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Of a latent's value or spread, by which it is perturbed."""

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
    for number in _numbers(value):
        size = abs(number)
        if isinstance(number, float) and size and not SMALLEST <= size <= GREATEST:
            return f"must be 0 or between {SMALLEST:g} and {GREATEST:g} in size"
        if isinstance(number, int) and size >= 2**63:
            return "must be below 2^63"
    return None


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers(inner)
