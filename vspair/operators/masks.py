"""Masking: square patches of an image are lost (Section 4.1)."""

import numpy as np


def random_patches(
    images: int, shape: tuple[int, int], patches: int, size: int, generator: np.random.Generator
) -> np.ndarray:
    """Masks with `patches` square holes each, at independent uniform positions inside the image; they may overlap.

    Arguments:
        images: number of masks.
        shape: height and width in pixels.
        patches: holes per image.
        size: side of a hole in pixels, at most the shorter side of the image.
        generator: source of the positions.

    Returns:
        Boolean array (images, height, width), True where a pixel is lost.
    """
    height, width = shape
    top = generator.integers(0, height - size + 1, (images, patches, 1))
    left = generator.integers(0, width - size + 1, (images, patches, 1))
    rows, columns = np.arange(height), np.arange(width)
    inside_rows = (rows >= top) & (rows < top + size)
    inside_columns = (columns >= left) & (columns < left + size)
    # A pixel is lost if any patch holds both its row and its column: a Boolean product over the patches.
    return np.einsum("npr,npc->nrc", inside_rows, inside_columns)


def cover(image: np.ndarray, mask: np.ndarray, fill: float) -> np.ndarray:
    """The observation: `image` with `fill` where `mask` is True, same shape and type."""
    return np.where(mask, np.asarray(fill, image.dtype), image)
