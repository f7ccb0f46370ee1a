"""An encoder at hand: texts in, vectors of length 1 out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

# Tokens that are worked on at once, padding and all: more fill the caches of a core and are no faster.
TOKENS_AT_ONCE = 1_024
# Of a long text no more windows than these are read, from its beginning.
MOST_WINDOWS = 16
_PADDING = ("[PAD]", "<pad>")


class Encoder:
    """One model file with its tokenizer. `max_tokens`: the length of a window, with the marks at both its ends."""

    def __init__(self, model: Path, tokenizer: Path, *, max_tokens: int, threads: int = 1) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        ids = (self._tokenizer.token_to_id(name) for name in _PADDING)
        self._padding = next((one for one in ids if one is not None), 0)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.columns = int(self._session.get_outputs()[0].shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(texts, columns). Of a text that is longer than a window the mean over its windows, each as heavy as it is
        long."""
        windows, owners = self._windows(texts)
        lengths = np.array([len(window) for window in windows])
        found = np.zeros((len(texts), self.columns), dtype=np.float32)
        for batch in _batches(lengths):
            vectors = self._run([windows[number] for number in batch])
            np.add.at(found, owners[batch], vectors * lengths[batch, None].astype(np.float32))
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _windows(self, texts: Sequence[str]) -> tuple[list[list[int]], NDArray[np.int64]]:
        """Ids of the tokens of each window, and the text that it is of."""
        windows: list[list[int]] = []
        owners: list[int] = []
        for number, encoded in enumerate(self._tokenizer.encode_batch(list(texts))):
            of_text = [encoded.ids, *(more.ids for more in encoded.overflowing)][:MOST_WINDOWS]
            windows += of_text
            owners += [number] * len(of_text)
        return windows, np.array(owners, dtype=np.int64)

    def _run(self, windows: Sequence[list[int]]) -> Vectors:
        longest = max(map(len, windows))
        ids = np.full((len(windows), longest), self._padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        (found,) = self._session.run(None, {"ids": ids, "mask": mask})
        return np.asarray(found, dtype=np.float32)


def _batches(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Windows of about the same length together, so that little of a batch is padding."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= TOKENS_AT_ONCE:
            end += 1
        yield order[start:end]
        start = end
