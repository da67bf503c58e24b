#!/usr/bin/env python3
"""Each number on each page equals the query: figures, points of the score, what is missing to targets, findings, slices.

    python3 tests/browser/figures.py ADDRESS KEHOU WAREHOUSE NAME:PASSWORD…

Reads the pages as they are served and compares what stands there with `kehou query`. Prints how many numbers of each kind were
compared; exits with 1 where one differs, or where there was nothing to compare. Needs Python alone.
"""

import collections
import csv
import html
import http.cookiejar
import io
import re
import subprocess
import sys
import urllib.parse
import urllib.request

SHAPES = 40
OF_SHAPE = 6


def main():
    address, kehou, warehouse, *people = sys.argv[1:]
    query = lambda sql: list(csv.DictReader(io.StringIO(subprocess.run([kehou, "query", sql, "--warehouse", warehouse, "--format", "csv"], capture_output=True, text=True, check=True).stdout.lstrip("\ufeff"))))
    truth = Truth(query)
    seen = collections.Counter()
    wrong = []
    for person in people:
        name, password = person.split(":", 1)
        for path, page in walk(log_in(address, name, password), address):
            for kind, shown, right in truth.numbers(path, page):
                seen[kind] += 1
                if shown != right:
                    wrong.append(f"{name} {path}: {kind} is shown as {shown}, and is {right}")
    print(", ".join(f"{times} {kind}" for kind, times in sorted(seen.items())))
    for one in wrong[:40]:
        print(one)
    lacking = {"figure", "points", "total", "gap", "findings", "slices"} - set(seen)
    if lacking:
        print(f"nothing was compared of: {', '.join(sorted(lacking))}")
    sys.exit(1 if wrong or lacking else 0)


class Truth:
    def __init__(self, query):
        key = lambda row: (row["indicator"], row["unit_id"], row["period"])
        # More answers than pupils come of reports that don't agree: S03 above 1 is shown as 1.
        shown = lambda row: "1" if row["indicator"] == "S03" and float(row["value"] or 0) > 1 else row["value"]
        self.figures = {key(row): shown(row) for row in query("select indicator, unit_id, period, value from marts.indicator_value where dimension = ''")}
        scores = query("select indicator, unit_id, period, points, total from marts.score")
        self.points = {key(row): row["points"] for row in scores}
        self.totals = {("E01", row["unit_id"], row["period"]): row["total"] for row in scores}
        self.gaps = {key(row): row["gap"] for row in query("select indicator, unit_id, period, gap from marts.target_gap where dimension = ''")}
        self.open = query("select rule, district_code, school_id, count(*) as times from marts.finding where ended is null group by rule, district_code, school_id")
        self.slices = query("select district_code, period, state, count(*) as times from marts.slice group by district_code, period, state")

    def numbers(self, path, page):
        """(kind, what is shown, what is right) of each number on a page."""
        for kind, place, text in re.findall(r'class="proof-link ?(\w*)" href="/figure/([^"?]+)">([^<]*)<', page):
            place = tuple(urllib.parse.unquote(part) for part in place.split("/"))
            table, write = {"": (self.figures, like(text)), "points": (self.points, tenth), "total": (self.totals, tenth), "gap": (self.gaps, like(text))}[kind]
            yield kind or "figure", text, write(float(table[place])) if table.get(place) not in (None, "") else f"nothing at {place}"
        for link, text in re.findall(r'href="/findings\?([^"]*)">([\d,]+)</a>', page):
            asked = dict(urllib.parse.parse_qsl(html.unescape(link)))
            if asked.keys() <= {"rule", "district", "school"}:
                column = {"rule": "rule", "district": "district_code", "school": "school_id"}
                own = [row for row in self.open if all(row[column[key]] == value for key, value in asked.items())]
                yield "findings", text, f"{sum(int(row['times']) for row in own):,}"
        reports = re.match(r"/district/(\d+)/reports\?month=([\d-]+)$", path)
        if reports:
            yield from self.states(page, *reports.groups())

    def states(self, page, district, month):
        year, number = month.split("-")
        autumn = int(number) >= 9 or int(number) == 1
        first = int(year) if int(number) >= 9 else int(year) - 1
        near = {month, f"{first}-{first + 1}-{1 if autumn else 2}", year, str(int(year) - 1)}
        for state, text in re.findall(r'state=(\w+)"[^>]*><span[^>]*>[^<]*</span> [^\d<]*([\d,]+)</a>', page):
            own = [row for row in self.slices if row["district_code"] == district and row["period"] in near and row["state"] == state]
            yield "slices", text, f"{sum(int(row['times']) for row in own):,}"


def like(text):
    """Writes a value as this one is written."""
    if text.endswith("%"):
        return share
    if "¥" in text:
        return lambda value: f"¥{value:,.2f}"
    return lambda value: f"{value:,.0f}" if round(value * 100) % 100 == 0 else f"{value:,.2f}"


def share(value):
    percent = value * 100
    return "100%" if percent == 100 else f"{99.9 if 99.9 < percent < 100 else percent:.1f}%"


def tenth(value):
    return f"{value:.1f}"


def log_in(address, name, password):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(f"{address}/login").read().decode()
    token = re.search(r'name="form_token" value="([^"]*)"', page)[1]
    form = urllib.parse.urlencode({"form_token": token, "next": "", "name": name, "password": password}).encode()
    browser.open(f"{address}/login", form).read()
    return browser


def walk(browser, address):
    """Pages that are reached by links, some of each shape."""
    shapes, seen, waiting = collections.Counter(), set(), ["/"]
    while waiting:
        path = waiting.pop(0)
        shape = re.sub(r"[0-9a-f]{32}|\d{10}|\d{6}|\d{4}(-\d{2,4}(-\d)?)?|[A-Z]\d{2}", "#", path.split("?")[0])
        if path in seen or shapes[shape] >= OF_SHAPE or (shape not in shapes and len(shapes) >= SHAPES):
            continue
        seen.add(path)
        shapes[shape] += 1
        answer = browser.open(address + path)
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        page = answer.read().decode()
        yield urllib.parse.urlsplit(answer.url)._replace(scheme="", netloc="").geturl(), page
        links = [html.unescape(link).split("#")[0] for link in re.findall(r'href="(/[^"]*)"', page)]
        waiting += [link for link in links if "lang=" not in link and not link.startswith(("/assets", "/logout")) and not link.split("?")[0].endswith(".pdf")]


if __name__ == "__main__":
    main()
