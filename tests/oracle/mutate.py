#!/usr/bin/env python3
"""Whether the cases of tests/sql/ would notice a mistake: changes the SQL in one place at a time, and has some case fail.

    python3 tests/oracle/mutate.py [FILE|FOLDER…]

Without paths all of sql/rules, sql/indicators, sql/marts and sql/staging. A mutant of a rule or an indicator is to fail a case of
its own; one of staging or marts a case of its own or of a model that reads it. A survivor that no input can tell from the
original stands in equivalent.txt with the reason. Exits with 1 where another survives, or where what stands there is killed or
gone. Needs duckdb alone, and no build.
"""

import argparse
import collections
import multiprocessing
import os
import pathlib
import sys
import time

import duckdb

import cases
import mutants

FOLDERS = ["rules", "indicators", "marts", "staging"]
KNOWN = pathlib.Path(__file__).with_name("equivalent.txt")
# What DuckDB says of text that is no sound SQL; whatever else fails, fails on the rows of a case.
UNSOUND = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    started = time.monotonic()
    chosen = options.paths or [cases.ROOT / "sql" / folder for folder in FOLDERS]
    names = [f"{file.parent.name}.{file.stem}" for path in chosen for file in sorted(path.resolve().glob("*.sql")) or [path.resolve()]]
    with multiprocessing.Pool(options.processes) as pool:
        results = [each for part in pool.map(judged, parts(names, options.processes)) for each in part]
    known = equivalents()
    fates = {written(name, mutant): fate for name, mutant, fate in results}
    survivors = [(name, mutant) for name, mutant, fate in results if fate == "survived" and written(name, mutant) not in known]
    stale = [line for line in known if name_of(line) in names and fates.get(line) != "survived"]
    for name, mutant in survivors:
        print(f"survived, line {mutant.line} of {written(name, mutant)}")
    for line in stale:
        print(f"no survivor any more, to be taken out of {KNOWN.name}: {line}")
    print_counts(results, known)
    print(f"{time.monotonic() - started:.0f} s on {options.processes} processes")
    sys.exit(1 if survivors or stale else 0)


def parts(names, count):
    """As many lists of models as there are processes, with about as many mutants each."""
    lists = [[] for _ in range(count)]
    for name in sorted(names, key=lambda name: -len(path_of(name).read_text())):
        min(lists, key=lambda chosen: sum(len(path_of(each).read_text()) for each in chosen)).append(name)
    return lists


def path_of(name):
    return pathlib.Path(os.path.relpath(cases.ROOT / "sql" / (name.replace(".", "/") + ".sql")))


def written(name, mutant):
    return f"sql/{name.replace('.', '/')}.sql: {mutant.change}"


def name_of(line):
    return line.split(".sql:")[0].removeprefix("sql/").replace("/", ".")


def equivalents():
    """The mutants that no input can tell from the original; the lines with # say why."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def judged(names):
    """Every mutant of some models with its fate: killed, stillborn or survived."""
    os.nice(10)
    models = cases.project()
    alive = {name: mutants.mutants(models[name][0]) for name in names}
    results = []
    for case in sorted((cases.ROOT / "tests/sql").glob("*.*/*/"), key=lambda case: (case.parent.name not in names, case)):
        computed = order_of(models, case)
        ways = {name: way for name in names if alive[name] and (way := way_of(models, computed, name, case.parent.name))}
        if not ways:
            continue
        engine = cases.built(models, case)
        for name, way in ways.items():
            fates = [(mutant, fate_of(engine, models, case, name, mutant.text, way)) for mutant in alive[name]]
            alive[name] = [mutant for mutant, fate in fates if fate == "survived"]
            results += [(name, mutant, fate) for mutant, fate in fates if fate != "survived"]
        engine.close()
    return results + [(name, mutant, "survived") for name in names for mutant in alive[name]]


def order_of(models, case):
    """The models that a case computes, each after what it reads: not those that it gives, nor what only those read."""
    order = []

    def visit(name):
        if name not in order and not cases.is_given(case, name):
            for read in sorted(models[name][1]):
                visit(read)
            order.append(name)

    visit(case.parent.name)
    return order


def way_of(models, computed, name, target):
    """The models to compute anew when one changes, from that one to the case's own; none where it doesn't matter to the case."""
    if name not in computed or (name.split(".")[0] in ("rules", "indicators") and name != target):
        return []
    changed = [name]
    for each in computed:
        if each not in changed and models[each][1] & set(changed):
            changed.append(each)
    return changed


def fate_of(engine, models, case, name, text, way):
    try:
        engine.execute("begin")
        engine.execute(f"create table mutant as {text}")
        if name == way[-1]:
            return "killed" if cases.differing(engine, case, "mutant") else "survived"
        changed = f"select * from mutant except all select * from {name}", f"select * from {name} except all select * from mutant"
        if not any(engine.execute(query + " limit 1").fetchall() for query in changed):
            return "survived"
        for each in way:
            query = "select * from mutant" if each == name else models[each][0]
            engine.execute(f"drop table {each}")
            engine.execute(f"create table {each} as {query}")
        return "killed" if cases.differing(engine, case, way[-1]) else "survived"
    except UNSOUND:
        return "stillborn"
    except duckdb.Error:
        return "killed"
    finally:
        engine.execute("rollback")


def print_counts(results, known):
    counts = collections.defaultdict(collections.Counter)
    for name, mutant, fate in results:
        counts[name.split(".")[0]]["equivalent" if fate == "survived" and written(name, mutant) in known else fate] += 1
    for folder, each in counts.items():
        numbers = ", ".join(f"{each[fate]} {fate}" for fate in ("killed", "equivalent", "stillborn", "survived"))
        print(f"{folder}: {sum(each.values())} mutants, {numbers}")


if __name__ == "__main__":
    main()
