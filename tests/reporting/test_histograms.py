"""Histograms: every image counted once, marks at the right statistic, missing values told."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.histograms import Panel, histogram_figure, printed_numbers

COLOURS = {"A": "#0072B2", "B": "#D55E00", "C": "#009E73"}
PANELS = [Panel("ratio", "ratio", "median"), Panel("change", "change (squared)", "mean")]


@pytest.fixture(scope="module")
def frame():
    """A has all values (two seeds), B lacks a quarter, C has none."""
    ratio = np.exp(np.random.default_rng(0).normal(2, 0.8, 300))
    frame = pd.DataFrame({"method": np.repeat(["A", "B", "C"], [120, 100, 80]), "ratio": ratio, "change": ratio / 100})
    lacking = (frame["method"] == "B") & (np.arange(300) % 4 == 0) | (frame["method"] == "C")
    frame.loc[lacking, ["ratio", "change"]] = np.nan
    return frame


@pytest.fixture(scope="module")
def figure(frame):
    return histogram_figure(frame, PANELS, COLOURS, "a localised latent")


def test_steps_are_shares_of_all_images_of_the_method_between_their_edges(figure, frame):
    """A's steps add up to 100 %, B's to the 75 % that have a value: a histogram per found latent would hide them."""
    for axis, panel in zip(figure.axes, PANELS, strict=True):
        np.testing.assert_allclose([step.get_data().values.sum() for step in axis.patches], [100, 75, 0])
        for method, step in zip(COLOURS, axis.patches, strict=True):
            of_method = frame.loc[frame["method"] == method, panel.column].to_numpy()
            edges = step.get_data().edges
            inside = (of_method[:, None] >= edges[:-1]) & (of_method[:, None] < edges[1:])
            np.testing.assert_allclose(step.get_data().values, 100 * inside.sum(0) / len(of_method))


def test_medians_are_marked_left_and_means_right_as_in_print(figure, frame):
    """The distribution is skewed, so that one for the other would be seen; who is left out is counted."""
    numbers = printed_numbers(frame, PANELS).set_index("method")
    for axis, panel in zip(figure.axes, PANELS, strict=True):
        marks = [line.get_xdata()[0] for line in axis.lines]
        known = frame.dropna().groupby("method")[panel.column]
        expected = known.median() if panel.marked == "median" else known.mean()
        np.testing.assert_allclose(marks, expected[["A", "B"]])
        np.testing.assert_allclose(numbers[panel.column], [*marks, np.nan])
        texts = [text.get_text() for text in axis.get_legend().get_texts()]
        assert [text.split(":")[0] for text in texts] == ["A", "B", "C"]
        assert [float(text.split()[-1]) for text in texts[:2]] == pytest.approx(marks, rel=5e-3)
        assert texts[2] == "C: none"
    assert numbers[["without", "images"]].to_numpy().tolist() == [[0, 120], [25, 100], [80, 80]]
    assert figure.get_supxlabel() == "images without a localised latent:\nA 0 of 120, B 25 of 100, C 80 of 80"


def test_nothing_found_at_all_is_said(frame):
    figure = histogram_figure(frame.assign(ratio=np.nan, change=np.nan), PANELS, COLOURS, "a localised latent")
    assert [axis.texts[0].get_text() for axis in figure.axes] == ["no values", "no values"]
    assert "A 120 of 120" in figure.get_supxlabel()


def test_a_single_value_is_drawn():
    """Bins from the smallest to the largest value would have no width."""
    frame = pd.DataFrame({"method": ["A"], "ratio": [3.0], "change": [0.1]})
    for axis in histogram_figure(frame, PANELS, COLOURS, "x").axes:
        assert axis.patches[0].get_data().values.sum() == 100
