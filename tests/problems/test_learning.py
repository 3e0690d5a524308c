"""Any method on a data set: what it is given, and how each kind learns, at a tiny size of tomography."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vspair.data import Pairs, Split, write_pairs
from vspair.data.simulation import simulate
from vspair.errors import VspairError
from vspair.models.tv.model import TV
from vspair.operators import Scan, crop_average
from vspair.problems import learning
from vspair.problems.learning import learn
from vspair.problems.setting import Setting, open_setting
from vspair.training import Checkpoint, memory, save_weights

SCAN = {"side": 0.26, "pixels": 34, "enlarged": 68, "angles": 48, "bins": 65, "photons": 1e15, "binning": 2}
IMAGE, OBSERVATION = (16, 16), (24, 32)
TRAIN, TEST = 12, 4
SCHEDULE = {"epochs": 4, "batch_size": 4, "learning_rate": 3e-3, "checkpoint_every": 2}
WIDE = {
    **{"channels": [4, 8, 8], "latent_x": 24, "latent_y": 8, "hidden": None, "alpha0": 9.0, "beta0": 1.0},
    "weights": {"lambda1": 1.0, "lambda2": 0.1, "lambda3": 1.0, "lambda_rho": 1.0, "gamma_x": 1e-4, "gamma_y": 1e-4},
}
STRENGTHS = [1e-3, 1e-1, 1e-4]
RIVALS = ("UNetEnsemble", "QuantileUNet", "PhysicalCVAE", "PhysicalFlow")
TRAINED = ("LPD", "UNet", "vsPAIR")
PHYSICAL = ("FBP", "TV", "LPD", "UNet")


@cache
def stored():
    """Sixteen slices of two smooth spots each, well inside the image, with their scans, almost without noise."""
    generator = np.random.default_rng(5)
    at = np.arange(34)
    x, y = at[:, None], at
    images = np.zeros((TRAIN + TEST, 34, 34), np.float32)
    for image in images:
        for _ in range(2):
            a, b, width, height = generator.uniform([12, 12, 2, 0.1], [22, 22, 3, 0.4])
            image += height * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width**2))
    geometry = {name: SCAN[name] for name in ("side", "pixels", "enlarged", "angles", "bins")}
    observation = simulate(images, range(len(images)), Scan(**geometry), SCAN["photons"], 0, "cpu")
    parts = crop_average(images, IMAGE, 2)[:, None], crop_average(observation, OBSERVATION, 2)[:, None]
    number = np.arange(len(images))

    def split(rows):
        return Split(*(np.ascontiguousarray(part[rows]) for part in parts), None, number[rows], number[rows])

    return Pairs(split(slice(TRAIN)), split(slice(TRAIN, None)))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("scans") / "pairs.safetensors"
    write_pairs(path, stored())
    return path


@pytest.fixture
def setting(pairs, settings):
    """A kind's setting, of which `schedule` changes the training, `changes` the method and `scale` the observations."""

    def setting(kind, scale="maximum", device="cpu", changes=None, **schedule):
        training = {"training": SCHEDULE | schedule} if kind in (*TRAINED, *RIVALS) else {}
        method = settings(kind, **training, **(WIDE if kind == "vsPAIR" else {}), **(changes or {}))
        values = {"image": IMAGE, "observation": OBSERVATION, "scan": SCAN, "data.scale": scale}
        values["methods.mine"] = method.model_dump(mode="json")
        return open_setting("tomography", "mine", {f"tomography.{k}": v for k, v in values.items()}, pairs, device)

    return setting


@pytest.mark.parametrize("scale", ["raw", "maximum"])
@pytest.mark.parametrize("name", PHYSICAL)
def test_the_operator_takes_what_methods_see_of_x_to_what_they_see_of_y(setting, name, scale):
    """Without noise A x = y but for the grid: to a few percent; one scale too many or too few is off by its unit."""
    found = setting(name, scale)
    seen = found.pairs(found.stored.train)
    misfit = found.frame["operator"](seen.qoi) - seen.observation
    assert misfit.norm() < 0.04 * seen.observation.norm()
    largest = stored().train.observation.max()
    assert seen.observation.max() == pytest.approx(1 if scale == "maximum" else largest)
    assert abs(largest - 1) > 0.5
    assert seen.qoi.numpy() == pytest.approx(stored().train.qoi)


def test_test_pairs_are_in_the_unit_of_the_training_pairs(setting):
    found = setting("FBP")
    seen = found.pairs(found.stored.test, 2)
    assert len(seen) == 2
    expected = stored().test.observation[:2] / stored().train.observation.max()
    np.testing.assert_allclose(seen.observation, expected, rtol=1e-6)


def test_a_pair_is_told_both_sizes_and_no_operator(setting):
    found = setting("vsPAIR")
    assert found.frame == {"qoi_shape": (1, *IMAGE), "observation_shape": (1, *OBSERVATION)}


@pytest.mark.parametrize("name", TRAINED)
def test_a_method_learns_and_comes_back_from_its_weights(setting, name, tmp_path):
    """The error falls tenfold in forty epochs; catches settings and pairs that do not reach the training."""
    found = setting(name, epochs=40)
    model, history, cost = learn(found, 1)
    assert [row["epoch"] for row in history] == list(range(1, 41))
    assert history[-1]["reconstruction_qoi"] < 0.2 * history[0]["reconstruction_qoi"]
    assert cost["epochs"] == 40
    assert 0 < cost["seconds"] < 60
    assert cost["peak_bytes"] > 1e6
    assert 0 <= cost["preparation"] < 1
    save_weights(tmp_path / "weights.safetensors", model)
    again = found.model(tmp_path / "weights.safetensors")
    seen = found.pairs(found.stored.test)
    first, second = (
        each.reconstruct(seen.observation, torch.Generator().manual_seed(2)) for each in (model.eval(), again)
    )
    assert first.shape == seen.qoi.shape
    torch.testing.assert_close(second, first, rtol=1e-5, atol=1e-6)


