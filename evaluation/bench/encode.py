"""How fast the encoder is, beside multilingual-e5-small, uncut and in float32, through plain sentence-transformers."""

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from models.encoder.encoder import Encoder, Role

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PASSAGES = 2_000
QUERIES = 500
# Product and baseline take turns in this many rounds, so that a busy moment of the machine hits both.
ROUNDS = 5
_QUERY_CHARACTERS = 200

# What the encoder is to reach: at least so many times the baseline's passages per second, and at most this share of
# its median time for one query.
BULK_BAR = 4.0
LATENCY_BAR = 0.4

Report = dict[str, Any]
Encode = Callable[[Sequence[str], Role], object]


def run(
    encoder: Encoder, baseline: Path, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
) -> Report:
    """
    Measure both on the same texts under the same token limit.

    Args:
        encoder: the product's.
        baseline: folder of the base model (``make baseline``).
        texts: at least one; the first 2,000 are passages, and their beginnings are queries.
        on_progress: told of the rounds finished.
    """
    from sentence_transformers import SentenceTransformer

    base = SentenceTransformer(str(baseline), device="cpu", local_files_only=True)
    base.max_seq_length = encoder.window
    passages = [texts[row % len(texts)] for row in range(min(PASSAGES, max(len(texts), ROUNDS)))]
    queries = [texts[row % len(texts)][:_QUERY_CHARACTERS] for row in range(QUERIES)]
    runners: dict[str, Encode] = {
        "product": encoder.encode,
        "baseline": lambda batch, role: _encode_plainly(base, batch, role),
    }
    figures = _measure(runners, passages, queries, on_progress)
    ratios = {
        "bulk": figures["product"]["passages_per_second"] / figures["baseline"]["passages_per_second"],
        "single_latency": figures["product"]["single_ms"] / figures["baseline"]["single_ms"],
    }
    return {
        "bench": "encode",
        "machine": _machine(),
        "texts": {"passages": len(passages), "queries": len(queries), "window": encoder.window},
        **figures,
        "ratios": ratios,
        "bars": {
            "bulk": {"value": ratios["bulk"], "bar": BULK_BAR, "holds": ratios["bulk"] >= BULK_BAR},
            "single_latency": {
                "value": ratios["single_latency"],
                "bar": LATENCY_BAR,
                "holds": ratios["single_latency"] <= LATENCY_BAR,
            },
        },
    }


def _measure(
    runners: dict[str, Encode],
    passages: Sequence[str],
    queries: Sequence[str],
    on_progress: Callable[[int], None] | None,
) -> dict[str, dict[str, float]]:
    for encode in runners.values():  # the first call pays for allocations that later ones do not
        encode(passages[:32], Role.PASSAGE)
        encode(queries[:1], Role.QUERY)
    bulk: dict[str, float] = dict.fromkeys(runners, 0.0)
    single: dict[str, list[float]] = {name: [] for name in runners}
    for part in range(ROUNDS):
        for name, encode in runners.items():
            bulk[name] += _seconds(encode, passages[part::ROUNDS], Role.PASSAGE)
            for query in queries[part::ROUNDS]:
                single[name].append(_seconds(encode, [query], Role.QUERY))
        if on_progress:
            on_progress(1)
    return {
        name: {
            "passages_per_second": len(passages) / bulk[name],
            "single_ms": median(single[name]) * 1000,
        }
        for name in runners
    }


def _encode_plainly(model: "SentenceTransformer", texts: Sequence[str], role: Role) -> object:
    return model.encode(list(texts), prompt_name=role.value, show_progress_bar=False)


def _seconds(encode: Encode, texts: Sequence[str], role: Role) -> float:
    started = perf_counter()
    encode(texts, role)
    return perf_counter() - started


def _machine() -> dict[str, Any]:
    import torch

    return {
        "processor": torch.cpu.get_capabilities().get("cpu_name", platform.processor()),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }
