"""The dialer: from a name to a connection that the broker accepted, within a deadline, and not too often."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from node.errors import ConfigError, LinkError, Problem
from node.lazy import lazy
from node.transmit.backoff import Backoff

if TYPE_CHECKING:
    import socket

    from node.hal import Clock
    from node.transmit import link as links
    from node.transmit.broker import Params, Who
    from node.transmit.tally import Tally
    from node.transmit.tls import Context
    from node.transmit.waker import Waker
else:
    links = lazy("node.transmit.link")  # and with it paho: only once something is to be sent
    socket = lazy("socket")


class Dialer:
    """Makes links, one at a time. After a failure it waits for its turn, and says how long."""

    def __init__(self, params: Params, who: Who, clock: Clock, tally: Tally) -> None:
        """Take what is needed; nothing is dialled yet."""
        self._tally = tally
        self._params = params
        self._who = who
        self._clock = clock
        self._backoff = Backoff(params.retry_first_s, params.retry_most_s, random.Random(who.boot_id))  # noqa: S311 - jitter
        self._failures = 0
        self._reason = ""
        self._retry_at_s = -math.inf
        self._address = ""

    def dial(self, budget_s: float, listener: links.Listener, waker: Waker) -> links.Link:
        """Connect.

        Args:
            budget_s: longest time for it.
            listener: told what happens on the link.
            waker: for the waits.

        Raises:
            LinkError: not within the budget, or refused, or too soon after the last failure.
            ConfigError: a certificate, key or password file cannot be used.
        """
        now_s = self._clock.monotonic_s()
        if now_s < self._retry_at_s:
            pause = f"next attempt in {self._retry_at_s - now_s:.1f} s, after {self._failures} failures"
            raise LinkError(f"{self._reason}; {pause}")
        try:
            link = self._reach(now_s + budget_s, listener, waker)
        except LinkError as error:
            self.failed(str(error))
            raise
        self._failures = 0
        return link

    def failed(self, reason: str) -> None:
        """Put the next attempt off: a fleet that lost its broker in one second must not come back in one second.

        Args:
            reason: told to whoever asks before then.
        """
        self._reason = reason
        self._failures += 1
        self._retry_at_s = self._backoff.next_attempt(self._clock.monotonic_s(), self._failures)

    def _reach(self, deadline_s: float, listener: links.Listener, waker: Waker) -> links.Link:
        """Try the broker's addresses in turn."""
        reason = "no time is left"
        for address in self._addresses():
            if self._clock.monotonic_s() >= deadline_s:
                break
            link = links.Link(self._params, self._who, listener, self._will(), self._tally)
            start_s = self._clock.monotonic_s()
            try:
                self._open(link, address, deadline_s, waker)
            except LinkError as error:
                reason = str(error)
                continue
            finally:
                self._tally.waited_s += self._clock.monotonic_s() - start_s
            self._address = address
            return link
        self._address = ""
        raise LinkError(f"cannot connect to {self._params.host}:{self._params.port}: {reason}")

    def _open(self, link: links.Link, address: str, deadline_s: float, waker: Waker) -> None:
        """Connect to one address and wait for the broker's yes."""
        context, password = self._context(), self._password()
        now_s = self._clock.monotonic_s()
        timeout_s = max(0.001, min(deadline_s - now_s, self._params.connect_timeout_s))
        # TCP and the TLS handshake may each take the timeout, so with TLS each gets half.
        link.open(address, context, password, timeout_s / 2.0 if context else timeout_s)
        until_s = min(deadline_s, self._clock.monotonic_s() + self._params.connect_timeout_s)
        while not link.accepted:
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0.0:
                link.drop()
                raise LinkError(f"{address} took the connection and says nothing")
            try:
                link.turn(left_s, waker)
            except LinkError as error:
                if context is None:
                    raise
                raise LinkError(f"{error}; it hung up without a word: is the certificate revoked, or over?") from error

    def _addresses(self) -> list[str]:
        """Return numeric addresses of the broker, the one that worked last alone."""
        if self._address:
            return [self._address]
        try:
            found = socket.getaddrinfo(self._params.host, self._params.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise LinkError(f"no address for {self._params.host}: {error}; is the network up?") from error
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    def _context(self) -> Context | None:
        if not self._params.tls:
            return None
        from node.transmit import tls

        params = self._params
        return tls.context(
            ca=params.ca, cert=params.cert, key=params.key, server_name=params.server_name or params.host
        )

    def _password(self) -> str | None:
        path = self._params.password_file
        if path is None:
            return None
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise ConfigError([Problem("mqtt.password_file", f"{path}: {error.strerror}")]) from error

    def _will(self) -> bytes:
        from node.wire import codec
        from node.wire.messages import Presence, State

        return codec.encode(
            Presence(state=State.LOST, boot_id=self._who.boot_id, time_ms=max(0, self._clock.wall_ms()))
        )
