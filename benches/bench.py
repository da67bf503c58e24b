#!/usr/bin/env python3
"""Time and peak memory of the release build on the sample city.

    python3 benches/bench.py [--kehou PATH] [--scale 1] [--runs 3] [--only demo|pipeline|pages]

Prints a line a measurement: the median of the runs, the fastest and slowest, and the greatest peak of resident memory.
Machines differ and are shared: compare runs of one session, and ratios rather than seconds. Nothing here is a test.
"""

import argparse
import http.cookiejar
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
TODAY = ["--today", "2020-03-01"]


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(ROOT / "target/release/kehou"))
    words.add_argument("--scale", default="1")
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--only", choices=["demo", "pipeline", "pages"])
    args = words.parse_args()
    print(f"{os.cpu_count()} cores; medians of {args.runs} runs (fastest–slowest); peak of resident memory")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(args.kehou, pathlib.Path(scratch), args.runs)
        if args.only in (None, "demo"):
            bench.demo()
        if args.only in (None, "pipeline", "pages"):
            bench.pipeline(args.scale, runs=args.runs if args.only != "pages" else 1)
        if args.only in (None, "pages"):
            bench.pages(args.scale)


class Bench:
    def __init__(self, kehou, scratch, runs):
        self.kehou, self.scratch, self.runs = kehou, scratch, runs
        self.warehouse = scratch / "warehouse"

    def demo(self):
        """From the start of `kehou demo` to the first full page."""
        times = []
        for _ in range(self.runs):
            started = time.monotonic()
            command = [self.kehou, "demo", "--listen", "127.0.0.1:0"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
                address = password = None
                while not password:
                    line = demo.stdout.readline()
                    address = address or (re.findall(r"http://\S+", line) or [None])[0]
                    password = (re.findall(r"^\s+city\s+(\S+)", line) or [None])[0]
                browser = log_in(address, "city", password)
                browser.open(address + "city").read()
                times.append(time.monotonic() - started)
                demo.terminate()
        report("demo at scale 0.1, start to first full page", times)

    def pipeline(self, scale, runs):
        city = self.scratch / f"city-{scale}"
        seconds, peak = measure([self.kehou, "sample", city, "--scale", scale])
        size = sum(path.stat().st_size for path in city.rglob("*") if path.is_file())
        report(f"sample --scale {scale} ({size >> 20} MiB)", [seconds], peak)
        ingests, transforms, peaks = [], [], [0, 0]
        for _ in range(runs):
            for rest in (self.warehouse, self.warehouse.with_name("warehouse.keys")):
                shutil.rmtree(rest, ignore_errors=True)
            at = ["--warehouse", self.warehouse]
            subprocess.run([self.kehou, "init", "--reference", city / "reference", *at], check=True, capture_output=True)
            seconds, peak = measure([self.kehou, "ingest", city / "inbox", "--received", "folder", *at])
            ingests.append(seconds)
            peaks[0] = max(peaks[0], peak)
            seconds, peak = measure([self.kehou, "transform", *TODAY, *at])
            transforms.append(seconds)
            peaks[1] = max(peaks[1], peak)
        report(f"ingest of five months at scale {scale}", ingests, peaks[0])
        report(f"transform from nothing at scale {scale}", transforms, peaks[1])

    def pages(self, scale):
        """Each page of each shape, as the server answers it to the city bureau, after a first look."""
        at = ["--warehouse", str(self.warehouse)]
        password = os.urandom(12).hex()
        subprocess.run([self.kehou, "user", *at, "add", "city", "--role", "city", "--own"], input=password + "\n", text=True, check=True, capture_output=True)
        server = subprocess.Popen([self.kehou, "serve", *TODAY, "--listen", "127.0.0.1:0", *at], stdout=subprocess.PIPE, text=True)
        try:
            address = server.stdout.readline().strip()
            browser = log_in(address, "city", password)
            times = {path: timed(browser, address.rstrip("/") + path) for path in walk(browser, address)}
            for path, seconds in sorted(times.items(), key=lambda one: -statistics.median(one[1])):
                report(f"page {path} at scale {scale}", seconds, unit="ms")
        finally:
            server.terminate()
            server.wait()


def lines_of(file):
    """The heading and the lines of a CSV file, in whichever of the two encodings its school wrote it."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    head, *lines = text.splitlines()
    return head, lines


def measure(command):
    """Seconds and peak bytes of a process."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} ended with {status}")
    return time.monotonic() - started, usage.ru_maxrss * 1024


def log_in(address, name, password):
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    page = browser.open(address.rstrip("/") + "/login").read().decode()
    token = re.search(r'name="form_token" value="([^"]*)"', page)[1]
    form = urllib.parse.urlencode({"form_token": token, "next": "/city", "name": name, "password": password}).encode()
    browser.open(address.rstrip("/") + "/login", form).read()
    return browser


def walk(browser, address):
    """A page of each shape, followed from the overview."""
    seen, shapes, waiting = [], set(), ["/city"]
    while waiting and len(seen) < 24:
        path = waiting.pop(0)
        shape = re.sub(r"[0-9a-f]{32}|\d{10}|\d{6}|\d{4}-\d{2}|[A-Z]\d{2}", "#", path.split("?")[0])
        if shape in shapes or path.startswith(("/assets", "/logout")):
            continue
        shapes.add(shape)
        seen.append(path)
        text = browser.open(address.rstrip("/") + path).read().decode()
        waiting += [link.split("#")[0].replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', text) if "lang=" not in link]
    return seen


def timed(browser, url):
    times = []
    for _ in range(15):
        started = time.monotonic()
        browser.open(url).read()
        times.append(time.monotonic() - started)
    return times


def report(what, times, peak=None, unit="s"):
    factor = 1000 if unit == "ms" else 1
    median, low, high = (factor * of(times) for of in (statistics.median, min, max))
    memory = f", {peak / 2**20:.0f} MiB" if peak else ""
    print(f"{what:60} {median:8.2f} {unit} ({low:.2f}–{high:.2f}){memory}", flush=True)


if __name__ == "__main__":
    main()
