"""An integration that the SDK may have one day."""

from sentry_sdk.integrations import Integration


class NewIntegration(Integration):
    identifier = "newlib"

    @staticmethod
    def setup_once():
        pass
