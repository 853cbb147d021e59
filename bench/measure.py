"""Runs one command and prints, as one line of JSON, what it cost by the kernel's own
accounts (wait4): wall and CPU seconds (user and system, all threads and waited-for
children), peak resident memory, and how it ended.

    python3 measure.py --output FILE --timeout SECONDS -- COMMAND…

The command's output goes to FILE. The standard library only.
"""

import argparse
import json
import os
import signal
import sys
import time


class TimedOut(Exception):
    pass


def out_of_time(_signal, _frame):
    raise TimedOut


def measure(command, output, timeout):
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    moves = [(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, sink, 1)]
    signal.signal(signal.SIGALRM, out_of_time)
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=moves)
    timed_out = False
    try:
        signal.alarm(timeout)
        _, status, usage = os.wait4(child, 0)
    except TimedOut:
        timed_out = True
        os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    finally:
        signal.alarm(0)
    wall = time.perf_counter() - start
    # ru_maxrss counts kibibytes on Linux and bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
        "exit_code": os.waitstatus_to_exitcode(status),
        "timed_out": timed_out,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True)
    parser.add_argument("--timeout", type=int, default=1_800)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    command = [part for part in arguments.command if part != "--"]
    print(json.dumps(measure(command, arguments.output, arguments.timeout)))


if __name__ == "__main__":
    main()
