"""A peer: terminado as its own demo serves it, one bash for each socket. Usage: PORT."""

from __future__ import annotations

import sys

from terminado.management import UniqueTermManager
from terminado.websocket import TermSocket
from tornado import ioloop, web


def main() -> None:
    manager = UniqueTermManager(shell_command=["bash", "--norc", "--noprofile"])
    routes = [(r"/", TermSocket, {"term_manager": manager})]
    web.Application(routes).listen(int(sys.argv[1]), "127.0.0.1")
    ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
