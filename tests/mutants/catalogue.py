"""Bugs that this operator could have had: one replacement in its source each, and the unit tests that must catch it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

PACKAGE = PurePosixPath("operator/refit_operator")
MONITOR = ("tests/unit/monitor/test_decide.py",)
LOST = ("tests/unit/run/test_lost_record.py",)
ROLLBACK = ("tests/unit/monitor/test_rollback.py",)
HISTORY = ("tests/unit/monitor/test_history.py",)
STATUS = ("tests/unit/monitor/test_status.py",)
FORGED = ("tests/unit/monitor/test_forged.py",)
RUN = ("tests/unit/run/test_decide.py",)
DEADLINES = ("tests/unit/run/test_deadlines.py",)
JOB_VIEW = ("tests/unit/run/test_job_view.py",)
REPORTS = ("tests/unit/run/test_reports.py",)
NODES = ("tests/unit/run/test_claims.py", "tests/unit/run/test_lost_node.py")
STALL = ("tests/unit/run/test_stall.py",)
WATCH = ("tests/unit/run/test_verification.py",)
BLAME = ("tests/unit/run/test_blame.py",)
READERS = ("tests/unit/target/test_readers.py",)
GATE = ("tests/unit/run/test_gate.py",)
GATE_RESULT = ("tests/unit/run/test_gate_result.py",)
JOB = ("tests/unit/run/test_job.py",)
APART = ("tests/unit/run/test_judge_apart.py",)
OWNERSHIP = ("tests/unit/target/test_ownership.py",)
READING = ("tests/unit/prometheus/test_reading.py",)
PROMQL = ("tests/unit/prometheus/test_promql.py",)
NAMESPACES = ("tests/unit/prometheus/test_namespaces.py",)
HEADERS = ("tests/unit/prometheus/test_headers.py",)
QUEUE = ("tests/unit/controller/test_workqueue.py",)
SLOTS = ("tests/unit/controller/test_slots.py",)
WHOLENESS = ("tests/unit/prometheus/test_wholeness.py",)
WINDOW = ("tests/unit/prometheus/test_window.py",)
BREAKER = ("tests/unit/prometheus/test_breaker.py",)
BOARD = ("tests/unit/prometheus/test_mass_breach.py",)
COUNTED = ("tests/unit/monitor/test_counted.py",)
RESTART = ("tests/unit/controller/test_restart.py",)
REQUESTS = ("tests/unit/kubernetes_api/test_client.py",)
AUTHENTICATION = ("tests/unit/progress/test_authentication.py",)
LARGE = ("tests/unit/kubernetes_api/test_large.py",)


@dataclass(frozen=True)
class Mutant:
    """One bug: `old` is in the file exactly once, and `tests` fail where `new` stands in its place."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> PurePosixPath:
        """The file, from the root of the checkout."""
        return PACKAGE / self.file


