"""The descriptions check themselves: the two READMEs agree, and the map in ARCHITECTURE.md is of this country."""

import re
import tomllib
from pathlib import Path

import pytest

from tests import ability_table

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.ru.md")


def blocks(readme: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_both_readmes_give_the_same_commands() -> None:
    english, russian = (blocks(readme, "sh") for readme in READMES)
    assert english == russian
    assert sum("bot.py" in block for block in english) == 1
    assert sum("pytest" in block for block in english) == 1
    assert all(block.count("\n") == 1 for block in english), "one line each"


def test_both_readmes_have_the_same_sections() -> None:
    english, russian = ((ROOT / readme).read_text(encoding="utf-8") for readme in READMES)
    assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", russian, re.MULTILINE))
    assert english.count("\n| ") == russian.count("\n| ")


def test_ci_runs_the_command_of_the_readme() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    pattern = re.search(r"grep -m1 -E '(.+?)' README.md", ci)
    assert pattern
    found = re.search(pattern[1], (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert found and "pytest" in found[0]


@pytest.mark.parametrize("readme", READMES)
def test_the_config_in_the_readme_is_whole(readme: str, tmp_path: Path) -> None:
    from bridge.config import load

    (block,) = blocks(readme, "toml")
    tomllib.loads(block)
    path = tmp_path / "config.toml"
    path.write_text(block, encoding="utf-8")
    config = load(path, {"DESK_TOKEN": "9001:" + "A" * 35, "VK_TOKEN": "vk1.a.x"})
    assert [channel.kind for channel in config.channels] == ["site", "telegram", "vk"]


@pytest.mark.parametrize("readme", [*READMES, "ARCHITECTURE.md"])
def test_links_to_files_lead_somewhere(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert all((ROOT / link).exists() for link in links), links


def test_every_module_of_the_map_exists_and_every_module_is_on_it() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree = text.split("```")[1]
    for base in ("bridge", "storage"):
        part = tree.split(f"{base}/\n", 1)[1]
        part = re.split(r"^\S", part, maxsplit=1, flags=re.MULTILINE)[0]
        words = set(re.findall(r"[\w<>/]+(?:\.py|/)?", part))
        for path in (ROOT / base).iterdir():
            if path.name.startswith("_") or path.suffix not in ("", ".py"):
                continue
            wanted = path.name if path.is_file() else path.name + "/"
            assert any(word.startswith(wanted.removesuffix(".py").removesuffix("/")) for word in words), wanted


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_table_of_channels_is_what_the_code_goes_by(language: str) -> None:
    page = ability_table.FILES[language].read_text(encoding="utf-8")
    assert page == ability_table.written(language), "run: python -m tests.ability_table"
