"""keys.py: run a full-screen program on a terminal of its own, press keys, and read its screen.

Reads steps from standard input, one a line: `run COMMAND` (the first), `do COMMAND` (beside it), `press TEXT` (Python escapes), `see TEXT` (waits until the screen has it),
`gone TEXT` (until it has not), `end STATUS` (the program has ended so, and left the terminal as it was). Prints the
screen and fails at the first step that does not come true within 20 s."""
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
import fcntl

ROWS, COLUMNS = 24, 160


class Screen:
    """As much of a terminal (TERM=vt100) as shows what is on it."""

    def __init__(self):
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.y = self.x = 0
        self.rest = ""

    def clear(self, y, x, end_y, end_x):
        while (y, x) < (end_y, end_x):
            self.cells[y][x] = " "
            x += 1
            if x == COLUMNS:
                y, x = y + 1, 0

    def put(self, c):
        if c == "\r":
            self.x = 0
        elif c == "\n":
            self.line_feed()
        elif c == "\b":
            self.x = max(0, self.x - 1)
        elif c == "\t":
            self.x = min(COLUMNS - 1, self.x // 8 * 8 + 8)
        elif c >= " ":
            if self.x == COLUMNS:
                self.x = 0
                self.line_feed()
            self.cells[self.y][self.x] = c
            self.x += 1

    def line_feed(self):
        if self.y + 1 < ROWS:
            self.y += 1
        else:
            self.cells = self.cells[1:] + [[" "] * COLUMNS]

    def control(self, numbers, letter):
        n = [int(v) if v else 0 for v in numbers.split(";")] if numbers.strip("?") == numbers else [0]
        one = max(1, n[0])
        if letter == "H":
            self.y = min(ROWS, max(1, n[0])) - 1
            self.x = min(COLUMNS, max(1, n[1] if len(n) > 1 else 1)) - 1
        elif letter in "ABCD":
            self.y = min(ROWS - 1, max(0, self.y + {"A": -one, "B": one}.get(letter, 0)))
            self.x = min(COLUMNS - 1, max(0, self.x + {"C": one, "D": -one}.get(letter, 0)))
        elif letter == "J":
            self.clear(*((0, 0) if n[0] else (self.y, self.x)), ROWS, 0)
        elif letter == "K":
            start = 0 if n[0] else self.x
            end = self.x + 1 if n[0] == 1 else COLUMNS
            self.cells[self.y][start:end] = " " * (end - start)

    def feed(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            found = re.compile(r"\x1b(?:\[([0-9;?]*)([A-Za-z])|[()][A-Z0-9]|([=>78MDE]))").match(text, at)
            if not found:
                break
            if found.group(2):
                self.control(found.group(1), found.group(2))
            elif found.group(3) == "M":
                self.y = max(0, self.y - 1)
            at = found.end()
        self.rest = text[at:]

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)


def main():
    command = shlex.split(sys.stdin.readline())[1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="vt100", LC_ALL="C.UTF-8")
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    os.kill(pid, signal.SIGWINCH)
    before = termios.tcgetattr(fd)
    screen, status = Screen(), None

    def wait(what, condition):
        nonlocal status
        limit = time.monotonic() + 20
        while not condition():
            if time.monotonic() > limit:
                print(screen.text())
                os.kill(pid, signal.SIGKILL)
                sys.exit(f"not within 20 s: {what}")
            if select.select([fd], [], [], 0.05)[0]:
                try:
                    screen.feed(os.read(fd, 65536).decode("utf-8", "replace"))
                except OSError:
                    pass
            if status is None:
                done, how = os.waitpid(pid, os.WNOHANG)
                status = os.waitstatus_to_exitcode(how) if done else None

    for line in sys.stdin:
        word, _, text = line.strip().partition(" ")
        if word == "do":
            subprocess.run(shlex.split(text), check=True)
        elif word == "press":
            os.write(fd, text.encode().decode("unicode_escape").encode())
        elif word == "see":
            wait(line, lambda: text in screen.text())
        elif word == "gone":
            wait(line, lambda: text not in screen.text())
        elif word == "end":
            wait(line, lambda: status is not None)
            after = termios.tcgetattr(fd)
            if status != int(text) or after[:4] != before[:4]:
                sys.exit(f"ended with {status}; terminal {'as it was' if after == before else 'changed'}")
    print(screen.text())


main()
