#!/usr/bin/env python3
"""What a grade costs: `otter run`, our otter engine and the warm engine, on the same notebooks in the same run.

    python3 benches/grading.py --program target/release/otter-service --python ENV/bin/python --corpus DIR [--out FILE]

`make bench` does the set-up. ENV has otter-grader (its `otter` program is the peer) and what the notebooks import. DIR
is the conformance corpus. Prints a table in Markdown; `--out` writes a page of the book.

CPU-seconds are those of all processes together, read from a cgroup of the measured command's own, or, where there is none,
from the kernel's account of waited-for children. Each number is the median of the repetitions.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

CASES = {"tutorial": "tut-fails2Hidden", "lab01": "sp22-lab01-p2", "88e lab01": "up-88e-lab01"}
BATCH, MANY = 24, 100


class Meter:
    """CPU-seconds and anonymous memory of one command and all that it starts."""

    def __init__(self):
        name = f"otter-bench-{os.getpid()}"
        self.cpu = self._folder("/sys/fs/cgroup/cpuacct", name)
        self.memory = self._folder("/sys/fs/cgroup/memory", name)
        self.how = "cgroup" if self.cpu else "rusage"

    @staticmethod
    def _folder(controller, name):
        folder = pathlib.Path(controller, name)
        try:
            folder.mkdir(exist_ok=True)
            return folder if (folder / "cgroup.procs").exists() else None
        except OSError:
            return None

    def run(self, command, cwd):
        def enter():
            for folder in filter(None, (self.cpu, self.memory)):
                (folder / "cgroup.procs").write_text(str(os.getpid()))

        before, peak, done = self._used(), [0], threading.Event()
        watcher = threading.Thread(target=self._watch, args=(peak, done))
        watcher.start()
        began = time.perf_counter()
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(
            command, cwd=cwd, preexec_fn=enter, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        done.set()
        watcher.join()
        cpu = self._used() - before if self.cpu else usage.ru_utime + usage.ru_stime
        if process.returncode != 0:
            sys.exit(f"{command} failed ({process.returncode}):\n{output.decode(errors='replace')[-2000:]}")
        return {"cpu": cpu, "wall": wall, "mib": (peak[0] or usage.ru_maxrss * 1024) / 2**20}

    def _used(self):
        return int((self.cpu / "cpuacct.usage").read_text()) / 1e9 if self.cpu else 0.0

    def _watch(self, peak, done):
        while self.memory and not done.wait(0.02):
            for line in (self.memory / "memory.stat").read_text().splitlines():
                if line.startswith("total_rss "):
                    peak[0] = max(peak[0], int(line.split()[1]))

    def close(self):
        for folder in filter(None, (self.cpu, self.memory)):
            with contextlib.suppress(OSError):
                folder.rmdir()


class Bench:
    def __init__(self, args):
        self.args, self.meter = args, Meter()

    def median(self, command, times):
        results = []
        for _ in range(times):
            with tempfile.TemporaryDirectory() as out:
                results.append(self.meter.run([part.format(out=out) for part in command], out))
        return {key: statistics.median(result[key] for result in results) for key in results[0]}

    def case(self, name, folder):
        args, zip_file = self.args, str(folder / "autograder.zip")
        ours = [str(args.program), "grade", "--python", str(args.python), "-a", zip_file, "--output", "{out}/out"]
        notebook = str(folder / "submission.ipynb")
        peer = [str(args.python.parent / "otter"), "run", "-a", zip_file, notebook, "-o", "{out}"]
        copies = self.copies(folder, MANY)
        found = {
            "peer": self.median(peer, args.repeat),
            "otter": self.median([*ours, "--engine", "otter", notebook], args.repeat),
            "one": self.median([*ours, "--engine", "warm", notebook], args.repeat),
        }
        for jobs in (1, 2, 4):
            found[jobs] = self.median([*ours, "--engine", "warm", "-j", str(jobs), *copies[:BATCH]], args.repeat)
        found["many"] = self.median([*ours, "--engine", "warm", "-j", "2", *copies], args.repeat)
        # What one more notebook costs: start-up falls out of the difference.
        found["each"] = (found["many"]["cpu"] - found[2]["cpu"]) / (MANY - BATCH)
        found["rate"] = (MANY - BATCH) / (found["many"]["wall"] - found[2]["wall"])
        print(f"{name}: otter run {found['peer']['cpu']:.2f} CPU-s, warm {found['each']:.3f}", file=sys.stderr)
        return found

    def copies(self, folder, count):
        place = pathlib.Path(self.args.scratch, folder.name)
        place.mkdir()
        paths = [place / f"{folder.name}-{n:03}.ipynb" for n in range(count)]
        for path in paths:
            shutil.copy(folder / "submission.ipynb", path)
        return [str(path) for path in paths]


def table(found):
    head = ["", *found]
    rows = [
        ["`otter run`: CPU-seconds", *(f"{f['peer']['cpu']:.2f}" for f in found.values())],
        ["`otter run`: wall seconds", *(f"{f['peer']['wall']:.2f}" for f in found.values())],
        ["our otter engine: CPU-seconds", *(f"{f['otter']['cpu']:.2f}" for f in found.values())],
        ["warm engine, one more notebook: CPU-seconds", *(f"**{f['each']:.3f}**" for f in found.values())],
        ["`otter run` costs so many times as much", *(f"**{f['peer']['cpu'] / f['each']:.0f}**" for f in found.values())],
        [f"warm, a batch of {BATCH}, start-up included: CPU-seconds each",
         *(f"{f[2]['cpu'] / BATCH:.3f}" for f in found.values())],
        ["warm, one notebook alone, start-up included: CPU-seconds", *(f"{f['one']['cpu']:.2f}" for f in found.values())],
        *([f"warm, notebooks a second with {jobs} job{'s' * (jobs > 1)}, batch of {BATCH}, start-up included",
           *(f"{BATCH / f[jobs]['wall']:.1f}" for f in found.values())] for jobs in (1, 2, 4)),
        [f"warm, notebooks a second with 2 jobs, {MANY} in one call, start-up included",
         *(f"{MANY / f['many']['wall']:.1f}" for f in found.values())],
        ["warm, notebooks a second with 2 jobs, once warm", *(f"**{f['rate']:.1f}**" for f in found.values())],
        ["most memory in MiB: `otter run`", *(f"{f['peer']['mib']:.0f}" for f in found.values())],
        ["most memory in MiB: warm, 1 / 2 / 4 jobs",
         *(" / ".join(f"{f[j]['mib']:.0f}" for j in (1, 2, 4)) for f in found.values())],
    ]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * len(found)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def machine(meter):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, Linux {platform.release()}, load {load:.1f} at the end; "
            f"CPU time by {meter.how}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--python", type=pathlib.Path, required=True)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    args.program, args.python = args.program.resolve(), args.python.absolute()
    with tempfile.TemporaryDirectory() as args.scratch:
        bench = Bench(args)
        try:
            found = {name: bench.case(name, args.corpus / "public" / folder) for name, folder in CASES.items()}
        finally:
            bench.meter.close()
    text = f"{table(found)}\n\nMeasured on {time.strftime('%Y-%m-%d')}: {machine(bench.meter)}. Medians of {args.repeat}.\n"
    print(text)
    if args.out:
        page = args.out.read_text(encoding="utf-8")
        head, _, rest = page.partition("<!-- begin table -->\n")
        _, _, tail = rest.partition("<!-- end table -->\n")
        args.out.write_text(f"{head}<!-- begin table -->\n{text}<!-- end table -->\n{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
