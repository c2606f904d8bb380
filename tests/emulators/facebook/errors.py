"""What the Graph API answers when it refuses (§5): every row of the sheet, with the platform's words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

WINDOW_TEXT = (
    "(#10) This message is sent outside of allowed window. Learn more about the new policy here: "
    "https://developers.facebook.com/documentation/business-messaging/messenger-platform/policy"
)
ABUSE_TEXT = (
    "(#613) Warning! You are engaging in behavior that may be considered bothersome or abusive by users. You must "
    "significantly decrease the rate at which you are sending messages using message tags to this person. Further "
    "misuse of API features may result in messaging restrictions being placed on your Page"
)
NOT_LIVE_TEXT = (
    "(#200) Cannot message users who are not admins, developers or testers of the app until pages_messaging "
    "permission is reviewed and the app is live."
)
PHONE_TEXT = (
    "(#200) Cannot message users who are not admins, developers or testers of the app until "
    "pages_messaging_phone_number permission is reviewed and the app is live."
)
UNSUPPORTED = (
    "Unsupported {verb} request. Object with ID '{node}' does not exist, cannot be loaded due to missing "
    "permissions, or does not support this operation. Please read the Graph API documentation at "
    "https://developers.facebook.com/docs/graph-api"
)


@dataclass(frozen=True, slots=True)
class GraphError:
    """One refusal. `kind` is the sheet's class: retry limit abuse token window routing config permanent media
    profile blocked policy."""

    code: int
    subcode: int | None
    message: str
    kind: str
    status: int = 400
    transient: bool = False
    usage: str = ""  # which usage header comes with it: "app" or "business"
    type: str = "OAuthException"
    user_title: str = ""
    user_msg: str = ""

    @property
    def key(self) -> str:
        return f"{self.code}/{self.subcode}" if self.subcode is not None else str(self.code)

    def body(self, trace: str) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient or self.code in (1, 2):
            error["is_transient"] = self.transient
        if self.user_title or self.user_msg:
            error["error_user_title"] = self.user_title
            error["error_user_msg"] = self.user_msg
        error["fbtrace_id"] = trace
        return {"error": error}


class Refusal(Exception):
    """An answer with `error` in it."""

    def __init__(self, error: GraphError) -> None:
        super().__init__(f"{error.key} {error.message}")
        self.error = error


class NotAllowed(Exception):
    """A person in a test tried something that Facebook's own apps would not let them do."""


def _session(subcode: int, words: str) -> GraphError:
    return GraphError(190, subcode, f"Error validating access token: {words}", "token", 401)


