"""Floods of the operator at its shipped limits: its memory before and after, and what a neighbour notices.

`python -m benchmarks.operator_floods`, after `make cluster-up`; with names of floods behind it, those alone. The
operator is a process on this host with the rights of the installed one, on the real API server. It reconciles all
namespaces; the installed one leaves the two of the play alone. Prometheus servers that hang or answer too much are
stand-ins: no real one does.
"""

import asyncio
import http.client
import multiprocessing
import secrets
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.flooded import INTERVAL, Stage, prepare, staged
from tests.hostile.schema import deep
from tests.support.cluster.alone import left_alone, namespace
from tests.support.cluster.hosted import hosted_settings, reachable
from tests.support.cluster.installed import alone_with_the_operator
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import monitor
from tests.support.pods import make_token
from tests.support.prometheus.fakes import Script, answer, serve, silent

Flood = Callable[[Stage], str]
SECONDS = 20.0
TIMES = "\N{MULTIPLICATION SIGN}"
CLIENTS = 8
EMPTY = b'{"status": "success", "data": {"resultType": "matrix", "result": [%s]}}'


def hanging(stage: Stage) -> str:
    """200 monitors of one namespace on a Prometheus server that never answers, for a minute."""
    return on_server(stage, silent, 200, 60)


def large_answers(stage: Stage) -> str:
    """16 monitors on a server that answers 4 MiB of empty lists."""
    return on_server(stage, answer("200 OK", filled(b"[]", 4 * 2**20)), 16)


def allowed_answers(stage: Stage) -> str:
    """16 monitors on a server whose answers of empty lists have just under the 512 KiB that are read."""
    return on_server(stage, answer("200 OK", filled(b"[]", 2**19 - 1024)), 16)


def empty_series(stage: Stage) -> str:
    """16 monitors on a server whose answers of empty series have just under the 512 KiB that are read."""
    return on_server(stage, answer("200 OK", filled(b"{}", 2**19 - 1024)), 16)


