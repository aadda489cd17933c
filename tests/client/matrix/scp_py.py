# SPDX-License-Identifier: ISC
# scp.py over paramiko.
import sys

import cells
import paramiko
import scp


def connect(user):
    ssh = paramiko.SSHClient()
    ssh.load_host_keys(cells.known_hosts)
    ssh.connect(
        cells.host,
        cells.port,
        user,
        key_filename=cells.key,
        allow_agent=False,
        look_for_keys=False,
    )
    return ssh


def play(user, put, flags, paths):
    first, *others = paths
    files = others[0] if len(others) == 1 else others
    how = {"recursive": "-r" in flags, "preserve_times": "-p" in flags}
    options = {"sanitize": lambda path: path} if "-g" in flags else {}
    with connect(user) as ssh:
        try:
            with scp.SCPClient(ssh.get_transport(), **options) as client:
                (client.put if put else client.get)(files, first, **how)
        except (scp.SCPException, OSError) as error:
            print(error, file=sys.stderr)
            return 4
    return 0


cells.play_all(play)
