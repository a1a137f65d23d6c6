"""Put what ``make demo`` printed and drew into the README and the site, so that they show what the program does: ``make readme``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
PICTURE = REPOSITORY / "docs" / "assets" / "position.png"
SIZE = (1340, 740)
COLOURS = 96
"""Of the picture's palette: a third of the bytes, and no difference to the eye."""


def refresh(printed: str, picture: Path) -> None:
    """Replace the text blocks of the README and the picture by those of the demo."""
    answers = re.findall(r"^\S+  \d{4}-\S+ to .*?\n(?:.*\n)*?gain .*$", printed, re.MULTILINE)
    blocks = ["\n".join(line.rstrip() for line in answer.splitlines()) for answer in answers]
    sky, street = blocks[0], blocks[-1]
    text = README.read_text(encoding="utf-8")
    for name, block in (("sky", sky), ("street", street)):
        marks = (f"<!-- {name} -->", f"<!-- end of {name} -->")
        text = re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: f"{marks[0]}\n```text\n{block}\n```\n{marks[1]}", text, flags=re.DOTALL)  # noqa: B023
    README.write_text(text, encoding="utf-8")
    drawn = Image.open(picture).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    refresh(sys.stdin.read(), Path(sys.argv[1]))
