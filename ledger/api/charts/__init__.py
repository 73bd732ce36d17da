"""Charts to take away: what a view says, drawn as SVG that stands by itself, and as PNG. Nothing here reads a log."""
