#!/usr/bin/env python3
"""Another reader of Delta: the Python package `deltalake` opens findings and the charges that count, without kehou.

    python3 tests/oracle/delta.py WAREHOUSE

Prints a line of JSON: how many open findings, how many charges count, and their sum.
"""

import json
import pathlib
import sys

import duckdb
from deltalake import DeltaTable

warehouse = pathlib.Path(sys.argv[1])
release = json.loads(sorted((warehouse / "releases").glob("*.json"))[-1].read_text())


def table(name):
    return DeltaTable(str(warehouse / "tables" / name.replace(".", "/")), version=release["tables"][name]).to_pyarrow_table()


engine = duckdb.connect()
for name in ["marts.finding", "facts.raw_charge", "facts.submission"]:
    engine.register(name.split(".")[1], table(name))
findings = engine.execute("select count(*) from finding where ended is null").fetchone()[0]
rows, amount = engine.execute("""
    with newest as (
        select submission_id, state from submission where state <> 'rejected'
        qualify row_number() over (partition by form, school_id, period order by received_at desc, submission_id desc) = 1
    )
    select count(*), sum(charge.amount)
    from raw_charge as charge join newest using (submission_id)
    where newest.state = 'accepted'
""").fetchone()
print(json.dumps({"findings": findings, "charges": rows, "amount": str(amount)}))
