import h5py
import numpy as np
import pytest

from vspair.data.groups import UNKNOWN
from vspair.data.hounsfield import HounsfieldFile
from vspair.data.units import attenuation
from vspair.errors import VspairError


def slices(n=5, pixels=6, seed=0):
    return np.random.default_rng(seed).integers(-1000, 2000, (n, pixels, pixels)).astype(np.int16)


def written(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


@pytest.mark.parametrize(
    ("hu", "mu"), [(-1000, 0.02), (0, 20.0), (1000, 39.98), (3071, 81.35858), (4000, 81.35858), (-2000, 0.0)]
)
def test_attenuation_of_air_water_and_the_ends_of_the_scale(hu, mu):
    """Air and water by definition of the scale, computed by hand; a wrong slope or a missing clip would show."""
    assert attenuation(np.int16(hu)) == pytest.approx(mu / 81.35858, rel=1e-5, abs=1e-8)


def test_attenuation_is_the_formula_in_double_precision():
    truth = ((slices().astype(np.float64) * (20 - 0.02) / 1000 + 20) / 81.35858).clip(0, 1)
    assert attenuation(slices()).dtype == np.float32
    np.testing.assert_allclose(attenuation(slices()), truth, rtol=0, atol=2e-7)


def test_slices_come_in_the_order_asked_for_with_repetitions_and_unknown_patients_are_said_to_be_unknown(tmp_path):
    source = HounsfieldFile(written(tmp_path / "a.h5", hu=slices()), 6)
    asked = np.array([3, 0, 3, 4])
    np.testing.assert_array_equal(source.images(asked), attenuation(slices())[asked])
    assert (len(source), source.sinograms(asked), source.held_out, source.grouped) == (5, None, None, "unknown")
    assert (source.patients == UNKNOWN).all()


def test_patients_are_coded_by_name(tmp_path):
    names = np.array([b"P2", b"P1", b"P2", b"P3", b"P1"])
    source = HounsfieldFile(written(tmp_path / "a.h5", hu=slices(), patient=names), 6)
    np.testing.assert_array_equal(source.patients[:, None] == source.patients, names[:, None] == names)
    assert source.grouped == "patient"


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ({"images": slices()}, r"has no dataset `hu` \(it has: images\)"),
        ({}, r"has no dataset `hu` \(it has: nothing\)"),
        ({"hu": slices(pixels=7)}, r"shape \(5, 7, 7\) instead of \(slices, 6, 6\): set the sizes"),
        ({"hu": slices()[0]}, r"shape \(6, 6\) instead of"),
        ({"hu": slices()[:0]}, r"shape \(0, 6, 6\) instead of"),
        ({"hu": slices().astype(np.float32)}, r"of type float32 instead of an integer type"),
        (
            {"hu": slices() - slices().min()},
            r"its intercept .* was not applied; apply the scanner's slope and intercept",
        ),
        ({"hu": np.full((5, 6, 6), -5000)}, r"values from -5000 to .* lie between -4096 and 31743"),
        ({"hu": slices(), "patient": np.arange(4)}, r"patients of 4 slices, but `hu` has 5"),
    ],
)
def test_a_file_of_another_layout_is_refused(tmp_path, datasets, message):
    path = written(tmp_path / "a.h5", **datasets)
    with pytest.raises(VspairError, match=message) as refused:
        HounsfieldFile(path, 6)
    assert str(path) in str(refused.value)


def test_a_file_that_is_truncated_or_foreign_is_refused(tmp_path):
    path = written(tmp_path / "a.h5", hu=slices(400))
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"no HDF5 at all" * 100):
        path.write_bytes(content)
        with pytest.raises(VspairError, match=r"a.h5 cannot be read as HDF5 .*truncated"):
            HounsfieldFile(path, 6)


def test_damage_that_the_first_look_misses_is_refused_when_it_is_read(tmp_path):
    hu = slices(40)
    hu[3] = -9000
    source = HounsfieldFile(written(tmp_path / "a.h5", hu=hu), 6)
    assert source.images(np.array([4])).shape == (1, 6, 6)
    with pytest.raises(VspairError, match=r"values from -9000"):
        source.images(np.array([3]))


@pytest.mark.data
def test_real_slices(real_data):
    """Soft tissue is the commonest material and lies near water: a wrong slope or a lost sign would move it."""
    path = real_data / "ct" / "ct_slices.h5"
    if not path.is_file():
        pytest.skip("VSPAIR_DATA holds no ct/ct_slices.h5")
    source = HounsfieldFile(path, 362)
    images = source.images(np.linspace(0, len(source) - 1, 30).astype(int))
    assert source.grouped == "patient"
    assert 0.21 < np.median(images[(images > 0.15) & (images < 0.4)]) < 0.28
    assert 0 <= images.min() <= images.max() <= 1
