"""Children and what becomes of them. The parents here are real processes, killed for real."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from config.launcher.processes import Crew, Failed, Program

_PARENT = """
import os, signal, subprocess, sys, time
from pathlib import Path
from config.launcher.guardian import guardian
from config.launcher.processes import Program

if sys.argv[1] == "kernel":
    child = Program("child", ["sleep", "60"], Path(os.devnull), os.environ).start()
else:
    child = subprocess.Popen(["sleep", "60"], process_group=0)
    guardian().watch(child.pid, signal.SIGTERM)
print(child.pid, flush=True)
time.sleep(60)
"""


def _program(tmp_path: Path, *command: str) -> Program:
    return Program("child", list(command), tmp_path / "child.log", {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("who", ["kernel", "guardian"])
def test_child_ends_when_parent_is_killed(who: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, who], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert psutil.wait_procs([child], timeout=5)[1] == []


def test_crew_starts_dead_child_again_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    crew = Crew(said.append)
    child = crew.start(_program(tmp_path, "sh", "-c", "exit 3"))
    child.process.wait()
    child.pause = 0
    first = child.process.pid
    crew.tend()
    crew.tend()
    assert said == ["child stopped (exit 3); starting it again."]
    assert child.process.pid != first
    crew.stop()


def test_crew_waits_longer_each_time(tmp_path: Path) -> None:
    crew = Crew(lambda line: None)
    child = crew.start(_program(tmp_path, "false"))
    pauses = []
    for _ in range(7):
        child.process.wait()
        crew.tend()
        pauses.append(child.pause)
        child.due = time.monotonic()
        crew.tend()
    crew.stop()
    assert pauses == [2, 4, 8, 16, 30, 30, 30]


def test_crew_stop_kills_what_does_not_listen_and_its_children(tmp_path: Path) -> None:
    crew = Crew()
    stubborn = "trap '' TERM; sleep 60 & touch ready; wait; sleep 60"
    child = crew.start(_program(tmp_path, "sh", "-c", stubborn.replace("ready", str(tmp_path / "ready"))))
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    family = psutil.Process(child.process.pid).children()
    crew.stop(seconds=0.3)
    assert child.process.returncode == -9
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert crew.children == []


def test_crew_run_fails_with_last_words(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"^child failed \(exit 3\)\.\nno room$"):
        Crew().run(_program(tmp_path, "sh", "-c", "echo no room; exit 3"))


def test_settings_are_given_on_standard_input(tmp_path: Path) -> None:
    Crew().run(Program("child", ["cat"], tmp_path / "log", {"PATH": "/usr/bin:/bin"}, settings="port 1\n"))
    assert (tmp_path / "log").read_text() == "port 1\n"


def test_log_is_rotated_by_size(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.write_text("x" * (5 * 1024 * 1024 + 1))
    Crew().run(_program(tmp_path, "echo", "anew"))
    assert log.read_text() == "anew\n"
    assert (tmp_path / "child.1.log").stat().st_size == 5 * 1024 * 1024 + 1
