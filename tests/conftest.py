"""What holds for all tests: hypothesis judges by results, never by how long an example took on a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("refit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("refit")
