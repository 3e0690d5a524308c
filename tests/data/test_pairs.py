import numpy as np
import pytest
from safetensors.numpy import save

from vspair.data import Pairs, Split, make_pairs, read_pairs, write_pairs
from vspair.errors import VspairError

PARTS = ("qoi", "observation", "mask", "index", "label")


def images(n=40, seed=0):
    """Random images without a black pixel, so that every covered pixel can be told."""
    return np.random.default_rng(seed).integers(1, 256, (n, 28, 28), dtype=np.uint8)


def pairs(n=40, train=25, test=10, seed=7):
    return make_pairs(images(n), np.arange(n), train, test, patches=10, patch_size=5, seed=seed)


def same(a, b):
    return all(
        np.array_equal(getattr(getattr(a, split), part), getattr(getattr(b, split), part))
        for split in ("train", "test")
        for part in PARTS
    )


def test_the_split_is_random_disjoint_and_of_the_sizes_asked_for():
    made = pairs()
    assert not np.array_equal(made.train.index, np.sort(made.train.index))
    assert set(made.train.index) != set(range(25))
    assert (len(made.train), len(made.test)) == (25, 10)
    assert len(set(made.train.index) | set(made.test.index)) == 35
    assert made.train.qoi.shape == made.train.observation.shape == made.train.mask.shape == (25, 1, 28, 28)


def test_image_label_and_index_stay_together():
    made = pairs()
    for split in (made.train, made.test):
        np.testing.assert_array_equal(split.qoi[:, 0], images()[split.index])
        np.testing.assert_array_equal(split.label, split.index)


def test_an_observation_is_the_image_outside_its_holes_and_black_inside():
    made = pairs()
    for split in (made.train, made.test):
        assert split.qoi.dtype == split.observation.dtype == np.uint8
        assert split.mask.dtype == bool
        np.testing.assert_array_equal(split.observation[~split.mask], split.qoi[~split.mask])
        assert (split.observation[split.mask] == 0).all()
        assert split.mask.any((1, 2, 3)).all()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert same(pairs(seed=7), pairs(seed=7))
    one, other = pairs(seed=7), pairs(seed=8)
    assert not np.array_equal(one.train.index, other.train.index)
    assert not np.array_equal(one.train.mask, other.train.mask)


def test_holes_do_not_depend_on_the_content_of_the_images():
    assert np.array_equal(
        pairs().train.mask,
        make_pairs(images(seed=9), np.arange(40), 25, 10, patches=10, patch_size=5, seed=7).train.mask,
    )


def test_more_pairs_than_images_are_refused():
    assert len(pairs(n=35).test) == 10
    with pytest.raises(VspairError, match=r"25 training and 10 test pairs .* only 34 images: lower data.train"):
        pairs(n=34)


def test_preparing_twice_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_pairs(tmp_path / f"{name}.safetensors", pairs())
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("keep", [0, 5, 500, -1, "another file"])
def test_a_truncated_prepared_file_is_refused(tmp_path, keep):
    path = tmp_path / "pairs.safetensors"
    write_pairs(path, pairs())
    path.write_bytes(save({"train.qoi": np.zeros(3)}) if keep == "another file" else path.read_bytes()[:keep])
    with pytest.raises(VspairError, match=r"pairs.safetensors is not a whole file of prepared pairs .*delete it"):
        read_pairs(path)


def scans(level, mask=None, shape=(1, 4, 4), observed=(1, 3, 5)):
    """Six pairs with an observation of another shape than the QoI; the largest value is 4, and 8 in the test part."""
    generator = np.random.default_rng(2)

    def part(count, largest):
        observation = generator.random((count, *observed), dtype=np.float32) - 0.5
        observation[-1].flat[-1] = largest
        qoi = generator.random((count, *shape), dtype=np.float32)
        levels = generator.random(count, dtype=np.float32) if level else None
        return Split(qoi, observation, None if mask is None else qoi > mask, np.arange(count), np.arange(count), levels)

    return Pairs(part(4, 4.0), part(2, 8.0))


@pytest.mark.parametrize("level", [True, False])
@pytest.mark.parametrize("mask", [0.5, None])
@pytest.mark.parametrize(("shape", "observed"), [((1, 4, 4), (1, 3, 5)), ((9,), (4,)), ((2, 3, 4), (7,))], ids=str)
def test_pairs_of_any_shape_come_back_whole_and_parts_that_a_problem_lacks_as_none(
    tmp_path, level, mask, shape, observed
):
    made = scans(level, mask, shape, observed)
    write_pairs(tmp_path / "pairs.safetensors", made)
    again = read_pairs(tmp_path / "pairs.safetensors")
    assert (again.train.level is not None, again.test.mask is not None) == (level, mask is not None)
    for split in ("train", "test"):
        for part in (*PARTS, "level"):
            before, after = (getattr(getattr(pairs, split), part) for pairs in (made, again))
            assert (before is None) is (after is None)
            if before is not None:
                np.testing.assert_array_equal(before, after)
                assert before.dtype == after.dtype


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observation": np.zeros((3, 2))}, "observation of as many pairs as the QoI, 4, found 3"),
        ({"level": np.zeros(5)}, "level of as many pairs as the QoI, 4, found 5"),
        (
            {"mask": np.zeros((4, 9), bool)},
            r"boolean mask in the shape of the QoI, \(4, 2, 3\), found bool of \(4, 9\)",
        ),
        ({"mask": np.zeros((4, 2, 3), np.uint8)}, r"boolean mask .* found uint8 of \(4, 2, 3\): give None where"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused_in_memory_and_in_a_file(tmp_path, changes, message):
    four = np.arange(4)
    parts = {"qoi": np.zeros((4, 2, 3)), "observation": np.zeros((4, 7)), "mask": None, "index": four, "label": four}
    parts |= changes
    with pytest.raises(ValueError, match=message):
        Split(**parts)
    given = {f"{split}.{name}": part for split in ("train", "test") for name, part in parts.items() if part is not None}
    (tmp_path / "pairs.safetensors").write_bytes(save(given))
    with pytest.raises(VspairError, match=f"pairs.safetensors is not a whole file of prepared pairs .*{message}"):
        read_pairs(tmp_path / "pairs.safetensors")
