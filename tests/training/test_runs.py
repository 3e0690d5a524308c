"""One run from settings to a trained model, and back from its weights."""

import pytest
import torch

from vspair import models
from vspair.config import Model, Training
from vspair.errors import VspairError
from vspair.training import Checkpoint, ResidentPairs, fit, initialised, restored, save_weights, train_model

SCHEDULE = Training(epochs=2, batch_size=4, learning_rate=1e-2, checkpoint_every=1)


@pytest.fixture
def settings(architectures):
    """Settings of each small model, every weight with a value of its own."""
    weights = {"lambda1": 2.0, "lambda2": 0.5, "lambda3": 3.0, "lambda_rho": 1.4, "gamma_y": 0.1, "lambda_b": 0.05}
    return lambda name: Model(**architectures[name], weights=weights)


def test_a_run_is_initialised_and_fitted_with_its_settings(settings, architectures, batch, choices, model_name):
    """Bit by bit; catches a seed that does not reach the initial weights, and weights of the objective left out."""
    pairs, chosen = ResidentPairs(*batch), settings(model_name)
    model, history = train_model(model_name, chosen, {"image": (8, 8)}, pairs, SCHEDULE, choices(), 5)
    by_hand = initialised(lambda: getattr(models, model_name)((8, 8), **architectures[model_name]), 5)
    by_hand.to(memory_format=torch.channels_last)
    assert history == fit(by_hand, pairs, SCHEDULE, choices(), chosen.weights, 5)
    assert type(model) is type(by_hand)
    assert all(map(torch.equal, model.state_dict().values(), by_hand.state_dict().values()))
    assert not model.training


def test_the_seed_the_choices_and_the_checkpoint_reach_the_run(tmp_path, settings, batch, choices):
    pairs, file = ResidentPairs(*batch), tmp_path / "run.safetensors"

    def history(seed=5, checkpoint=None, **changes):
        return train_model(
            "vPAIR", settings("vPAIR"), {"image": (8, 8)}, pairs, SCHEDULE, choices(**changes), seed, checkpoint
        )[1]

    first = history()
    assert history() == first
    assert history(seed=6) != first
    assert history(mapping_reduction="mean") != first
    assert history(checkpoint=Checkpoint(file, {})) == first
    assert file.exists()


def test_a_restored_model_answers_as_the_trained_one(tmp_path, settings, batch, choices, model_name):
    """To the bit, whatever weights torch's global state would give it."""
    model, _ = train_model(
        model_name, settings(model_name), {"image": (8, 8)}, ResidentPairs(*batch), SCHEDULE, choices(), 5
    )
    save_weights(tmp_path / "weights.safetensors", model)
    torch.manual_seed(99)
    again = restored(model_name, settings(model_name), {"image": (8, 8)}, tmp_path / "weights.safetensors", "cpu")
    answers = [each.reconstruct(batch[1], torch.Generator().manual_seed(1)) for each in (model, again)]
    assert torch.equal(*answers)
    assert not again.training


def test_weights_of_other_settings_are_not_restored(tmp_path, settings, batch, choices):
    model, _ = train_model("PAIR", settings("PAIR"), {"image": (8, 8)}, ResidentPairs(*batch), SCHEDULE, choices(), 5)
    save_weights(tmp_path / "weights.safetensors", model)
    wider = settings("PAIR").model_copy(update={"latent_x": 6})
    with pytest.raises(VspairError, match=r"weights.safetensors does not hold the weights of PAIR .*: train it again"):
        restored("PAIR", wider, {"image": (8, 8)}, tmp_path / "weights.safetensors", "cpu")
