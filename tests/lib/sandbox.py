"""sandbox.py LIBRARY: opens it and calls its value(), where system calls that dlopen by itself does not make end the process.

For x86-64.
"""
import ctypes
import sys


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


FLOCK, FSYNC = 73, 74
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
KILL, ALLOW = 0x80000000, 0x7fff0000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 6
instructions = (Instruction * 5)(
    Instruction(LOAD, 0, 0, 0),
    Instruction(JUMP_IF_EQUAL, 1, 0, FLOCK),
    Instruction(JUMP_IF_EQUAL, 0, 1, FSYNC),
    Instruction(RETURN, 0, 0, KILL),
    Instruction(RETURN, 0, 0, ALLOW))
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(5, instructions))) == 0
print(ctypes.CDLL(sys.argv[1]).value())
