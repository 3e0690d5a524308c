"""What Hounsfield units cannot be, on phantoms and real slices and on what goes wrong with them."""

import h5py
import numpy as np
import pytest

from vspair.data.phantoms import Phantoms
from vspair.data.units import LIGHTEST, MU_AIR, MU_MAX, MU_WATER, attenuation, require_hounsfield
from vspair.errors import VspairError


@pytest.fixture(scope="module")
def hu():
    """Twelve phantoms in Hounsfield units, int16."""
    images = Phantoms(12, 48, 0).images(np.arange(12))
    return ((images.astype(np.float64) * MU_MAX - MU_WATER) * 1000 / (MU_WATER - MU_AIR)).round().astype(np.int16)


def test_where_attenuation_ends():
    assert attenuation(np.float32(LIGHTEST - 0.5)) == 0
    assert attenuation(np.float32(LIGHTEST + 0.5)) > 0


def test_what_is_right_passes_together_and_by_itself(hu):
    require_hounsfield(hu, "a.h5", sample=True)
    for number, one in enumerate(hu):
        require_hounsfield(one[None], "a.h5", [number], sample=True)


FAULTS = {
    "intercept left out": (lambda hu: hu + 1024, r"none where air is, .*intercept \(often -1024\) was not applied"),
    "intercept left out beside padding": (
        lambda hu: np.where(hu < -900, -2000, hu + 1024),
        r"intercept \(often -1024\) was not applied",
    ),
    "intercept left out, with noise": (
        lambda hu: hu + 1024 + np.random.default_rng(0).normal(0, 40, hu.shape),
        r"was not applied",
    ),
    "intercept twice": (lambda hu: hu - 1024, r"hardly any between -200 and 200 HU"),
    "stored as unsigned": (lambda hu: hu.view(np.uint16), r"stored as unsigned, 65536 too high"),
    "read as signed": (lambda hu: (hu.astype(int) + 32768).astype(np.uint16).view(np.int16), r"65536 too low"),
    "grey levels": (lambda hu: ((hu.clip(-160, 240) + 160.0) * 255 / 400).round(), r"no value below 0"),
    "attenuation": (attenuation, r"no value below 0"),
    "tissue relative to water": (lambda hu: hu / 1000.0, r"air, fat and tissue lie further apart"),
    "not a number": (lambda hu: np.where(hu > 100, np.nan, hu), r"nan to nan, but"),
    "infinite": (lambda hu: np.where(hu > 100, np.inf, hu), r"to inf, but"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_is_refused_with_the_numbers_seen(hu, fault):
    """Each slice by itself, as whole slices are looked at, and together."""
    make, message = FAULTS[fault]
    for part in (hu, hu[3:4]):
        with pytest.raises(VspairError, match=rf"a.h5.* holds values from .*{message}"):
            require_hounsfield(make(part), "a.h5", sample=True)


def test_one_slice_without_its_intercept_among_others_is_refused_by_its_number(hu):
    """Whole, and a square from the middle of the body, which holds neither air nor its place on the wrong scale."""
    hu = hu.copy()
    hu[4] += 1024
    with pytest.raises(VspairError, match=r"a.h5, slice 4 \(from 0\), .* intercept \(often -1024\) was not applied"):
        require_hounsfield(hu, "a.h5", range(12))
    tissue = np.random.default_rng(0).normal(40, 10, (2, 16, 16))
    require_hounsfield(tissue, "a.h5", range(2))
    tissue[1] += 1024
    with pytest.raises(VspairError, match=r"a.h5, slice 1 .* was not applied"):
        require_hounsfield(tissue, "a.h5", range(2))


@pytest.mark.parametrize(
    "value", [-1024, 0, 40], ids=["what was padded", "what was not written", "what a slope of 0 gives"]
)
def test_a_slice_of_one_attenuation_is_refused_by_its_number(hu, value):
    hu = hu.copy()
    hu[5] = value
    with pytest.raises(VspairError, match=rf"a.h5, slice 75 \(from 0\), is of one attenuation everywhere \({value} to"):
        require_hounsfield(hu, "a.h5", range(70, 82))
    hu[5, :9] = -2000
    if value == -1024:
        with pytest.raises(VspairError, match=r"one attenuation everywhere \(-2000 to -1024 HU\)"):
            require_hounsfield(hu, "a.h5", range(70, 82))


@pytest.mark.data
@pytest.mark.parametrize("pixels", [362, 256, 88, 32])
def test_real_slices_pass_whole_and_cut_to_their_central_square(real_data, pixels):
    """Every twentieth slice; squares from the middle of a body have no air, and need none."""
    path = real_data / "ct" / "ct_slices.h5"
    if not path.is_file():
        pytest.skip("VSPAIR_DATA holds no ct/ct_slices.h5")
    start = (362 - pixels) // 2
    with h5py.File(path) as file:
        hu = file["hu"][::20, start : start + pixels, start : start + pixels]
    require_hounsfield(hu, path, sample=True)
    for one in hu:
        require_hounsfield(one[None], path, [0], sample=pixels == 362)
