#!/usr/bin/python3
"""answer.py SOCKET: what a publisher of another user might answer to whoever asks."""
import socket
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    _, sender = s.recvfrom(65536)
    s.sendto(b"1000000 published\n", sender)
