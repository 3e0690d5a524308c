"""Pairs of quantity of interest and observation, split into training and test (Section 4.1)."""

from dataclasses import dataclass, fields

import numpy as np

from vspair.errors import VspairError
from vspair.operators import cover, random_patches


@dataclass(frozen=True)
class Split:
    """One part of a data set, all arrays with the pairs along the first axis.

    x and y are of any shape, each of its own: vectors (pairs, n), images (pairs, channels, height, width), or other.

    Arguments:
        qoi: quantities of interest x, shape (pairs, *shape).
        observation: observations y, shape (pairs, *another shape).
        mask: True where y has lost x, shape of `qoi`; None where nothing of x is lost by place.
        index: position of each pair in its source, shape (pairs,).
        label: class or patient of each pair, shape (pairs,).
        level: noise added to each observation in percent, shape (pairs,); None where none is added.

    Raises:
        ValueError: the parts are not of as many pairs, or the mask is not of the QoI's shape or not boolean.
    """

    qoi: np.ndarray
    observation: np.ndarray
    mask: np.ndarray | None
    index: np.ndarray
    label: np.ndarray
    level: np.ndarray | None = None

    def __post_init__(self):
        for field in fields(self):
            part = getattr(self, field.name)
            if part is not None and len(part) != len(self.qoi):
                raise ValueError(
                    f"expected {field.name} of as many pairs as the QoI, {len(self.qoi)}, found {len(part)}"
                )
        if self.mask is not None and (self.mask.shape != self.qoi.shape or self.mask.dtype != bool):
            raise ValueError(
                f"expected a boolean mask in the shape of the QoI, {self.qoi.shape}, found {self.mask.dtype} of "
                f"{self.mask.shape}: give None where nothing is lost by place"
            )

    def __len__(self) -> int:
        return len(self.qoi)


PARTS = tuple(field.name for field in fields(Split))
OPTIONAL = ("mask", "level")
"""Parts that a problem may lack."""


@dataclass(frozen=True)
class Pairs:
    """Training and test split of one problem."""

    train: Split
    test: Split


def make_pairs(
    images: np.ndarray, labels: np.ndarray, train: int, test: int, patches: int, patch_size: int, seed: int
) -> Pairs:
    """Draw a random split and random holes in images of one channel, which the smallest grey value fills.

    Arguments:
        images: all clean images, uint8 of shape (images, height, width).
        labels: their classes, shape (images,).
        train, test: number of pairs in each part, disjoint.
        patches: square holes per image.
        patch_size: side of a hole in pixels.
        seed: of the split and of the holes, drawn from separate streams.

    Raises:
        VspairError: there are fewer images than pairs wanted.
    """
    if train + test > len(images):
        raise VspairError(
            f"{train} training and {test} test pairs were asked for, but the source has only {len(images)} images: "
            "lower data.train or data.test of the problem"
        )
    split_stream, hole_stream = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    index = split_stream.permutation(len(images))[: train + test]
    qoi = images[index]
    mask = random_patches(len(index), qoi.shape[1:], patches, patch_size, hole_stream)
    observation = cover(qoi, mask, 0)
    whole = (qoi[:, None], observation[:, None], mask[:, None], index, labels[index])
    return Pairs(Split(*(part[:train] for part in whole)), Split(*(part[train:] for part in whole)))
