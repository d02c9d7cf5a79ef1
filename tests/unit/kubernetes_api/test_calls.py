"""How a request to the API server is counted: by words of which there are few."""

import pytest

from refit_operator.kubernetes_api.calls import verb_and_resource

RUNS = "/apis/refit.dev/v1alpha1/namespaces/shop/retrainruns"


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("GET", "/api/v1/namespaces/shop/pods", ("list", "pods")),
        ("GET", "/api/v1/namespaces/shop/pods/reviews-1/log", ("get", "pods/log")),
        ("GET", "/api/v1/namespaces/shop/pods/reviews-1/proxy/v1/model", ("get", "pods/proxy")),
        ("GET", "/api/v1/namespaces/shop", ("get", "namespaces")),
        ("GET", "/api/v1/namespaces", ("list", "namespaces")),
        ("GET", "/apis/refit.dev/v1alpha1/modelmonitors", ("list", "modelmonitors")),
        ("POST", RUNS, ("create", "retrainruns")),
        ("PATCH", f"{RUNS}/reviews-1/status", ("patch", "retrainruns/status")),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/refit-system/leases/refit-operator", ("update", "leases")),
        ("DELETE", "/apis/batch/v1/namespaces/shop/jobs/reviews-1", ("delete", "jobs")),
        ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", ("create", "tokenreviews")),
        ("GET", "/k8s/clusters/c-1/api/v1/namespaces/shop/pods/api", ("get", "pods")),
        ("GET", "/apis", ("get", "discovery")),
        ("GET", "/apis/serving.kserve.io/v1beta1", ("get", "discovery")),
        ("GET", "/api/v1", ("get", "discovery")),
        ("GET", "/version", ("get", "discovery")),
        ("GET", "/", ("get", "discovery")),
    ],
)
def test_a_request_is_counted_by_verb_and_resource(method: str, path: str, counted: tuple[str, str]) -> None:
    assert verb_and_resource(method, path) == counted
