"""Phantoms of axial CT slices of the chest, made from a seed."""

import numpy as np

from vspair.data.units import attenuation

SLICES = 4
"""Slices of each patient, from the apex of the lungs to the dome of the liver."""

PART = 32
"""Slices made at once, which bounds the memory."""

WARP = 0.014
"""Amplitude of each wave of the warp, in half image widths."""

WAVES = 3

NOISE = 14.0
"""Standard deviation of the scanner's noise in HU at `NOISE_PIXELS`; larger pixels average it."""

NOISE_PIXELS = 362

NOISE_LEFT = 0.497
"""Standard deviation of white noise of deviation 1 after the filter of `_hounsfield`."""


class Phantoms:
    """Slices of invented patients: body, fat, muscles, lungs with vessels, heart, ribs, spine, liver and couch.

    Every patient has an anatomy of its own and `SLICES` slices, which change smoothly along the patient. A slice
    depends on the seed and its index only. Like slices from scanners, x[i, j] is row i (front to back), column j
    (right to left).

    Arguments:
        count: least number of slices. Patients are whole, and there is one more than needed, so that every division of
            `count` slices into two parts can be made by patient.
        pixels: along each side of a slice, at least 16.
        seed: of all patients.
    """

    held_out = None
    grouped = "patient"
    files = "no files are used: the slices are made here"
    remarks = ()

    def __init__(self, count: int, pixels: int, seed: int):
        self.pixels, self.seed = pixels, seed
        self.patients = np.repeat(np.arange(-(-count // SLICES) + 1), SLICES)

    def __len__(self) -> int:
        return len(self.patients)

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation of the slices asked for, float32 (k, pixels, pixels)."""
        index = np.arange(len(self))[index]
        images = np.empty((len(index), self.pixels, self.pixels), dtype=np.float32)
        for start in range(0, len(index), PART):
            images[start : start + PART] = attenuation(self._hounsfield(index[start : start + PART]))
        return images

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of phantoms are simulated."""

    def name(self, position: int) -> str:
        """What to call a slice in a sentence."""
        return f"slice {position} (from 0)"

    def _hounsfield(self, index: np.ndarray) -> np.ndarray:
        """Slices in Hounsfield units, float32 (k, pixels, pixels)."""
        # Imported here because numba is slow to import, and most who open a source have another one.
        from scipy.ndimage import gaussian_filter

        from vspair.data.anatomy import anatomies, chest
        from vspair.data.ellipses import paint
        from vspair.data.organs import AIR

        patients = index // SLICES
        people = anatomies([np.random.default_rng((self.seed, 0, int(patient))) for patient in patients])
        height = (index % SLICES + people["offset"]) / SLICES
        images = np.full((len(index), self.pixels, self.pixels), AIR, dtype=np.float32)
        paint(images, chest(people, height), self._warp(people["waves"], height), 2 * WARP * WAVES)
        noise = np.empty_like(images)
        for position, one in zip(index, noise, strict=True):
            np.random.default_rng((self.seed, 1, int(position))).standard_normal(dtype=np.float32, out=one)
        sd = NOISE * min(self.pixels / NOISE_PIXELS, 1)
        # Reconstruction filters of scanners correlate neighbouring pixels.
        smooth = gaussian_filter(noise, 0.6, axes=(1, 2))
        images += sd / NOISE_LEFT * smooth
        return images

    def _warp(self, waves: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Smooth displacements that make outlines irregular: sums of plane waves that drift along the patient.

        Arguments:
            waves: uniform in [0, 1), (k, 2, waves, 4): frequencies along x and y, phase, drift.
            height: of each slice in its patient, 0 to 1, (k,).

        Returns:
            float32 (k, 2, pixels, pixels).
        """
        centres = (np.arange(self.pixels) + 0.5) * 2 / self.pixels - 1
        across = 1.5 + 4.5 * waves[..., 0]
        along = (1.5 + 4.5 * waves[..., 1]) * np.where(waves[..., 3] > 0.5, 1, -1)
        phase = 2 * np.pi * (waves[..., 2] + (waves[..., 3] - 0.5) * height[:, None, None])
        # A plane wave is a product of one factor along each axis, which is much less to compute than its sine.
        columns = np.exp(1j * (across[..., None] * centres + phase[..., None])).astype(np.complex64)
        lines = np.exp(1j * along[..., None] * centres).astype(np.complex64)
        return np.ascontiguousarray(np.float32(WARP) * (lines.swapaxes(-1, -2) @ columns).imag)
