"""Cloud: a larger model behind the Open Inference Protocol, version 2: Triton, KServe, Seldon, OpenVINO, MLServer.

A question is asked again where the network or the server failed, at most so often and within one deadline for all of
it; who fails question after question is left alone for a while, by the breaker. Nothing in an answer is believed: its
size, its shape and its numbers are judged before they are used.

The model is named as the stream is. Its first input is given the windows; of its outputs, one that is called `label`
(with `confidence` beside it) is taken at its word, else the first is probabilities, in the order of `cloud_labels`.

Source: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md: `GET v2/models/NAME`,
`POST v2/models/NAME/infer`, tensors flat or nested, row by row.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
import tenacity

from gateway.errors import EscalationError
from gateway.escalate.breaker import Breaker
from gateway.escalate.window import Said, judged

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from gateway.config import Escalate

T = TypeVar("T")
log = logging.getLogger(__name__)

MOST_BYTES: Final = 1 << 22
"""Of an answer: a thousand classes for each of a hundred windows, written out, are half of it."""
AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers that may be others a moment later."""
NUMBERS: Final[Mapping[str, type[np.generic]]] = {
    "FP32": np.float32, "FP64": np.float64, "UINT8": np.uint8, "INT8": np.int8, "INT16": np.int16, "INT32": np.int32,
}  # fmt: skip


class _AgainError(Exception):
    """A failure that may be none a moment later."""


