"""One bench, in a process of its own: `python -m config.bench import 10000 3`."""

import importlib
import signal
import sys
from argparse import ArgumentParser

import django

from config.bench import MODULES, arena
from config.bench.figures import Different, Figures, Wishes
from config.launcher.processes import Failed


def main(bench: str, n: int, repeats: int, *, memory: bool) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with arena.servers() as folder:
            django.setup()
            # Only now are the models ready that it imports.
            module = importlib.import_module(MODULES[bench])
            figures: Figures = module.run(Wishes(n, repeats, memory, folder))
    except (Different, Failed) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 1
    sys.stdout.write("\n".join([*figures.table(), figures.last_line(), ""]))
    return 0


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("bench", choices=MODULES)
    parser.add_argument("n", type=int)
    parser.add_argument("repeats", type=int)
    parser.add_argument("--memory", action="store_true")
    sys.exit(main(**vars(parser.parse_args())))