def test_total_variation_chooses_its_strength_on_the_first_pairs(setting, tmp_path):
    """Tuned by hand on three pairs; all twelve give other errors. Of the slice one pixel is cut off on each side, half
    of one after averaging, for which there has to be a margin of one."""
    found = setting("TV")
    model, history, cost = learn(found, 1)
    operator, seen = found.frame["operator"], found.pairs(found.stored.train)
    twin = TV(operator, STRENGTHS, 20, margin=1)
    expected = twin.tune(seen.qoi[:3], seen.observation[:3])
    assert history == expected != twin.tune(seen.qoi, seen.observation)
    assert [row["strength"] for row in history] == STRENGTHS
    best = min(history, key=lambda row: row["mse"])["strength"]
    assert float(model.strength) == best
    assert cost["epochs"] == 1
    assert 0 < cost["seconds"] < 60
    save_weights(tmp_path / "weights.safetensors", model)
    assert float(found.model(tmp_path / "weights.safetensors").strength) == best


def test_filtered_back_projection_needs_no_weights(setting):
    found = setting("FBP")
    seen = found.pairs(found.stored.test)
    error = (found.model(None).reconstruct(seen.observation) - seen.qoi).square().mean()
    assert error < 0.1 * seen.qoi.square().mean()


class Stop(Exception):  # noqa: N818 (nothing went wrong)
    pass


class Interrupting(Checkpoint):
    """Stops the run once its state is written."""

    def save(self, model, optimiser, history):
        super().save(model, optimiser, history)
        raise Stop


def test_a_run_whose_epochs_were_all_done_before_has_no_time_of_its_own(setting, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Stop):
        learn(setting("UNet"), 1, Interrupting(path, {}))
    _, history, cost = learn(setting("UNet", epochs=2), 1, Checkpoint(path, {}))
    assert len(history) == 2
    assert cost["seconds"] is None


@pytest.mark.parametrize("name", TRAINED)
def test_a_training_without_room_is_refused_before_anything_is_built(setting, name, monkeypatch):
    found = setting(name)
    monkeypatch.setattr(memory, "available", lambda device: 2**20)
    monkeypatch.setattr(learning, "train_model", lambda *arguments: pytest.fail("a model was built"))
    monkeypatch.setattr(Setting, "pairs", lambda *arguments: pytest.fail("pairs were put on the device"))
    with pytest.raises(VspairError, match=rf"training {name} with 12 pairs needs about .* GiB on device=cpu, but 0.0"):
        learn(found, 1)


@pytest.mark.parametrize("missing", [0, 1])
def test_the_pairs_count_too_to_the_last_byte(setting, monkeypatch, missing):
    """Twelve float32 pairs of 16 x 16 and 24 x 32 beside a model that is said to need 1000 bytes."""
    needed = 1000 + 12 * 4 * (16 * 16 + 24 * 32)
    monkeypatch.setattr(learning, "memory_needed", lambda *arguments: SimpleNamespace(total=1000))
    monkeypatch.setattr(memory, "available", lambda device: needed - missing)
    if missing:
        with pytest.raises(VspairError, match="12 pairs needs"):
            learn(setting("UNet", epochs=1), 1)
    else:
        learn(setting("UNet", epochs=1), 1)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_disk_without_room_for_the_checkpoints_is_refused(setting, monkeypatch, tmp_path, missing):
    """Old and new checkpoint of weights and moments, and the weights in the end, to the last byte."""
    needed = SimpleNamespace(total=1000, weights=300, optimiser=500)
    monkeypatch.setattr(learning, "memory_needed", lambda *arguments: needed)
    monkeypatch.setattr(
        "vspair.files.shutil.disk_usage", lambda folder: SimpleNamespace(free=2 * (300 + 500) + 300 - missing)
    )
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", {})
    if missing:
        monkeypatch.setattr(learning, "train_model", lambda *arguments: pytest.fail("a model was built"))
        with pytest.raises(VspairError, match=r"free disk space for .*checkpoint.safetensors"):
            learn(setting("UNet", epochs=1), 1, checkpoint)
    else:
        learn(setting("UNet", epochs=1), 1, checkpoint)


def test_the_choices_and_the_seed_reach_the_training(setting):
    """Catches arguments that are left at a default on the way."""
    map_alone = {"choices": {"mapping_gradient": "map"}}
    runs = {
        name: learn(setting("vsPAIR", epochs=1, changes=changes), seed)[1]
        for name, changes, seed in (("same", {}, 1), ("again", {}, 1), ("map", map_alone, 1), ("other", {}, 2))
    }
    assert runs["same"] == runs["again"]
    assert runs["same"] not in (runs["map"], runs["other"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["TV", *TRAINED, *RIVALS])
def test_a_method_learns_on_a_gpu_and_again_to_the_same_bits(setting, name, tmp_path):
    """The whole way: memory looked at, operator and pairs moved, training, weights read back."""
    first, second = (learn(setting(name, device="cuda"), seed=1)[0] for _ in range(2))
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key
    save_weights(tmp_path / "weights.safetensors", first)
    found = setting(name, device="cuda")
    test = found.pairs(found.stored.test)
    image = found.model(tmp_path / "weights.safetensors").reconstruct(
        test.observation, torch.Generator("cuda").manual_seed(0)
    )
    assert image.is_cuda
    assert image.isfinite().all()
