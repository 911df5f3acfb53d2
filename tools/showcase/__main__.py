"""The demo: a site of three nodes on this machine, and a last line that says whether anything was lost."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.showcase.account import account, read_count
from tools.showcase.nodes import CONFIGS, write_configs
from tools.showcase.site import SITE, Site, SiteError
from tools.showcase.view import View, words
from tools.showcase.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.showcase.account import Account, NodeCount

TOPICS: Final = f"torpor/1/{SITE}/_/#"
LOOK_EVERY_S: Final = 0.5
DRAIN_S: Final = 20.0
QUIET_S: Final = 1.0
"""After so long without a message, the subscriber has everything."""


class Demo:
    """One run, from the first process to the last line."""

    def __init__(self, folder: Path, ended: threading.Event) -> None:
        """Start nothing yet.

        Args:
            folder: takes everything that is written.
            ended: set when somebody wants an end.
        """
        self._folder = folder
        self._ended = ended
        self._start_s = time.monotonic()
        self._witness = Witness(TOPICS)
        self._site = Site(folder, threading.Event().wait)
        self._complaints: list[str] = []

    def run(self, seconds: float | None) -> Account:
        """Start everything, watch for `seconds` or until asked to end, end everything in order.

        Raises:
            SiteError: something did not come up, or crashed; nothing is left running all the same.
        """
        try:
            self._open()
            self._watch(seconds)
            return self._close()
        finally:
            self._witness.close()
            self._site.kill()

    @property
    def complaints(self) -> Sequence[str]:
        """What did not go in order."""
        return self._complaints

    def _open(self) -> None:
        site = self._site
        site.start_broker()
        self._witness.listen(site.port)
        site.start_gateway(lambda: self._witness.messages > 0)
        for name, config in write_configs(self._folder, SITE, site.port).items():
            site.start_node(name, config)
        print(_where_to_look(self._folder, site.port), flush=True)

    def _watch(self, seconds: float | None) -> None:
        start_s = time.monotonic()
        with View() as view:
            while not self._ended.wait(LOOK_EVERY_S):
                now_s = time.monotonic() - start_s
                view.show(now_s, self._counts(), self._latest(), self._witness.messages)
                if crashed := self._site.crashed():
                    raise SiteError("\n".join(crashed))
                if seconds is not None and now_s >= seconds:
                    break

    def _close(self) -> Account:
        print("ending: the nodes flush and say goodbye, then the gateway, then the broker", flush=True)
        self._complaints += self._site.end_nodes()
        counts = list(self._counts().values())
        stored = self._drained(sum(each.records_committed for each in counts))
        self._settle()
        seen = self._witness.messages
        self._complaints += self._site.end_servers()
        return account(counts, stored, seen=seen, wall_s=time.monotonic() - self._start_s)

    def _drained(self, committed: int) -> Mapping[str, object]:
        """Wait until the gateway has stored what the nodes committed, or for as long as is reasonable."""
        until_s = time.monotonic() + DRAIN_S
        while True:
            stored = self._site.status()
            if stored["records_stored"] == committed or time.monotonic() >= until_s:
                return stored
            threading.Event().wait(0.2)

    def _settle(self) -> None:
        """Wait until nothing has been published for a moment, or for as long as is reasonable."""
        until_s = time.monotonic() + DRAIN_S
        before = -1
        while before != self._witness.messages and time.monotonic() < until_s:
            before = self._witness.messages
            threading.Event().wait(QUIET_S)

    def _counts(self) -> Mapping[str, NodeCount]:
        return {name: read_count(self._folder / name / "state" / "health.json") for name in CONFIGS}

    def _latest(self) -> Mapping[str, str]:
        answers = ((str(said.get("node", "")), words(said)) for said in list(self._witness.latest.values()))
        return {node: answer for node, answer in answers if answer}


def _where_to_look(folder: Path, port: int) -> str:
    return f"""
A broker, a gateway and three nodes run on this machine: {", ".join(CONFIGS)}.

    what they say     mosquitto_sub -h 127.0.0.1 -p {port} -v -t 'torpor/1/{SITE}/_/+/results/+'
    every topic       mosquitto_sub -h 127.0.0.1 -p {port} -F '%t %l bytes' -t '{TOPICS}'
    on the air        mosquitto_sub -h 127.0.0.1 -p {port} -F '%t %l bytes' -t 'torpor/1/{SITE}/+/#'
    their files       {folder} (configurations, logs, the gateway's database)

Ctrl-C ends it.
"""


def main() -> int:
    """Run the demo.

    Returns:
        0 where nothing was lost and everything ended in order, else 1.
    """
    parser = argparse.ArgumentParser(prog="tools/demo", description=__doc__)
    parser.add_argument(
        "--seconds", type=_seconds, metavar="N", help="end by itself after so long; without it, Ctrl-C ends it"
    )
    parser.add_argument(
        "--keep", type=_new_folder, metavar="FOLDER", help="keep all files in this folder, which must not exist yet"
    )
    options = parser.parse_args()
    folder = _folder(options.keep)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: ended.set())
    demo = Demo(folder, ended)
    try:
        result = demo.run(options.seconds)
    except SiteError as error:
        print(f"{error}\nEverything was ended; the files are in {folder}", file=sys.stderr)
        return 1
    complaints = [*demo.complaints, *([f"{result.lost} records were lost"] if result.lost else [])]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print(f"the files are in {folder}", file=sys.stderr)
    elif options.keep is None:
        shutil.rmtree(folder)
    print(result.line(), flush=True)
    return 1 if complaints else 0


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="torpor-demo-"))
    return keep.resolve()


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0.0 < float(text) < threading.TIMEOUT_MAX:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")


def _new_folder(text: str) -> Path:
    """Make the folder at once: what cannot be made is a wrong argument."""
    try:
        Path(text).mkdir(parents=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot make {text}: {error.strerror}") from error
    return Path(text)


if __name__ == "__main__":
    sys.exit(main())
