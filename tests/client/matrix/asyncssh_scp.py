# SPDX-License-Identifier: ISC
# asyncssh.scp(), which leaves the quoting of remote paths to its user.
import asyncio
import os
import shlex
import sys

import cells
import asyncssh


def quoted(path):
    return os.fsencode(shlex.quote(os.fsdecode(path)))


async def copy(user, put, flags, paths):
    remote = (lambda path: path) if "-g" in flags else quoted
    how = {"preserve": "-p" in flags, "recurse": "-r" in flags}
    first, *others = paths
    async with asyncssh.connect(
        cells.host,
        cells.port,
        username=user,
        client_keys=[cells.key],
        known_hosts=cells.known_hosts,
        config=None,
    ) as connection:
        if put:
            sources, target = others, (connection, remote(first))
        else:
            sources = [(connection, remote(path)) for path in others]
            target = first
        try:
            await asyncssh.scp(sources, target, **how)
        except (asyncssh.Error, OSError) as error:
            print(error, file=sys.stderr)
            return 4
    return 0


cells.play_all(lambda *words: asyncio.run(copy(*words)))
