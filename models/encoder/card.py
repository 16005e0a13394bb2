"""The model card that lies beside the weights: what they are, what they learned from, how good they are and are not."""

from collections.abc import Mapping
from typing import Any

_HEAD = """---
license: apache-2.0
base_model: sentence-transformers/all-MiniLM-L6-v2
language: [es, en]
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---

# Matchmaker's encoder

Turns the needs of companies and the offers of laboratories and technology-transfer offices, in Spanish and English,
into unit vectors of 384 numbers whose cosine says how well an offer answers a need. Made from the English model
`all-MiniLM-L6-v2` (Apache-2.0) by giving it {spanish:,} Spanish words and teaching it to put a Spanish text where its
English version lies, and a need near what answers it: 6 layers, {pieces:,} pieces, weights in {bits} bits,
{window} tokens at a time. The folder loads in `SentenceTransformer(folder)` and knows no prompts: what is asked and
what is found are read alike. Digest `{digest}`.

## Data

| what | examples | licence |
|---|---|---|
| `needs`: needs written by hand for this project, nearly all in both languages, each with the technology that \
answers it \
| {needs:,} | needs: the project's own; abstracts: US SBIR awards, public domain |
| `abstracts`: titles and abstracts of US SBIR awards, titles also in rough Spanish | {abstracts:,} | public domain |
| `classification`: titles of patent groups (IPC, WIPO) and of industries (SCIAN, INEGI; NAICS, US Census Bureau) \
in both languages | {classification:,} | public records |
| `projects`: objectives of Chilean innovation projects (Corfo) | {projects:,} | public records |
| `sentences`: single sentences of these documents with a rough translation | {sentences:,} | as above |

Translations of abstracts, projects, sentences and most of the new words are by Apertium ({apertium}), rule-based and
rough; those of the needs and of up to 8,977 words are by hand. Whatever is the same or nearly the same as a text that
the encoder is evaluated on was left out ({left_out:,} examples) by exact comparison, and looked for a second time
with MinHash. Every file here was made anew or changed. `manifest.json` has the recipe, the seed and the digests of
all files and of the translations; `matchmaker train encoder` with the same files, the build-time packages and
Debian's `apertium-eng-spa` makes the weights again, up to rounding.
"""

_FIGURES = """
## Quality

nDCG@10 of the vectors alone, with 95 % intervals. `es-mt` are queries translated by a machine like the one that made
training texts: they flatter; natural Spanish is asked in needs-mx and in the sample. Base and recipe were chosen on
these sets, so that held-out figures may be lower. `matchmaker evaluate` on the folder of all sets prints this table.

| set | queries | documents | nDCG@10 | R@10 |
|---|---|---|---|---|
{sets}

| asked | bar | reached | |
|---|---|---|---|
{bars}

Against the same weights in float32: {exact}.
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
- Accents and case are not read; *red*, *pie* or *once* are one word in both languages. A word with a letter of another
  script, or of more than a hundred letters, is not read.
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
        "spanish": manifest["vocabulary"]["spanish"],
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
