"""The answer to a hello: everything that a widget must know before the visitor writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.catalogue import Catalogue
from bridge.channels.site.form import unanswered
from bridge.channels.site.protocol import FILES_LIMIT, TEXT_LIMIT, VERSION, encode
from bridge.channels.site.views import moment

if TYPE_CHECKING:
    from bridge.channels.site.services import Services
    from bridge.channels.site.sessions import Visitor


def welcome(services: Services, visitor: Visitor, say: Catalogue, *, reset: bool, history: bool) -> str:
    """The frame."""
    settings = services.settings
    return encode(
        "welcome",
        v=VERSION,
        reset=reset,
        history=history,
        greeting=settings.greeting or None,
        text_limit=TEXT_LIMIT,
        upload=_upload(services, visitor),
        identified=visitor.profile.verified or None,
        form=form_for(services, visitor),
        company=_company(services),
        hours=_hours(services, say),
        links=services.elsewhere.links(say) or None,
    )


def form_for(services: Services, visitor: Visitor) -> dict[str, object] | None:
    """What the visitor has to fill in before the next message."""
    return unanswered(
        services.settings.form,
        visitor.known,
        consented=visitor.consented,
        met=visitor.met or bool(visitor.customer),
    )


def _upload(services: Services, visitor: Visitor) -> dict[str, object] | None:
    if services.uploads is None:
        return None
    return {
        "token": services.uploads.token_for(visitor.id),
        "file_limit": services.uploads.file_limit,
        "files_limit": FILES_LIMIT,
    }


def _company(services: Services) -> dict[str, str] | None:
    settings = services.settings
    known = {"name": settings.company, "hint": settings.hint, "avatar": services.company_avatar}
    return {name: value for name, value in known.items() if value} or None


def _hours(services: Services, say: Catalogue) -> dict[str, object] | None:
    hours, schedule = services.settings.hours, services.schedule
    if hours is None or schedule is None:
        return None
    now = services.clock.now()
    return {
        "text": hours.text or schedule.text(now, say),
        "open": schedule.is_open(now),
        "changes": [moment(change) for change in schedule.changes(now)],
    }
