"""Regions of an image, by hand."""

import torch

from vspair.evaluation.regions import regions

IMAGE = torch.tensor([[0.0, 0.0, 0.0, 0.9], [0.0, 0.0, 0.0, 0.9], [0.0, 0.5, 0.0, 0.9], [0.0, 0.0, 0.0, 0.9]])


def test_dark_and_bright_are_thirds_of_the_images_own_range():
    found = regions(torch.stack([IMAGE, 10 * IMAGE - 3])[:, None], None)
    for name, expected in (("dark", IMAGE < 0.3), ("bright", IMAGE > 0.6)):
        assert (found[name] == expected.flatten()).all()
    assert found.keys() == {"dark", "bright", "edges"}


def test_edges_are_the_tenth_of_the_pixels_of_the_steepest_slope():
    """Two of sixteen pixels: in front of the step of 0.9 the slope is 0.81, of four such pixels the first two."""
    found = regions(IMAGE[None, None], None)["edges"].view(4, 4)
    assert found.nonzero().tolist() == [[0, 2], [1, 2]]


def test_an_image_without_a_slope_has_no_region_but_what_was_lost():
    lost = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    lost[..., 0] = True
    found = regions(torch.full((1, 1, 4, 4), 0.4), lost)
    assert {name: int(mask.sum()) for name, mask in found.items()} == {
        **{"holes": 4, "outside": 12, "dark": 0, "bright": 0, "edges": 0}
    }


def test_vectors_have_no_edges():
    assert regions(torch.rand(3, 7), None).keys() == {"dark", "bright"}
