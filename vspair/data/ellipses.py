"""Painting of ellipses with smooth edges onto images, one over the other."""

import numba
import numpy as np


def ellipses(x, y, a, b, *, value, angle=0.0, egg=0.0, edge=0.0, warp=1.0) -> np.ndarray:
    """Table of ellipses from columns that broadcast to (images, ellipses), as float32 (images, ellipses, 10).

    The boundary is u^2 / a^2 + v^2 / (b (1 + egg u / a))^2 = 1, where u runs from the centre along `angle` and v
    across.

    Arguments:
        x, y: centre; x runs to the right and y down, both from -1 to 1 over an image.
        a, b: half axes along u and v.
        value: inside.
        angle: of u, radian from x to y.
        egg: between -1 and 1.
        edge: width of the edge, at least a pixel is painted.
        warp: 1 if the ellipse is bent with the image, 0 if it is rigid.
    """
    columns = np.broadcast_arrays(x, y, a, b, np.cos(angle), np.sin(angle), egg, value, edge, warp)
    return np.stack(columns, axis=-1).astype(np.float32)


@numba.njit
def paint(images: np.ndarray, table: np.ndarray, warp: np.ndarray, margin: float) -> None:
    """Paint each image's ellipses onto it in their order.

    Arguments:
        images: float32 (k, pixels, pixels), changed in place; x runs along the second axis and y along the first.
        table: float32 (k, ellipses, 10), see `ellipses`; half axes of 0 leave an ellipse out.
        warp: displacement of each pixel along x and y, float32 (k, 2, pixels, pixels).
        margin: largest displacement.
    """
    pixels = images.shape[1]
    step = np.float32(2.0 / pixels)
    for image in range(images.shape[0]):
        for row in table[image]:
            x, y, a, b, cosine, sine, egg, value, edge, bent = row
            if a <= 0 or b <= 0:
                continue
            wide = b * (1 + abs(egg))
            width = max(edge, step)
            reach_x = np.sqrt((a * cosine) ** 2 + (wide * sine) ** 2) + width + margin * bent
            reach_y = np.sqrt((a * sine) ** 2 + (wide * cosine) ** 2) + width + margin * bent
            for i in range(max(int((y - reach_y + 1) / step), 0), min(int((y + reach_y + 1) / step) + 1, pixels)):
                for j in range(max(int((x - reach_x + 1) / step), 0), min(int((x + reach_x + 1) / step) + 1, pixels)):
                    dx = (j + np.float32(0.5)) * step - 1 - x + bent * warp[image, 0, i, j]
                    dy = (i + np.float32(0.5)) * step - 1 - y + bent * warp[image, 1, i, j]
                    u = (dx * cosine + dy * sine) / a
                    half = b * max(1 + egg * u, np.float32(0.1))
                    v = (dy * cosine - dx * sine) / half
                    radius = np.sqrt(u * u + v * v)
                    # Distance to the boundary to first order: (radius - 1) over the length of its gradient.
                    slope = np.sqrt((u / a) ** 2 + (v / half) ** 2) / max(radius, np.float32(1e-6))
                    cover = np.float32(0.5) - (radius - 1) / (slope * width)
                    cover = min(max(cover, np.float32(0)), np.float32(1))
                    images[image, i, j] += cover * (value - images[image, i, j])
