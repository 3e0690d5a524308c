import hashlib
import socket
from urllib.error import URLError

import numpy as np
import pytest

from vspair.data import Pairs, Split, clean_images, make_pairs, raw_files
from vspair.data.sources import CHECKSUMS, check_file, download
from vspair.errors import VspairError

MNIST = "MNIST/raw/train-images-idx3-ubyte"


LABELS = "MNIST/raw/train-labels-idx1-ubyte"


def images(n=40, seed=0):
    """Random images without a black pixel, so that every covered pixel can be told."""
    return np.random.default_rng(seed).integers(1, 256, (n, 28, 28), dtype=np.uint8)


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
