# SPDX-License-Identifier: ISC
"""
The client's side of records.sh, and readers of what the server wrote.

    records.py make DIR             a tree with every name of NAMES
    records.py upload SERVER ...    each of NAMES, a reserved name, a short file
    records.py download SERVER ...  the tree of make, as OpenSSH's scp asks
    records.py parallel SERVER ...  many sessions at once
    records.py lines FILE           check the records of these
    records.py json FILE WAY        check the records of one of these
    records.py xferlog FILE WAY
"""

import collections
import datetime
import json
import os
import re
import subprocess
import sys

SESSIONS = 40
FILES = 50

RESERVED = b".scp-server.0123456789abcdef~"

# What could forge a line, drive a terminal, or is no text at all.
NAMES = [
    b"plain",
    b"with blank",
    b" ",
    b'quote"',
    b'","user":"root","x":"',
    b"back\\slash",
    b"\\u0041",
    b"tab\tand\rreturn",
    b"\x1b]0;title\x07\x1b[2J",
    b"\x01\x7f\x80\x9b31m",
    b"\xff\xfe",
    b"\xc3\x28 \xe2\x82",
    b"\xed\xa0\x80",
    "\u00e4\u20ac\U0001f600".encode(),
    "\u202egpj.exe\u2028\u0085".encode(),
    "\ufffd".encode(),
    b"x b _ o r root scp 0 * c",
    b"] from [192.0.2.66]: not-scp: ",
    b"@cee: {}",
    b"%s%n%h",
    b"a" * 255,
    b"\xff" * 255,
    b"\x01" * 255,
]

# A client cannot send it in a record, but a directory may hold it.
NEWLINE = b"new\nsession opened for local user root from [192.0.2.66]"


def make(directory):
    for i, name in enumerate(NAMES + [NEWLINE]):
        with open(os.path.join(directory.encode(), name), "wb") as f:
            f.write(b"x" * i)


def run(command, text):
    out = subprocess.run(command, input=text, stdout=subprocess.PIPE)
    if out.returncode not in (0, 1):
        sys.exit("exit status %d" % out.returncode)


def upload(command):
    text = b""
    for i, name in enumerate(NAMES):
        text += b"C0640 %d %s\n%s\0" % (i, name, b"x" * i)
    text += b"C0644 3 %s\nabc\0" % RESERVED
    text += b"C0644 9 short\nabc"
    run(command + ["scp", "-d", "-t", "/"], text)


def download(command):
    run(command + ["scp", "-r", "-f", "/"], b"\0" * (4 * len(NAMES)))


def parallel(command):
    """So many sessions at once, which all have long names to tell of."""
    running = []
    for i in range(SESSIONS):
        running.append(subprocess.Popen(command + ["scp", "-t", "-r", "/"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))
    for k in range(FILES):
        for i, session in enumerate(running):
            name = b"%d-%d-" % (i, k) + b"\xff\n\x1b"[::2] * 100
            session.stdin.write(b"C0640 1 %s\nx\0" % name)
            session.stdin.flush()
    for session in running:
        session.stdin.close()
        if session.wait() != 0:
            sys.exit("exit status %d" % session.returncode)


def check_parallel(file):
    """A line for each file, whole, and in order within a session."""
    seen = collections.Counter()
    for line in lines_of(file):
        record = json.loads(line.decode("utf-8", "strict"))
        i, k = exact_path(record).split(b"-")[:2]
        if int(k) != seen[i]:
            sys.exit("%r: not after %d" % (record, seen[i]))
        seen[i] += 1
    if sorted(seen.values()) != [FILES] * SESSIONS:
        sys.exit("%s records" % seen)


def expected(way):
    """path -> (result, reason, bytes)"""
    want = {b"/" + n: ("ok", None, i) for i, n in enumerate(NAMES)}
    if way == "upload":
        want[b"/" + RESERVED] = ("refused", "reserved-name", 0)
        want[b"/short"] = ("failed", "disconnected", 3)
    else:
        want[b"/" + NEWLINE] = ("ok", None, len(NAMES))
    return want


def lines_of(file):
    with open(file, "rb") as f:
        data = f.read()
    if not data.endswith(b"\n"):
        sys.exit("no newline at the end: %r" % data[-200:])
    return data[:-1].split(b"\n")


def exact_path(record):
    if record.get("path_cut"):
        return None
    if "path_hex" in record:
        return bytes.fromhex(record["path_hex"])
    return record["path"].encode()


def is_shown(text):
    return not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        sys.exit("a member twice: %s" % names)
    return dict(pairs)


def check_json(file, way):
    got = {}
    for line in lines_of(file):
        text = line.decode("utf-8", "strict")
        if not is_shown(text):
            sys.exit("drives a terminal: %r" % text)
        record = json.loads(text, object_pairs_hook=unique)
        if record["direction"] != way or record["user"] == "":
            sys.exit("not a record of this session: %s" % text)
        datetime.datetime.strptime(record["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        path = exact_path(record)
        if path in got:
            sys.exit("twice: %r" % path)
        got[path] = (record["result"], record.get("reason"), record["bytes"])
        if record["result"] == "ok" and record["size"] != record["bytes"]:
            sys.exit("sizes differ: %s" % text)
    compare(got, expected(way))


def compare(got, want):
    for path in want:
        if got.get(path) != want[path]:
            sys.exit("%r: %r, not %r" % (path, got.get(path), want[path]))
    if len(got) != len(want):
        sys.exit("%d paths, not %d" % (len(got), len(want)))


def check_xferlog(file, way):
    direction = {"upload": "i", "download": "o"}[way]
    results = []
    for line in lines_of(file):
        words = line.decode("utf-8", "strict").split(" ")
        if len(words) != 18 or not is_shown(line.decode()):
            sys.exit("%d words: %r" % (len(words), line))
        datetime.datetime.strptime(" ".join(words[:5]), "%a %b %d %H:%M:%S %Y")
        if words[9:13] != ["b", "_", direction, "r"]:
            sys.exit("not as it should be: %r" % line)
        if words[14:17] != ["scp", "0", "*"] or words[8][0] != "/":
            sys.exit("not as it should be: %r" % line)
        results.append((words[17], int(words[7])))
    want = [("c" if r[0] == "ok" else "i", r[2]) for r in expected(way).values()]
    if collections.Counter(results) != collections.Counter(want):
        sys.exit("%r, not %r" % (results, want))


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    actions = {"make": make, "json": check_json, "xferlog": check_xferlog,
        "lines": check_parallel}
    clients = {"upload": upload, "download": download, "parallel": parallel}
    if what in clients:
        clients[what](rest)
    else:
        actions[what](*rest)


main()