ONCE = (
    Mutant(
        "a run's name is random",
        "monitor/rules/manifest.py",
        'hashlib.sha256(f"{monitor.metadata.uid}/{ordinal}".encode()).hexdigest()[:8]',
        '__import__("secrets").token_hex(4)',
        MONITOR,
    ),
    Mutant(
        "a run's name leaves the monitor's UID out",
        "monitor/rules/manifest.py",
        'f"{monitor.metadata.uid}/{ordinal}"',
        'f"{monitor.metadata.name}/{ordinal}"',
        MONITOR,
    ),
    Mutant(
        "the ordinal ignores status.attempts",
        "monitor/rules/decide.py",
        "1 + max((o.monitor.status.attempts, *(run.spec.ordinal for run in o.runs)))",
        "1 + max((0, *(run.spec.ordinal for run in o.runs)))",
        MONITOR,
    ),
    Mutant(
        "the ordinal trusts the status alone",
        "monitor/rules/decide.py",
        "1 + max((o.monitor.status.attempts, *(run.spec.ordinal for run in o.runs)))",
        "1 + o.monitor.status.attempts",
        MONITOR,
    ),
    Mutant(
        "a stranger's Job is adopted",
        "run/rules/checks/training.py",
        "if is_trained(o) or o.job.owner_uid == o.run.metadata.uid:",
        "if is_trained(o) or o.job.owner_uid:",
        RUN,
    ),
    Mutant(
        "a Job that was deleted is made again",
        "run/rules/checks/training.py",
        "o.job.state is not JobState.MISSING or o.run.status.job_ref != o.run.job_name",
        "True",
        RUN,
    ),
    Mutant(
        "a lost report is judged again and again",
        "run/rules/checks/training.py",
        "    if o.run.status.lost_report_time:\n        return finish(",
        "    if False:\n        return finish(",
        REPORTS,
    ),
    Mutant(
        "what a trainer says besides a report goes unheard",
        "run/rules/checks/training.py",
        "silent = text == MISSING and bool(o.run.spec.training.command)",
        "silent = bool(o.run.spec.training.command)",
        REPORTS,
    ),
    Mutant(
        "a sidecar's pod keeps its GPU after both reports",
        "run/rules/decide.py",
        "    record_lost,\n    end_job,\n",
        "    record_lost,\n",
        ("tests/unit/run/test_sidecar.py",),
    ),
    Mutant(
        "whichever container comes first says why the pod failed",
        "run/rules/views/failure.py",
        "sorted(states, key=lambda name: _rank(pod, name))",
        "states",
        ("tests/unit/run/test_failure.py",),
    ),
    Mutant(
        "a container's words are shown as they are",
        "run/rules/views/reports.py",
        'return clean(str(document["error"]))',
        'return str(document["error"])',
        ("tests/unit/run/test_words.py",),
    ),
    Mutant(
        "a container's names are shown as they are",
        "run/rules/views/reports.py",
        "Name = Annotated[str, AfterValidator(clean)]",
        "Name = Annotated[str, AfterValidator(str)]",
        ("tests/unit/run/test_words.py",),
    ),
    Mutant(
        "a metric's name in a report of progress is shown as it is",
        "progress/rules/payload.py",
        "(clean(metric.name), ",
        "(metric.name, ",
        ("tests/unit/progress/test_payload.py",),
    ),
    Mutant(
        "a user name out of a Secret is quoted",
        "prometheus/client.py",
        "(*named, *(auth or ()))",
        "named",
        ("tests/unit/prometheus/test_servers.py",),
    ),
    Mutant(
        "a volume is mounted at /x/../refit",
        "api/pod.py",
        'pattern=f"^(/{FOLDER})+/?$"',
        'pattern="^/[^:]+$"',
        ("tests/unit/api/test_pod.py",),
    ),
    Mutant(
        "a URI leads out of its claim",
        "api/uris.py",
        'FOLDERS = _path(without=r"@\\s%")',
        'FOLDERS = r"[^@\\s]*[^@\\s/]"',
        ("tests/unit/api/test_uris.py",),
    ),
    Mutant(
        "training and judge share /tmp",
        "run/rules/manifests/apart.py",
        'scratch = {"name": f"tmp-{name}", "mountPath": "/tmp"}',
        'scratch = {"name": "tmp-train", "mountPath": "/tmp"}',
        APART,
    ),
    Mutant(
        "the image that trains judges itself whatever the operator's setting says",
        "run/rules/manifests/pod.py",
        "run.spec.gate.image or image or run.spec.training.image",
        "run.spec.gate.image or run.spec.training.image",
        APART,
    ),
    Mutant(
        "a pod is the Job's by its labels",
        "kubernetes_api/client.py",
        'return [pod for pod in found if owner_of(pod) == meta["uid"]]',
        "return found",
        REQUESTS,
    ),
    Mutant(
        "the initial model is what its path holds now",
        "monitor/rules/decision.py",
        "return pin(initial, self.runs) if initial else None",
        "return Pointer(initial) if initial else None",
        ("tests/unit/monitor/test_pinned.py",),
    ),
    Mutant(
        "the judge's own Job trains as well",
        "run/rules/manifests/job.py",
        "pod = build_judging_pod(run, judge_image) if is_lost else build_pod(run, reporting, judge_image)",
        "pod = build_pod(run, reporting, judge_image)",
        REPORTS,
    ),
    Mutant(
        "with a queue, the operator suspends until the pod is gone, and Kueue resumes each time",
        "run/rules/checks/stall.py",
        "not (queue and o.job.pod_is_ending)",
        "True",
        STALL,
    ),
    Mutant(
        "silence that nobody could hear is a stall",
        "run/rules/checks/stall.py",
        "o.now - max(last.time, o.listening_since)",
        "o.now - last.time",
        STALL,
    ),
    Mutant(
        "another pod's word is this one's",
        "run/rules/checks/stall.py",
        "last.pod == o.job.pod and",
        "",
        STALL,
    ),
    Mutant(
        "403 isn't read as a name that may exist",
        "kubernetes_api/client.py",
        "if error.status not in (403, 409):",
        "if error.status != 409:",
        REQUESTS,
    ),
    Mutant(
        "403 is taken for a name that exists",
        "kubernetes_api/client.py",
        'if await self.read(kind, Ref(namespace, body["metadata"]["name"])) is None:',
        "if error.status == 404:",
        REQUESTS,
    ),
    Mutant(
        "a status is written whatever changed since",
        "kubernetes_api/client.py",
        '                "resourceVersion": meta.resource_version,\n',
        "",
        REQUESTS,
    ),
    Mutant(
        "a list from before the newest run is believed",
        "kubernetes_api/client.py",
        "self._newest.take(plural(kind), least,",
        "self._newest.take(plural(kind), 0,",
        REQUESTS,
    ),
    Mutant(
        "a target from before the promotion is believed",
        "kubernetes_api/client.py",
        "            self._newest.take(name, least, version)",
        "            self._newest.take(name, 0, version)",
        REQUESTS,
    ),
    Mutant(
        "an answer is held against what came in after it was asked for",
        "kubernetes_api/stale_reads.py",
        "if found < least and",
        "if found < self.of(key) and",
        ("tests/unit/kubernetes_api/test_stale_reads.py",),
    ),
    Mutant(
        "a clock that is wrong is believed",
        "kubernetes_api/clock.py",
        "if abs(self._ahead) > TOLERANCE:",
        "if False:",
        ("tests/unit/kubernetes_api/test_clock.py",),
    ),
    Mutant(
        "a pointer is written whatever changed since",
        "kubernetes_api/pointer.py",
        '("name", "namespace", "uid", "resourceVersion")',
        '("name", "namespace")',
        REQUESTS,
    ),
)

