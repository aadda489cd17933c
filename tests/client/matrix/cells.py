# SPDX-License-Identifier: ISC
# What both drivers in Python share: they play all the cells of a client in one
# process, for the libraries load slowly.  drive.sh says how.
import os
import sys
import warnings

warnings.simplefilter("ignore")
host, port = os.environ["M_HOST"], int(os.environ["M_PORT"])
key = os.environ["M_DIR"] + "/key"
known_hosts = os.environ["M_DIR"] + "/known_hosts"


def play_all(play):
    for line in sys.stdin.buffer:
        user, action, *words = line.rstrip(b"\n").split(b"\t")
        flags = set()
        while words[0] in (b"-p", b"-r", b"-g"):
            flags.add(words.pop(0).decode())
        status = play(user.decode(), action == b"put", flags, words)
        print(status, flush=True)
