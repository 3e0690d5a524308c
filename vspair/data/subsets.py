"""Subsets of a labelled source with few classes: how varied the data are is what the number of classes says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from vspair.data.arrays import not_whole, read_whole, require_kinds
from vspair.errors import VspairError
from vspair.files import whole

CALLED = "file of subsets"


def draw_subset(labels: np.ndarray, classes: int, images: int, seed: int) -> np.ndarray:
    """Positions of images of some classes, all drawn without replacement: first the classes, then images of each.

    The draws are those of NumPy's legacy generator, `RandomState`, whose `choice` has been what `numpy.random.seed`
    and `numpy.random.choice` give for as long as there are both.

    Arguments:
        labels: class of each image of the source, (n,).
        classes: how many classes.
        images: how many images of each.
        seed: of the draws.

    Returns:
        Positions in the source, (classes * images,), those of one class together.

    Raises:
        VspairError: the source has fewer classes, or a class that was drawn has fewer images.
    """
    known = np.unique(labels)
    if classes > len(known):
        raise VspairError(f"expected a source of at least {classes} classes, found {len(known)}: draw fewer classes")
    draws = np.random.RandomState(seed)
    positions = []
    for chosen in draws.choice(known, classes, replace=False):
        members = np.flatnonzero(labels == chosen)
        if len(members) < images:
            raise VspairError(f"expected at least {images} images of class {chosen}, found {len(members)}: draw fewer")
        positions.append(draws.choice(members, images, replace=False))
    return np.concatenate(positions)


@dataclass(frozen=True)
class Subsets:
    """The images of a source that some subsets of it hold.

    Arguments:
        images: grey values 0 to 255, uint8 (n, height, width).
        index: number of classes -> positions among the images for each seed, (seeds, classes * images per class).
    """

    images: np.ndarray
    index: Mapping[int, np.ndarray]

    def of(self, classes: int) -> np.ndarray:
        """The images of every seed's subset with so many classes, uint8 (seeds, images, height, width)."""
        return self.images[self.index[classes]]


def draw_subsets(
    images: np.ndarray, labels: np.ndarray, classes: Sequence[int], each: int, seeds: Sequence[int]
) -> Subsets:
    """A subset for every number of classes and every seed.

    Arguments:
        images: of the source, uint8 (n, height, width).
        labels: class of each, (n,).
        classes: numbers of classes.
        each: images of a class.
        seeds: of the draws.

    Raises:
        VspairError: the source has too few classes or images.
    """
    drawn = {count: np.stack([draw_subset(labels, count, each, seed) for seed in seeds]) for count in classes}
    return Subsets(images, drawn)


def write_subsets(path: Path, subsets: Subsets) -> None:
    """Write subsets as one safetensors file with the arrays `images` and `index.<classes>`, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    arrays = {"images": subsets.images} | {f"index.{count}": index for count, index in subsets.index.items()}
    with whole(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)


def read_subsets(path: Path) -> Subsets:
    """Read subsets written by `write_subsets`.

    Raises:
        VspairError: the file is missing, truncated, or not one of ours.
    """
    arrays = read_whole(path, CALLED)
    try:
        images = arrays.pop("images")
        index = {int(name.removeprefix("index.")): array for name, array in arrays.items()}
        kinds = {"images": "u1"} | {f"index.{count}": "i u" for count in index}
        require_kinds({"images": images} | arrays, kinds)
        if images.ndim != 3 or any(array.ndim != 2 or not array.size for array in index.values()):
            raise ValueError(f"images of {images.shape} and positions of {[array.shape for array in index.values()]}")
        if any(array.min() < 0 or array.max() >= len(images) for array in index.values()):
            raise ValueError(f"a position outside the {len(images)} images")
    except (KeyError, ValueError) as error:
        raise not_whole(path, CALLED, error) from error
    return Subsets(images, index)
