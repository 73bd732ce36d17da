"""SVG to PNG, in a process of its own: `python raster.py ZOOM` reads the one and writes the other.

resvg holds Python's lock for as long as it draws, some 50 to 400 ms, in which a server would answer nobody. What it
draws with is the font that is shipped, and no other: the same bytes on every machine.
"""

import asyncio
import re
import sys
from contextlib import suppress
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
PATIENCE_S = 30.0
"""Longer than any chart takes, on a machine that does a hundred other things."""


async def png(svg: str, zoom: float) -> bytes:
    """A drawing of ours as PNG, so many pixels for each of its units. Raises OSError where it cannot be made."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        __file__,
        str(zoom),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        made, wrong = await asyncio.wait_for(process.communicate(svg.encode()), PATIENCE_S)
    except TimeoutError as error:
        raise OSError(f"a picture took more than {PATIENCE_S:g} seconds") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode or not made:
        raise OSError(f"a picture could not be drawn: {wrong.decode(errors='replace')[-500:]}")
    return made


def pixels(svg: str) -> float:
    """How many units a drawing of ours is large: its width times its height."""
    found = re.search(r'width="([0-9.]+)" height="([0-9.]+)"', svg)
    assert found is not None
    return float(found[1]) * float(found[2])


def draw(svg: str, zoom: float) -> bytes:
    """The same in this process, which does nothing else meanwhile."""
    import resvg_py

    fonts = [str(each) for each in sorted(FONTS.glob("*.ttf"))]
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, skip_system_fonts=True, font_files=fonts))


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode(), float(sys.argv[1])))
