"""Figures: the right cases, scales and series; written the same twice."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.histories import history_figure
from vspair.reporting.maps import cases_by_difficulty, map_figure
from vspair.reporting.style import save_figure


def test_cases_are_those_at_the_percentiles_of_the_mean_error():
    errors = pd.DataFrame({"a": np.arange(101.0)[::-1], "b": np.arange(101.0)[::-1]})
    cases = cases_by_difficulty(errors, [25, 50, 96])
    assert cases[["image", "difficulty"]].to_numpy().tolist() == [[75, 25], [50, 50], [4, 96]]


@pytest.fixture(scope="module")
def maps():
    """Figure of two cases and two methods, variance up to 3."""
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8))
    moments = {name: (images, np.full((2, 8, 8), top)) for name, top in (("one", 1.0), ("two", 3.0))}
    return map_figure(["easy", "hard"], images, images, moments, (-1, 1))


def test_all_variances_share_one_scale_and_all_means_another_under_their_names(maps):
    limits = [image.get_clim() for axis in maps.axes for image in axis.images if axis.get_label() != "<colorbar>"]
    assert limits.count((0, 3)) == 4
    assert limits.count((-1, 1)) == 12
    assert [axis.get_ylabel() for axis in maps.axes if axis.get_ylabel() in ("one", "two")] == ["one", "two"]
    assert [text.get_text() for text in maps.texts] == ["easy", "hard"]


def test_histories_draw_every_run_of_every_term():
    """B has both terms and A the total alone; the mean of the seeds is drawn."""
    terms = [("A", "total"), ("B", "kl"), ("B", "total")]
    rows = [(m, seed, epoch, term, 1.0 + seed + epoch) for m, term in terms for seed in (0, 1) for epoch in (1, 2, 3)]
    figure = history_figure(pd.DataFrame(rows, columns=["method", "seed", "epoch", "term", "value"]), ["A", "B"])
    panels = {axis.get_title(): axis.lines for axis in figure.axes if axis.get_title()}
    assert {term: len(lines) for term, lines in panels.items()} == {"kl": 1, "total": 2}
    np.testing.assert_allclose(panels["kl"][0].get_ydata(), [2.5, 3.5, 4.5])


def test_a_figure_is_written_whole_in_both_forms_and_the_same_twice(maps, tmp_path):
    for folder in ("one", "two"):
        save_figure(maps, tmp_path / folder / "figure")
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert set(one) == {"figure.png", "figure.pdf"}
    assert one == two
