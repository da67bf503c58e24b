#!/usr/bin/env python3
"""The second engine: DuckDB runs the same SQL files on the same facts, and every table must be the same, row by row.

    python3 tests/oracle/run.py [--kehou PATH] [--warehouse DIR]

Without --warehouse the example city is taken in and computed first. Exits with 1 where a row differs. Needs the packages of
tests/requirements.txt. Doubles may differ by 1e-9, everything else by nothing.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Tables with more rows than this, and no doubles, are compared by the hashes of their rows.
LARGE = 500_000
TYPES = {"money": "decimal(18,2)", "timestamp": "timestamptz"}


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(ROOT / "target/debug/kehou"))
    words.add_argument("--warehouse", type=pathlib.Path)
    args = words.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        warehouse = args.warehouse or example(args.kehou, pathlib.Path(scratch))
        differing = compare_all(args.kehou, warehouse, pathlib.Path(scratch))
    sys.exit(1 if differing else 0)


def example(kehou, scratch):
    """The example city with two releases, so that what is carried over from one to the next is compared too."""
    city = ROOT / "tests/fixtures/qinghe"
    warehouse = scratch / "warehouse"
    at = ["--warehouse", str(warehouse)]
    run(kehou, "init", "--reference", str(city / "reference"), *at)
    run(kehou, "ingest", str(city / "inbox"), "--received", "folder", *at)
    run(kehou, "transform", "--today", "2020-02-20", *at)
    run(kehou, "transform", "--today", "2020-03-01", *at)
    return warehouse


def compare_all(kehou, warehouse, scratch):
    releases = sorted((warehouse / "releases").glob("*.json"))
    release = json.loads(releases[-1].read_text())
    before = json.loads(releases[-2].read_text()) if len(releases) > 1 else {"tables": {}}
    models = json.loads(run(kehou, "catalog", "models", "--format", "json"))
    # On disk, so that a whole city's rows needn't fit in memory.
    engine = duckdb.connect(str(scratch / "second.duckdb"))
    for schema in ["facts", "reference", "staging", "indicators", "rules", "marts", "previous"]:
        engine.execute(f"create schema {schema}")
    for name, version in release["tables"].items():
        if name.split(".")[0] in ("facts", "reference"):
            engine.execute(f"create view {name} as {scan(warehouse, name, version)}")
    engine.execute(f"create table run as select date '{release['today']}' as today")

    differing = compared = rows = 0
    for model in models:
        name, text = model["name"], model["text"]
        if model["carries"]:
            previous = f"previous.{name.split('.')[1]}"
            if name in before["tables"]:
                engine.execute(f"create view {previous} as {scan(warehouse, name, before['tables'][name])}")
            else:
                engine.execute(f"create table {previous} ({carried(model['carries'])})")
        if name.startswith("tests."):
            offending = len(engine.execute(text).fetchall())
            if offending and not model["warns"]:
                differing += 1
                print(f"{name}: {offending} offending rows on DuckDB, none on DataFusion")
            continue
        engine.execute(f"create table {name} as {text}")
        file = scratch / f"{name}.parquet"
        if name in release["tables"]:
            ours = scan(warehouse, name, release["tables"][name])
        else:
            with file.open("wb") as out:
                words = [kehou, "query", f"select * from {name}", "--format", "parquet", "--warehouse", str(warehouse)]
                subprocess.run(words, check=True, stdout=out)
            ours = f"select * from read_parquet('{file}')"
        lines, count = differences(engine, ours, f"select * from {name}")
        file.unlink(missing_ok=True)
        compared += 1
        rows += count
        for line in lines:
            differing += 1
            print(f"{name}: {line}")
    print(f"{compared} tables with {rows} rows compared on DataFusion and DuckDB {duckdb.__version__}: {differing} differing rows")
    return differing


def scan(warehouse, name, version):
    """A query for a Delta table's version; DuckDB's own Delta extension would have to be downloaded."""
    table = DeltaTable(str(warehouse / "tables" / name.replace(".", "/")), version=version)
    files = table.file_uris()
    if files:
        return f"select * from read_parquet({files!r})"
    columns = ", ".join(f'cast(null as {duck(field.type)}) as "{field.name}"' for field in table.schema().fields)
    return f"select {columns} where false"


def duck(kind):
    text = getattr(kind, "type", str(kind))
    return {"string": "varchar", "long": "bigint", "integer": "integer", "timestamp": "timestamptz"}.get(text, text)


def carried(text):
    columns = [column.strip().split(" ") for column in text.replace("decimal(18,2)", "money").split(",")]
    return ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in columns)


def differences(engine, ours, theirs):
    """The lines that tell how two queries' rows differ, and how many rows the first one has."""
    count = engine.execute(f"select count(*) from ({ours})").fetchone()[0]
    columns = engine.execute(f"describe {theirs}").fetchall()
    if count <= LARGE or any(kind in ("DOUBLE", "FLOAT") for _, kind, *_ in columns):
        return difference(engine, engine.execute(ours).to_arrow_table(), engine.execute(theirs).to_arrow_table()), count
    # The sum of the rows' hashes is the same for the same rows in whatever order.
    texts = ", ".join(f'cast("{name}" as varchar)' for name, *_ in columns)
    left, right = (engine.execute(f"select count(*), sum(cast(hash({texts}) as hugeint)) from ({query})").fetchone() for query in (ours, theirs))
    if left == right:
        return [], count
    only = "select * from (({}) except all ({})) limit 5"
    lines = [f"{left[0]} rows on DataFusion, {right[0]} on DuckDB, or rows that differ"]
    lines += [f"only DataFusion: {row}" for row in engine.execute(only.format(ours, theirs)).fetchall()]
    lines += [f"only DuckDB: {row}" for row in engine.execute(only.format(theirs, ours)).fetchall()]
    return lines, count


