"""The configuration as the workflow resolves it, without a data folder of the machine."""

import pytest

from vspair.errors import VspairError
from vspair.problems.configuration import resolve


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)


@pytest.fixture
def resolved(root):
    """The configuration of a preset with changes to it."""
    return lambda preset="demo", **settings: resolve(root, {"preset": preset, **settings})


@pytest.fixture
def refused(resolved):
    """The sentence with which changes to the demo are refused, which must be one for a person to read."""

    def refused(**settings):
        with pytest.raises(VspairError) as caught:
            resolved(**settings)
        message = str(caught.value)
        assert message.startswith("configuration: ")
        for word in ("\n", ";", "Value error", "Input should", "Field required", ": :", "[key]"):
            assert word not in message
        return message

    return refused