BREACH = (
    Mutant(
        "NaN is a breach",
        "prometheus/rules/window.py",
        "return sum(isinstance(reading, Value) and is_breach(",
        'return sum(type(reading).__name__ == "NotANumber" or isinstance(reading, Value) and is_breach(',
        WINDOW,
    ),
    Mutant(
        "NaN is a value",
        "prometheus/rules/reading.py",
        "        return NotANumber(time)\n    return Value(value, time)",
        "        return Value(value, time)\n    return Value(value, time)",
        READING,
    ),
    Mutant(
        "no data is a breach",
        "prometheus/rules/window.py",
        "return sum(isinstance(reading, Value) and is_breach(",
        'return sum(type(reading).__name__ == "NoData" or isinstance(reading, Value) and is_breach(',
        WINDOW,
    ),
    Mutant(
        "a run starts though the newest reading is no value",
        "monitor/rules/decide.py",
        "    if isinstance(o.newest, Value):\n        return None\n    return Hold(Reason.METRIC_UNAVAILABLE",
        "    if o.newest:\n        return None\n    return Hold(Reason.METRIC_UNAVAILABLE",
        MONITOR,
    ),
    Mutant(
        "readings of before the last run's end count",
        "monitor/rules/decision.py",
        "since = max(since, self.last_completion)",
        "pass",
        MONITOR,
    ),
    Mutant(
        "the cooldown runs from a run's start",
        "monitor/rules/decision.py",
        "return self.last_completion + self.monitor.spec.policy.cooldown if",
        "return self.runs[-1].metadata.creation_timestamp + self.monitor.spec.policy.cooldown if",
        MONITOR,
    ),
    Mutant(
        "another cause of the same reason is no news",
        "monitor/rules/status.py",
        "return is_due and (_has_moved(old.metric, new.metric) or _words(old) != _words(new))",
        "return is_due and _has_moved(old.metric, new.metric)",
        STATUS,
    ),
    Mutant(
        "words that change are written at each reading",
        "monitor/rules/status.py",
        "return is_due and (_has_moved(old.metric, new.metric) or _words(old) != _words(new))",
        "return (is_due and _has_moved(old.metric, new.metric)) or _words(old) != _words(new)",
        STATUS,
    ),
    Mutant(
        "recoverAt doesn't keep a breach",
        "monitor/rules/status.py",
        "and not metric.is_recovered_by(newest.value)",
        "and metric.is_breached_by(newest.value)",
        STATUS,
    ),
    Mutant(
        "the breaker ignores recoverAt",
        "monitor/rules/history.py",
        "o.monitor.spec.metric.is_recovered_by(r.value)",
        "not o.monitor.spec.metric.is_breached_by(r.value)",
        HISTORY,
    ),
    Mutant(
        "a mass breach holds nobody",
        "monitor/rules/limits.py",
        "    if mass is None:",
        "    if mass is None or mass.together:",
        MONITOR,
    ),
    Mutant(
        "breaches that began one after another are a mass breach",
        "prometheus/rules/mass_breach.py",
        "if 2 * together > len(own) else None",
        "if together else None",
        BOARD,
    ),
    Mutant(
        "one namespace's word holds another's runs",
        "prometheus/rules/mass_breach.py",
        "FEWEST_OTHERS = 2",
        "FEWEST_OTHERS = 1",
        BOARD,
    ),
    Mutant(
        "two namespaces hold others', however many don't agree",
        "prometheus/rules/mass_breach.py",
        "together < FEWEST_OTHERS or 2 * together <= others",
        "together < FEWEST_OTHERS",
        BOARD,
    ),
    Mutant(
        "others hold a namespace whose own monitors are well",
        "prometheus/rules/mass_breach.py",
        "len(fallen) - 1 if namespace in fallen else 0",
        "len(fallen - {namespace})",
        BOARD,
    ),
    Mutant(
        "monitors that don't count are counted",
        "prometheus/rules/mass_breach.py",
        "found.values() if monitor.counts]",
        "found.values()]",
        BOARD,
    ),
    Mutant(
        "a suspended monitor counts towards a mass breach",
        "monitor/rules/limits.py",
        "not o.monitor.spec.suspend and not any(",
        "not any(",
        COUNTED,
    ),
    Mutant(
        "a monitor that isn't Ready counts towards a mass breach",
        "monitor/rules/limits.py",
        "and not any(check(o) for check in READINESS)",
        "",
        COUNTED,
    ),
    Mutant(
        "an interval stretches the span without an end",
        "prometheus/rules/mass_breach.py",
        "return min(LONGEST_SPAN, max(monitor.interval for monitor in monitors))",
        "return max(monitor.interval for monitor in monitors)",
        BOARD,
    ),
    Mutant(
        "after a restart suspended monitors count",
        "controller/reconcile.py",
        " and not monitor.spec.suspend\n",
        "\n",
        RESTART,
    ),
    Mutant(
        "an answer from a part of the data is a value",
        "prometheus/rules/wholeness.py",
        "    if signs:",
        "    if not signs:",
        WHOLENESS,
    ),
    Mutant(
        "a warning of a server is taken for one of the query",
        "prometheus/rules/wholeness.py",
        "if not str(notice).startswith(_OF_THE_QUERY):",
        "if not notice:",
        WHOLENESS,
    ),
    Mutant(
        "a constant beside a metric is no fallback",
        "prometheus/rules/absence.py",
        "            if not _rests_on_series(side):",
        "            if side is None:",
        PROMQL,
    ),
    Mutant(
        "a panic of the query's parser goes up",
        "prometheus/rules/promql.py",
        "    except BaseException as error:",
        "    except Exception as error:",
        PROMQL,
    ),
    Mutant(
        "a query may have any number of operators",
        "prometheus/rules/tokens.py",
        "    if operators > MAX_OPERATORS:",
        "    if operators < 0:",
        PROMQL,
    ),
    Mutant(
        "the parser compiles a query's patterns",
        "prometheus/rules/promql.py",
        """return f'"{index}"' if token.matcher.endswith("~") else""",
        """return f'"{index}"' if token.matcher.endswith("x") else""",
        PROMQL,
    ),
    Mutant(
        "a refusal has a query's control characters in it",
        "prometheus/rules/tokens.py",
        "super().__init__(one_line(text))",
        "super().__init__(text)",
        PROMQL,
    ),
    Mutant(
        "a comment goes on past a carriage return",
        "prometheus/rules/tokens.py",
        r"\#[^\r\n]*(?=\r?\n|\Z)",
        r"\#[^\n]*",
        PROMQL,
    ),
    Mutant(
        "a string goes on for some servers, behind which they find other selectors",
        "prometheus/rules/tokens.py",
        r"`(?:\\[^`]|[^`\\])*`",
        "`[^`]*`",
        PROMQL,
    ),
    Mutant(
        "an offset of zero is passed on",
        "prometheus/rules/tokens.py",
        "(?=0*[1-9])",
        "",
        PROMQL,
    ),
    Mutant(
        "of an answer that is none every error is collected",
        "prometheus/rules/responses.py",
        "list[_Series], _Most, FailFast()",
        "list[_Series], _Most",
        ("tests/unit/prometheus/test_responses.py",),
    ),
    Mutant(
        "any number of empty series is read",
        "prometheus/rules/responses.py",
        "list[_Sample], _Most, FailFast()",
        "list[_Sample], FailFast()",
        ("tests/unit/prometheus/test_responses.py",),
    ),
    Mutant(
        "what Python alone takes for a number is a value",
        "prometheus/rules/responses.py",
        "    if not _NUMBER.fullmatch(text):",
        "    if not text:",
        ("tests/unit/prometheus/test_responses.py",),
    ),
    Mutant(
        "a server's words are quoted as they are",
        "prometheus/errors.py",
        "return one_line(_redact(text, secrets))",
        "return _redact(text, secrets)",
        WHOLENESS,
    ),
    Mutant(
        "a query reads series of every namespace",
        "prometheus/rules/namespaces.py",
        "        if (label, namespace) not in selector.equals:",
        "        if False:",
        NAMESPACES,
    ),
    Mutant(
        "only a selector that must find something is bound to its namespace",
        "prometheus/rules/namespaces.py",
        "    for selector in parse_query(query).selectors:",
        '    for selector in (s for s in parse_query(query).selectors if s.scope.need.name == "REQUIRED"):',
        NAMESPACES,
    ),
    Mutant(
        "a pattern binds a selector to its namespace",
        "prometheus/rules/selectors.py",
        "for m in expr.matchers.matchers if m.op == p.MatchOp.Equal)",
        "for m in expr.matchers.matchers)",
        NAMESPACES,
    ),
    Mutant(
        "info() reads series of every namespace",
        "prometheus/rules/namespaces.py",
        "    if _calls(query, _READS_MORE):",
        "    if False:",
        NAMESPACES,
    ),
    Mutant(
        "a query is bound to its namespace where it is looked at, and not where it is sent",
        "prometheus/reader.py",
        "QueryFailed(FailureKind.BadQuery, one_line(objection), now) if objection else filled",
        "filled",
        NAMESPACES,
    ),
    Mutant(
        "a tenant names another's server",
        "prometheus/rules/allowlist.py",
        "pattern.path.replace(NAMESPACE, namespace)",
        'pattern.path.replace(NAMESPACE, "*")',
        ("tests/unit/prometheus/test_allowlist.py",),
    ),
    Mutant(
        "every header is a monitor's to send",
        "prometheus/rules/headers.py",
        "        if not any(entry.allows(namespace, name, value) for entry in allowed):",
        "        if allowed and not any(entry.allows(namespace, name, value) for entry in allowed):",
        HEADERS,
    ),
    Mutant(
        "a header that one namespace may send is everybody's",
        "prometheus/rules/headers.py",
        "            fnmatchcase(namespace, self.namespaces)\n            and",
        "            self.namespaces\n            and",
        HEADERS,
    ),
    Mutant(
        "a namespace's tenant may be any",
        "prometheus/rules/headers.py",
        'self.value == "*" or',
        "self.value or",
        HEADERS,
    ),
    Mutant(
        "only the spelling that is allowed of a header's name is heeded",
        "prometheus/rules/headers.py",
        "name.lower() == self.name.lower()",
        "name == self.name",
        HEADERS,
    ),
    Mutant(
        "a panic in one reconciliation ends them all",
        "controller/workqueue.py",
        "        except BaseException as error:",
        "        except (Exception, asyncio.CancelledError) as error:",
        QUEUE,
    ),
    Mutant(
        "one namespace takes all slots",
        "controller/rules/slots.py",
        "if self._held[namespace] < self._free]",
        "if self._free]",
        SLOTS,
    ),
    Mutant(
        "who waited longest is next, however much its namespace holds",
        "controller/rules/slots.py",
        "(self._held[one], self._waiting[one][0])",
        "self._waiting[one][0]",
        SLOTS,
    ),
    Mutant(
        "the wait for a slot is no lateness",
        "controller/workqueue.py",
        "asyncio.get_running_loop().time() - self._due.pop(ref)",
        "self._due.pop(ref) * 0",
        QUEUE,
    ),
    Mutant(
        "a server that hangs is asked on and on",
        "prometheus/rules/breaker.py",
        "        if not breaker.is_open:",
        "        if breaker.timeouts >= 0:",
        BREAKER,
    ),
    Mutant(
        "all queries are sent once a pause is over",
        "prometheus/rules/breaker.py",
        "self._breakers[key] = replace(breaker, next_try=now + PAUSE)",
        "self._breakers[key] = breaker",
        BREAKER,
    ),
    Mutant(
        "an answer doesn't close the circuit breaker",
        "prometheus/rules/breaker.py",
        "self._breakers.pop(key, None)",
        "self._breakers.get(key, None)",
        BREAKER,
    ),
    Mutant(
        "one namespace's timeouts hold all others' queries",
        "prometheus/rules/breaker.py",
        "self._breakers.get(key, _Breaker())\n        if not",
        "next((one for other, one in self._breakers.items() if other[0] == key[0]), _Breaker())\n        if not",
        BREAKER,
    ),
    Mutant(
        "a query that the server gave up itself is no timeout",
        "prometheus/rules/breaker.py",
        "FailureKind.Timeout or waited >= SLOW)",
        "FailureKind.Timeout)",
        BREAKER,
    ),
    Mutant(
        "a reading is late by what the one before took",
        "monitor/reconcile.py",
        "wait = o.next_reading - now if",
        "wait = o.next_reading - o.now if",
        ("tests/unit/monitor/test_until_next.py",),
    ),
    Mutant(
        "a guard without a value holds",
        "monitor/rules/limits.py",
        '        return f"guard {guard.name}: {describe(reading)}"',
        '        return ""',
        MONITOR,
    ),
    Mutant(
        "the status says whether a person overruled us",
        "monitor/rules/decision.py",
        "self.target is not None and is_overruled(self.target.pointer, self.taken_pointer, self.runs)",
        'any(c.reason == "Overruled" for c in self.monitor.status.conditions)',
        (*MONITOR, *FORGED),
    ),
    Mutant(
        "the status can say that a run is under way",
        "monitor/rules/decide.py",
        'under way") if o.active_run else None',
        'under way") if o.active_run else o.monitor.status.active_run and Hold(Reason.RUN_ACTIVE, "")',
        FORGED,
    ),
    Mutant(
        "the status can say that the metric is well",
        "monitor/rules/decide.py",
        "    return None if o.is_breached and goes_on else",
        '    well = any(c.reason == "WithinThreshold" for c in o.monitor.status.conditions)\n'
        "    return None if o.is_breached and goes_on and not well else",
        FORGED,
    ),
    Mutant(
        "what held a breach ends, and a run starts on a good reading",
        "monitor/rules/decide.py",
        "o.is_breached and goes_on else",
        "o.is_breached else",
        MONITOR,
    ),
)