def difference(engine, ours, theirs):
    """The rows in which two tables differ, as lines to print; none where they are the same."""
    if ours.column_names != theirs.column_names:
        return [f"columns {ours.column_names} and {theirs.column_names}"]
    doubles = [field.name for field in theirs.schema if pa.types.is_floating(field.type)]
    exact = [name for name in ours.column_names if name not in doubles]
    ours, theirs = (normal(engine, table, exact, doubles) for table in (ours, theirs))
    if ours.num_rows != theirs.num_rows:
        lines = [f"{ours.num_rows} rows on DataFusion, {theirs.num_rows} on DuckDB"]
        left, right = ({tuple(row.values()) for row in table.select(exact).to_pylist()} for table in (ours, theirs))
        lines += [f"only DataFusion: {row}" for row in sorted(left - right, key=str)[:5]]
        lines += [f"only DuckDB: {row}" for row in sorted(right - left, key=str)[:5]]
        return lines
    wrong = set()
    for name in ours.column_names:
        left, right = ours[name].combine_chunks(), theirs[name].combine_chunks()
        if name in doubles:
            near = pc.less_equal(pc.abs(pc.subtract(left, right)), 1e-9)
            same = pc.or_(pc.fill_null(near, False), pc.and_(pc.is_null(left), pc.is_null(right)))
        else:
            same = pc.or_(pc.fill_null(pc.equal(left, right), False), pc.and_(pc.is_null(left), pc.is_null(right)))
        wrong.update(index for index, value in enumerate(same.to_pylist()) if not value)
    return [f"{ours.slice(at, 1).to_pylist()[0]} on DataFusion, {theirs.slice(at, 1).to_pylist()[0]} on DuckDB" for at in sorted(wrong)]


def normal(engine, table, exact, doubles):
    """The table with everything but doubles as text, in the order of all columns."""
    kinds = {field.name: field.type for field in table.schema}
    def text(name):
        kind = kinds[name]
        if pa.types.is_decimal(kind) or pa.types.is_integer(kind):
            return f'cast(cast("{name}" as decimal(38,6)) as varchar)'
        if pa.types.is_timestamp(kind):
            return f'cast(epoch_us("{name}") as varchar)'
        return f'cast("{name}" as varchar)'
    columns = [f'{text(name)} as "{name}"' if name in exact else f'cast("{name}" as double) as "{name}"' for name in table.column_names]
    order = [f'"{name}" nulls first' for name in exact + doubles]
    engine.register("arrived", table)
    done = engine.execute(f"select {', '.join(columns)} from arrived order by {', '.join(order)}").to_arrow_table()
    engine.unregister("arrived")
    return done


def run(kehou, *words):
    done = subprocess.run([kehou, *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"kehou {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
