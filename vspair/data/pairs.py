"""Pairs of quantity of interest and observation, split into training and test (Section 4.1)."""

from dataclasses import dataclass, fields

import numpy as np

from vspair.errors import VspairError
from vspair.operators import cover, random_patches


@dataclass(frozen=True)
class Split:
    """One part of a data set, all arrays with the pairs along the first axis.

    Arguments:
        qoi: clean images x, shape (pairs, 1, height, width).
        observation: observations y, shape (pairs, 1, height, width), which may be another height and width.
        mask: True where y has lost x, same shape; None where nothing of x is lost by place.
        index: position of each image in its source, shape (pairs,).
        label: class or patient of each image, shape (pairs,).
        level: noise added to each observation in percent, shape (pairs,); None where none is added.
    """

    qoi: np.ndarray
    observation: np.ndarray
    mask: np.ndarray | None
    index: np.ndarray
    label: np.ndarray
    level: np.ndarray | None = None

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
    """Draw a random split and random holes; the observation is filled with the smallest grey value.

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
            "lower inpainting.data.train or inpainting.data.test"
        )
    split_stream, hole_stream = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    index = split_stream.permutation(len(images))[: train + test]
    qoi = images[index]
    mask = random_patches(len(index), qoi.shape[1:], patches, patch_size, hole_stream)
    observation = cover(qoi, mask, 0)
    whole = (qoi[:, None], observation[:, None], mask[:, None], index, labels[index])
    return Pairs(Split(*(part[:train] for part in whole)), Split(*(part[train:] for part in whole)))