# Every row of §5; codes that share a row stand one under the other.
TABLE: tuple[GraphError, ...] = (
    GraphError(1, None, "An unknown error has occurred.", "retry", 500, transient=True),
    GraphError(1, 99, "An unknown error occurred", "retry", 500),
    GraphError(
        2, None, "An unexpected error has occurred. Please retry your request later.", "retry", 500, transient=True
    ),
    GraphError(1200, None, "(#1200) Temporary send message failure. Please try again later.", "retry", 400),
    GraphError(4, None, "(#4) Application request limit reached", "limit", 403, transient=True, usage="app"),
    GraphError(17, None, "(#17) User request limit reached", "limit", 400, usage="app"),
    GraphError(32, None, "(#32) Page request limit reached", "limit", 403, usage="app"),
    GraphError(613, None, "(#613) Calls to this api have exceeded the rate limit.", "limit", 400, usage="app"),
    GraphError(
        80006,
        None,
        "(#80006) There have been too many messenger api calls to this Page account. Wait a bit and try again. For "
        "more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.",
        "limit",
        usage="business",
    ),
    GraphError(
        80007,
        None,
        "(#80007) There have been too many calls from this WhatsApp account.",
        "limit",
        usage="business",
    ),
    GraphError(
        80001,
        None,
        "(#80001) There have been too many calls to this Page account. Wait a bit and try again.",
        "limit",
        usage="business",
    ),
    GraphError(613, 2018338, ABUSE_TEXT, "abuse"),
    GraphError(190, None, "Invalid OAuth access token.", "token", 401),
    _session(463, "Session has expired on Thursday, 01-Oct-26 09:00:00 PDT."),
    _session(467, "The session is invalid because the user logged out."),
    _session(460, "The session has been invalidated because the user changed their password."),
    _session(458, "The user has not authorized the application."),
    _session(459, "The session is invalid because the user has been checkpointed."),
    GraphError(10, 2018278, WINDOW_TEXT, "window", 403),
    GraphError(10, 2534022, "(#10) This message is sent outside of allowed window.", "window", 403),
    GraphError(
        10,
        2018065,
        "(#10) This message is sent outside of allowed window. You need page_messaging_subscriptions permission to "
        "be able to do it.",
        "window",
        403,
    ),
    GraphError(
        10,
        2018300,
        "(#10) Message failed to send because another app is controlling this thread now.",
        "routing",
        403,
    ),
    GraphError(200, 2018027, PHONE_TEXT, "config", 403),
    GraphError(200, 2018028, NOT_LIVE_TEXT, "config", 403),
    GraphError(10, None, "(#10) Application does not have permission for this action", "config", 403),
    GraphError(200, None, "(#200) Requires pages_messaging permission to manage the object.", "config", 403),
    GraphError(100, 2018001, "(#100) No matching user found", "permanent"),
    GraphError(100, 2018109, "(#100) Attachment size exceeds allowable limit", "media"),
    GraphError(100, 2018047, "(#100) Upload attachment failure.", "media"),
    GraphError(100, 2018048, "(#100) Upload attachment failure: the upload timed out.", "media"),
    GraphError(100, 2018074, "(#100) Possible invalid ID or you do not own the attachment.", "media"),
    GraphError(
        100,
        2018008,
        "(#100) Failed to fetch the file from the url. Check that the URL is valid, with a valid SSL certificate, "
        "valid file size, and that the server is responding fast enough to avoid timeouts.",
        "media",
    ),
    GraphError(100, 2018294, "(#100) Video upload timed out or video is corrupted.", "media"),
    GraphError(100, 33, UNSUPPORTED.format(verb="post", node="0"), "permanent", type="GraphMethodException"),
    GraphError(
        100, 1893061, "(#100) Invalid parameter: the message tag ACCOUNT_UPDATE is no longer supported.", "config"
    ),
    GraphError(100, 2018014, "(#100) Cannot send both message and state at the same time.", "permanent"),
    GraphError(100, None, "(#100) Invalid parameter", "permanent"),
    GraphError(230, None, "(#230) User consent is required to access user profile.", "profile", 403),
    GraphError(100, 2018218, "(#100) No profile available for this user.", "profile"),
    GraphError(2018218, None, "(#2018218) No profile available for this user.", "profile"),
    GraphError(100, 2018247, "(#100) Insufficient permission to access user profile.", "profile"),
    GraphError(551, 1545041, "(#551) This person isn't available right now.", "blocked"),
    GraphError(200, 1545041, "(#200) This person isn't available right now.", "blocked", 403),
    GraphError(200, 2018108, "(#200) They can't receive your messages right now.", "blocked", 403),
    GraphError(10, 2018108, "(#10) They can't receive your messages right now.", "blocked", 403),
    GraphError(
        368, None, "(#368) The action attempted has been deemed abusive or is otherwise disallowed", "policy"
    ),
    GraphError(10, 1893063, "(#10) You are temporarily restricted from sending messages.", "policy", 403),
    GraphError(2534122, None, "(#2534122) The page is restricted from sending messages.", "policy", 403),
    GraphError(9, 2018352, "(#9) User is performing too many actions", "permanent"),
)
ERRORS: dict[str, GraphError] = {error.key: error for error in TABLE}


def refused(key: str, message: str = "", **changes: Any) -> Refusal:
    """A row of the table, sometimes in other words."""
    error = ERRORS[key]
    return Refusal(replace(error, message=message or error.message, **changes))


def bad(text: str) -> Refusal:
    """A parameter that is wrong."""
    return refused("100", f"(#100) {text}")


def unsupported(verb: str, node: str) -> Refusal:
    return refused("100/33", UNSUPPORTED.format(verb=verb.lower(), node=node))


def dead_tag(tag: str) -> Refusal:
    """27 Apr 2026 ended these; the subcode was seen in the wild and is not documented."""
    return refused("100/1893061", f"(#100) Invalid parameter: the message tag {tag} is no longer supported.")


def other(code: int, message: str, status: int = 400, subcode: int | None = None) -> Refusal:
    """Refusals that §5 does not list: set-up and addresses."""
    return Refusal(GraphError(code, subcode, message, "config", status))
