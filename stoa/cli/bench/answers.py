"""As much of HTTP as the load's own processes need: where an answer ends, its status, and an id out of its JSON."""


class Answers:
    """The bytes of one connection, cut into answers. Nothing is sent before the answer to what was sent is whole."""

    def __init__(self) -> None:
        self._buffer = b""

    def fed(self, data: bytes) -> tuple[int, bytes] | None:
        """Status and body once the answer is whole, else None."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return None
        self._buffer = b""
        return int(head[9:12]), body


def value_of(name: bytes, body: bytes) -> bytes:
    """The first text under this name in a JSON answer of ours; without escapes, as ids and tokens are."""
    _, found, rest = body.partition(b'"' + name + b'":"')
    assert found, f"the answer has no {name.decode()}: {body[:200]!r}"
    return rest.partition(b'"')[0]


def percentile(ordered: list[float], share: float) -> float:
    """That percentile of sorted seconds, in milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
