"""The model card that lies beside the weights: what they are, what they learned from, how good they are and are not."""

from collections.abc import Mapping
from typing import Any

_HEAD = """---
license: mit
base_model: intfloat/multilingual-e5-small
language: [es, en]
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---

# Matchmaker's encoder

Turns the needs of companies and the offers of laboratories and technology-transfer offices, in Spanish and English,
into unit vectors of 384 numbers whose cosine says how well an offer answers a need. Fine-tuned from
`multilingual-e5-small` (MIT): 12 layers, {pieces:,} of its {of:,} word pieces, weights in {bits} bits, {window}
tokens at a time. The folder loads in `SentenceTransformer(folder)`; ask with the prompt `query: `, find with
`passage: `. Digest `{digest}`.

## Data

| what | examples | licence |
|---|---|---|
| `needs`: needs written by hand for this project, each with the technology that answers it | {needs:,} | needs: the \
project's own; abstracts: US SBIR awards, public domain |
| `abstracts`: titles and abstracts of US SBIR awards, titles also in rough Spanish | {abstracts:,} | public domain |
| `classification`: titles of patent groups (IPC, WIPO) and of industries (SCIAN, INEGI; NAICS, US Census Bureau) \
in both languages | {classification:,} | public records |
| `projects`: titles and objectives of Chilean innovation projects (Corfo) | {projects:,} | public records |
| `sentences`: single sentences of these documents with a rough translation | {sentences:,} | as above |

Translations are by Apertium ({apertium}), rule-based and rough. Whatever is the same or nearly the same as a text
that the encoder is evaluated on was left out ({left_out:,} examples) by exact comparison, and looked for a second
time with MinHash. `manifest.json` has the recipe, the seed and the digests of all files and of the translations;
`matchmaker train encoder` with the same files, the build-time packages and Debian's `apertium-eng-spa` makes the
weights again, up to rounding.
"""

_FIGURES = """
## Quality

nDCG@10 of the vectors alone, with 95 % intervals; `es-mt` are machine-translated queries. `matchmaker evaluate` on
the folder of all sets prints this table.

| set | queries | documents | nDCG@10 | R@10 |
|---|---|---|---|---|
{sets}

| asked | bar | reached | |
|---|---|---|---|
{bars}

Against the same weights in float32 with the whole vocabulary: {exact}.
"""

_BIAS = """
## Bias

Needs of the sample world (fictional, graded by reading) by language and by sector; the intervals are wide, and
where they overlap nothing is shown.

| needs | count | nDCG@10 |
|---|---|---|
{slices}

An offer in the other language stands on average {places:+.1f} places from an equally relevant one in the need's own
(more is lower).
"""

_LIMITS = """
## Limits

- Two languages. A third has a vector too, and related ones such as Portuguese find most of what they ask for in a test
  of six needs, but pieces of other scripts are not in the vocabulary and nothing larger was measured.
- The abstracts learned from are American, half of them of defence, health or space; the needs were written by a few
  hands that imagined Mexican companies. Trades that write little (repair, crafts, fishing) are thinly covered.
- It ranks; it does not know whether anything answers. Chances of a match come from a calibration made for these
  weights.
- Quantities, standards and negations are read as words like any other.
- Only the first {window} tokens of a text are read at once; the product cuts longer texts into passages.
- Not for deciding about people.
"""


def render(manifest: Mapping[str, Any]) -> str:
    """The card in Markdown, with the figures of ``manifest`` as :func:`models.encoder.build.build` makes it."""
    examples = manifest["examples"]
    facts = {
        "pieces": manifest["vocabulary"]["pieces"],
        "of": manifest["vocabulary"]["of"],
        "bits": manifest["weights"]["bits"],
        "window": manifest["weights"]["window"],
        "digest": manifest["digest"][:16],
        "apertium": manifest["built_with"]["apertium"],
        "left_out": sum(manifest["left_out"].values()),
        **{name: examples.get(name, 0) for name in ("needs", "abstracts", "classification", "projects", "sentences")},
    }
    card = _HEAD.format(**facts)
    metrics = manifest.get("metrics")
    if metrics:
        exact = [f"{name} {metrics['sets'][name]['nDCG@10'] - value:+.4f}" for name, value in metrics["exact"].items()]
        card += _FIGURES.format(
            sets="\n".join(_set(name, figures) for name, figures in metrics["sets"].items()),
            bars="\n".join(_bar(name, bar) for name, bar in metrics["bars"].items()),
            exact=", ".join(exact),
        )
        card += _BIAS.format(
            slices="\n".join(
                f"| {name} | {part['needs']} | {_interval(part)} |" for name, part in metrics["slices"].items()
            ),
            places=metrics["bars"]["places lower"]["value"],
        )
    return card + _LIMITS.format(**facts)


def _set(name: str, figures: Mapping[str, Any]) -> str:
    counts = f"{figures['queries']:,} | {figures['documents']:,}"
    return f"| {name} | {counts} | {_interval(figures)} | {figures['R@10']:.3f} |"


def _interval(figures: Mapping[str, Any]) -> str:
    low, high = figures["ci95"]
    return f"{figures['nDCG@10']:.3f} ({low:.3f}–{high:.3f})"


def _bar(name: str, bar: Mapping[str, Any]) -> str:
    return f"| {name} | {bar['bar']} | {bar['value']:.3f} | {'yes' if bar['holds'] else 'no'} |"
