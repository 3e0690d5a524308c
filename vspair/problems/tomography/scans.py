"""CT slices, how they are scanned and how noisy the scans are (Section 4.2)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vspair.config.names import Inside
from vspair.config.numbers import Count, Few, Percent, Pixels, Seed
from vspair.config.section import Section

VARIABLE = "variable"
"""Name of the data set whose noise level differs from sample to sample."""


SMALLEST = 0.001
"""Noise level in percent; of less the name of the data set would be no plain decimal number."""


class ScanSettings(Section):
    """LoDoPaB's parallel-beam scan of one slice, and how its result is made smaller."""

    side: Annotated[float, Field(gt=0, le=1000)] = Field(description="side of the square slice in metres")
    pixels: Pixels = Field(description="pixels along a side of the slice")
    enlarged: Pixels = Field(description="pixels along a side of the enlarged slice that is projected")
    angles: Pixels = Field(description="projection angles over half a turn")
    bins: Pixels = Field(description="detector bins over the slice's diagonal")
    photons: Annotated[float, Field(ge=1, le=1e15)] = Field(
        description="mean number of photons that reach a bin without a patient"
    )
    binning: Pixels = Field(description="pixels, angles and bins that are averaged into one after cropping")

    def geometry(self) -> dict[str, float]:
        """Arguments of `vspair.operators.Scan`."""
        return self.model_dump(include={"side", "pixels", "enlarged", "angles", "bins"})


class SliceData(Section):
    """Where the slices come from and how they are split."""

    source: Literal["phantoms", "hounsfield", "dicom", "lodopab"] = Field(
        description="phantoms made here, an HDF5 file of Hounsfield slices, a DICOM folder, or LoDoPaB-CT"
    )
    path: Inside = Field(description="file (hounsfield) or folder (dicom, lodopab) of the source inside data_dir")
    download: bool = Field(description="fetch LoDoPaB-CT (some 55 GB packed) with dival if it is not there")
    train: Count = Field(description="training slices")
    test: Count = Field(description="test slices, of other patients where these are known")
    seed: Seed = Field(description="seed of phantoms, split, photons and noise")
    blocks: Few = Field(description="jobs that the simulation is divided into")
    scale: Literal["raw", "maximum"] = Field(
        description="observations seen by the methods: as stored, or divided by the largest one for training"
    )


class Noise(Section):
    """Gaussian noise added to the observations beside that of the photons (Section 4.2, deviation E9)."""

    levels: tuple[Percent, ...] = Field(
        min_length=1, max_length=100, description="noise levels in percent, one data set each"
    )
    variable: tuple[Percent, Percent] = Field(description="smallest and largest level of the variable data set")
    convention: Literal["relative_norm", "mean_abs"] = Field(
        description="percent of the observation's norm, or of the mean of its absolute values (deviation E9)"
    )

    @model_validator(mode="after")
    def _levels_are_possible(self) -> "Noise":
        if len({f"{level:g}" for level in self.levels}) < len(self.levels):
            raise ValueError(f"levels must be distinct in six digits, found {list(self.levels)}")
        if small := [level for level in self.levels if f"{level:g}".startswith("-") or 0 < level < SMALLEST]:
            raise ValueError(f"levels must be 0 or at least {SMALLEST:g}, found {small[0]}")
        if self.variable[0] >= self.variable[1]:
            raise ValueError(f"variable must rise from its first to its second level, found {list(self.variable)}")
        return self

    def names(self) -> dict[str, float | tuple[float, float]]:
        """Name of each data set -> its level, or the range of its levels."""
        return {f"noise{level:g}": level for level in self.levels} | {VARIABLE: self.variable}
