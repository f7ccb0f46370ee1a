"""An encoder's ONNX graph, written from its weights: a BERT or MPNet transformer, the mean of its tokens, length 1.

The layers are those of Devlin, Chang, Lee and Toutanova, BERT (2019, arXiv 1810.04805) and Song, Tan, Qin, Lu and Liu,
MPNet (2020, arXiv 2004.09297), whose attention knows how far tokens are apart; the pooling is that of Reimers and
Gurevych, Sentence-BERT (2019, arXiv 1908.10084). Needs `onnx`, and is needed once for each encoder.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]

# Added to the score of a token that is padding: as good as minus infinity.
_NEVER = -1e4
# Of MPNet: how many distances are told apart, and from which on they are one.
_BUCKETS, _FARTHEST = 32, 128

_BERT = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "norm": "attention.output.LayerNorm",
}
_MPNET = {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "out": "attention.attn.o",
    "norm": "attention.LayerNorm",
}


def write_graph(config: Mapping[str, Any], weights: Mapping[str, Array], to: Path, *, max_tokens: int) -> None:
    """Write the graph: `ids` and `mask` (texts, tokens) int64 in, `embedding` (texts, columns) float32 out.

    `config` and `weights` as publishers have them (config.json, model.safetensors). Raises ValueError for another
    family of models, another activation, or weights that are missing.
    """
    if config.get("model_type") not in {"bert", "mpnet"}:
        raise ValueError(f"a model of the family {config.get('model_type')!r} cannot be read; bert and mpnet can")
    if config.get("hidden_act", "gelu") != "gelu":
        raise ValueError(f"the activation {config['hidden_act']!r} cannot be read; gelu can")
    named = {name.removeprefix("bert.").removeprefix("mpnet."): array for name, array in weights.items()}
    try:
        model = _Writer(config, named, max_tokens).model()
    except KeyError as error:
        raise ValueError(f"the weights lack {error.args[0]}") from None
    onnx.save(model, str(to))


def relative_buckets(max_tokens: int) -> NDArray[np.int64]:
    """(tokens, tokens): MPNet's bucket for the distance from each token to each other: exact where they are near,
    by its logarithm farther away, and one for all beyond. Towards the end of the text the upper half."""
    places = np.arange(max_tokens)
    distance = places[:, None] - places[None, :]
    half = _BUCKETS // 2
    exact = half // 2
    far = np.abs(distance)
    scaled = np.log(np.maximum(far, 1) / exact) / math.log(_FARTHEST / exact) * (half - exact)
    bucket = np.where(far < exact, far, np.minimum(exact + scaled.astype(np.int64), half - 1))
    return np.asarray(bucket + half * (distance < 0), dtype=np.int64)


class _Writer:
    """Nodes and constants, as they are added."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Array], max_tokens: int) -> None:
        self._config, self._weights, self._max_tokens = config, weights, max_tokens
        self._mpnet = config["model_type"] == "mpnet"
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """The whole graph."""
        mask = self._op("Cast", "mask", to=TensorProto.FLOAT)
        hidden, bias = self._embedded(), self._bias(mask)
        for layer in range(self._config["num_hidden_layers"]):
            hidden = self._layer(hidden, bias, f"encoder.layer.{layer}.")
        by_token = self._op("Unsqueeze", mask, self._whole(2))
        summed = self._op("ReduceSum", self._op("Mul", hidden, by_token), self._whole(1), keepdims=0)
        mean = self._op("Div", summed, self._op("ReduceSum", by_token, self._whole(1), keepdims=0))
        self._nodes.append(helper.make_node("LpNormalization", [mean], ["embedding"], axis=-1, p=2))
        told = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("ids", "mask")]
        columns = self._config["hidden_size"]
        out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", columns])
        graph = helper.make_graph(self._nodes, "encoder", told, [out], self._constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)

    def _embedded(self) -> str:
        """Tokens, places and, in BERT, the first of two sentences."""
        words = self._op("Gather", self._constant(self._weight("embeddings.word_embeddings.weight")), "ids")
        # MPNet's places begin behind the one for padding.
        first = self._config.get("pad_token_id", 1) + 1 if self._mpnet else 0
        places = self._weight("embeddings.position_embeddings.weight")[first : first + self._max_tokens]
        if len(places) < self._max_tokens:
            raise ValueError(f"the model knows {len(places)} places, not {self._max_tokens}")
        here = self._op("Slice", self._constant(places), self._whole(0), self._length(), self._whole(0))
        found = self._op("Add", words, here)
        if not self._mpnet:
            sentence = self._weight("embeddings.token_type_embeddings.weight")[0]
            found = self._op("Add", found, self._constant(sentence))
        return self._norm(found, "embeddings.LayerNorm")

    def _bias(self, mask: str) -> str:
        """What is added to the scores of attention: nothing reaches padding, and in MPNet distances count."""
        hidden = self._op(
            "Mul", self._op("Sub", self._constant(np.float32(1)), mask), self._constant(np.float32(_NEVER))
        )
        bias = self._op("Unsqueeze", hidden, self._whole(1, 2))
        if not self._mpnet:
            return bias
        by_bucket = self._weight("encoder.relative_attention_bias.weight")
        table = by_bucket[relative_buckets(self._max_tokens)].transpose(2, 0, 1)[None]
        both = self._op("Concat", self._length(), self._length(), axis=0)
        near = self._op("Slice", self._constant(table), self._whole(0, 0), both, self._whole(2, 3))
        return self._op("Add", near, bias)

    def _layer(self, hidden: str, bias: str, at: str) -> str:
        names = _MPNET if self._mpnet else _BERT
        size, heads = self._config["hidden_size"], self._config["num_attention_heads"]
        each = size // heads
        apart, together = self._whole(0, 0, heads, each), self._whole(0, 0, size)

        def by_head(name: str, order: list[int]) -> str:
            return self._op("Transpose", self._op("Reshape", self._linear(hidden, at + names[name]), apart), perm=order)

        query, value = by_head("query", [0, 2, 1, 3]), by_head("value", [0, 2, 1, 3])
        scores = self._op("MatMul", query, by_head("key", [0, 2, 3, 1]))
        scores = self._op("Add", self._op("Mul", scores, self._constant(np.float32(1 / math.sqrt(each)))), bias)
        mixed = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
        joined = self._op("Reshape", self._op("Transpose", mixed, perm=[0, 2, 1, 3]), together)
        hidden = self._norm(self._op("Add", self._linear(joined, at + names["out"]), hidden), at + names["norm"])
        wide = self._op("Gelu", self._linear(hidden, at + "intermediate.dense"))
        return self._norm(self._op("Add", self._linear(wide, at + "output.dense"), hidden), at + "output.LayerNorm")

    def _linear(self, hidden: str, at: str) -> str:
        weight = self._constant(np.ascontiguousarray(self._weight(at + ".weight").T))
        return self._op("Add", self._op("MatMul", hidden, weight), self._constant(self._weight(at + ".bias")))

    def _norm(self, hidden: str, at: str) -> str:
        scale, bias = self._constant(self._weight(at + ".weight")), self._constant(self._weight(at + ".bias"))
        return self._op("LayerNormalization", hidden, scale, bias, axis=-1, epsilon=self._config["layer_norm_eps"])

    def _length(self) -> str:
        """How many tokens the texts have, padding and all."""
        return self._op("Slice", self._op("Shape", "ids"), self._whole(1), self._whole(2), self._whole(0))

    def _weight(self, name: str) -> NDArray[np.float32]:
        return np.asarray(self._weights[name], dtype=np.float32)

    def _whole(self, *numbers: int) -> str:
        return self._constant(np.array(numbers, dtype=np.int64))

    def _constant(self, array: Array | np.float32) -> str:
        name = f"constant {len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(np.shape(array)), name))
        return name

    def _op(self, kind: str, *inputs: str, **settings: Any) -> str:
        name = f"node {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name
