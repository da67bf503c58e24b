#!/usr/bin/env python3
"""The cases of the SQL on the second engine: what tests/it/sql_cases.rs runs on DataFusion, DuckDB runs here.

    python3 tests/oracle/cases.py [FOLDER…]

Without folders all of tests/sql. The convention stands in tests/sql/README.md. Exits with 1 where a case gives other rows.
Needs duckdb alone, and no build.
"""

import collections
import csv
import functools
import pathlib
import re
import sys
import tomllib

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ["facts", "reference", "staging", "indicators", "rules", "marts", "tests", "previous"]
KINDS = {"money": "decimal(18,2)", "whole": "bigint", "grade": "bigint", "scale": "bigint", "yes_no": "boolean", "date": "date"}
MONEY = "decimal(18,2)"
# The tables that no model and no form makes, as `ingest` does: see ledger.rs and reference.rs there.
TABLES = {
    "facts.submission": "submission_id varchar, form varchar, school_id varchar, district_code varchar, period varchar, "
    "state varchar, file_name varchar, file_sha256 varchar, sheet varchar, sender varchar, received_on date, "
    "received_at timestamptz, rows bigint, errors bigint, warnings bigint, replaces varchar",
    "facts.submission_issue": "submission_id varchar, severity varchar, code varchar, sheet varchar, row_no bigint, "
    "heading varchar, message_zh varchar, message_en varchar",
    "facts.case_event": 'finding_id varchar, step varchar, "at" timestamptz, by_whom varchar, due_on date, note varchar, '
    "on_date date, occurrence bigint",
    "facts.slice_event": "form varchar, school_id varchar, district_code varchar, period varchar, event varchar, until_on date, "
    'reason varchar, confirmed_submission varchar, by_whom varchar, on_date date, "at" timestamptz',
    "reference.district": "district_code varchar, name_zh varchar, name_en varchar, kind varchar, tile_col bigint, tile_row bigint",
    "reference.calendar": "date date, is_school_day boolean, term varchar, school_year varchar",
    "reference.fee_standard": "district_code varchar, urban_rural varchar, valid_from date, valid_to date, "
    f"yuan_per_session {MONEY}, yuan_per_month_cap {MONEY}, doc_no varchar, approved_by varchar",
    "reference.policy": "key varchar, value varchar, valid_from date, clause varchar",
    "reference.weight": "indicator varchar, weight decimal(18,6), floor decimal(18,6), target decimal(18,6)",
}


def main():
    models = project()
    chosen = [pathlib.Path(word).resolve() for word in sys.argv[1:]]
    folders = chosen or sorted((ROOT / "tests/sql").glob("*.*/*/"))
    wrong = 0
    for folder in folders:
        try:
            lines = check(models, folder)
        except duckdb.Error as error:
            lines = [str(error)]
        wrong += bool(lines)
        for line in lines:
            print(f"{folder.relative_to(ROOT / 'tests/sql')}: {line}")
    print(f"{len(folders)} cases on DuckDB {duckdb.__version__}, {wrong} wrong")
    sys.exit(1 if wrong else 0)


def project():
    """Every model's text and what it reads of the others, by name."""
    texts = {f"{path.parent.name}.{path.stem}": path.read_text() for path in sorted((ROOT / "sql").glob("*/*.sql"))}
    for schema in sorted({word for text in texts.values() for word in re.findall(r"^-- collects: (\w+)\.\*", text, re.M)}):
        parts = [f"select * from {name}" for name in texts if name.startswith(schema + ".")]
        texts[f"{schema}.all"] = "\nunion all\n".join(parts)
    bare = {name: re.sub(r"--.*", "", text) for name, text in texts.items()}
    reads = {name: set(re.findall(r"\b\w+\.\w+\b", text)) & texts.keys() - {name} for name, text in bare.items()}
    return {name: (texts[name], reads[name]) for name in texts}