def filled(item: bytes, size: int) -> bytes:
    """Return an answer of so many bytes, which take twenty times as much once parsed."""
    return EMPTY % (b",".join([item] * (size // 3)))


def on_server(stage: Stage, behaviour: Script, count: int, seconds: float = SECONDS) -> str:
    """Have monitors read a metric every second from a server of that behaviour."""
    with serve(behaviour) as address:
        stage.create([observing(n, prometheus={"serverAddress": address}) for n in range(count)])
        time.sleep(seconds)
        return words(stage.reasons("MetricAvailable"))


def observing(number: int, query: str = "vector(0.9)", **spec: Any) -> Document:
    """A monitor that reads a metric every second."""
    return monitor(f"m{number}", mode="Observe", metric={"query": query, "interval": "1s"}, **spec)


def large_monitors(stage: Stage) -> str:
    """40 monitors of nearly 64 KiB, the largest that are taken, read every second."""
    return large(stage, 960)


def huge_monitors(stage: Stage) -> str:
    """40 monitors of 1 MB."""
    return large(stage, 16_000)


def large(stage: Stage, characters: int) -> str:
    """Create monitors of 64 long values."""
    env = [{"name": f"V{n}", "value": "x" * characters} for n in range(32)]
    training = {"args": ["x" * characters] * 32, "podTemplate": {"env": env}}
    statuses = stage.create([observing(n, training=training) for n in range(40)])
    time.sleep(SECONDS)
    return f"{words(statuses)}; {words(stage.reasons('MetricAvailable')) or 'none is stored'}"


def slow_queries(stage: Stage) -> str:
    """20 monitors with ten queries each, all different, as slow to parse as any of 1,024 characters."""
    stage.create([slow(n) for n in range(20)])
    time.sleep(SECONDS)
    return words(stage.reasons("MetricAvailable"))


def slow(number: int) -> Document:
    """A monitor whose every query adds 65 times what has a regular expression."""
    queries = ["+".join([f"x{{a=~'{number}.{n}.*'}}"] * 65) for n in range(10)]
    made = observing(number, queries[0])
    made["spec"]["metric"]["minSamples"] = {"query": queries[1], "count": 1}
    made["spec"]["guards"] = [{"name": f"g{n}", "query": query, "atLeast": 0} for n, query in enumerate(queries[2:])]
    return made


def panic(stage: Stage) -> str:
    """`rate(x[1e400])`, and affinity 480 levels deep, by a client that asks for validation and by one that doesn't."""
    parsed = stage.create([observing(0, "rate(x[1e400])")])
    affinity = [observing(1, training={"podTemplate": {"affinity": deep(480)}})]
    nested, ignored = stage.create(affinity), stage.create(affinity, "Ignore")
    time.sleep(SECONDS / 2)
    told = words(stage.reasons("Ready"))
    return f"query {words(parsed)}, affinity {words(nested)}, without validation {words(ignored)}; Ready: {told}"


def half_open(stage: Stage) -> str:
    """1,600 half-open TLS connections from 40 addresses to the progress endpoint."""
    return apart(open_halves, stage.progress_port, False)


def half_open_again(stage: Stage) -> str:
    """The same, each opened again as soon as it is closed, for 20 s."""
    return apart(open_halves, stage.progress_port, True)


def random_tokens(stage: Stage) -> str:
    """Random tokens, as fast as a client of 8 connections sends them for 20 s."""
    return apart(send_tokens, stage.progress_port, False)


def unknown_tokens(stage: Stage) -> str:
    """Well-formed tokens that nobody knows, likewise."""
    return apart(send_tokens, stage.progress_port, True)


def apart(act: Callable[[int, bool], Counter[str]], port: int, variant: bool) -> str:
    """Act in a process of its own, beside the neighbour's."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return words(process.submit(act, port, variant).result())


def open_halves(port: int, again: bool) -> Counter[str]:
    """Begin with TLS on many connections and say no more; return what became of them."""
    found, ends = Counter[str](), time.monotonic() + SECONDS

    async def hold(address: str) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
                writer.write(b"\x16\x03\x01\x02\x00")
                await asyncio.wait_for(reader.read(), SECONDS)
                writer.close()
            except OSError:
                pass
            found["closed at once" if time.monotonic() - began < 4 else "closed after 5 s"] += 1
            if not again:
                return

    async def hold_all() -> None:
        await asyncio.gather(*(hold(f"127.0.{1 + n % 40}.1") for n in range(1600)))

    asyncio.run(hold_all())
    return found


def send_tokens(port: int, well_formed: bool) -> Counter[str]:
    """Report with token after token; return how many answers had which status, or no answer."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    ends = time.monotonic() + SECONDS

    def send(_: int) -> Counter[str]:
        found = Counter[str]()
        while time.monotonic() < ends:
            token = make_token(secrets.token_hex()) if well_formed else secrets.token_urlsafe(600)
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trust)
            try:
                connection.request("POST", "/", b"{}", {"Authorization": f"Bearer {token}"})
                found[str(connection.getresponse().status)] += 1
            except (OSError, http.client.HTTPException):
                found["no answer"] += 1
            connection.close()
        return found

    with ThreadPoolExecutor(CLIENTS) as clients:
        return sum(clients.map(send, range(CLIENTS)), Counter[str]())


def words(counted: Counter[str]) -> str:
    """Return the counts as the table has them."""
    return ", ".join(f"{count:,} {TIMES} {what}" for what, count in counted.most_common())


def play(stage: Stage, flood: Flood) -> str:
    """Return a row of the table."""
    before, began, clock = stage.memory("VmRSS"), time.monotonic(), time.time()
    with stage.noticed() as noticed:
        became = flood(stage)
        seconds = time.monotonic() - began
    late, reports = noticed.late.values(), stage.reports(clock)
    alive = "" if stage.operator.process.poll() is None else "THE OPERATOR ENDED; "
    memory = f"{before} → {stage.memory('VmRSS')}, peak {stage.memory('VmHWM')}"
    readings = f"{len(late)} of {seconds / INTERVAL:.0f}, at most {max([0.0, *late]):.1f} s late"
    told = words(Counter(str(status) for status, _ in reports))
    slowest = max((took for _, took in reports), default=0)
    cells = [str(flood.__doc__).rstrip("."), f"{alive}{became}, in {seconds:.0f} s", memory, readings]
    cells += [f"{told}, at most {slowest:.2f} s", f"at most {max(noticed.probe):.2f} s"]
    return f"| {' | '.join(cells)} |"


HEAD = """\
| flood | what becomes of it | MiB | neighbour's readings | neighbour's reports | probe |
|---|---|---|---|---|---|"""
FLOODS: tuple[Flood, ...] = (
    hanging,
    large_monitors,
    huge_monitors,
    slow_queries,
    large_answers,
    allowed_answers,
    empty_series,
    half_open,
    half_open_again,
    random_tokens,
    unknown_tokens,
    panic,
)


def play_all(flooding: Space, neighbour: Space, folder: Path, floods: list[Flood]) -> None:
    """Print the table, a fresh operator for each row."""
    everywhere = {"REFIT_NAMESPACE": "", "REFIT_PROMETHEUS_ALLOWED": "http://localhost:*"}
    settings = hosted_settings(folder) | reachable(neighbour) | everywhere
    prepare(neighbour)
    print(HEAD)
    for flood in floods:
        with staged(flooding, neighbour, folder / f"{flood.__name__}.log", settings) as stage:
            print(play(stage, flood), flush=True)


def main() -> None:
    """Play the floods that are named, or all."""
    named = set(sys.argv[1:])
    floods = [flood for flood in FLOODS if not named or flood.__name__ in named]
    folder = Path(tempfile.mkdtemp())
    print(f"The operator's logs are in {folder}.", file=sys.stderr)
    with (
        alone_with_the_operator(),
        left_alone(),
        namespace("floods") as flooding,
        namespace("neighbour") as neighbour,
    ):
        play_all(flooding, neighbour, folder, floods)


if __name__ == "__main__":
    main()
