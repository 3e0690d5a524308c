"""Figures: the right cases, scales and series; written the same twice."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.histories import history_figure
from vspair.reporting.maps import cases_by_difficulty, map_figure
from vspair.reporting.style import save_figure


def test_cases_are_those_at_the_percentiles_of_the_mean_error():
    errors = pd.DataFrame({"a": np.arange(101.0)[::-1], "b": np.arange(101.0)[::-1]})
    cases = cases_by_difficulty(errors, [25, 50, 96])
    assert cases["image"].tolist() == [75, 50, 4]
    assert cases["difficulty"].tolist() == [25, 50, 96]


@pytest.fixture
def maps():
    """Figure of two cases and two methods, variance up to 3."""
    generator = np.random.default_rng(0)
    images = generator.uniform(-1, 1, (2, 8, 8))
    moments = {name: (images, np.full((2, 8, 8), top)) for name, top in (("one", 1.0), ("two", 3.0))}
    return map_figure(["easy", "hard"], images, images, moments, (-1, 1))


def test_all_variances_share_one_scale_and_all_means_another(maps):
    limits = [image.get_clim() for axis in maps.axes for image in axis.images if axis.get_label() != "<colorbar>"]
    assert limits.count((0, 3)) == 4
    assert limits.count((-1, 1)) == 12


def test_rows_and_cases_are_named(maps):
    assert [axis.get_ylabel() for axis in maps.axes if axis.get_ylabel() in ("one", "two")] == ["one", "two"]
    assert [text.get_text() for text in maps.texts] == ["easy", "hard"]


def test_histories_draw_every_run_of_every_term():
    rows = [
        {"model": model, "seed": seed, "epoch": epoch, "term": term, "value": 1.0 + seed + epoch}
        for model in ("A", "B")
        for seed in (0, 1)
        for epoch in (1, 2, 3)
        for term in ("kl", "total")
        if (model, term) != ("A", "kl")
    ]
    figure = history_figure(pd.DataFrame(rows), ["A", "B"])
    lines = {axis.get_title(): len(axis.lines) for axis in figure.axes if axis.get_title()}
    assert lines == {"kl": 1, "total": 2}
    mean = next(axis for axis in figure.axes if axis.get_title() == "kl").lines[0].get_ydata()
    np.testing.assert_allclose(mean, [2.5, 3.5, 4.5])


def test_a_figure_is_written_whole_in_both_forms_and_the_same_twice(maps, tmp_path):
    for folder in ("one", "two"):
        save_figure(maps, tmp_path / folder / "figure")
    for suffix in (".png", ".pdf"):
        assert (tmp_path / "one/figure").with_suffix(suffix).read_bytes() == (tmp_path / "two/figure").with_suffix(
            suffix
        ).read_bytes()
    assert len(list((tmp_path / "one").iterdir())) == 2


def test_drawing_does_not_import_torch():
    code = "import sys, vspair.reporting.maps, vspair.reporting.histories, vspair.data, vspair.provenance; "
    check = "sys.exit(any(name in sys.modules for name in ('torch', 'torchvision', 'sklearn', 'seaborn')))"
    assert subprocess.run([sys.executable, "-c", code + check], check=False).returncode == 0
