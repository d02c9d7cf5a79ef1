"""Secrets for monitors that need none."""

from refit_operator.kubernetes_api.secrets import SecretProblem


class NoSecrets:
    """For monitors that need none."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        raise AssertionError("no Secret is named here")
