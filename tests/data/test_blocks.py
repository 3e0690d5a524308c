"""Blocks of scans: their number changes nothing, and joined they are the pairs."""

import numpy as np
import pytest
from safetensors.numpy import save

from vspair.data import blocks as module
from vspair.data.blocks import join_blocks, scan_block, write_block
from vspair.data.selection import Selection, read_selection, write_selection
from vspair.data.simulation import simulate
from vspair.errors import VspairError
from vspair.operators import Scan, crop_average

SCAN = Scan(pixels=18, enlarged=24, angles=14, bins=17)
IMAGE, OBSERVATION, BINNING = (8, 8), (6, 8), 2
PHOTONS, SEED = 4096.0, 4


def chosen(count=7, own=False):
    generator = np.random.default_rng(0)
    return Selection(
        generator.random((count, 18, 18), dtype=np.float32) / 4,
        generator.permutation(100)[:count],
        generator.integers(0, 5, count),
        generator.random((count, *OBSERVATION), dtype=np.float32) if own else None,
        np.arange(count) >= count - 3,
    )


def block_of(selection, photons=PHOTONS):
    return scan_block(selection, SCAN, IMAGE, OBSERVATION, BINNING, photons, SEED, "cpu")


def joined(folder, count, own=False):
    """The pairs of seven slices by way of files, as the jobs of so many blocks make them."""
    folder.mkdir()
    write_selection(folder / "slices.safetensors", chosen(own=own))
    paths = [folder / f"{block}.safetensors" for block in range(count)]
    for block, path in enumerate(paths):
        write_block(path, block_of(read_selection(folder / "slices.safetensors", block, count)))
    return join_blocks(paths)


def parts(pairs):
    names = ("qoi", "observation", "index", "label")
    return {f"{side}.{name}": getattr(getattr(pairs, side), name) for side in ("train", "test") for name in names}


@pytest.mark.parametrize("count", [2, 3, 9])
def test_pairs_do_not_depend_on_the_number_of_blocks_to_the_bit(tmp_path, count):
    """Catches noise that depends on a slice's place in its block; of nine blocks two are empty."""
    one, many = parts(joined(tmp_path / "one", 1)), parts(joined(tmp_path / "many", count))
    for name, array in one.items():
        assert array.dtype == many[name].dtype
        np.testing.assert_array_equal(array, many[name], err_msg=name)


def test_pairs_do_not_depend_on_how_many_slices_are_scanned_at_once(monkeypatch):
    expected = block_of(chosen())["observation"]
    monkeypatch.setattr(module, "AT_ONCE", 2)
    np.testing.assert_array_equal(block_of(chosen())["observation"], expected)


def test_a_block_is_the_cropped_scan_and_the_cropped_slice():
    selection = chosen()
    found = block_of(selection)
    scans = simulate(selection.images, selection.index, SCAN, PHOTONS, SEED, "cpu")
    np.testing.assert_array_equal(found["observation"], crop_average(scans, OBSERVATION, BINNING)[:, None])
    corner = selection.images[:, 1:3, 1:3].mean((1, 2))  # 18 pixels, of which 16 are kept from 1 on
    np.testing.assert_allclose(found["qoi"][:, 0, 0, 0], corner, rtol=1e-6)
    assert found["qoi"].shape == (7, 1, *IMAGE)
    assert found["qoi"].dtype == found["observation"].dtype == np.float32


def test_observations_of_the_source_are_taken_as_they_are(monkeypatch):
    monkeypatch.setattr(module, "simulate", lambda *arguments: pytest.fail("a scan was simulated"))
    selection = chosen(own=True)
    np.testing.assert_array_equal(block_of(selection)["observation"][:, 0], selection.observation)


@pytest.mark.parametrize("own", [True, False])
def test_a_block_without_slices_has_the_shapes_of_one_with(own):
    found, full = block_of(chosen(0, own)), block_of(chosen(4, own))
    assert {name: (0, *array.shape[1:]) for name, array in full.items()} == {n: a.shape for n, a in found.items()}
    assert {name: array.dtype for name, array in full.items()} == {name: array.dtype for name, array in found.items()}


def test_joining_keeps_training_and_test_and_their_order(tmp_path):
    """Four training slices, then three for the test; the boundary lies inside the second of three blocks."""
    pairs, selection = joined(tmp_path / "jobs", 3, own=True), chosen(own=True)
    for split, rows in ((pairs.train, slice(4)), (pairs.test, slice(4, None))):
        np.testing.assert_array_equal(split.index, selection.index[rows])
        np.testing.assert_array_equal(split.label, selection.patient[rows])
        np.testing.assert_array_equal(split.observation[:, 0], selection.observation[rows])
        assert split.mask is split.level is None


@pytest.mark.parametrize("keep", [0, 5, 200, -1, "another file"])
def test_a_damaged_block_is_named(tmp_path, keep):
    for name in ("good", "bad"):
        write_block(tmp_path / f"{name}.safetensors", block_of(chosen(own=True)))
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(save({"qoi": np.zeros((3, 1, 8, 8))}) if keep == "another file" else bad.read_bytes()[:keep])
    with pytest.raises(VspairError, match=r"bad.safetensors is not a whole block of scans .*delete it and run"):
        join_blocks([tmp_path / "good.safetensors", bad])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"index": np.arange(6)}, "arrays of 6, 7 slices"),
        ({"qoi": np.full((7, 1, 8, 8), np.nan, np.float32)}, "qoi was expected as finite float32"),
        (
            {"observation": np.zeros((7, 1, 6, 8), np.float16)},
            "observation was expected as finite float32, found float16",
        ),
        ({"test": np.ones(7, np.int64)}, "test was expected as a list of truths"),
    ],
)
def test_a_block_that_is_damaged_inside_is_named(tmp_path, change, found):
    block = block_of(chosen(own=True))
    write_block(tmp_path / "good.safetensors", block)
    write_block(tmp_path / "bad.safetensors", block | change)
    with pytest.raises(
        VspairError, match=rf"bad.safetensors is not a whole block of scans \({found}.*delete it and run"
    ):
        join_blocks([tmp_path / "good.safetensors", tmp_path / "bad.safetensors"])


def test_blocks_of_other_sizes_are_not_joined(tmp_path):
    block = block_of(chosen(own=True))
    write_block(tmp_path / "good.safetensors", block)
    write_block(tmp_path / "bad.safetensors", block | {"qoi": block["qoi"][..., :4]})
    with pytest.raises(VspairError, match=r"expected qoi of .*bad.safetensors as in .*good.safetensors, .*delete both"):
        join_blocks([tmp_path / "good.safetensors", tmp_path / "bad.safetensors"])
