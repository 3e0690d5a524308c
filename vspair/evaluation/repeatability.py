"""Whether a repeated training ended with the same bits, and if not, how far apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from vspair.errors import VspairError
from vspair.metrics import read_history


@dataclass(frozen=True)
class Repeat:
    """A repeated training beside the first one.

    Arguments:
        differing: numbers that are not the same bit by bit; 0 for bit-equality, whatever `largest` is.
        largest: max over tensors t of max |t' - t| / max(|t|, |t'|), between 0 and 2; infinite where only one of the
            two is finite. It is 0 too where numbers differ in the sign of zero or in what kind of NaN they are.
    """

    differing: int
    largest: float

    @property
    def bit_equal(self) -> bool:
        """Whether no number differs."""
        return self.differing == 0


def read_trained(weights: Path, history: Path) -> dict[str, Tensor]:
    """Everything that a training left, by name: its weights, and each column of its history as `history.<column>`.

    Raises:
        VspairError: a file is missing, not whole, or holds what is not finite.
    """
    read_history(history)
    # As text first: the parser of numbers of some versions turns two different ones into the same.
    frame = pd.read_csv(history, dtype=str).astype(float)
    columns = {f"history.{name}": torch.from_numpy(frame[name].to_numpy(copy=True)) for name in frame}
    try:
        return {**load_file(weights), **columns}
    except (SafetensorError, OSError) as error:
        raise VspairError(
            f"expected whole weights in {weights}, found {error}: delete it and run the same command again"
        ) from error


def compare(first: Mapping[str, Tensor], again: Mapping[str, Tensor]) -> Repeat:
    """Compare two trainings tensor by tensor; equality is decided on the bytes, so -0 is not 0 and a NaN is itself.

    Arguments:
        first, again: name -> tensor, real numbers of any type and shape.

    Raises:
        VspairError: names, shapes or types are not the same.
    """
    form = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in first.items()}
    other = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in again.items()}
    if strange := sorted(name for name in {*form, *other} if form.get(name) != other.get(name)):
        name = strange[0]
        raise VspairError(
            f"expected both trainings to leave {name} as {form.get(name)}, found {other.get(name)} in the second: "
            "compare runs of one model and one configuration"
        )
    differing = sum(int((_bytes(first[name]) != _bytes(again[name])).any(dim=1).sum()) for name in first)
    return Repeat(differing, max((_distance(first[name], again[name]) for name in first), default=0.0))


def _bytes(tensor: Tensor) -> Tensor:
    """Bytes of each number, shape (numbers, bytes)."""
    return tensor.contiguous().reshape(-1).view(torch.uint8).reshape(tensor.numel(), tensor.element_size())


def _distance(first: Tensor, again: Tensor) -> float:
    """max |t' - t| / max(|t|, |t'|) of one tensor; NaN beside NaN counts as equal."""
    first, again = first.double().reshape(-1), again.double().reshape(-1)
    apart = (first != again) & ~(first.isnan() & again.isnan())
    if not apart.any():
        return 0.0
    gap, values = (first - again).abs()[apart].max(), torch.cat([first, again]).abs()
    return float(gap / values[values.isfinite()].max()) if gap.isfinite() else float("inf")


def verdict_in_words(repeats: Mapping[str, Repeat], what: str) -> str:
    """One sentence on repeated trainings of several models.

    Arguments:
        repeats: name of the model -> its repeated training beside the first one.
        what: the repeated trainings, such as `trained again`.
    """
    differing = {name: repeat for name, repeat in repeats.items() if not repeat.bit_equal}
    equal = [name for name in repeats if name not in differing]
    parts = [f"bit-equal for {', '.join(equal)}" if equal else "bit-equal for none"]
    parts += [
        f"{repeat.differing} numbers of {name} differ by up to {repeat.largest:.1e} of the largest"
        for name, repeat in differing.items()
    ]
    return f"{what[0].upper()}{what[1:]}: {'; '.join(parts)}."
