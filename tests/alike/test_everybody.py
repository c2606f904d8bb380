"""All five kinds of channels in one group: a text, a photo, a voice message of each, and an answer with a photo."""

from bridge.model import Kind
from tests.alike.conftest import OpenTown
from tests.alike.ends import FILES
from tests.alike.test_files import media

KINDS = ("site", "telegram", "vk", "viber", "facebook")


async def test_one_group_serves_them_all(open_town: OpenTown) -> None:
    town = await open_town(*KINDS)
    people = {kind: await end.person(f"Анна-{kind}") for kind, end in town.ends.items()}
    for kind, someone in people.items():
        await someone.writes(f"Вопрос из {kind}")
    threads = {}
    for kind, end in town.ends.items():
        card = await town.card(f"Вопрос из {kind}")
        assert f"{end.mark} {end.title}" in card.text
        threads[kind] = await town.accepts(f"Вопрос из {kind}")
    for kind, someone in people.items():
        await someone.sends(Kind.PHOTO)
        if Kind.VOICE in town.ends[kind].abilities.receives:
            await someone.sends(Kind.VOICE)
    for kind, thread in threads.items():
        await town.until(lambda thread=thread: any(media(post) == "photo" for post in thread.posts))  # type: ignore[misc]
        if Kind.VOICE in town.ends[kind].abilities.receives:
            await town.until(
                lambda thread=thread: any(media(post) in ("voice", "audio") for post in thread.posts),  # type: ignore[misc]
                lambda kind=kind, thread=thread: f"{kind}: {[media(post) for post in thread.posts]}",  # type: ignore[misc]
            )
        await thread.answers(photo=FILES[Kind.PHOTO], caption=f"Ответ для {kind}")
    for kind, someone in people.items():
        await town.until(
            lambda kind=kind, someone=someone: (
                f"Ответ для {kind}" in someone.texts  # type: ignore[misc]
                and any(got.kinds for got in someone.got)
            ),
            lambda kind=kind, someone=someone: f"{kind}: {someone.got}",  # type: ignore[misc]
        )
        for other in KINDS:
            assert other == kind or f"Ответ для {other}" not in someone.texts
