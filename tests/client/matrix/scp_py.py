# SPDX-License-Identifier: ISC
# scp.py over paramiko.
import os
import sys
import warnings

warnings.simplefilter("ignore")
import paramiko  # noqa: E402
import scp  # noqa: E402

words = sys.argv[1:]
action = words.pop(0)
flags = set()
while words[0] in ("-p", "-r", "-g"):
    flags.add(words.pop(0))
preserve, recursive = "-p" in flags, "-r" in flags
first, *others = (os.fsencode(word) for word in words)

ssh = paramiko.SSHClient()
ssh.load_host_keys(os.environ["M_DIR"] + "/known_hosts")
ssh.connect(
    os.environ["M_HOST"],
    int(os.environ["M_PORT"]),
    os.environ["M_USER"],
    key_filename=os.environ["M_DIR"] + "/key",
    allow_agent=False,
    look_for_keys=False,
)
options = {"sanitize": lambda path: path} if "-g" in flags else {}
status = 0
try:
    with scp.SCPClient(ssh.get_transport(), **options) as client:
        if action == "put":
            files = others[0] if len(others) == 1 else others
            client.put(
                files, first, recursive=recursive, preserve_times=preserve
            )
        else:
            files = others[0] if len(others) == 1 else others
            client.get(
                files, first, recursive=recursive, preserve_times=preserve
            )
except (scp.SCPException, OSError) as error:
    print(error, file=sys.stderr)
    status = 4
ssh.close()
sys.exit(status)