PROMOTION = (
    Mutant(
        "a missing judgement goes past the gate",
        "run/rules/checks/promotion.py",
        '        return finish(o, Outcome.FAILED, Reason.REPORT_LOST, "no judgement is recorded")',
        "        return None",
        RUN,
    ),
    Mutant(
        "a served model that wasn't judged is no obstacle",
        "run/rules/gate.py",
        "if case.has_served and case.served is None:",
        "if case.has_served and False:",
        GATE,
    ),
    Mutant(
        "rows that repeat an input are evidence",
        "run/rules/views/reports.py",
        "return self.rows if self.distinct is None else min(self.distinct, self.rows)",
        "return self.rows",
        GATE,
    ),
    Mutant(
        "the number of distinct inputs isn't recorded",
        "run/rules/views/results.py",
        '        "holdout_distinct": report.distinct,\n',
        "",
        GATE_RESULT,
    ),
    Mutant(
        "a served model judged by another metric is no obstacle",
        "run/rules/gate.py",
        "if case.has_served and case.served is None:",
        "if case.has_served and case.report.served is None:",
        GATE,
    ),
    Mutant(
        "a metric that nobody knows is better when higher",
        "run/rules/direction.py",
        'return Direction(known, "by the metric\'s name") if known else None',
        'return Direction(known or Better.HIGHER, "by the metric\'s name")',
        GATE,
    ),
    Mutant(
        "what the judge reports of the direction is forgotten",
        "run/rules/views/results.py",
        "{gate.metric: gate.direction} if gate and gate.direction else {}",
        "{}",
        ("tests/unit/run/test_gate_result.py",),
    ),
    Mutant(
        "weights that were taken back pass the gate",
        "run/rules/gate.py",
        "if case.report.candidate.digest not in case.rolled_back:",
        "if case.report.candidate.digest or case.rolled_back:",
        GATE,
    ),
    Mutant(
        "a run starts on a target at zero replicas",
        "monitor/rules/limits.py",
        'obstacle = obstacle_of(o.target.document) if o.target else ""',
        'obstacle = ""',
        MONITOR,
    ),
    Mutant(
        "a quota on the target's pods is no obstacle",
        "target/rules/rollout.py",
        "return _halt(deployment) or replica_failure(deployment)",
        "return _halt(deployment)",
        MONITOR,
    ),
    Mutant(
        "the cluster's reasons condemn the weights",
        "target/rules/ownership.py",
        "    if promoted is not None and promoted.reason == Reason.ROLLOUT_BLOCKED:",
        "    if promoted is None and run.is_rollback:",
        BLAME,
    ),
    Mutant(
        "weights that no controller rolled out are condemned",
        "run/rules/checks/promotion.py",
        "(is_unseen(target) or replica_failure(target))",
        "replica_failure(target)",
        BLAME,
    ),
    Mutant(
        "weights that crash beside a quota are not condemned",
        "run/rules/checks/promotion.py",
        "Reason.ROLLOUT_BLOCKED if known and not o.candidate_ran else",
        "Reason.ROLLOUT_BLOCKED if known else",
        BLAME,
    ),
    Mutant(
        "an init container reads no pointer",
        "target/rules/readers.py",
        '(*pod["containers"], *(pod.get("initContainers") or ()))',
        '(*pod["containers"],)',
        READERS,
    ),
    Mutant(
        "readers needn't see a claim at the same place",
        "target/rules/view.py",
        "if all(reader.agrees(path, place) for reader in self.readers)",
        "if any(reader.agrees(path, place) for reader in self.readers)",
        READERS,
    ),
    Mutant(
        "a new monitor is within although its only value is in breach",
        "monitor/rules/status.py",
        "    if not o.readings and metric.is_breached_by(newest.value) and",
        "    if not o.readings and not metric.is_breached_by(newest.value) and",
        STATUS,
    ),
    Mutant(
        "weights that were taken back are forgotten",
        "target/rules/ownership.py",
        "    return candidate.digest if decided and candidate else",
        "    return candidate.digest if not decided and candidate else",
        OWNERSHIP,
    ),
    Mutant(
        "what a rollback restores is recorded after the write",
        "run/rules/checks/promotion.py",
        'f"writing {name_pointer(change.new)}", pointer_change=change)\n    return Decision(status, requeue',
        'f"writing {name_pointer(change.new)}", pointer_change=change)\n'
        "    return Decision(status, actions=(WritePointer(change.new),), requeue",
        RUN,
    ),
    Mutant(
        "the pointer's write is asked for before its record",
        "run/rules/decide.py",
        "    record_change,\n    promotion_revoked,\n    write_pointer,\n",
        "    write_pointer,\n    record_change,\n    promotion_revoked,\n",
        RUN,
    ),
    Mutant(
        "a pointer that is there is written again",
        "run/rules/checks/promotion.py",
        "    if _live(o) == change.new:\n        return Decision(",
        "    if not _live(o):\n        return Decision(",
        RUN,
    ),
    Mutant(
        "every promotion is forced",
        "run/rules/checks/promotion.py",
        "WritePointer(change.new, o.may_force)",
        "WritePointer(change.new, True)",
        RUN,
    ),
    Mutant(
        "every apply is forced",
        "kubernetes_api/pointer.py",
        "force_conflicts=force,",
        "force_conflicts=True,",
        REQUESTS,
    ),
    Mutant(
        "a person's undo is overruled",
        "target/rules/ownership.py",
        "return expected is not None and live != expected and taken != handover(live, runs)",
        "return False",
        OWNERSHIP,
    ),
    Mutant(
        "a rollback that was blocked once is blamed again while the next run's pointer is in service",
        "monitor/rules/serving.py",
        "if o.last_run is None or (o.active_run and o.active_run.status.pointer_change):",
        "if o.last_run is None:",
        ("tests/unit/monitor/test_serving.py",),
    ),
    Mutant(
        "a person's undo of a rollout under way is overruled by the next run",
        "target/rules/ownership.py",
        "finished.reason in (Reason.OVERRULED, Reason.ROLLBACK_BLOCKED)",
        "finished.reason == Reason.ROLLBACK_BLOCKED",
        OWNERSHIP,
    ),
    Mutant(
        "a run's own promotion is taken for a person's word",
        "target/rules/ownership.py",
        "if any(run.status.pointer_change and not run.is_finished for run in runs):",
        "if any(run.status.pointer_change and run.is_active for run in ()):",
        OWNERSHIP,
    ),
    Mutant(
        "a pointer that another manager holds too counts as removed",
        "kubernetes_api/pointer.py",
        "    if live == pointer:",
        "    if live == pointer or not pointer:",
        REQUESTS,
    ),
    Mutant(
        "the deadline of the rollout before condemns a rollback",
        "run/rules/checks/promotion.py",
        "        case Halted(message):\n            return _rolled_back(",
        "        case Halted(message) | Failed(message):\n            return _rolled_back(",
        RUN,
    ),
    Mutant(
        "a target that no longer reads the pointer is verified on",
        "run/rules/checks/promotion.py",
        "    if target.reads_pointer and target.pointer in ours:",
        "    if target.pointer in ours:",
        RUN,
    ),
    Mutant(
        "a pointer that was taken off is written again once the run's record is lost",
        "run/rules/checks/promotion.py",
        "    if not o.was_written or o.run.status.pointer_change or",
        "    if o.run.status.result.checkpoint or",
        LOST,
    ),
    Mutant(
        "a run whose record was lost comes back to life beside a newer one",
        "run/rules/decide.py",
        "    if not o.is_newest:",
        "    if not o.run.spec.ordinal:",
        LOST,
    ),
    Mutant(
        "a rollback restores what the status says",
        "run/rules/checks/promotion.py",
        "WritePointer(o.run.spec.live_pointer),), requeue",
        "WritePointer(change.old),), requeue",
        LOST,
    ),
    Mutant(
        "a run that doesn't say when it ended needs no cooldown",
        "monitor/rules/decision.py",
        "run.status.completion_time or run.metadata.creation_timestamp for run in ended]",
        "run.status.completion_time for run in ended if run.status.completion_time]",
        MONITOR,
    ),
    Mutant(
        "a rollback that was answered is asked for again",
        "target/rules/request.py",
        "return None if asked and any(_put_back_after(asked, run) for run in runs) else asked",
        "return asked",
        ROLLBACK,
    ),
    Mutant(
        "a second rollback puts back what the first took away",
        "target/rules/ownership.py",
        "run = promoted_by(live, (run for run in runs if not run.is_rollback))",
        "run = promoted_by(live, runs)",
        (*ROLLBACK, *OWNERSHIP),
    ),
    Mutant(
        "what a person had taken back is promoted again",
        "target/rules/ownership.py",
        "if run.status.outcome is Outcome.RESTORED and change:",
        "if run.status.outcome is None and change:",
        OWNERSHIP,
    ),
    Mutant(
        "a person's undo during a run is overruled",
        "run/rules/checks/promotion.py",
        "    ours = {change.new} if _is_written(o) and not change.rollback_time else {change.new,",
        "    ours = {change.new,",
        RUN,
    ),
    Mutant(
        "the deadline counts the time in the queue",
        "run/rules/checks/deadlines.py",
        "clock_of(o).running_time(o.now) < deadline:",
        "o.now - (o.run.status.start_time or o.now) < deadline:",
        DEADLINES,
    ),
    Mutant(
        "time in the queue counts as pending",
        "run/rules/views/job.py",
        "            return Phase.QUEUED",
        "            return Phase.PENDING",
        JOB_VIEW,
    ),
    Mutant(
        "a container that can't start holds a finished run's GPU",
        "run/rules/views/job.py",
        'c["name"] != "judge" and "terminated" not in (c.get("state") or {})',
        'c["name"] != "judge" and "running" in (c.get("state") or {})',
        JOB_VIEW,
    ),
    Mutant(
        "a clock goes on over a turn",
        "api/run_clock.py",
        "RunClock(phase=phase, since=now, ran=",
        "RunClock(phase=phase, since=self.since, ran=",
        DEADLINES,
    ),
    Mutant(
        "claims with a node in common are apart",
        "run/rules/views/claims.py",
        "if not one.places[key] & other.places[key]:",
        "if one.places[key] != other.places[key]:",
        NODES,
    ),
    Mutant(
        "another pod's claims are the pod's",
        "run/rules/views/storage.py",
        "[claim for claim in claims if claim.name in claims_of_pod(pod)]",
        "list(claims)",
        NODES,
    ),
    Mutant(
        "a pod on a lost node runs",
        "run/rules/views/waiting.py",
        "if lost := lost_with_node(newest, around.nodes):",
        "if lost := None:",
        NODES,
    ),
    Mutant(
        "a Job that is suspended to end a stalled pod is queued",
        "run/rules/checks/deadlines.py",
        "return Phase.PENDING if is_ending_a_pod and",
        "return Phase.QUEUED if is_ending_a_pod and",
        DEADLINES,
    ),
    Mutant(
        "training mounts the holdout",
        "run/rules/manifests/pod.py",
        "return claims_of(run.spec.training.dataset.train, checkpoint_uri(run),",
        "return claims_of(run.spec.training.dataset.holdout, run.spec.training.dataset.train, checkpoint_uri(run),",
        JOB,
    ),
)

