"""Graphs that are written from weights do what PyTorch does; texts of any length become vectors."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from ground.errors import InvalidInput
from labeling.encoders.encoder import MOST_WINDOWS, TOKENS_AT_ONCE, Encoder
from labeling.encoders.graph import relative_buckets, write_graph
from labeling.encoders.weights import read_weights

SAMPLES = Path(__file__).parents[2] / "samples" / "encoders"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{number}" for number in range(50))]


def config_of(name: str, **changes: Any) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text()) | changes


def weights_of(name: str) -> dict[str, Any]:
    return load_file(SAMPLES / f"{name}.safetensors")


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    """The small BERT with a tokenizer of words that are told apart by blanks, ten tokens to a window."""
    return made(tmp_path)


def made(folder: Path) -> Encoder:
    write_graph(config_of("bert"), weights_of("bert"), folder / "model.onnx", max_tokens=10)
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return Encoder(folder / "model.onnx", folder / "tokenizer.json", max_tokens=10)


@pytest.mark.parametrize("name", ["bert", "mpnet"])
def test_a_written_graph_does_what_pytorch_does(name: str, tmp_path: Path) -> None:
    write_graph(config_of(name), weights_of(name), tmp_path / "model.onnx", max_tokens=40)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    reference = np.load(SAMPLES / f"{name}_reference.npz")
    (found,) = session.run(None, {"ids": reference["ids"], "mask": reference["mask"]})
    assert np.abs(found - reference["embedding"]).max() < 1e-6


def test_weights_may_carry_the_name_of_their_family(tmp_path: Path) -> None:
    named = {f"bert.{name}": array for name, array in weights_of("bert").items()}
    write_graph(config_of("bert"), named, tmp_path / "model.onnx", max_tokens=40)
    assert (tmp_path / "model.onnx").stat().st_size > 50_000


def test_near_tokens_are_told_apart_and_far_ones_by_the_logarithm() -> None:
    buckets = relative_buckets(400)
    assert buckets[100, 97:104].tolist() == [3, 2, 1, 0, 17, 18, 19]
    assert buckets[399, 0] == 15
    assert buckets[0, 399] == 31
    assert (np.diff(buckets[:, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model_type": "t5"}, "t5"),
        ({"hidden_act": "relu"}, "relu"),
        ({"num_hidden_layers": 3}, "lack encoder.layer.2"),
    ],
)
def test_another_model_is_refused_in_words(changes: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=told):
        write_graph(config_of("bert", **changes), weights_of("bert"), tmp_path / "model.onnx", max_tokens=40)
    assert not (tmp_path / "model.onnx").exists()


def test_more_places_than_the_model_knows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="knows 40 places, not 41"):
        write_graph(config_of("bert"), weights_of("bert"), tmp_path / "model.onnx", max_tokens=41)


def test_weights_of_another_hash_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_weights(path, sha256=sha256)["a"].tolist() == [0, 0, 0]
    with pytest.raises(InvalidInput, match=sha256):
        read_weights(path, sha256="0" * 64)


def test_vectors_have_length_one_and_do_not_depend_on_their_company(encoder: Encoder) -> None:
    texts = ["w1 w2", "w3", "w4 w5 w6 w7 w8", "", "nothing that it knows"]
    together = encoder.embed(texts)
    assert together.shape == (5, 32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    alone = np.vstack([encoder.embed([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


def test_what_stands_behind_the_first_window_counts(encoder: Encoder) -> None:
    first = "w1 w2 w3 w4 w5 w6 w7 w8"
    short, long, other = encoder.embed([first, f"{first} w20 w21 w22 w23", f"{first} w30 w31 w32 w33"])
    assert np.abs(short - long).max() > 1e-3
    assert np.abs(long - other).max() > 1e-3
    # Eight words and two marks, then four and two: the mean of both windows, by their lengths.
    behind = encoder.embed(["w20 w21 w22 w23"])[0]
    mean = 10 * short + 6 * behind
    assert long == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_of_an_endless_text_the_beginning_is_read(encoder: Encoder) -> None:
    words = [f"w{number % 50}" for number in range(8 * MOST_WINDOWS)]
    much, more = encoder.embed([" ".join(words), " ".join([*words, *words])])
    assert much == pytest.approx(more, abs=1e-6)


def test_many_texts_are_read_in_batches(encoder: Encoder) -> None:
    texts = [
        " ".join(f"w{(at + number) % 50}" for at in range(number % 8)) for number in range(3 * TOKENS_AT_ONCE // 10)
    ]
    found = encoder.embed(texts)
    assert found[::57] == pytest.approx(encoder.embed(texts[::57]), abs=1e-5)


def test_no_texts_are_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, 32)
