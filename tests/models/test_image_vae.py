"""The VAEs of images: sizes from the paper, and the objective against closed forms."""

import pytest
import torch
from torch import nn

from vspair.config import Training
from vspair.models.image_vae import IMAGE, ConvVAE, DenseVAE
from vspair.training.loop import fit
from vspair.training.resident import ResidentPairs
from vspair.training.seeds import initialised
from vspair.training.stacked import Runs, train_runs

SCHEDULE = Training(epochs=2, batch_size=3, learning_rate=1e-2, checkpoint_every=1)
FACTORS = {"reconstruction": 1.0, "kl": 1.0}


def images(*shape):
    return torch.rand(*shape, *IMAGE, generator=torch.Generator().manual_seed(1))


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_fully_connected_network_has_the_papers_sizes():
    encoder = 784 * 400 + 400 + 2 * (400 * 20 + 20)
    decoder = 20 * 400 + 400 + 400 * 784 + 784
    assert weights(DenseVAE()) == encoder + decoder == 652_824


def test_the_convolutional_network_has_the_papers_sizes():
    convolutions = [(1, 32, 16), (32, 64, 16), (64, 128, 9), (128, 64, 16), (64, 32, 16), (32, 1, 9)]
    layers = sum(before * after * kernel + after for before, after, kernel in convolutions)
    norms = 2 * (32 + 64 + 128 + 64 + 32)
    linear = 2 * (6272 * 20 + 20) + 20 * 6272 + 6272
    assert weights(ConvVAE()) == layers + norms + linear == 654_729


def test_the_convolutional_features_have_the_papers_shapes():
    network, shapes = ConvVAE(), []
    for part in (network.encoder, network.decoder):
        for layer in part:
            if isinstance(layer, nn.ReLU):
                layer.register_forward_hook(lambda *seen: shapes.append(tuple(seen[2].shape[1:])))
    network.decode(network.encode(images(2)).mean)
    assert shapes == [(32, 14, 14), (64, 7, 7), (128, 7, 7), (64, 14, 14), (32, 28, 28)]


@pytest.mark.parametrize("build", [lambda: DenseVAE(12, 3), lambda: ConvVAE(3)], ids=["dense", "conv"])
def test_the_terms_are_the_elbos(build):
    """Cross-entropy of the decoded images, sums over pixels, and KL by hand from mean and log-variance."""
    network, x = initialised(build, 5).double(), images(4).double()
    network.eval()
    found = network.terms(x, torch.zeros(4, 0), torch.Generator().manual_seed(2))
    heads = network.heads(x)
    mean, log_variance = heads[:, :3], heads[:, 3:]
    noise = torch.randn(4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    decoded = network.decode(mean + (log_variance / 2).exp() * noise)
    assert decoded.shape == x.shape and decoded.min() > 0 and decoded.max() < 1
    entropy = -(x * decoded.log() + (1 - x) * (1 - decoded).log()).sum((1, 2, 3))
    kl = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1)
    torch.testing.assert_close(found["reconstruction"], entropy)
    torch.testing.assert_close(found["kl"], kl)


def test_an_image_in_black_and_white_that_is_met_costs_nothing():
    """Where the sigmoid is exactly 0 and 1, its logarithms are not finite, and the loss is 0."""

    class Certain(DenseVAE):
        def logits(self, latent):
            return torch.full((len(latent), *IMAGE), -1e4)

    found = Certain(4, 2).terms(torch.zeros(3, *IMAGE), torch.zeros(3, 0), None)
    assert torch.equal(found["reconstruction"], torch.zeros(3))


@pytest.mark.parametrize("build", [lambda: DenseVAE(6, 2), lambda: ConvVAE(2)], ids=["dense", "conv"])
def test_runs_of_a_stack_end_as_each_does_alone(build):
    """Catches noise of their own, and statistics of the batch norm that mix the runs or are not kept."""
    x = images(6, 2).double()
    together = [lambda: initialised(build, 3).double()] * 2
    stack, _, _ = train_runs(Runs(together, x, torch.zeros(6, 2, 0), SCHEDULE, FACTORS, 4), "cpu")
    for run, member in enumerate(stack.members()):
        alone = initialised(build, 3).double()
        fit(alone, ResidentPairs(x[:, run], torch.zeros(6, 0)), SCHEDULE, FACTORS, 4)
        ours, theirs = member.state_dict(), alone.state_dict()
        assert ours.keys() == theirs.keys()
        for name in ours:
            # A bias in front of a batch norm has no gradient but rounding, of which Adam makes whole steps.
            if "running" in name or "tracked" in name or name.endswith("weight"):
                torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-6, msg=name)
    assert stack.runs == 2
