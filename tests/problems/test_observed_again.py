"""New observations of a test image: the same process as that of the pairs, and nothing but its noise is new."""

from types import SimpleNamespace

import numpy as np
import pytest

from vspair.data.blocks import scan_block
from vspair.data.pairs import Split, make_pairs
from vspair.data.selection import Selection, write_selection
from vspair.errors import VspairError
from vspair.operators import Scan
from vspair.problems.inpainting import jobs as holes
from vspair.problems.tomography import jobs as scans

SCAN = {"side": 0.26, "pixels": 18, "enlarged": 24, "angles": 14, "bins": 17, "photons": 4096.0, "binning": 2}
SIZES = {"image": (8, 8), "observation": (6, 8), "scan": SCAN, "noise.convention": "relative_norm"}
SEED, IMAGE = 4, 2


def test_other_holes_as_many_and_as_large():
    """The share that is lost is that of the pairs, five standard errors of 2,000 images; nothing else has changed."""
    rng = np.random.default_rng(0)
    pairs = make_pairs(rng.integers(1, 256, (2010, 12, 12), np.uint8), np.arange(2010), 2000, 10, 4, 3, 0)
    setting = SimpleNamespace(stored=pairs, values={"data.patches": 4, "data.patch_size": 3})
    again = holes.observed_again(setting, IMAGE, 2000, {}, np.random.default_rng(1))
    assert (again.qoi == pairs.test.qoi[IMAGE]).all()
    assert (again.label == pairs.test.label[IMAGE]).all()
    assert again.observation.dtype == pairs.test.observation.dtype
    np.testing.assert_array_equal(again.observation, np.where(again.mask, 0, again.qoi))
    lost, usual = (part.mask.mean((1, 2, 3)) for part in (again, pairs.train))
    assert abs(lost.mean() - usual.mean()) < 5 * np.hypot(lost.std(), usual.std()) / np.sqrt(2000)
    assert len(np.unique(again.mask, axis=0)) > 1900


@pytest.fixture
def scanned(tmp_path):
    """A setting of three test slices, with the noise level of the last, and the file of all slices."""

    def scanned(level, photons=4096.0):
        rng = np.random.default_rng(0)
        slices = rng.random((5, 18, 18), dtype=np.float32) / 4
        index, test = rng.permutation(100)[:5], np.arange(5) >= 2
        chosen = Selection(slices, index, np.arange(5), None, test)
        write_selection(tmp_path / "slices.safetensors", chosen)
        geometry = Scan(**{key: SCAN[key] for key in ("side", "pixels", "enlarged", "angles", "bins")})
        block = scan_block(chosen, geometry, SIZES["image"], SIZES["observation"], 2, photons, SEED, "cpu")
        parts = {name: block[name][test] for name in ("qoi", "observation", "index", "patient")}
        levels = np.full(3, level, np.float32)
        split = Split(parts["qoi"], parts["observation"], None, parts["index"], parts["patient"], levels)
        values = {**SIZES, "scan": {**SCAN, "photons": photons}}
        setting = SimpleNamespace(stored=SimpleNamespace(test=split), values=values, device="cpu")
        return setting, {"slices": str(tmp_path / "slices.safetensors")}

    return scanned


def test_the_first_photons_of_the_pairs_come_again_from_their_stream(scanned):
    """Of the same slice, whatever its place in the file: the scan that the pairs hold, but for rounding."""
    setting, files = scanned(0)
    split = setting.stored.test
    stream = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(int(split.index[IMAGE]),)))
    again = scans.observed_again(setting, IMAGE, 3, files, stream)
    np.testing.assert_allclose(again.observation[0], split.observation[IMAGE], rtol=1e-5)
    assert (np.abs(again.observation[1:] / again.observation[0] - 1) > 1e-4).mean() > 0.9
    assert (again.qoi == split.qoi[IMAGE]).all()
    assert (again.label == split.label[IMAGE]).all()


@pytest.mark.parametrize("level", [0.0, 10.0])
def test_scans_spread_around_what_is_expected_by_photons_and_noise(scanned, level):
    """With 10^15 photons a scan is off by exactly its level; with fewer, the mean of 400 scans is what was expected."""
    clean, _ = scanned(0, 1e15)
    setting, files = scanned(level, 1e15)
    again = scans.observed_again(setting, IMAGE, 5, files, np.random.default_rng(0))
    expected = clean.stored.test.observation[IMAGE]
    off = np.linalg.norm((again.observation - expected).reshape(5, -1), axis=1) / np.linalg.norm(expected)
    np.testing.assert_allclose(off, level / 100, rtol=1e-3, atol=1e-5)
    assert (again.level == level).all()
    # So many that the logarithm of a count is not biased to be seen.
    setting, files = scanned(level, 1e6)
    again = scans.observed_again(setting, IMAGE, 400, files, np.random.default_rng(0))
    error = again.observation.std(0, ddof=1) / np.sqrt(400)
    assert np.abs((again.observation.mean(0) - expected) / error).max() < 6
    assert again.observation.std(0).min() > 0


def test_a_slice_that_is_not_in_the_file_is_refused(scanned):
    setting, files = scanned(0)
    setting.stored.test.index[IMAGE] = 1000
    with pytest.raises(VspairError, match=r"expected slice 1000 of the source once in .* found it 0 times"):
        scans.observed_again(setting, IMAGE, 2, files, np.random.default_rng(0))
