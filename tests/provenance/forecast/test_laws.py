"""Cost laws: factors against products worked out by hand, and what keeps a record from being carried over."""

import pytest

from vspair.errors import VspairError
from vspair.provenance.forecast import Law, flat, read_laws

LAWS = """
free: ["*.seed", "*.weights.*"]
rules:
  train:
    per: [model]
    time: [training.epochs, "models.{model}.members | 1"]
    size: []
  block:
    time: [data.train + data.test, / data.blocks, levels]
    alike: [image]
  plot: {free: ["*"]}
  bare:
"""
SETTINGS = {
    "training": {"epochs": 10, "rate": 0.1, "seed": 3},
    "models": {"A": {"width": 8, "members": 5, "weights": {"a": 1}}, "B": {"width": 8}},
    "data": {"train": 60, "test": 20, "blocks": 4},
    "levels": [1, 2, 3],
    "image": [28, 28],
}


@pytest.fixture
def laws(tmp_path):
    path = tmp_path / "costs.yaml"
    path.write_text(LAWS)
    return read_laws(path)


@pytest.mark.parametrize(
    ("rule", "model", "expected"),
    [("train", "A", 10 * 5), ("train", "B", 10), ("block", "A", (60 + 20) * 3 / 4), ("plot", "A", 1), ("bare", "A", 1)],
)
def test_quantities_are_the_products_written(laws, rule, model, expected):
    law = laws[rule]
    assert law.quantity(law.time, flat(SETTINGS), {"model": model}) == expected


def test_a_setting_that_is_not_known_makes_the_quantity_unknown(laws):
    settings = {key: value for key, value in flat(SETTINGS).items() if key != "data.test"}
    assert laws["block"].quantity(laws["block"].time, settings, {}) is None
    # A disabled step (0 epochs) must not give records an infinite unit.
    assert laws["train"].quantity(laws["train"].time, {"training.epochs": 0}, {"model": "B"}) is None


def difference(laws, key, value, rule="train", read=None, model="A"):
    then, now = flat(SETTINGS), flat(SETTINGS)
    now[key] = value
    read = read or {"training": SETTINGS["training"], "models.A": SETTINGS["models"]["A"]}
    return laws[rule].difference(read, then, now, {"model": model})


@pytest.mark.parametrize(
    ("key", "value"), [("training.epochs", 99), ("training.seed", 9), ("models.A.weights.a", 2), ("image", [1, 1])]
)
def test_factors_free_settings_and_settings_not_read_may_differ(laws, key, value):
    assert difference(laws, key, value) is None


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("training.rate", 0.2, "training.rate is 0.2, in the records 0.1"),
        ("models.A.width", 16, "models.A.width is 16, in the records 8"),
        ("models.A.dropout", 0.5, "models.A.dropout is 0.5, in the records not set"),
    ],
)
def test_every_other_setting_that_was_read_must_be_the_same(laws, key, value, words):
    assert difference(laws, key, value) == words


def test_settings_named_alike_count_though_the_job_did_not_read_them(laws):
    read = {"data.blocks": 4}
    assert difference(laws, "image", [32, 32], "block", read) == "image is [32, 32], in the records [28, 28]"
    assert difference(laws, "data.train", 1000, "block", read) is None
    assert difference(laws, "data.blocks", 1000, "plot", read) is None


def test_what_only_the_time_grows_with_does_not_keep_a_size_from_being_carried_over():
    law = Law(time=(("training.epochs",), ()), size=(("data.train",), ()))
    assert (
        law.difference({"training.epochs": 1, "data.train": 2}, {}, {"training.epochs": 5, "data.train": 7}, {}) is None
    )


def test_a_record_that_lacks_a_setting_named_alike_is_not_carried_over(laws):
    then = {key: value for key, value in flat(SETTINGS).items() if key != "image"}
    found = laws["block"].difference({"data.blocks": 4}, then, flat(SETTINGS), {})
    assert found == "image is [28, 28], in the records not set"


@pytest.mark.parametrize("text", ["rules: {}\n", "free: []\nrules: {a: {times: []}}\n", "free: [\n", "- 1\n"])
def test_damaged_laws_are_refused(tmp_path, text):
    path = tmp_path / "costs.yaml"
    path.write_text(text)
    with pytest.raises(VspairError, match=r"laws.*costs\.yaml"):
        read_laws(path)
    with pytest.raises(VspairError, match="cost laws"):
        read_laws(tmp_path / "absent.yaml")


def test_a_quantity_beyond_numbers_is_not_known():
    """Each setting is a number, and what a receipt claims of several of them has none."""
    settings = {"a": 1e308, "b": 1e-308, "c": 2.0}
    for quotient in ((("a", "a"), ()), (("b", "b"), ()), (("c",), ("b", "b")), (("a",), ("b",)), (("b",), ("a", "a"))):
        assert Law().quantity(quotient, settings, {}) is None
    assert Law().quantity((("a", "b"), ("c",)), settings, {}) == pytest.approx(0.5)
