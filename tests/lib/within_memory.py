"""within_memory.py KILOBYTES COMMAND...: it ends well, and at no time has it more memory resident than that."""
import resource
import subprocess
import sys

limit, *command = sys.argv[1:]
subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(kilobytes, "kB")
sys.exit(kilobytes > int(limit))
