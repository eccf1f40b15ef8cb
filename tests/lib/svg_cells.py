"""svg_cells.py SVG OBJECTS: the picture has a cell for each page that shmstat --objects --json counts, and names as text."""
import json
import sys
import xml.etree.ElementTree as tree

svg, objects = tree.parse(sys.argv[1]), json.load(open(sys.argv[2]))["totals"][0]
ns = "{http://www.w3.org/2000/svg}"
pages = {}
for rect in svg.iter(ns + "rect"):
    title = rect.find(ns + "title")
    if title is not None:
        words = title.text.split("\n")[0].split(",")
        kind = words[0].split()[1]
        pages[kind] = pages.get(kind, 0) + int(next(w for w in words if w.endswith(("page", "pages"))).split()[0])
for kind in ("cow", "anon", "text"):
    assert pages.get(kind, 0) * 4 == objects[kind + "_kb"], (kind, pages, objects[kind + "_kb"])
text = "".join(svg.getroot().itertext())
assert "colour_names" in text and "<img src=x" in text
