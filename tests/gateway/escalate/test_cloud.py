"""The Open Inference Protocol, against a real server that answers, fails, stalls and talks nonsense."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gateway.config import Escalate
from gateway.errors import EscalationError
from gateway.escalate.cloud import MOST_BYTES, Cloud
from tests.gateway.escalate.endpoint import METADATA, Endpoint, brightest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from tests.gateway.escalate.endpoint import Answer


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Serve, and end."""
    with Endpoint() as serving:
        yield serving


_OPENED: list[Cloud] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close every client that a test opens."""
    yield
    while _OPENED:
        _OPENED.pop().close()


def cloud(url: str, now: list[float] | None = None, **options: object) -> Cloud:
    """Make a client whose clock stands where the test puts it."""
    given = {"cloud_url": url, "cloud_timeout_s": 5.0, "breaker_failures": 2, "breaker_pause_s": 30.0} | options
    clock = now if now is not None else [0.0]
    _OPENED.append(Cloud(Escalate.model_validate(given), lambda: clock[0], threading.Event()))
    return _OPENED[-1]


def windows(*rows: int) -> np.ndarray:
    """Make pictures, each with one bright row."""
    made = np.zeros((len(rows), 8, 8), np.float32)
    for at, row in enumerate(rows):
        made[at, row] = 16.0
    return made


def test_cloud_answers_for_each_window_in_order(endpoint: Endpoint) -> None:
    """The windows go up as the model's metadata ask for them, and what comes back is theirs."""
    model, said = cloud(endpoint.url).answer("digits", windows(3, 0, 7))
    assert model == "digits@3"
    assert [each.label for each in said] == ["3", "0", "7"]
    assert said[0].confidence == pytest.approx(0.82, abs=0.01)
    (asked,) = endpoint.questions
    assert (asked["inputs"][0]["name"], asked["inputs"][0]["shape"]) == ("image", [3, 8, 8, 1])


def test_cloud_that_names_labels_is_taken_at_its_word(endpoint: Endpoint) -> None:
    """Words and their confidence may come instead of probabilities."""

    def words(_: Mapping[str, Any]) -> Answer:
        outputs = [
            {"name": "label", "datatype": "BYTES", "shape": [1], "data": ["wet"]},
            {"name": "confidence", "datatype": "FP32", "shape": [1], "data": [0.9]},
        ]
        return 200, json.dumps({"model_name": "leaf", "outputs": outputs}).encode()

    endpoint.script = words
    model, (said,) = cloud(endpoint.url).answer("digits", windows(1))
    assert (model, said.label, said.confidence) == ("leaf@0", "wet", 0.9)


def test_cloud_that_fails_once_is_asked_again(endpoint: Endpoint) -> None:
    """A server that is busy for a moment costs a moment."""
    codes = [503, 500]
    endpoint.script = lambda asked: (codes.pop(), b"busy") if codes else brightest(asked)
    _, (said,) = cloud(endpoint.url).answer("digits", windows(5))
    assert (said.label, len(endpoint.questions)) == ("5", 3)


def test_cloud_that_refuses_is_not_asked_again(endpoint: Endpoint) -> None:
    """What a repetition cannot mend is not repeated, and says what the server said."""
    endpoint.script = lambda _: (400, b"wrong tensor")
    with pytest.raises(EscalationError, match=r"HTTP 400.*wrong tensor"):
        cloud(endpoint.url).answer("digits", windows(5))
    assert len(endpoint.questions) == 1


def test_cloud_that_stalls_is_given_up_within_its_deadline(endpoint: Endpoint) -> None:
    """Nobody waits longer than the timeout for a server that takes the question and says nothing."""
    endpoint.script = endpoint.stalls
    with pytest.raises(EscalationError, match="ReadTimeout"):
        cloud(endpoint.url, cloud_timeout_s=0.3).answer("digits", windows(5))


def test_cloud_that_is_dead_is_left_alone_for_a_while(endpoint: Endpoint) -> None:
    """After failures in a row it is not even dialled; after the pause one question tries, and closes the breaker."""
    endpoint.script = lambda _: (501, b"")
    now = [0.0]
    client = cloud(endpoint.url, now)
    for _ in range(2):
        with pytest.raises(EscalationError, match="501"):
            client.answer("digits", windows(5))
    asked = len(endpoint.questions)
    with pytest.raises(EscalationError, match="left alone"):
        client.answer("digits", windows(5))
    assert len(endpoint.questions) == asked

    endpoint.script, now[0] = brightest, 30.0
    assert client.answer("digits", windows(5))[1][0].label == "5"
    assert client.breaker.state(now[0]) == "closed"


def told(outputs: object, **more: object) -> bytes:
    """Encode an answer."""
    return json.dumps({"model_name": "digits", "outputs": outputs, **more}).encode()


