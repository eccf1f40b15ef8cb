"""hover.py PAGE:OBJECT:REASON:SYMBOL... [SCREENSHOT.png]: for each, find the page map of OBJECT in what
`shmstat --html` wrote, point at a page that is private for REASON, and read SYMBOL in what is said about it."""
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
		colour: data.kinds[canvas.cells[i].kind][1 + canvas.cells[i].exclusive]};
}
return null;
"""



def point(b, page, obj, reason, symbol):
    b.open(page)
    cell = b.run(FIND, obj, reason, symbol)
    if not cell:
        sys.exit(f"{page}: no page of {obj} that is private for {reason} of {symbol}")
    if cell["pixel"] != cell["colour"]:
        sys.exit(f"{page}: drawn in {cell['pixel']}, not in {cell['colour']}")
    before = b.run("return getComputedStyle(document.getElementById('tip')).display")
    b.hover(cell["x"], cell["y"])
    shown, text = b.run("const t = document.getElementById('tip');"
                        "return [getComputedStyle(t).display, t.innerText]")
    print(text)
    if before != "none" or shown != "block":
        sys.exit(f"{page}: the tooltip was {before}, then {shown}")
    for word in (obj, reason, symbol):
        if word not in text:
            sys.exit(f"{page}: the tooltip does not say {word}")
    foreign = b.run("return [document.querySelectorAll('b, img, svg').length, window.hacked || null]")
    if foreign != [0, None]:
        sys.exit(f"{page}: markup of others came through: {foreign}")
    if b.complaints():
        sys.exit(f"{page} complains: {b.complaints()}")


with Browser() as browser:
    for argument in sys.argv[1:]:
        if argument.endswith(".png"):
            browser.screenshot(argument)
        else:
            point(browser, *argument.rsplit(":", 3))
