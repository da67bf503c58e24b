#!/usr/bin/env python3
"""The intake against its peers, in one run: rows a second and peak memory of the release build.

    python3 benches/intake.py [--kehou PATH] [--rows 20] [--runs 3] [--only attendance|errors|workbooks]

attendance  one CSV of --rows million attendance rows: read, checked, hashed, committed; beside DuckDB doing the same with
            as many threads (typed reading, known-school join, range checks, keys given twice, sha256 of secret, school and
            number, Parquet with zstd). kehou also seals the original.
errors      the same file with an error in each row, against the clean one.
workbooks   1,000 small workbooks, beside openpyxl + pandera and python-calamine + polars doing the same checks.

Needs the packages of tests/requirements.txt and benches/requirements.txt. Machines differ and are shared: compare ratios.
"""

import argparse
import itertools
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCHOOLS = 600
# The school days of the sample city's first month.
DAYS = [2, 3, 4, 5, 6, 9, 10, 11, 12, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30]


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(ROOT / "target/release/kehou"))
    words.add_argument("--rows", type=float, default=20, help="millions")
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--only", choices=["attendance", "errors", "workbooks"])
    args = words.parse_args()
    print(f"{os.cpu_count()} cores; medians of {args.runs} runs; peak of resident memory")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(args.kehou, pathlib.Path(scratch), args.runs)
        if args.only in (None, "attendance"):
            bench.attendance(int(args.rows * 1e6))
        if args.only in (None, "errors"):
            bench.errors(int(min(args.rows, 2) * 1e6))
        if args.only in (None, "workbooks"):
            bench.workbooks(1000)


class Bench:
    def __init__(self, kehou, scratch, runs):
        self.kehou, self.scratch, self.runs = kehou, scratch, runs
        self.folders = itertools.count()
        subprocess.run([kehou, "sample", scratch / "city", "--scale", "0.02", "--clean"], check=True, capture_output=True)
        self.register = scratch / "school.csv"
        lines = ["学校标识码,统计期,学校名称,区划代码,办学类型,城乡类型"]
        lines += [f"{3704020000 + school},2019,第{school}小学,370402,小学,城区" for school in range(SCHOOLS)]
        self.register.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def attendance(self, rows):
        file = self.attendance_file("attendance.csv", rows)
        ours = self.compare(f"attendance, {rows / 1e6:g} million rows: kehou", rows, lambda: self.ingest(file, 0))
        theirs = self.compare("  DuckDB, the same", rows, lambda: measure(None, inline=(duckdb_peer, file, self.register, self.scratch)))
        print(f"  kehou / DuckDB, rows a second: {ours / theirs:.2f}")

    def errors(self, rows):
        clean = self.attendance_file("clean.csv", rows)
        bad = self.attendance_file("bad.csv", rows, session="'x'")
        fast = self.compare(f"attendance, {rows / 1e6:g} million rows, clean", rows, lambda: self.ingest(clean, 0))
        slow = self.compare("  an error in each row", rows, lambda: self.ingest(bad, 2))
        print(f"  time with errors / clean: {fast / slow:.2f}")

    def workbooks(self, count):
        folder = self.scratch / "workbooks"
        rows = write_workbooks(folder, count)
        ours = self.compare(f"{count} workbooks, {rows} rows: kehou", rows, lambda: self.ingest(folder, 0))
        for name, peer in [("openpyxl + pandera", openpyxl_peer), ("python-calamine + polars", calamine_peer)]:
            theirs = self.compare(f"  {name}", rows, lambda: measure(None, inline=(peer, folder, self.register)))
            print(f"  kehou / {name}, rows a second: {ours / theirs:.2f}")

    def attendance_file(self, name, rows, session="1"):
        """A district's month as it comes out of a school's system: school by school, day by day."""
        file = self.scratch / name
        # In a process of its own: what this one has held would count as the peak of those that it starts.
        measure(None, inline=(write_attendance, file, rows, session))
        return file

    def ingest(self, path, code):
        # Another folder each time: where many files were just deleted, ext4 is slow to make new ones.
        warehouse = self.scratch / f"warehouse-{next(self.folders)}"
        at = ["--warehouse", warehouse]
        for words in (["init", "--reference", self.scratch / "city/reference"], ["ingest", self.register]):
            subprocess.run([self.kehou, *words, *at], check=True, capture_output=True)
        return measure([self.kehou, "ingest", path, *at], code)

    def compare(self, what, rows, run):
        times, peak = [], 0
        for _ in range(self.runs):
            seconds, memory = run()
            times.append(seconds)
            peak = max(peak, memory)
        median = statistics.median(times)
        spread = f"{min(times):.1f}–{max(times):.1f}"
        print(f"{what:60} {median:7.1f} s ({spread}), {rows / median / 1e3:8.0f} thousand rows a second, {peak / 2**20:.0f} MiB", flush=True)
        return rows / median