NONSENSE = {
    "no JSON": b"<html>",
    "no object": b"[1, 2]",
    "deep": b"[" * 100_000,
    "no outputs": told(None),
    "outputs of words": told(["a"]),
    "too few": told([{"name": "p", "data": [0.5, 0.5]}]),
    "ragged": told([{"name": "p", "data": [[0.1], [0.1, 0.2]]}]),
    "no numbers": told([{"name": "p", "data": ["a", "b"]}]),
    "not finite": told([{"name": "p", "data": [float("nan")] * 10}]),
    "huge": b" " * (MOST_BYTES + 1),
    "labels too few": told([{"name": "label", "data": []}]),
    "labels no words": told([{"name": "label", "data": [7]}]),
    "confidence too high": told([{"name": "label", "data": ["a"]}, {"name": "confidence", "data": [2.0]}]),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_cloud_that_talks_nonsense_is_a_reason(endpoint: Endpoint, case: str) -> None:
    """Whatever a server answers, it is an answer for each window or an EscalationError."""
    endpoint.script = lambda _: (200, NONSENSE[case])
    with pytest.raises(EscalationError):
        cloud(endpoint.url, cloud_labels=[str(each) for each in range(10)]).answer("digits", windows(1))


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        {},
        {"inputs": []},
        {"inputs": [{"name": "x", "shape": ["a"], "datatype": "FP32"}]},
        {"inputs": [{"name": "x", "shape": [-1, 64], "datatype": "BYTES"}]},
        {"inputs": [{"name": "x", "shape": [-1, 7], "datatype": "FP32"}]},
    ],
)
def test_cloud_whose_model_takes_no_windows_is_a_reason(endpoint: Endpoint, metadata: object) -> None:
    """A model that a window does not fit is not asked."""
    endpoint.metadata = metadata
    with pytest.raises(EscalationError):
        cloud(endpoint.url).answer("digits", windows(1))
    assert endpoint.questions == []


def test_cloud_whose_model_changes_is_looked_at_again(endpoint: Endpoint) -> None:
    """After a refusal its metadata are asked for anew: the model may have been replaced."""
    client = cloud(endpoint.url, breaker_failures=9)
    client.answer("digits", windows(1))
    inputs = [{"name": "flat", "datatype": "UINT8", "shape": [-1, 64]}]
    endpoint.metadata = {**METADATA, "inputs": inputs}
    endpoint.script = lambda asked: (400, b"") if asked["inputs"][0]["name"] == "image" else (200, told([FIRST]))
    with pytest.raises(EscalationError):
        client.answer("digits", windows(1))
    assert client.answer("digits", windows(1))[1][0].label == "0"
    assert endpoint.questions[-1]["inputs"][0]["shape"] == [1, 64]


FIRST = {"name": "p", "data": [0.91] + [0.01] * 9}


def test_cloud_shows_its_token_and_nobody_else_s(endpoint: Endpoint, tmp_path: Path) -> None:
    """The first line of a file is the bearer token."""
    (tmp_path / "token").write_text("secret\nrest\n")
    cloud(endpoint.url, cloud_token_file=tmp_path / "token").answer("digits", windows(1))
    assert endpoint.tokens == {"Bearer secret"}


def test_cloud_token_is_read_again_and_one_that_cannot_be_is_a_reason(endpoint: Endpoint, tmp_path: Path) -> None:
    """A token is replaced under a running gateway; while there is none, that is no end of it."""
    token = tmp_path / "token"
    client = cloud(endpoint.url, cloud_token_file=token)
    with pytest.raises(EscalationError, match="cloud_token_file"):
        client.answer("digits", windows(1))
    for secret in ("old", "new"):
        token.write_text(secret)
        client.answer("digits", windows(1))
    assert endpoint.tokens == {"Bearer old", "Bearer new"}


def test_cloud_that_dribbles_is_given_up_at_its_deadline(endpoint: Endpoint) -> None:
    """A byte now and then keeps no question open: the deadline is of the whole answer."""
    now = [0.0]

    def late(asked: Mapping[str, Any]) -> Answer:
        now[0] += 6.0
        return brightest(asked)

    endpoint.script = late
    with pytest.raises(EscalationError, match="more than 5 s"):
        cloud(endpoint.url, now, cloud_attempts=1).answer("digits", windows(5))


def test_cloud_whose_url_is_none_is_a_reason() -> None:
    """What no client can dial is found when it is dialled, and ends nothing."""
    with pytest.raises(EscalationError, match="InvalidURL"):
        cloud("http://cloud:port").answer("digits", windows(1))


def test_cloud_that_is_not_there_is_a_reason() -> None:
    """A refused connection is one."""
    with Endpoint() as gone:
        url = gone.url
    with pytest.raises(EscalationError, match="ConnectError"):
        cloud(url).answer("digits", windows(1))
