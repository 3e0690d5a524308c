"""The configuration as the workflow resolves it, without a data folder of the machine."""

import pytest

from vspair.config import merge
from vspair.errors import VspairError
from vspair.problems.configuration import resolve


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)


SIZES = {
    "inpainting": {"data": {"train": 1617, "test": 180}, "figures": {"scatter": 180}},
    "tomography": {
        "data": {"train": 96, "test": 40},
        "methods": {"LPD": {"training": {"epochs": 4}}, "TV": {"pairs": 8}},
    },
}
"""The demo's sizes in these tests, whatever they are in the demo."""


@pytest.fixture
def resolved(root):
    """The configuration of a preset with changes to it."""

    def resolved(preset="demo", **settings):
        return resolve(root, {"preset": preset, **(merge(SIZES, settings) if preset == "demo" else settings)})

    return resolved


@pytest.fixture
def refused(resolved):
    """The sentence with which changes to the demo are refused, which must be one for a person to read."""

    def refused(**settings):
        with pytest.raises(VspairError) as caught:
            config = resolved(**settings)
            for problem in config.problems:
                config.require_data(problem)
        message = str(caught.value)
        assert message.startswith("configuration: ")
        for word in ("\n", ";", "Value error", "Input should", "Field required", ": :", "[key]"):
            assert word not in message
        return message

    return refused
