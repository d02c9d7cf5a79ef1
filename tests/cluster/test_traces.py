"""Traces of a run on the real node, sent by the operator as a process on this host."""

from tests.support.cluster.apart import Apart
from tests.support.cluster.objects import idle_target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, run_number, start
from tests.support.collector import Collector, collecting


def test_a_run_is_a_trace_that_its_log_lines_name_and_the_same_one_after_a_restart(apart: Apart) -> None:
    collector = Collector()
    with collecting(collector) as url:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with apart.operator(**variables) as operator:
            start(apart.space, idle_target(), mode="Approve")
            say(apart.space, active_run(apart.space, "AwaitingApproval"), approval="Rejected")
            assert finished(run_number(apart.space, 1)) == ("Rejected", "ApprovalRefused")
            _, spans = collector.next()
            assert [span.name for span in spans] == ["RetrainRun", "Queued", "Training", "AwaitingApproval"]
            assert operator.says(f'"CreateJob".*"trace_id": "{spans[0].trace_id.hex()}"')
        with apart.operator(**variables):
            _, again = collector.next()
    assert [span.span_id for span in again] == [span.span_id for span in spans]
