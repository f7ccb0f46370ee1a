"""The broker of files: whole messages or none, each to one reader, and nothing that a half-written file can end."""

import json
import multiprocessing
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from config import file_broker
from config.file_broker import Channel

MESSAGES = 300


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Folders of a broker of its own."""
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    messages = str(tmp_path / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(tmp_path / "control")}


def channel_of(options: dict[str, Any]) -> Channel:
    channel = Connection("filesystem://", transport_options=options).channel()
    assert isinstance(channel, Channel)
    return channel


def messages_in(options: dict[str, Any]) -> list[str]:
    return [path.name for path in Path(options["data_folder_in"]).iterdir()]


def test_the_url_means_this_transport(options: dict[str, Any]) -> None:
    channel = channel_of(options)
    assert type(channel) is Channel
    assert channel.connection.implements.asynchronous


def test_first_in_first_out_by_queue(options: dict[str, Any]) -> None:
    channel = channel_of(options)
    for number in range(12):
        channel._put("runs", {"n": number})
    channel._put("jobs", {"n": "other"})
    assert (channel._size("runs"), channel._size("jobs")) == (12, 1)
    assert [channel._get("runs")["n"] for _ in range(12)] == list(range(12))
    with pytest.raises(Empty):
        channel._get("runs")
    assert channel._purge("jobs") == 1
    assert messages_in(options) == []


@pytest.mark.parametrize("content", [b"", b'{"body": "half a mes', b"\xff\x00"])
def test_what_cannot_be_read_is_dropped_and_the_next_is_given(options: dict[str, Any], content: bytes) -> None:
    channel = channel_of(options)
    (Path(options["data_folder_in"]) / "0.runs.msg").write_bytes(content)
    channel._put("runs", {"n": 1})
    assert channel._get("runs") == {"n": 1}
    assert messages_in(options) == []


def test_kombus_own_transport_ends_at_it(options: dict[str, Any]) -> None:
    (Path(options["data_folder_in"]) / "0.runs.msg").write_bytes(b"")
    channel: Any = Connection(transport=filesystem.Transport, transport_options=options).channel()
    with pytest.raises(ValueError, match="Expecting value"):
        channel._get("runs")


@pytest.mark.parametrize("content", [b"", b"[[", None])
def test_bindings_survive_a_table_that_cannot_be_read(options: dict[str, Any], content: bytes | None) -> None:
    channel = channel_of(options)
    if content is not None:
        (Path(options["control_folder"]) / "bells.exchange").write_bytes(content)
    channel._queue_bind("bells", "one", "", "one")
    channel._queue_bind("bells", "two", "", "two")
    channel._queue_bind("bells", "one", "", "one")
    assert [bound.queue for bound in channel.get_table("bells")] == ["two", "one"]
    channel._delete("two", "bells", "two", "")
    assert [bound.queue for bound in channel.get_table("bells")] == ["one"]


def read_and_bind(options: dict[str, Any], number: int, found: "multiprocessing.Queue[list[int]]") -> None:
    channel = channel_of(options)
    got: list[int] = []
    end = time.monotonic() + 20
    while time.monotonic() < end:
        channel._queue_bind("bells", f"{number}-{len(got)}", "", f"{number}-{len(got)}")
        try:
            got.append(channel._get("runs")["n"])
        except Empty:
            break
    found.put(got)


def test_readers_in_a_crowd_get_each_message_once_and_lose_no_binding(options: dict[str, Any]) -> None:
    channel = channel_of(options)
    for number in range(MESSAGES):
        channel._put("runs", {"n": number})
    context = multiprocessing.get_context("fork")
    found: Any = context.Queue()
    crowd = [context.Process(target=read_and_bind, args=(options, number, found)) for number in range(4)]
    for one in crowd:
        one.start()
    got = [found.get(timeout=60) for _ in crowd]
    for one in crowd:
        one.join()
    assert sorted(number for each in got for number in each) == list(range(MESSAGES))
    # Each reader bound one queue before every look, the one that found nothing included.
    assert len(channel.get_table("bells")) == MESSAGES + len(crowd)


def test_strays_of_killed_processes_are_swept_up(options: dict[str, Any]) -> None:
    folder = Path(options["data_folder_in"])
    old, young = folder / ".old", folder / ".young"
    for path in (old, young):
        path.write_text(json.dumps({}))
    os.utime(old, (0, 0))
    channel_of(options)
    assert messages_in(options) == [".young"]


def test_a_full_disk_leaves_no_draft(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    channel = channel_of(options)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_broker.Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        channel._put("runs", {"n": 1})
    assert messages_in(options) == []
