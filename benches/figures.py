#!/usr/bin/env python3
"""The figures against their peers, in one run: all models and data tests from nothing, one school's correction, nothing to do.

    python3 benches/figures.py [--kehou PATH] [--scale 1] [--runs 3] [--memory 2] [--only full|changes|project]

full      every model computed and every stored one written, beside DuckDB running the same SQL on the same Parquet files with
          the same memory limit and as many threads, writing the same tables as Parquet with zstd.
changes   one school's corrected month, another date, and nothing changed.
project   reading and planning the project, beside dbt-core + dbt-duckdb on a generated project of as many models: `dbt parse`,
          and `dbt build` of models that are all up to date (dbt runs them again: it knows no better).

Needs the packages of tests/requirements.txt and benches/requirements.txt. Machines differ and are shared: compare ratios.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench

ROOT = bench.ROOT
sys.path.insert(0, str(ROOT / "tests/oracle"))
TODAY = "2020-03-01"


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(ROOT / "target/release/kehou"))
    words.add_argument("--scale", default="1")
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--memory", type=int, default=2, help="GiB that either engine may hold")
    words.add_argument("--only", choices=["full", "changes", "project"])
    words.add_argument("--peer", help=argparse.SUPPRESS)
    args = words.parse_args()
    if args.peer:
        duckdb_peer(pathlib.Path(args.peer), args.kehou, args.memory)
        return
    print(f"{os.cpu_count()} cores; medians of {args.runs} runs; peak of resident memory; {args.memory} GiB for either engine")
    with tempfile.TemporaryDirectory() as scratch:
        measured = Bench(args, pathlib.Path(scratch))
        if args.only in (None, "full", "changes"):
            measured.make()
        if args.only in (None, "full"):
            measured.full()
        if args.only in (None, "changes"):
            measured.changes()
        if args.only in (None, "project"):
            measured.project()


class Bench:
    def __init__(self, args, scratch):
        self.args, self.kehou, self.scratch = args, args.kehou, scratch
        self.city, self.warehouse = scratch / "city", scratch / "warehouse"
        self.at = ["--warehouse", str(self.warehouse)]

    def make(self):
        """A city with all that its schools sent, and its first release."""
        for step in (
            ["sample", self.city, "--scale", self.args.scale, "--format", "csv"],
            ["init", "--reference", self.city / "reference", *self.at],
            ["ingest", self.city / "inbox", "--received", "folder", *self.at],
        ):
            subprocess.run([self.kehou, *map(str, step)], check=True, capture_output=True)

    def transform(self, *more):
        return measure([self.kehou, "transform", "--today", TODAY, "--memory", f"{self.args.memory}GiB", *more, *self.at])

    def full(self):
        ours = [self.transform("--full") for _ in range(self.args.runs)]
        peer = [sys.executable, __file__, "--peer", str(self.warehouse), "--kehou", self.kehou, "--memory", str(self.args.memory)]
        theirs = [measure(peer) for _ in range(self.args.runs)]
        ratio = report(f"all models at scale {self.args.scale}: kehou", ours) / report("  DuckDB, the same files and tables", theirs)
        print(f"  kehou / DuckDB, time: {ratio:.2f}")

    def changes(self):
        self.transform()
        report("nothing changed", [self.transform() for _ in range(self.args.runs)])
        corrected = []
        for number in range(self.args.runs):
            self.correct(number)
            corrected.append(self.transform())
        report(f"one school's corrected month at scale {self.args.scale}", corrected)
        dates = [measure([self.kehou, "transform", "--today", f"2020-03-0{2 + day}", *self.at]) for day in range(self.args.runs)]
        report("another date", dates)

    def correct(self, number):
        """A school's roster and attendance of October: one pupil less in a class, one row of attendance less."""
        for form in ("class_roster", "attendance"):
            file = next(file for file in sorted(self.city.glob(f"inbox/*/*-{form}-2019-10.csv")))
            head, lines = bench.lines_of(file)
            school = lines[0][:10]
            rows = [line for line in lines if line.startswith(school)]
            if form == "attendance":
                rows = rows[: -1 - number]
            else:
                column = head.split(",").index("在籍人数")
                cells = rows[0].split(",")
                cells[column] = str(int(cells[column]) + 1 + number)
                rows[0] = ",".join(cells)
            changed = self.scratch / f"{number}-{form}.csv"
            changed.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
            subprocess.run([self.kehou, "ingest", str(changed), "--received", "2020-02-20", *self.at], check=True, capture_output=True)

    def project(self):
        small = self.scratch / "small"
        at = ["--warehouse", str(small)]
        fixture = ROOT / "tests/fixtures/qinghe"
        subprocess.run([self.kehou, "init", "--reference", str(fixture / "reference"), *at], check=True, capture_output=True)
        subprocess.run([self.kehou, "ingest", str(fixture / "inbox"), "--received", "folder", *at], check=True, capture_output=True)
        subprocess.run([self.kehou, "transform", "--today", TODAY, *at], check=True, capture_output=True)
        models = json.loads(subprocess.run([self.kehou, "catalog", "models", "--format", "json"], check=True, capture_output=True).stdout)
        plan = report(f"{len(models)} models read and planned: kehou transform --plan", [measure([self.kehou, "transform", "--today", TODAY, "--plan", *at]) for _ in range(self.args.runs)])
        idle = report("  nothing to do: kehou transform", [measure([self.kehou, "transform", "--today", TODAY, *at]) for _ in range(self.args.runs)])
        dbt = shutil.which("dbt", path=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
        if not dbt:
            print("  dbt is not installed (pip install dbt-core dbt-duckdb): not compared")
            return
        folder = dbt_project(self.scratch / "dbt", len(models))
        def fresh_parse():
            shutil.rmtree(folder / "target", ignore_errors=True)
            return measure([dbt, "--quiet", "parse", "--project-dir", folder, "--profiles-dir", folder], cwd=folder)
        parse = report("  dbt parse", [fresh_parse() for _ in range(self.args.runs)])
        build = [dbt, "--quiet", "build", "--project-dir", folder, "--profiles-dir", folder]
        subprocess.run(build, check=True, cwd=folder)
        again = report("  dbt build, nothing changed", [measure(build, cwd=folder) for _ in range(self.args.runs)])
        print(f"  dbt parse / kehou --plan: {parse / plan:.0f}; dbt build / kehou with nothing to do: {again / idle:.0f}")


def dbt_project(folder, models):
    """As many models as kehou has, each reading the one before it."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: peer\nversion: '1.0.0'\nprofile: peer\nmodels:\n  peer:\n    +materialized: view\n")
    (folder / "profiles.yml").write_text(f"peer:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: {folder}/peer.duckdb\n      threads: 2\n")
    for number in range(models):
        source = f"{{{{ ref('m{number - 1:03}') }}}}" if number else "(select 1 as n)"
        (folder / f"models/m{number:03}.sql").write_text(f"select n + 1 as n from {source} as t\n")
    return folder


def duckdb_peer(warehouse, kehou, memory):
    """What kehou does in a full run: every model in its order, stored ones written, data tests run."""
    import duckdb
    from run import carried, scan

    release = json.loads(sorted((warehouse / "releases").glob("*.json"))[-1].read_text())
    models = json.loads(subprocess.run([kehou, "catalog", "models", "--format", "json"], check=True, capture_output=True).stdout)
    with tempfile.TemporaryDirectory() as scratch:
        engine = duckdb.connect(config={"threads": 2, "memory_limit": f"{memory}GiB", "temp_directory": scratch})
        for schema in ["facts", "reference", "staging", "indicators", "rules", "marts", "previous", "tests"]:
            engine.execute(f"create schema {schema}")
        for name, version in release["tables"].items():
            if name.split(".")[0] in ("facts", "reference"):
                engine.execute(f"create view {name} as {scan(warehouse, name, version)}")
        engine.execute(f"create table run as select date '{TODAY}' as today")
        for model in models:
            name, text = model["name"], model["text"]
            if model["carries"]:
                engine.execute(f"create table previous.{name.split('.')[1]} ({carried(model['carries'])})")
            if name.startswith("tests."):
                engine.execute(text).fetchall()
            elif name in release["tables"]:
                file = f"{scratch}/{name}.parquet"
                engine.execute(f"copy ({text}) to '{file}' (format parquet, compression zstd)")
                engine.execute(f"create view {name} as select * from read_parquet('{file}')")
            else:
                engine.execute(f"create view {name} as {text}")


def measure(words, cwd=None):
    """Seconds and peak MiB of a command."""
    script = "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True, cwd=cwd)
    return time.monotonic() - started, int(done.stdout) >> 10


def report(what, runs):
    seconds = statistics.median(run[0] for run in runs)
    print(f"{what}: {seconds:.2f} s ({', '.join(f'{run[0]:.2f}' for run in runs)}), {max(run[1] for run in runs)} MiB")
    return seconds


if __name__ == "__main__":
    main()