class Cloud:
    """Asks an endpoint; used by one thread.

    Args:
        params: where it is, and how patient to be.
        clock: monotonic seconds, for the breaker.
        stopping: set when nobody waits for answers any more.
    """

    def __init__(self, params: Escalate, clock: Callable[[], float], stopping: threading.Event) -> None:
        self._params = params
        self._clock = clock
        self._stopping = stopping
        self._inputs: dict[str, Mapping[str, Any]] = {}
        self.breaker = Breaker(most_failures=params.breaker_failures, pause_s=params.breaker_pause_s)
        self._client = httpx.Client(timeout=params.cloud_timeout_s)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def answer(self, stream: str, windows: npt.NDArray[np.float32]) -> tuple[str, list[Said]]:
        """Ask about some windows of one stream.

        Args:
            stream: names the model.
            windows: (windows, ...) float32.

        Returns:
            The model, as the endpoint calls it, and what it says of each window.

        Raises:
            EscalationError: nobody answered, or not what the protocol says; or the breaker is open.
        """
        self.breaker, allowed = self.breaker.asked(self._clock())
        if not allowed:
            raise EscalationError("the cloud failed lately and is left alone for a while")
        try:
            found = self._patiently(lambda: self._asked(stream, windows))
        except Exception:  # of whatever kind: a breaker that is not told would wait for this answer for ever
            before, self.breaker = self.breaker, self.breaker.failed(self._clock())
            if self.breaker.opened > before.opened:
                log.warning("the cloud is left alone for a while: %d failures in a row", self.breaker.failures)
            self._inputs.pop(stream, None)  # a model may have been replaced by one with another input
            raise
        self.breaker = self.breaker.succeeded()
        return found

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask, and ask again while that may help, within the deadline."""
        params = self._params
        again = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(params.cloud_attempts)
            | tenacity.stop_before_delay(params.cloud_timeout_s)
            | tenacity.stop_when_event_set(self._stopping),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=2.0),
            retry=tenacity.retry_if_exception_type(_AgainError),
            sleep=tenacity.sleep_using_event(self._stopping),
            reraise=True,
        )
        try:
            return again(ask)
        except _AgainError as error:
            raise EscalationError(f"the cloud: {error}") from error

    def _asked(self, stream: str, windows: npt.NDArray[np.float32]) -> tuple[str, list[Said]]:
        wanted = self._inputs.get(stream)
        if wanted is None:
            wanted = self._inputs[stream] = _input(self._json("GET", f"v2/models/{stream}", None))
        block = _fitted(windows, wanted)
        tensor = {
            "name": wanted["name"],
            "shape": list(block.shape),
            "datatype": wanted["datatype"],
            "data": block.reshape(-1).tolist(),
        }
        told = self._json("POST", f"v2/models/{stream}/infer", {"inputs": [tensor]})
        name, version = told.get("model_name"), told.get("model_version") or "0"
        model = f"{name if isinstance(name, str) else stream}@{version}"[:128]
        return model, _said(told, len(windows), self._params.cloud_labels)

    def _authorization(self) -> dict[str, str]:
        """Read the token, for each question anew: it may be replaced while the gateway runs."""
        path = self._params.cloud_token_file
        if path is None:
            return {}
        try:
            token = path.read_text("ascii").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise EscalationError(f"{path} cannot be read (escalate.cloud_token_file): {error}") from error
        return {"Authorization": f"Bearer {token}"}

    def _json(self, method: str, path: str, body: object) -> Mapping[str, Any]:
        """Exchange one message, bounded in bytes and in time: httpx's own timeout begins anew with each piece."""
        url = f"{self._params.cloud_url.rstrip('/')}/{path}"
        ends_s = self._clock() + self._params.cloud_timeout_s
        gathered = bytearray()
        try:
            with self._client.stream(method, url, json=body, headers=self._authorization()) as response:
                for piece in response.iter_bytes():
                    gathered += piece
                    if self._clock() > ends_s:
                        raise _AgainError(f"its answer took more than {self._params.cloud_timeout_s:g} s")
                    if len(gathered) > MOST_BYTES:
                        raise EscalationError(f"the cloud answers more than {MOST_BYTES} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _AgainError(f"{type(error).__name__}: {error}") from error
        if response.status_code != httpx.codes.OK:
            told = f"HTTP {response.status_code} for {path}: {bytes(gathered[:120]).decode(errors='replace')}"
            raise _AgainError(told) if response.status_code in AGAIN else EscalationError(f"the cloud: {told}")
        try:
            found = json.loads(gathered)
        except (ValueError, RecursionError) as error:
            raise EscalationError(f"the cloud answers no JSON to {path}") from error
        if not isinstance(found, Mapping):
            raise EscalationError(f"the cloud answers no object to {path}")
        return found


def _input(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the first input of a model's metadata: name, shape, datatype.

    Raises:
        EscalationError: there is none that a window can be.
    """
    inputs = metadata.get("inputs")
    first = inputs[0] if isinstance(inputs, list) and inputs and isinstance(inputs[0], Mapping) else {}
    shape = first.get("shape")
    if not (isinstance(first.get("name"), str) and isinstance(shape, list) and shape):
        raise EscalationError("the cloud's model names no input with a shape")
    if not all(type(each) is int for each in shape):
        raise EscalationError(f"the cloud's model takes {shape!r}, which is no shape")
    if first.get("datatype") not in NUMBERS:
        raise EscalationError(f"the cloud's model takes {first.get('datatype')!r}; windows are {', '.join(NUMBERS)}")
    return first


def _fitted(windows: npt.NDArray[np.float32], wanted: Mapping[str, Any]) -> npt.NDArray[Any]:
    inner, dtype = wanted["shape"][1:], NUMBERS[wanted["datatype"]]
    if all(each > 0 for each in inner):
        if math.prod(inner) != windows[0].size:
            raise EscalationError(f"the cloud's model takes {inner}, and windows are {windows.shape[1:]}")
        windows = windows.reshape(len(windows), *inner)
    if issubclass(dtype, np.integer):
        limits = np.iinfo(dtype)
        return np.clip(np.rint(windows), limits.min, limits.max).astype(dtype)
    return windows.astype(dtype)


def _said(told: Mapping[str, Any], count: int, labels: tuple[str, ...]) -> list[Said]:
    """Return what an answer says of each window.

    Raises:
        EscalationError: not what was asked for.
    """
    outputs = told.get("outputs")
    found = [each for each in outputs if isinstance(each, Mapping)] if isinstance(outputs, list) else []
    named = {str(each.get("name")): each for each in found}
    if not named:
        raise EscalationError("the cloud answers without outputs")
    try:
        if "label" in named:
            return _words(named, count)
        (first, *_) = named.values()
        output = np.asarray(first.get("data"), np.float32).reshape(count, -1)
        return judged(output, labels, 1.0, logits=bool((output < 0).any() or (output > 1.001).any()))
    except (TypeError, ValueError, OverflowError) as error:
        raise EscalationError(f"the cloud answers what cannot be read: {error}") from error


def _words(named: Mapping[str, Mapping[str, Any]], count: int) -> list[Said]:
    words = named["label"].get("data")
    sure = np.asarray(named.get("confidence", {}).get("data", [1.0] * count), np.float64).reshape(count)
    if not isinstance(words, list) or len(words) != count or not all(isinstance(each, str) for each in words):
        raise ValueError(f"labels are {count} words")
    if not ((sure >= 0.0) & (sure <= 1.0)).all():
        raise ValueError("confidence is from 0 to 1")
    return [
        Said(label=word[:96], confidence=round(each, 4), margin=0.0)
        for word, each in zip(words, sure.tolist(), strict=True)
    ]
