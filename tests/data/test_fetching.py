"""What was fetched goes to its place whole, and never over what is there."""

import json

import pytest

from vspair.data.fetching import put_in_place, write_listing
from vspair.errors import VspairError


def fetched(folder):
    (folder / ".partial/inner").mkdir(parents=True)
    (folder / ".partial/inner/a").write_text("new")
    return folder / ".partial"


@pytest.mark.parametrize("there", ["nothing", "an empty folder", "no folder above"])
def test_it_goes_where_nothing_is(tmp_path, there):
    place = tmp_path / ("above/place" if there == "no folder above" else "place")
    if there == "an empty folder":
        place.mkdir()
    put_in_place(fetched(tmp_path), place)
    assert (place / "inner/a").read_text() == "new"
    assert not (tmp_path / ".partial").exists()


@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_came_meanwhile_is_kept(tmp_path, there):
    place, kept = tmp_path / "place", tmp_path / "place"
    if there == "folder":
        place.mkdir()
        kept = place / "a"
    kept.write_text("a user's own")
    with pytest.raises(VspairError, match=r"expected nothing at .*place, .* kept: run the same command again"):
        put_in_place(fetched(tmp_path), place)
    assert kept.read_text() == "a user's own"
    assert (tmp_path / ".partial/inner/a").read_text() == "new"


def test_the_list_has_every_file_with_its_size(tmp_path):
    folder = fetched(tmp_path)
    (folder / "b").write_text("longer")
    assert write_listing(tmp_path / "list.json", folder, [folder / "b", folder / "inner/a"]) == 2
    assert json.loads((tmp_path / "list.json").read_text()) == {"b": 6, "inner/a": 3}
