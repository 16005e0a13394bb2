"""Finding terms: BM25 over stemmed words."""

from collections.abc import Sequence

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer

_STEMMERS = {"es": "spanish", "en": "english"}


class LexicalIndex:
    """BM25 as Lucene computes it (k1 = 1.5, b = 0.75) over a fixed list of texts of one language."""

    def __init__(self, texts: Sequence[str], language: str) -> None:
        self._stemmer = Stemmer.Stemmer(_STEMMERS[language])
        self._size = len(texts)
        self._index = bm25s.BM25(method="lucene")
        tokens = self._tokens(texts)
        self._words: set[str] = set().union(*tokens)
        if self._words:
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """BM25 score of every text for ``query``, ``(n,)`` float32, 0 where no word is shared."""
        tokens = self._tokens([query])[0]
        known = [token for token in tokens if token in self._words]
        if not known:
            return np.zeros(self._size, np.float32)
        found: npt.NDArray[np.float32] = self._index.get_scores(known)
        return found

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        tokens: list[list[str]] = bm25s.tokenize(
            list(texts), stopwords=None, stemmer=self._stemmer, return_ids=False, show_progress=False
        )
        return tokens
