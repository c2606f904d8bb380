"""`[[channel]] kind = "facebook"`: customers write to a Facebook page in Messenger."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, StringConstraints

from bridge.settings import BaseUrl, MessengerSettings, Secret

OFFICIAL_API: Final = "https://graph.facebook.com"
API_VERSION: Final = "v25.0"


def _digits(value: object) -> object:
    """An id may be written without quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{1,32}$")]
Version = Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,3}\.[0-9]$")]


class FacebookSettings(MessengerSettings):
    """`app_id` lets Otklik register the app's webhook and check the token; without it that is done by hand."""

    kind: Literal["facebook"]
    page_id: Id
    page_token: Secret
    app_secret: Secret
    verify_token: Secret
    app_id: Id | None = None
    human_agent: bool = False  # the app has the feature Human Agent: answers for 7 days instead of 24 hours
    api_version: Version = API_VERSION
    api_url: BaseUrl = OFFICIAL_API
