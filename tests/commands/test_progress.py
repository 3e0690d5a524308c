"""The bookmark of a campaign: what cannot be one is refused in a sentence."""

import json

import pytest

from vspair.commands.progress import Progress
from vspair.errors import VspairError


@pytest.mark.parametrize("state", ["to come", "Finished", None, ["finished"], 1, "\x1b[31m"])
def test_a_bookmark_of_a_state_that_is_none_is_refused(tmp_path, state):
    progress = Progress(tmp_path, "some", {"one": ["a"]})
    progress.begin("one")
    assert Progress(tmp_path, "some", {"one": ["a"]}).state("one") == "interrupted"
    entries = json.loads(progress.path.read_text())
    entries["one"]["state"] = state
    progress.path.write_text(json.dumps(entries))
    with pytest.raises(VspairError, match="expected finished, failed, interrupted as the state of a step in") as error:
        Progress(tmp_path, "some", {"one": ["a"]})
    assert str(error.value).isprintable()
