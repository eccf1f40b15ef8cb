"""hover.py PAGE OBJECT REASON SYMBOL [SCREENSHOT]: find the page map of OBJECT in what `shmstat --html` wrote, point
at a page that is private for REASON, and read SYMBOL. Prints what the tooltip said."""
import sys
import os
sys.path.insert(0, os.path.dirname(__file__))
from browser import Browser  # noqa: E402

FIND = """
const [object, reason, symbol] = arguments;
for (const canvas of document.querySelectorAll('canvas.map')) {
	if (!canvas.dataset.object.includes(object)) continue;
	const p = data.processes.find(q => q.maps && q.maps.some(m => m.object === canvas.dataset.object));
	const i = canvas.cells.findIndex(c => p.notes[c.note][2] === reason && p.notes[c.note][1].includes(symbol));
	if (i < 0) continue;
	canvas.scrollIntoView({block: 'center'});
	const box = canvas.getBoundingClientRect(), at = canvas.cellCentre(i);
	const pixel = canvas.getContext('2d').getImageData(at.x * devicePixelRatio, at.y * devicePixelRatio, 1, 1).data;
	return {x: box.left + at.x, y: box.top + at.y, cells: canvas.cells.length, kind: canvas.cells[i].kind,
		pixel: '#' + [...pixel.slice(0, 3)].map(v => v.toString(16).padStart(2, '0')).join(''),
		colour: data.kinds[canvas.cells[i].kind][1 + canvas.cells[i].alone]};
}
return null;
"""

page, obj, reason, symbol = sys.argv[1:5]
with Browser() as b:
    b.open(page)
    cell = b.run(FIND, obj, reason, symbol)
    if not cell:
        sys.exit(f"no page of {obj} that is private for {reason} of {symbol}")
    if cell["pixel"] != cell["colour"]:
        sys.exit(f"drawn in {cell['pixel']}, not in {cell['colour']}")
    before = b.run("return getComputedStyle(document.getElementById('tip')).display")
    b.hover(cell["x"], cell["y"])
    tip = b.run("const t = document.getElementById('tip');"
                "return [getComputedStyle(t).display, t.innerText]")
    if len(sys.argv) > 5:
        b.screenshot(sys.argv[5])
    print(tip[1])
    if before != "none" or tip[0] != "block":
        sys.exit(f"the tooltip was {before}, then {tip[0]}")
    for word in (obj, reason, symbol):
        if word not in tip[1]:
            sys.exit(f"the tooltip does not say {word}")
    hidden = b.run("return [document.querySelectorAll('b, img, svg').length, window.hacked || null]")
    if hidden != [0, None]:
        sys.exit(f"markup of others came through: {hidden}")
    if b.complaints():
        sys.exit(f"the page complains: {b.complaints()}")
