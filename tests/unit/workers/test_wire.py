"""What is sent arrives; what is no message is refused."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pytest

from spatialenv.workers.wire import MAX_BLOB, MAX_HEADER, receive, send


def test_large_blobs_arrive_whole() -> None:
    ours, theirs = socket.socketpair()
    array = np.arange(1_000_000, dtype=np.float32)
    with ours, theirs:
        writer = threading.Thread(target=send, args=(ours, {"shape": [1_000_000], "text": "ü"}, [array.data, b""]))
        writer.start()
        message = receive(theirs)
        writer.join()
    assert message is not None
    assert message.header == {"shape": [1_000_000], "text": "ü"}
    assert np.array_equal(np.frombuffer(message.blobs[0], np.float32), array)
    assert message.blobs[1] == b""


@pytest.mark.parametrize("cut", [0, 3, 8, 12, 22, 26])
def test_a_connection_that_ends_in_the_middle_is_the_end(cut: int) -> None:
    ours, theirs = socket.socketpair()
    whole, other = socket.socketpair()
    with ours, theirs, whole, other:
        send(whole, {"a": 1}, [b"abcdef"])
        sent = other.recv(1000)
        ours.sendall(sent[:cut])
        ours.close()
        assert len(sent) == 8 + 8 + 8 + 6
        assert receive(theirs) is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ((MAX_HEADER + 1).to_bytes(4) + bytes(4), "header claims"),
        ((2).to_bytes(4) + bytes(4) + b"[]", "is a list"),
        ((2).to_bytes(4) + (1).to_bytes(4) + b"{}" + (MAX_BLOB + 1).to_bytes(8), "blob claims"),
    ],
)
def test_what_is_no_message_is_refused(sent: bytes, words: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(sent)
        with pytest.raises(ValueError, match=words):
            receive(theirs)
