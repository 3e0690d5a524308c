import hashlib
import socket
from urllib.error import URLError

import numpy as np
import pytest
from safetensors.numpy import save

from vspair.data import Pairs, Split, clean_images, make_pairs, raw_files, read_pairs, scale_for, write_pairs
from vspair.data.scales import scan_scales
from vspair.data.sources import CHECKSUMS, check_file, download
from vspair.errors import VspairError

PARTS = ("qoi", "observation", "mask", "index", "label")
MNIST = "MNIST/raw/train-images-idx3-ubyte"
LABELS = "MNIST/raw/train-labels-idx1-ubyte"


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


@pytest.mark.parametrize(
    ("name", "black", "white", "factor"),
    [("symmetric", -1, 1, 1 / 4), ("unit", 0, 1, 1), ("standardised", None, None, None)],
)
def test_a_scale_has_its_range_and_its_way_back(name, black, white, factor):
    """An error of 1 in [-1, 1] units is 1/4 in [0, 1] units (deviation E5: times four the other way)."""
    train = images()
    scale = scale_for(name, train)
    scaled = (np.array([0.0, 255.0]) - scale.offset) / scale.unit
    if name == "standardised":
        values = (train - scale.offset) / scale.unit
        assert values.mean() == pytest.approx(0, abs=1e-9)
        assert values.std() == pytest.approx(1, rel=1e-9)
        factor = (train / 255).var()
    else:
        assert scaled.tolist() == [black, white]
    assert scale.mse_to_unit == pytest.approx(factor)


def test_the_scales_of_mnist_are_those_of_erratum_e5():
    """0.090 / 0.0225 = 4; (1 / 0.3081)^2 = 10.5."""
    from vspair.data import Scale

    assert 1 / Scale(127.5, 127.5).mse_to_unit == pytest.approx(4)
    assert 1 / Scale(0.1307 * 255, 0.3081 * 255).mse_to_unit == pytest.approx(10.5, abs=0.05)


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


@pytest.mark.parametrize(("name", "unit"), [("raw", 1.0), ("maximum", 4.0)])
def test_scans_keep_their_attenuation_and_stay_linear(name, unit):
    """The largest training observation becomes 1: catches a unit from the test part, and an offset, which A x lacks."""
    scale, observation_scale = scan_scales(name, scans(False).train)
    assert (scale.offset, scale.unit) == (0, 1)
    assert (observation_scale.offset, observation_scale.unit) == (0, unit)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, np.inf])
def test_data_that_do_not_vary_or_are_not_finite_give_no_scale(value):
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(VspairError, match=r"of the training QoI .*prepare the pairs again"),
    ):
        scale_for("standardised", np.full((3, 4), value))


@pytest.mark.parametrize("value", [0.0, -0.5, np.nan, np.inf])
def test_observations_without_a_largest_above_zero_give_no_scale(value):
    train = scans(False).train
    train.observation[:] = value
    with pytest.raises(VspairError, match=r"expected a (finite )?largest training observation .*found"):
        scan_scales("maximum", train)
    assert scan_scales("raw", train)[1].unit == 1


def test_digits_come_offline_with_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: pytest.fail("the network was used"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments: pytest.fail("the network was used"))
    clean, labels = clean_images("digits", tmp_path / "absent", (28, 28))
    assert (clean.shape, clean.dtype, labels.shape) == ((1797, 28, 28), np.uint8, (1797,))
    assert (clean.min(), clean.max()) == (0, 255)
    assert set(labels.tolist()) == set(range(10))
    assert raw_files("digits") == []


def test_enlarged_digits_are_still_the_small_ones():
    """Averages over blocks of 7x7 of an enlargement to 56x56 follow scikit-learn's pixels."""
    from sklearn.datasets import load_digits

    clean, labels = clean_images("digits", None, (56, 56))
    bunch = load_digits()
    blocks = clean.reshape(-1, 8, 7, 8, 7).mean((2, 4))
    correlations = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(blocks, bunch.images, strict=True)]
    assert min(correlations) > 0.95
    np.testing.assert_array_equal(labels, bunch.target)


