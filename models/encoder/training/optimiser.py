"""AdamW on float32 copies of a network's weights, with a warm-up, a cosine and a mean over the last steps."""

import math

import torch

from models.encoder.network import Network


class Optimiser:
    """
    Moves the weights of a network that computes in bfloat16 (AdamW, Loshchilov & Hutter, ICLR 2019).

    Weights are kept in float32 and rounded into the network after each step: small steps would be lost otherwise.
    """

    def __init__(
        self,
        network: Network,
        steps: int,
        *,
        rate: float,
        table_rate: float,
        warm_up: float,
        decay: float,
        clip: float,
        averaged: float,
    ) -> None:
        """
        Args:
            network: its parameters that need a gradient are trained; it computes in bfloat16 from here on.
            steps: how many there will be.
            rate: highest learning rate.
            table_rate: that of the word table.
            warm_up: share of the steps in which the rate rises; afterwards it falls to nothing along a cosine.
            decay: weight decay of matrices other than the word table.
            clip: largest norm of the gradient.
            averaged: share of the steps, the last ones, over whose weights the result is the mean.
        """
        self._network = network
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self._exact = [parameter.detach().float().clone() for parameter in self._trained]
        of_table = [parameter is network.word_table for parameter in self._trained]
        network.to(torch.bfloat16)
        self._sum = [torch.zeros_like(weight) for weight in self._exact]
        pairs = list(zip(self._exact, of_table, strict=True))
        # Biases and normalisations are vectors; decay is for matrices. Most rows of the table are in no batch.
        groups = [
            {"params": [weight for weight, table in pairs if weight.ndim > 1 and not table], "weight_decay": decay},
            {"params": [weight for weight, _ in pairs if weight.ndim == 1], "weight_decay": 0.0},
            {"params": [weight for weight, table in pairs if table], "weight_decay": 0.0, "lr": table_rate},
        ]
        self._adam = torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, fused=True)
        self._rate = torch.optim.lr_scheduler.LambdaLR(self._adam, lambda step: share(step, steps, warm_up))
        self._clip = clip
        self._left = steps
        self._averaged = max(1, round(averaged * steps))

    def step(self) -> None:
        """
        Move the weights along the gradients in the network, and clear those.

        Raises:
            RuntimeError: a gradient is not finite.
        """
        for weight, parameter in zip(self._exact, self._trained, strict=True):
            weight.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, self._clip, error_if_nonfinite=True)
        self._adam.step()
        self._rate.step()
        with torch.no_grad():
            for weight, parameter in zip(self._exact, self._trained, strict=True):
                parameter.copy_(weight)
        self._left -= 1
        if self._left < self._averaged:
            for total, weight in zip(self._sum, self._exact, strict=True):
                total += weight

    def finish(self) -> None:
        """Leave the network in float32, with the mean of the last weights."""
        self._network.float()
        with torch.no_grad():
            for total, parameter in zip(self._sum, self._trained, strict=True):
                parameter.copy_(total / self._averaged)


def share(step: int, steps: int, warm_up: float) -> float:
    """The share of the highest rate at a step: up along a line, down along a cosine."""
    rising = max(1, round(warm_up * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
