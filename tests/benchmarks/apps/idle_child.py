"""Start an interpreter that does nothing from this one, and print what it took: seconds, and peak memory in MB."""

import json
import subprocess
import sys
import time

CHILD = "for line in open('/proc/self/status'):\n if line.startswith('VmHWM'): print(line.split()[1])"

subprocess.run([sys.executable, "-c", "pass"], check=True)  # writes the bytecode
start = time.perf_counter()
subprocess.run([sys.executable, "-c", "pass"], check=True)
seconds = time.perf_counter() - start
peak = subprocess.run([sys.executable, "-c", CHILD], check=True, stdout=subprocess.PIPE).stdout
print(json.dumps([seconds, int(peak) / 1024]))