LARGE_OBJECTS = (
    Mutant(
        "a list ends with its first page",
        "kubernetes_api/client.py",
        "                if not rest:",
        "                if True:",
        LARGE,
    ),
    Mutant(
        "a list comes in one answer",
        "kubernetes_api/client.py",
        '"limit": PAGE}',
        '"limit": 0}',
        LARGE,
    ),
    Mutant(
        "a monitor is as large as it likes",
        "kubernetes_api/parsing.py",
        "    if size > MONITOR_BYTES:",
        "    if size < 0:",
        LARGE,
    ),
    Mutant(
        "a monitor that is nested too deeply ends the list",
        "controller/reconcile.py",
        "except (Permanent, ValueError):",
        "except ValueError:",
        LARGE,
    ),
)

WATCHING = (
    Mutant(
        "no data takes a checkpoint back",
        "run/rules/checks/verification.py",
        "    if count < breaches.count:",
        "    if count + sum(not isinstance(reading, Value) for reading in readings) < breaches.count:",
        RUN,
    ),
    Mutant(
        "the watch compares with the threshold",
        "run/rules/checks/verification.py",
        "return value - drop if o.run.spec.metric.below else value + drop",
        "return o.run.spec.metric.threshold",
        RUN,
    ),
    Mutant(
        "readings of the old model count",
        "run/rules/checks/verification.py",
        "return eligible(o.window, rolled_out + settle_of(o), o.query_range)",
        "return o.window",
        (*RUN, *WATCH),
    ),
    Mutant(
        "readings whose range began before the rollout count",
        "run/rules/checks/verification.py",
        "return eligible(o.window, rolled_out + settle_of(o), o.query_range)",
        "return eligible(o.window, rolled_out + settle_of(o), timedelta(0))",
        WATCH,
    ),
    Mutant(
        "settle is ignored",
        "run/rules/checks/verification.py",
        "rolled_out + settle_of(o), o.query_range",
        "rolled_out, o.query_range",
        WATCH,
    ),
    Mutant(
        "a settle that is set is ignored",
        "run/rules/checks/verification.py",
        "    if settle is not None:",
        "    if settle == o.query_range:",
        WATCH,
    ),
)

FLOODS = (
    Mutant(
        "tokens that can be no pod's are reviewed",
        "progress/authentication.py",
        "if not is_plausible(token, utc_now()):",
        "if not token:",
        AUTHENTICATION,
    ),
    Mutant(
        "one address may have every review",
        "progress/quota.py",
        "self._under_way[address] < MOST_OF_ONE_ADDRESS",
        "self._under_way[address] < MOST_AT_ONCE",
        AUTHENTICATION,
    ),
    Mutant(
        "refused tokens of an address aren't counted",
        "progress/quota.py",
        "self._refused[address] = (since, count + 1)",
        "self._refused[address] = (since, count)",
        AUTHENTICATION,
    ),
    Mutant(
        "newcomers take the only connection of an address",
        "progress/rules/shares.py",
        "held.get(newcomer, 0) + 1",
        "held.get(newcomer, 0)",
        ("tests/unit/progress/test_shares.py",),
    ),
    Mutant(
        "nobody gives way where all connections are taken",
        "progress/rules/shares.py",
        "return most if held",
        'return "" if held',
        ("tests/unit/progress/test_shares.py",),
    ),
)

MUTANTS = (*ONCE, *BREACH, *PROMOTION, *LARGE_OBJECTS, *WATCHING, *FLOODS)
