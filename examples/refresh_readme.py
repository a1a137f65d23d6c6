"""Put what ``make demo`` printed and drew into the README and the site, so that they show what the program does: ``make readme``.

``refresh_readme.py DEMO_FOLDER < what was printed``. The pictures of the report need a Chromium; without one they stay as they are.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
ASSETS = REPOSITORY / "docs" / "assets"
SIZE = (1340, 740)
COLOURS = 96
"""Of a picture's palette: a third of the bytes, and no difference to the eye."""
SCREENS = {"assessment": ("", (1180, 828)), "hosting": ("hosting", (1180, 600))}
"""Picture -> the section of the report it begins with (the first screen by default), and its size in pixels."""


def refresh(printed: str, demo: Path) -> None:
    """Replace the text blocks of the README and the pictures by those of the demo."""
    answers = re.findall(r"^\S+  \d{4}-\S+ to .*?\n(?:.*\n)*?gain .*$", printed, re.MULTILINE)
    blocks = [_stripped(answer) for answer in answers]
    found = re.search(r"^injected [\s\S]*?injected faults were found and named\..*$(?:\n  .*$)*", printed, re.MULTILINE)
    if found is None:
        raise SystemExit("the demo printed no comparison of faults")
    text = README.read_text(encoding="utf-8")
    for name, block in (("sky", blocks[0]), ("street", blocks[-1]), ("faults", _stripped(found[0]))):
        marks = (f"<!-- {name} -->", f"<!-- end of {name} -->")
        text = re.sub(f"{marks[0]}.*?{marks[1]}", lambda _: f"{marks[0]}\n```text\n{block}\n```\n{marks[1]}", text, flags=re.DOTALL)  # noqa: B023
    README.write_text(text, encoding="utf-8")
    _keep(Image.open(demo / "WUHR.png").convert("RGB").resize(SIZE, Image.Resampling.LANCZOS), "position")
    browser = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if browser is not None:
        for name, (section, size) in SCREENS.items():
            drawn = _screen(browser, (demo / "assessed" / "report.html").resolve(), section, size)
            # an octree keeps the colours of small areas, such as the marks of the legend
            drawn.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(ASSETS / f"{name}.png", optimize=True)


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def _keep(picture: Image.Image, name: str) -> None:
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(ASSETS / f"{name}.png", optimize=True)


def _screen(browser: str, page: Path, section: str, size: tuple[int, int]) -> Image.Image:
    """What a browser shows of a page from a section on; sections before it are hidden."""
    with tempfile.TemporaryDirectory() as folder:
        shown = f"header,nav,main>section:not(#{section}),footer{{display:none}}section{{border:0}}" if section else ""
        copy, drawn = Path(folder, "page.html"), Path(folder, "drawn.png")
        copy.write_text(page.read_text(encoding="utf-8").replace("</style>", f"{shown}</style>", 1), encoding="utf-8")
        fixed = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile")
        place = (f"--window-size={size[0]},{size[1]}", f"--screenshot={drawn}", copy.as_uri())
        subprocess.run([browser, *fixed, *place], capture_output=True, timeout=120, check=True)
        return Image.open(drawn).convert("RGB")


if __name__ == "__main__":
    refresh(sys.stdin.read(), Path(sys.argv[1]))