def sparse_file(path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize(
    ("source", "size", "fault", "words"),
    [
        ("mnist", None, "is missing", ("torchvision's layout", "data_dir", "VSPAIR_DATA", "download")),
        ("mnist", 47_040_015, "has 47040015 bytes instead of 47040016", ("fetch it again",)),
        ("mnist", 47_040_016, "has MD5 ", ("6bbc9ace898e44ae57da46a324031adb", "fetch it again")),
        ("fashion_mnist", 47_040_016, "has MD5 ", ("f4a8712d7a061bf5bd6d2ca38dc4d50a", "fetch it again")),
    ],
)
def test_a_missing_truncated_or_other_file_is_named_with_what_to_do(tmp_path, source, size, fault, words):
    path = tmp_path / raw_files(source)[0]
    if size:
        sparse_file(path, size)
    with pytest.raises(VspairError) as caught:
        clean_images(source, tmp_path, (28, 28))
    assert str(caught.value).startswith(f"{path} {fault}")
    assert all(word in str(caught.value) for word in words)


def test_damaged_labels_are_found_too(tmp_path):
    sparse_file(tmp_path / LABELS, 60_008)
    with pytest.raises(VspairError, match="train-labels-idx1-ubyte has MD5"):
        check_file("mnist", tmp_path / LABELS)


def idx(array, rank):
    header = bytes([0, 0, 8, rank]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return header + array.tobytes()


@pytest.fixture
def tiny_mnist(tmp_path, monkeypatch):
    """A whole MNIST of five images, published as such."""
    written = {MNIST: idx(images(5), 3), LABELS: idx(np.arange(5, dtype=np.uint8), 1)}
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
        entry = (len(content), hashlib.md5(content).hexdigest())
        monkeypatch.setitem(CHECKSUMS["mnist"], (tmp_path / name).name, entry)
    return tmp_path


def test_an_idx_file_is_read_to_the_pixel_and_its_size_must_be_that_configured(tiny_mnist):
    clean, labels = clean_images("mnist", tiny_mnist, (28, 28))
    np.testing.assert_array_equal(clean, images(5))
    assert clean.dtype == np.uint8
    assert labels.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(VspairError, match=r"28x28 pixels, but the configuration asks for \(32, 32\)"):
        clean_images("mnist", tiny_mnist, (32, 32))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (MNIST, idx(images(5), 3)[:-1]),
        (MNIST, idx(images(5), 3) + b"0"),
        (MNIST, bytes([0, 0, 8, 3]) + b"\xff" * 12),
        (MNIST, idx(images(5), 3)[:7]),
        (MNIST, idx(images(5), 1)),
        (MNIST, bytes([0, 0, 13]) + idx(images(5), 3)[3:]),
        (MNIST, idx(images(5)[:0], 3)),
        (LABELS, b""),
        (LABELS, idx(np.arange(4, dtype=np.uint8), 1) + b"45"),
        (LABELS, bytes([0, 0, 8, 1]) + (2**32 - 1).to_bytes(4, "big")),
    ],
)
def test_an_idx_file_whose_header_declares_other_than_it_holds_is_refused(tmp_path, name, content):
    from vspair.data.vision import read_idx

    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(VspairError, match=rf"{path.name} has {len(content)} bytes and begins with .*fetch it again"):
        read_idx(path)


