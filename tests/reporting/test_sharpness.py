"""Coverage against width: what is read from a summary, and that the figure shows it."""

import pandas as pd
import pytest

from vspair.reporting.sharpness import sharpness_figure, widths

COLOURS = {"A": "#0072B2", "B": "#D55E00"}
SUMMARY = {
    "raw": {"coverage_50": 0.3, "width_50": 0.1, "coverage_90": 0.6, "width_90": 0.3},
    "scaled": {"coverage_50": 0.5, "width_50": 0.2, "coverage_90": None, "width_90": None},
    "assured": {"coverage_50": 0.6, "width_50": 0.3, "coverage_90": None, "width_90": None, "dark_coverage_50": 1.0},
}


def test_a_level_without_a_factor_has_no_scaled_interval():
    found = widths(SUMMARY)
    assert found.values.tolist() == [
        ["raw", 50, 0.3, 0.1],
        ["raw", 90, 0.6, 0.3],
        ["scaled", 50, 0.5, 0.2],
        ["assured", 50, 0.6, 0.3],
    ]


def test_each_method_is_a_line_of_its_means_over_seeds_in_both_panels():
    wider = {**SUMMARY, "raw": {**SUMMARY["raw"], "width_90": 0.5}}
    parts = [widths(summary).assign(method="A", data="d", seed=seed) for seed, summary in enumerate((SUMMARY, wider))]
    parts.append(widths(SUMMARY).assign(method="B", data="d", seed=0))
    figure = sharpness_figure(pd.concat(parts), COLOURS, "unit", {})
    raw, scaled, _ = figure.axes
    (line,) = [line for line in raw.get_lines() if line.get_label() == "A"]
    assert line.get_xdata() == pytest.approx([0.1, 0.4])
    assert line.get_ydata() == pytest.approx([0.3, 0.6])
    assert [len(line.get_xdata()) for line in scaled.get_lines() if line.get_label() in "AB"] == [1, 1]
    assert raw.get_xlim()[1] == scaled.get_xlim()[1] > 0.4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["A", "B"]


def test_noise_has_the_markers_and_the_method_the_colour():
    runs = [("A", "noise0"), ("A", "noise10"), ("B", "noise10")]
    parts = [widths(SUMMARY).assign(method=method, data=data, seed=0) for method, data in runs]
    figure = sharpness_figure(pd.concat(parts), COLOURS, "unit", {"noise0": "0 %", "noise10": "10 %"})
    drawn = [line for line in figure.axes[0].get_lines() if line.get_label() in COLOURS]
    assert [line.get_color() for line in drawn] == [COLOURS[method] for method, _ in runs]
    first, second, third = (line.get_marker() for line in drawn)
    assert first != second == third
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["A", "B", "0 %", "10 %"]