def measure(command, code=0, inline=None):
    """Seconds and peak bytes of a process; `inline` runs a function of this file in a process of its own."""
    started = time.monotonic()
    if inline:
        function, *rest = inline
        script = f"import importlib.util as u; s = u.spec_from_file_location('intake', {str(__file__)!r}); m = u.module_from_spec(s); s.loader.exec_module(m); m.{function.__name__}(*{[str(one) for one in rest]!r})"
        command = [sys.executable, "-c", script]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != code:
        sys.exit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started, usage.ru_maxrss * 1024


def write_attendance(file, rows, session):
    import duckdb

    pupils = -(-int(rows) // (SCHOOLS * len(DAYS)))
    days = ", ".join(f"({day})" for day in DAYS)
    duckdb.sql(f"""
        copy (
            select 3704020000 + school as "学校标识码", '2019-09' as "统计期", make_date(2019, 9, day) as "日期",
                2019000000 + school * 10000 + pupil as "学生编号",
                (1 + pupil // 240)::varchar || '(' || (1 + (pupil // 40) % 6)::varchar || ')班' as "班级",
                'G' || (pupil // 30)::varchar as "组别", {session} as "学时数"
            from range({SCHOOLS}) as s(school), (values {days}) as d(day), range({pupils}) as p(pupil)
            order by school, day, pupil
            limit {rows}
        ) to '{file}' (header, delimiter ',')""")


def duckdb_peer(file, register, scratch):
    """What the intake does to an attendance file, as an analyst would write it in DuckDB."""
    import duckdb

    db = duckdb.connect()
    db.execute(f"set threads = {os.cpu_count()}; set preserve_insertion_order = false; set temp_directory = '{scratch}/duckdb'")
    db.execute(f"create table school as select cast(\"学校标识码\" as varchar) as school_id from read_csv('{register}')")
    db.execute(f"""
        create table attendance as select * from read_csv('{file}', header = true, names = ['school_id', 'period', 'held_on',
            'pupil_id', 'class_id', 'group_id', 'sessions'], types = ['varchar', 'varchar', 'date', 'varchar', 'varchar',
            'varchar', 'integer'])""")
    unknown = db.execute("select count(*) from attendance anti join school using (school_id)").fetchone()[0]
    outside = db.execute("""
        select count(*) from attendance
        where held_on not between cast(period || '-01' as date) and last_day(cast(period || '-01' as date))
            or sessions not between 0 and 999999999 or school_id is null or period is null or held_on is null
            or pupil_id is null or class_id is null or group_id is null or sessions is null""").fetchone()[0]
    twice = db.execute("""
        select count(*) from (select 1 from attendance group by school_id, period, held_on, pupil_id having count(*) > 1)
        """).fetchone()[0]
    assert (unknown, outside, twice) == (0, 0, 0)
    db.execute(f"""
        copy (select school_id, period, held_on, sha256('0123456789abcdef' || school_id || pupil_id) as pupil_id, class_id,
            group_id, sessions from attendance) to '{scratch}/peer.parquet' (format parquet, compression zstd)""")


CLASS_HEADINGS = ["班级", "年级", "在籍人数", "有需求人数", "家长申请人数", "班级审核人数", "参加人数", "三方签字份数", "建档立卡人数", "建档立卡有需求人数", "建档立卡参加人数"]


def write_workbooks(folder, count):
    """A month's roster of so many schools, a workbook each."""
    import xlsxwriter

    folder.mkdir()
    rows = 0
    for school in range(count):
        book = xlsxwriter.Workbook(folder / f"{school:04}.xlsx")
        cover = book.add_worksheet("封面")
        # Schools send several months; a register of 600 schools is enough.
        for at, pair in enumerate([("学校标识码", str(3704020000 + school % SCHOOLS)), ("统计期", f"2019-{9 + school // SCHOOLS:02}")]):
            cover.write_row(at, 0, pair)
        sheet = book.add_worksheet("班级需求汇总表")
        sheet.write_row(0, 0, CLASS_HEADINGS)
        for at in range(24):
            sheet.write_row(at + 1, 0, [f"{at // 4 + 1}({at % 4 + 1})班", at // 4 + 1, 42, 30, 30, 30, 28, 28, 3, 2, 2])
            rows += 1
        book.close()
    return rows


AT_MOST = [("有需求人数", "在籍人数"), ("家长申请人数", "在籍人数"), ("班级审核人数", "在籍人数"), ("参加人数", "在籍人数"), ("建档立卡人数", "在籍人数"), ("建档立卡有需求人数", "有需求人数"), ("建档立卡参加人数", "参加人数")]


def openpyxl_peer(folder, register):
    import openpyxl
    import pandas
    import pandera.pandas as pandera

    known = set(pandas.read_csv(register, dtype=str)["学校标识码"])
    counts = {name: pandera.Column(int, pandera.Check.in_range(0, 999_999_999)) for name in CLASS_HEADINGS[2:]}
    schema = pandera.DataFrameSchema(
        {"班级": pandera.Column(str), "年级": pandera.Column(int, pandera.Check.in_range(1, 9)), **counts},
        checks=[pandera.Check(lambda frame, pair=pair: frame[pair[0]] <= frame[pair[1]]) for pair in AT_MOST],
        unique=["班级"],
    )
    frames = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        cover = {row[0]: row[1] for row in book["封面"].iter_rows(values_only=True)}
        assert cover["学校标识码"] in known
        rows = list(book["班级需求汇总表"].iter_rows(values_only=True))
        frame = schema.validate(pandas.DataFrame(rows[1:], columns=rows[0]), lazy=True)
        frames.append(frame.assign(school_id=cover["学校标识码"], period=cover["统计期"]))
    pandas.concat(frames).to_parquet(pathlib.Path(folder).with_suffix(".openpyxl.parquet"), compression="zstd")


def calamine_peer(folder, register):
    import polars
    from python_calamine import CalamineWorkbook

    known = set(polars.read_csv(register, infer_schema=False)["学校标识码"])
    frames = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        book = CalamineWorkbook.from_path(path)
        cover = {row[0]: row[1] for row in book.get_sheet_by_name("封面").to_python()}
        assert str(cover["学校标识码"]) in known
        rows = book.get_sheet_by_name("班级需求汇总表").to_python()
        frame = polars.DataFrame(rows[1:], schema=rows[0], orient="row")
        frame = frame.with_columns(polars.col(CLASS_HEADINGS[1:]).cast(polars.Int64))
        counts = [polars.col(name).is_between(0, 999_999_999) for name in CLASS_HEADINGS[2:]]
        rules = counts + [polars.col(left) <= polars.col(right) for left, right in AT_MOST] + [polars.col("年级").is_between(1, 9)]
        assert frame.filter(~polars.all_horizontal(rules)).is_empty() and not frame["班级"].is_duplicated().any()
        frames.append(frame.with_columns(school_id=polars.lit(cover["学校标识码"]), period=polars.lit(cover["统计期"])))
    polars.concat(frames).write_parquet(pathlib.Path(folder).with_suffix(".calamine.parquet"), compression="zstd")


if __name__ == "__main__":
    main()
