"""What is drawn of fixed gates."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.gates import by_rank, effects, gates_figure

IMAGES = pd.DataFrame(
    {
        "image": [0, 1],
        "mse": [1.0, 2.0],
        "mse_fixed": [0.5, 1.0],
        **{"latent_1": [7, 3], "gate_1": [0.5, 0.4], "mse_1": [0.9, 2.0]},
        **{"latent_2": [4, 8], "gate_2": [0.3, 0.9], "mse_2": [0.7, 2.2]},
    }
)


def test_gates_are_ranked_by_what_fixing_them_removes():
    found = effects(IMAGES, 2)
    assert found["image"].tolist() == [0, 0, 1, 1] and found["rank"].tolist() == [1, 2, 1, 2]
    assert found["latent"].tolist() == [4, 7, 3, 8]
    assert found["removed"].tolist() == pytest.approx([30, 10, 0, -10])
    ranks = by_rank(found)
    assert ranks["removed"].tolist() == pytest.approx([15, 0])
    assert ranks["gate"].tolist() == pytest.approx([0.35, 0.7])
    assert ranks["high"].tolist() == pytest.approx([27, 8]) and ranks["low"].tolist() == pytest.approx([3, -8])


def test_both_panels_show_every_method():
    figure = gates_figure({"A": effects(IMAGES, 2), "B": effects(IMAGES, 1)}, {"A": "red", "B": "blue"})
    ranked, scattered = figure.axes
    assert [text.get_text() for text in ranked.get_legend().get_texts()] == ["A", "B"]
    assert ranked.lines[1].get_ydata().tolist() == pytest.approx([15, 0])
    points = scattered.collections[0].get_offsets().tolist()
    assert np.allclose(sorted(points), [(0.3, 30), (0.4, 0), (0.5, 10), (0.9, -10)])
