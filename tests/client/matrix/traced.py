# SPDX-License-Identifier: ISC
# traced.py DIRECTORY SERVER OPTION...: serves an upload to CLIENT/in and adds to
# DIRECTORY/CLIENT how many answers each write of the server held.
import os
import re
import subprocess
import sys

directory, *server = sys.argv[1:]
client = re.search(r"([a-z0-9.-]+)/in", os.environ["SSH_ORIGINAL_COMMAND"])[1]
# A pipe that keeps writes apart.
reading, writing = os.pipe2(os.O_DIRECT)
served = subprocess.Popen(server, stdout=writing)
os.close(writing)
with open(f"{directory}/{client}", "a") as trace:
    while data := os.read(reading, 65536):
        print("text" if data.strip(b"\0") else len(data), file=trace, flush=True)
        try:
            os.write(1, data)
        except OSError:
            pass
sys.exit(served.wait())
