"""The figure of repeated observations: its rows, scales and numbers, and which files are refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from vspair.errors import VspairError
from vspair.reporting.repeated import MAPS, NUMBERS, Row, read_maps, read_repeats, repeated_figure

VALUES = dict.fromkeys(NUMBERS, 0.5)


@pytest.fixture
def summary(tmp_path):
    """A summary of two images with changes to the first one's numbers."""

    def summary(**changes):
        images = {"3": {**VALUES, **changes}, "0": VALUES}
        path = tmp_path / "summary.json"
        path.write_text(json.dumps({"draws": 4, "samples": 19, "level": 0.9, "images": images}))
        return path

    return summary


def test_a_summary_is_read_whole_or_refused(summary):
    assert read_repeats(summary(holes_coverage=None), [3, 0])["images"]["0"] == VALUES
    for changes, images, fault in (
        ({}, [0, 3], "expected the images 0, 3"),
        ({"bias": None}, [3, 0], "expected a number as bias of image 3"),
        ({"other": 1.0}, [3, 0], "expected coverage, .* of image 3"),
    ):
        with pytest.raises(VspairError, match=fault):
            read_repeats(summary(**changes), images)


def test_maps_are_read_by_image_and_must_be_images(tmp_path):
    path = tmp_path / "maps.safetensors"
    arrays = {name: np.full((2, 1, 4, 5), place, np.float32) for place, name in enumerate(MAPS)}
    arrays["error"][1] = 7
    save_file(arrays, path)
    first, second = read_maps(path, 2)
    assert set(first) == set(MAPS)
    assert first["error"].shape == (4, 5)
    assert (second["error"] == 7).all()
    save_file({name: array[..., 0, 0] for name, array in arrays.items()}, path)
    with pytest.raises(VspairError, match="expected maps of images"):
        read_maps(path, 2)


@pytest.mark.parametrize("window", [None, (0.0, 0.4)])
def test_rows_share_their_scales_and_the_level_is_white(window):
    rng = np.random.default_rng(0)
    rows = []
    for place in (1, 2):
        maps = {name: place * rng.random((6, 6)) / 2 for name in MAPS}
        maps["bias"][0, 0] = -3 * place
        maps["error"][0, 0] = 4 * place
        rows.append(Row(f"method {place}", maps, {**VALUES, "coverage": place / 4}))
    figure = repeated_figure(rows, 0.9, window, "unit")
    shown = [axis.images[0] for axis in figure.axes if axis.images]
    truth, coverage, bias, predicted, error = (shown[2 * place : 2 * place + 2] for place in range(5))
    assert {image.get_clim() for image in truth} == {
        window or tuple(extreme(row.maps["qoi"].ravel() for row in rows) for extreme in (lowest, highest))
    }
    assert {image.get_clim() for image in coverage} == {(0, 1)}
    np.testing.assert_allclose(coverage[0].norm([0, 0.45, 0.9, 1]), [0, 0.25, 0.5, 1])
    assert {image.get_clim() for image in bias} == {(-6, 6)}
    assert {image.get_clim() for image in predicted + error} == {(0, 8)}
    texts = [text.get_text() for text in figure.texts]
    assert {"method 1", "method 2", "mean 0.250", "mean 0.500", "mean size 0.500", "unit"} <= set(texts)
    assert texts.count("rms 0.500") == 4


def lowest(parts):
    return min(part.min() for part in parts)


def highest(parts):
    return max(part.max() for part in parts)
