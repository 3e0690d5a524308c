"""Sources of clean images: scikit-learn's digits, MNIST and FashionMNIST, with checked contents."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from vspair.data.fetching import put_in_place
from vspair.data.inputs import require_file, stands_for
from vspair.errors import VspairError

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"

FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
"""Folder of each source in torchvision's layout, which is also the name of its class there."""

CHECKSUMS = {
    "mnist": {
        IMAGES: (47_040_016, "6bbc9ace898e44ae57da46a324031adb"),
        LABELS: (60_008, "a25bea736e30d166cdddb491f175f624"),
    },
    "fashion_mnist": {
        IMAGES: (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        LABELS: (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    },
}
"""Size in bytes and MD5 of the unpacked training files, from which all pairs are made."""


AVAILABLE = {"digits": 1797, "mnist": 60_000, "fashion_mnist": 60_000}
"""Images of each source."""

SHAPES = {"mnist": (28, 28), "fashion_mnist": (28, 28)}
"""Height and width of the images of a source; `digits` are enlarged to any."""


def raw_files(source: str) -> list[str]:
    """The files that a source is read from, relative to the data folder; none for an embedded source."""
    return [f"{FOLDERS[source]}/raw/{name}" for name in CHECKSUMS.get(source, {})]


def clean_images(source: str, data_dir: Path, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """All clean images of a source, grey values 0 to 255 as uint8 (images, height, width), and their classes.

    Arguments:
        source: `digits`, `mnist` or `fashion_mnist`.
        data_dir: folder in torchvision's layout (`MNIST/raw/...`); unused by `digits`.
        shape: height and width; `digits` are enlarged to it, the others must have it.

    Raises:
        VspairError: a file is missing, truncated or not the published one, or the images have another shape.
    """
    if source == "digits":
        return _digits(shape)
    for name in raw_files(source):
        check_file(source, data_dir / name)
    from vspair.data.vision import read_idx

    images, labels = (read_idx(data_dir / FOLDERS[source] / "raw" / name) for name in (IMAGES, LABELS))
    if len(images) != len(labels):
        raise VspairError(f"{source} has {len(images)} images but {len(labels)} labels: fetch both files again")
    if images.shape[1:] != shape:
        found = "x".join(map(str, images.shape[1:]))
        raise VspairError(f"{source} has images of {found} pixels, but the configuration asks for {shape}: set `image`")
    return images, labels


def check_file(source: str, path: Path) -> None:
    """Check one raw file of a source against its published size and checksum.

    Raises:
        VspairError: the file is missing, no file that may be read, truncated, compressed or different.
    """
    size, md5 = CHECKSUMS[source][path.name]
    beginning = require_file(
        path,
        f"{path} is missing: put {FOLDERS[source]} in torchvision's layout ({FOLDERS[source]}/raw/{path.name}, "
        "unpacked) into the folder named by data_dir or VSPAIR_DATA, or leave both unset to download it",
    )
    found = path.stat().st_size
    if found != size:
        what, advice = stands_for(beginning) or ("it is truncated or not unpacked", "fetch it again")
        raise VspairError(f"{path} has {found} bytes instead of {size}: {what}; {advice}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != md5:
        raise VspairError(f"{path} has MD5 {digest} instead of {md5}: it is damaged or another file; fetch it again")


def download(source: str, data_dir: Path) -> list[Path]:
    """Fetch those of a source's raw files that are missing with torchvision; those that are there stay as they are.

    Returns:
        All raw files, checked.

    Raises:
        VspairError: a file that is there is not the published one, or the download failed.
    """
    paths = [data_dir / name for name in raw_files(source)]
    missing = [path for path in paths if not path.exists()]
    for path in paths:
        if path not in missing:
            check_file(source, path)
    if missing:
        # What was broken off leaves nothing, and torchvision brings other files too.
        with TemporaryDirectory(dir=_made(data_dir), prefix=".download-") as folder:
            _fetch(source, Path(folder), data_dir)
            for path in missing:
                fetched = Path(folder) / path.relative_to(data_dir)
                check_file(source, fetched)
                put_in_place(fetched, path)
    return paths


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VspairError(
            f"expected to write into {folder}, found: {error.strerror}; make that folder, or set data_dir (or "
            "VSPAIR_DATA) to one that has the data"
        ) from error
    return folder


def _fetch(source: str, folder: Path, data_dir: Path) -> None:
    from vspair.data.vision import download_dataset

    try:
        download_dataset(FOLDERS[source], folder)
    except (OSError, RuntimeError) as error:
        raise VspairError(
            f"{FOLDERS[source]} could not be downloaded to {data_dir} ({str(error).rstrip('.')}): check the network, "
            "or set data_dir (or VSPAIR_DATA) to a folder that has it in torchvision's layout"
        ) from error


def _digits(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 1,797 digits of 8x8, grey values 0 to 16, enlarged by linear interpolation."""
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    bunch = load_digits()
    small = bunch.images
    factors = (1, shape[0] / small.shape[1], shape[1] / small.shape[2])
    large = zoom(small, factors, order=1, mode="grid-constant", grid_mode=True)
    return np.round(large * (255 / 16)).clip(0, 255).astype(np.uint8), bunch.target.astype(np.int64)
