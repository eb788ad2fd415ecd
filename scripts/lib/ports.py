"""Print the first port, from the one given, that is free on every address of this machine.

With `--only`, judge that one port: exit status 1 when it is taken.
"""

import socket
import sys


def is_free(port: int) -> bool:
    """Whether a server could bind this port now; as with servers, connections that are closing don't count."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET, "127.0.0.1")):  # noqa: S104  only a probe
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError:
                return False
    return True


def main(arguments: list[str]) -> int:
    """`ports.py FROM [--only]`."""
    first = int(arguments[0])
    last = first if "--only" in arguments else min(first + 500, 65535)
    for port in range(first, last + 1):
        if is_free(port):
            print(port)
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