def test_images_and_labels_of_other_numbers_are_refused(tiny_mnist, monkeypatch):
    content = idx(np.arange(4, dtype=np.uint8), 1)
    (tiny_mnist / LABELS).write_bytes(content)
    monkeypatch.setitem(CHECKSUMS["mnist"], "train-labels-idx1-ubyte", (len(content), hashlib.md5(content).hexdigest()))
    with pytest.raises(VspairError, match="mnist has 5 images but 4 labels: fetch both files again"):
        clean_images("mnist", tiny_mnist, (28, 28))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "is a folder instead of a file"),
        (lambda path: path.symlink_to("lost"), "is a symbolic link to lost, where nothing is"),
        (
            lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
            "a pointer of Git LFS; run `git lfs",
        ),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08"), "it is compressed by gzip; unpack it"),
    ],
)
def test_what_lies_in_the_place_of_a_raw_file_is_called_what_it_is(tmp_path, make, message):
    (tmp_path / MNIST).parent.mkdir(parents=True)
    make(tmp_path / MNIST)
    with pytest.raises(VspairError, match=f"train-images-idx3-ubyte .*{message}"):
        clean_images("mnist", tmp_path, (28, 28))


@pytest.mark.parametrize(
    "fault", [URLError("Name or service not known"), RuntimeError("Error downloading x.gz."), None]
)
def test_a_download_that_fails_or_brings_another_file_is_said_with_what_to_do(tmp_path, monkeypatch, fault):
    def fetch(name, folder):
        if fault:
            raise fault
        sparse_file(folder / MNIST, 3)

    monkeypatch.setattr("vspair.data.vision.download_dataset", fetch)
    with pytest.raises(VspairError) as caught:
        download("mnist", tmp_path)
    if fault:
        assert str(caught.value).startswith(f"MNIST could not be downloaded to {tmp_path}")
        assert all(word in str(caught.value) for word in ("check the network", "data_dir", "VSPAIR_DATA"))
    else:
        assert "has 3 bytes instead of 47040016" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_missing_is_fetched_and_only_what_pairs_are_made_from(tiny_mnist, tmp_path, monkeypatch):
    """A file that is there stays as it is, though the download would bring it too; a wrong one is refused first."""
    published = {name: (tiny_mnist / name).read_bytes() for name in (MNIST, LABELS)}

    def fetch(name, folder):
        for file, content in {**published, "MNIST/raw/t10k-images-idx3-ubyte": b"others"}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)

    monkeypatch.setattr("vspair.data.vision.download_dataset", fetch)
    (tiny_mnist / LABELS).unlink()
    before = (tiny_mnist / MNIST).stat()
    assert download("mnist", tiny_mnist) == [tiny_mnist / MNIST, tiny_mnist / LABELS]
    assert {
        path.relative_to(tiny_mnist).as_posix(): path.read_bytes() for path in tiny_mnist.rglob("*ubyte")
    } == published
    after = (tiny_mnist / MNIST).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(path.name for path in tiny_mnist.iterdir()) == ["MNIST"]

    (tiny_mnist / LABELS).write_bytes(b"of one's own")
    (tiny_mnist / MNIST).unlink()
    monkeypatch.setattr("vspair.data.vision.download_dataset", lambda *given: pytest.fail("fetched"))
    with pytest.raises(VspairError, match="train-labels-idx1-ubyte has 12 bytes"):
        download("mnist", tiny_mnist)
    assert (tiny_mnist / LABELS).read_bytes() == b"of one's own"


@pytest.mark.data
def test_the_real_mnist_gives_the_papers_pairs(real_data):
    """54,000 and 6,000 pairs of Section 4.1, with MNIST's published mean and standard deviation."""
    clean, labels = clean_images("mnist", real_data, (28, 28))
    assert clean.shape == (60_000, 28, 28)
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert (clean.mean() / 255, clean.std() / 255) == pytest.approx((0.1307, 0.3081), abs=5e-5)
    made = make_pairs(clean, labels, 54_000, 6_000, patches=10, patch_size=5, seed=4054)
    assert (len(made.train), len(made.test)) == (54_000, 6_000)
    assert sorted([*made.train.index, *made.test.index]) == list(range(60_000))
    assert isinstance(made, Pairs)
    assert isinstance(made.test, Split)
