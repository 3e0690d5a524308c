"""The figure of ranks: what is read, what is refused, and that every row and quantity is drawn."""

import numpy as np
import pandas as pd
import pytest

from vspair.errors import VspairError
from vspair.reporting.posterior import HIGHEST, posterior_figure, read_posterior

BINS = (np.arange(10) + 0.5) / 10


def written(path, shares, kinds=("mean", "distance")):
    lines = [pd.DataFrame({"kind": kind, "x": BINS, "y": shares, "low": 0.05, "high": 0.16}) for kind in kinds]
    alphas = np.linspace(0, 1, 5)
    lines.append(pd.DataFrame({"kind": "tarp", "x": alphas, "y": alphas**2, "low": alphas - 0.1, "high": alphas + 0.1}))
    pd.concat(lines).to_csv(path, index=False)
    return path


@pytest.fixture
def even(tmp_path):
    return written(tmp_path / "even.csv", np.full(10, 0.1))


def test_each_row_has_its_histograms_and_the_coverage(tmp_path, even):
    sure = written(tmp_path / "sure.csv", [0.5, *[0] * 8, 0.5], ("mean", "holes"))
    parts = [read_posterior(even).assign(row="A", seed=0), read_posterior(sure).assign(row="B, 1 %", seed=0)]
    parts.append(read_posterior(sure).assign(row="B, 1 %", seed=1, y=parts[1]["y"] / 2))
    figure = posterior_figure(pd.concat(parts))
    assert len(figure.axes) == 2 * 4
    titles = [axis.get_title().split("\n")[0] for axis in figure.axes[:4]]
    assert titles == ["mean", "mean in", "distance from", "TARP"]
    heights = [patch.get_data().values for axis in figure.axes for patch in axis.patches if hasattr(patch, "get_data")]
    assert [each.tolist() for each in heights] == [
        pytest.approx([1] * 10),
        pytest.approx([1] * 10),
        pytest.approx([3.75, *[0] * 8, 3.75]),
        pytest.approx([3.75, *[0] * 8, 3.75]),
    ]
    assert [text.get_text() for axis in figure.axes for text in axis.texts] == ["none", "none"]
    coverage = figure.axes[7].get_lines()[-1]
    assert coverage.get_ydata() == pytest.approx(0.75 * coverage.get_xdata() ** 2)
    assert [figure.axes[place].get_ylabel() for place in (0, 4)] == ["A", "B\n1 %"]


def test_a_bin_that_leaves_the_panel_is_marked(tmp_path):
    path = written(tmp_path / "off.csv", [1.0, *[0] * 9])
    figure = posterior_figure(read_posterior(path).assign(row="A", seed=0))
    axis = figure.axes[0]
    (marker,) = [line for line in axis.get_lines() if line.get_marker() == "^"]
    assert marker.get_xdata() == pytest.approx([0.05])
    assert HIGHEST < marker.get_ydata()[0] < axis.get_ylim()[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mean,0.05,0.1", "mean,0.05,", "a finite number as y of line 0"),
        ("mean,0.05,0.1,0.05,0.16\n", "", "as many bins each, .* mean 9"),
        ("tarp", "trap", "expected tarp and rank histograms"),
        ("distance", "distant", "found .*distant 10"),
    ],
)
def test_a_damaged_file_is_refused_by_name(even, old, new, message):
    text = even.read_text()
    assert old in text
    even.write_text(text.replace(old, new))
    with pytest.raises(VspairError, match=message) as caught:
        read_posterior(even)
    assert str(even) in str(caught.value)