@functools.cache
def inputs():
    """The columns of every table that no model makes, by name."""
    tables = dict(TABLES)
    for path in (ROOT / "ingest/forms").glob("*.toml"):
        form = tomllib.loads(path.read_text())
        columns = {"school_id": "varchar", "period": "varchar", "submission_id": "varchar", "row_no": "bigint"}
        columns.update((column["name"], KINDS.get(column["kind"], "varchar")) for column in form["column"] if column["name"] != "school_id")
        tables[f"facts.raw_{form['name']}"] = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    return tables


def upstream(models, target):
    """What a model reads, each after what it reads itself; the model last."""
    order = []

    def visit(name):
        if name not in order:
            for read in sorted(models[name][1]):
                visit(read)
            order.append(name)

    visit(target)
    return order


def check(models, case):
    """Runs one case; gives lines that say what differs, none where its rows are the expected ones."""
    return differing(built(models, case), case, case.parent.name)


def built(models, case):
    """An engine that holds what a case gives, and every model up to the case's own."""
    target = case.parent.name
    engine = duckdb.connect(config={"threads": 1})
    engine.execute("set timezone = 'UTC'")
    engine.execute(";".join(f"create schema {schema}" for schema in SCHEMAS))
    tables = inputs()
    engine.execute(";".join(f"create table {name} ({columns})" for name, columns in tables.items()))
    for name in tables:
        fill(engine, name, file_of(case, target, name))
    engine.execute("create table run (today date)")
    if (day := file_of(case, target, "run")).exists():
        fill(engine, "run", day)
    else:
        engine.execute("insert into run values (date '2020-03-01')")
    for name in upstream(models, target):
        text = models[name][0]
        if carries := re.search(r"^-- carries: (.*(?:\n--   .*)*)", text, re.M):
            previous = f"previous.{name.split('.')[1]}"
            columns = re.sub(r"\n--\s*", " ", carries[1]).replace(" timestamp", " timestamptz")
            engine.execute(f"create table {previous} ({columns})")
            fill(engine, previous, file_of(case, target, previous))
        given = file_of(case, target, name)
        if is_given(case, name):
            engine.execute(f"create table {name} as select * from ({text}) as empty limit 0")
            fill(engine, name, given)
        else:
            engine.execute(f"create table {name} as {text}")
    return engine


def is_given(case, name):
    """Whether a case gives a model's rows, which else are computed."""
    target = case.parent.name
    return name != target and file_of(case, target, name).exists()


def differing(engine, case, source):
    """Lines that say how the rows of a source (a table, or a query in brackets) differ from what a case expects."""
    headings, *rows = csv.reader((case / "expected.csv").open(encoding="utf-8"))
    expected = collections.Counter(tuple(plain(cell.strip()) for cell in row) for row in rows if row)
    columns = ", ".join(f'cast("{heading}" as varchar)' for heading in headings)
    got = engine.execute(f"select {columns} from {source}").fetchall()
    found = collections.Counter(tuple("" if cell is None else plain(cell or "''") for cell in row) for row in got)
    lines = [f"not found: {dict(zip(headings, row))}" for row in sorted((expected - found).elements())]
    return lines + [f"not expected: {dict(zip(headings, row))}" for row in sorted((found - expected).elements())]


def file_of(case, target, table):
    """A case's file of a table: its own, or else the one that all cases of the schema share."""
    own = case / f"{table}.csv"
    shared = case.parents[1] / target.split(".")[0] / f"{table}.csv"
    return own if own.exists() or not shared.exists() else shared


def fill(engine, name, file):
    if not file.exists():
        return
    headings, *rows = csv.reader(file.open(encoding="utf-8"))
    values = [[None if cell.strip() == "" else "" if cell.strip() == "''" else cell.strip() for cell in row] for row in rows if row]
    if values:
        columns = ", ".join(f'"{heading}"' for heading in headings)
        marks = ", ".join(["(" + ", ".join("?" * len(headings)) + ")"] * len(values))
        engine.execute(f"insert into {name} ({columns}) values {marks}", [cell for row in values for cell in row])


def plain(text):
    """Text as it is compared: 5, 5.0 and 5.00 are one number, and doubles are compared to 9 places."""
    try:
        number = "." in text and float(text) is not None
    except ValueError:
        number = False
    return f"{float(text):.9f}".rstrip("0").rstrip(".") if number else text


if __name__ == "__main__":
    main()
