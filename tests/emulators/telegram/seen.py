"""What people see: messages as dicts in the Bot API's shape, with handles for assertions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .posts import Post

if TYPE_CHECKING:
    from .world import World


class Seen(dict[str, Any]):
    """A message, as it was when it was looked at; `.post` and `.reactions` are live."""

    def __init__(self, world: World, post: Post) -> None:
        super().__init__(world.view(post, None))
        self.world = world
        self.post = post

    @property
    def id(self) -> int:
        """The message_id; in private chats and basic groups as the (first) bot counts."""
        return self.post.id_for(None)

    def id_for(self, bot: Any) -> int:
        return self.post.id_for(bot)

    @property
    def text(self) -> str:
        """Text or caption."""
        return str(self.get("text", self.get("caption", "")))

    @property
    def buttons(self) -> list[list[str]]:
        """Labels of the inline buttons, by row."""
        rows = self.get("reply_markup", {}).get("inline_keyboard", [])
        return [[button["text"] for button in row] for row in rows]

    @property
    def author(self) -> str:
        """The real author's name, masks or not."""
        return self.post.author.name

    @property
    def author_id(self) -> int:
        return self.post.author.id

    @property
    def thread(self) -> int | None:
        return self.post.topic.id if self.post.topic is not None else None

    @property
    def deleted(self) -> bool:
        return self.post.deleted

    @property
    def reactions(self) -> dict[int, list[str]]:
        """Live: who (id) reacts with what."""
        return {
            actor: [reaction.get("emoji", reaction.get("custom_emoji_id", "")) for reaction in given]
            for actor, given in self.post.reactions.items()
        }

    @property
    def only_for(self) -> int | None:
        """The person who alone sees this ephemeral message."""
        return self.post.receiver.id if self.post.receiver is not None else None

    @property
    def file_bytes(self) -> bytes:
        assert self.post.media is not None, "no file in this message"
        return self.post.media.file.data

    def now(self) -> Seen:
        """The same message as it looks now."""
        return Seen(self.world, self.post)
