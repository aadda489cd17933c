# SPDX-License-Identifier: ISC
# asyncssh.scp(), which leaves the quoting of remote paths to its user.
import asyncio
import os
import shlex
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

words = sys.argv[1:]
action = words.pop(0)
flags = set()
while words[0] in ("-p", "-r", "-g"):
    flags.add(words.pop(0))


def quoted(word):
    return os.fsencode(word if "-g" in flags else shlex.quote(word))


async def copy(connection):
    first, *others = words
    if action == "put":
        sources = [os.fsencode(word) for word in others]
        target = (connection, quoted(first))
    else:
        sources = [(connection, quoted(word)) for word in others]
        target = os.fsencode(first)
    try:
        await asyncssh.scp(
            sources, target, preserve="-p" in flags, recurse="-r" in flags
        )
    except (asyncssh.Error, OSError) as error:
        print(error, file=sys.stderr)
        return 4
    return 0


async def main():
    async with asyncssh.connect(
        os.environ["M_HOST"],
        int(os.environ["M_PORT"]),
        username=os.environ["M_USER"],
        client_keys=[os.environ["M_DIR"] + "/key"],
        known_hosts=os.environ["M_DIR"] + "/known_hosts",
        config=None,
    ) as connection:
        return await copy(connection)


sys.exit(asyncio.run(main()))
