#!/usr/bin/env python3
"""kehou side by side with what one would otherwise take: a Superset dashboard of the same figures, dbt + DuckDB for the pipeline.

    python3 benches/side.py [--kehou PATH] [--scale 1] [--runs 5] [--memory 2] [--superset VENV] [--only pages|pipeline] [--shots DIR]

pages     the city's overview and a Superset dashboard of the same release's figures, one after the other in the same Chromium:
          what is asked for and sent, when the last change was painted, what the servers hold in memory, how many page loads they
          can answer.
pipeline  kehou's own models as a dbt project with its data tests, on the same facts, with as many threads and as much memory:
          all from nothing, after one school's correction, with nothing changed. Rows of all marts must agree, else it ends with 1.

Why the peers are fair. Superset 6.1: gunicorn with a worker a core (and the threads of its own image), nginx in front with assets
compressed beforehand and kept by the browser for ever, the charts' data kept in a cache for all workers, every log off, a release's
marts in DuckDB in the shape in which charts ask for them; twelve charts where kehou's page has 28 headline indicators and eight
more parts, and no choosers; warmed up before anything is measured. It is measured in a window as tall as the page, so that all
figures are painted, and in one of 900 pixels, where Superset leaves charts out of sight for later. dbt keeps what it parsed, its
tables stay in DuckDB's own format, and what its sources read is told beforehand.

"Last paint" is the later of the largest contentful paint and the last change of the DOM or of a canvas before half a second in which
nothing was under way. "Cold" is a browser's first visit, "warm" its third. Memory is PSS, summed over a server's processes.

It takes some 20 minutes at scale 1; --runs 3 is enough for the ratios. What is missing is left out, and said so.

Needs the packages of tests/requirements.txt and benches/requirements.txt, Chromium, nginx and wrk; and Superset, whose packages don't go
with the others', in a folder of its own (1 GB):

    python3 -m venv DIR && DIR/bin/pip install apache-superset==6.1.0 flask-caching==2.3.1 duckdb==2.0.1 duckdb-engine==0.17.0 gunicorn==23.0.0 rich cachetools==6.2.1
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import bench
import figures
import pages
import peers

TITLES = {"requests": "requests", "sent": "sent over the wire", "script": "of it JavaScript", "lcp": "largest contentful paint", "last": "last paint"}
WINDOWS = {"all figures in sight": (1280, 5200), "900 pixels high": (1280, 900)}
# Tells when the page last changed: by the DOM, or by what is drawn on a canvas.
WATCH = """
(() => {
  if (window !== window.top) return;
  const seen = { dom: 0, canvas: 0, lcp: 0 };
  window.__seen = seen;
  new MutationObserver(() => { seen.dom = performance.now(); }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  new PerformanceObserver(list => { for (const one of list.getEntries()) seen.lcp = one.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true });
  for (const name of ['fillRect', 'clearRect', 'fill', 'stroke', 'fillText', 'strokeText', 'drawImage']) {
    const own = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...words) { seen.canvas = performance.now(); return own.apply(this, words); };
  }
})();
"""


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(bench.ROOT / "target/release/kehou"))
    words.add_argument("--scale", default="1")
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--memory", type=int, default=2, help="GiB that either engine may hold")
    words.add_argument("--loads", type=int, default=200, help="page loads before the memory is told again")
    words.add_argument("--superset", help="the folder in which Superset is installed")
    words.add_argument("--only", choices=["pages", "pipeline"])
    words.add_argument("--shots", type=pathlib.Path, help="where to put pictures of both pages")
    args = words.parse_args()
    print(f"{os.cpu_count()} cores, shared with the browser and the load; scale {args.scale}; medians of {args.runs} runs")
    with tempfile.TemporaryDirectory() as scratch:
        made = figures.Bench(args, pathlib.Path(scratch))
        made.make()
        made.transform()
        lines, agree = [], True
        if args.only in (None, "pages"):
            lines += side_of_pages(args, made)
        if args.only in (None, "pipeline"):
            more, agree = side_of_pipelines(args, made)
            lines += more
    print("\nAs a table:\n\n| what | kehou | peer | times as much |\n| --- | --- | --- | --- |")
    for line in lines:
        print(f"| {' | '.join(line)} |")
    sys.exit(0 if agree else 1)


# Pages


def side_of_pages(args, made):
    try:
        import playwright  # noqa: F401
    except ImportError:
        print("skip: the pages, because playwright is missing (tests/requirements.txt)")
        return []
    chromium = shutil.which("chromium")
    if not chromium:
        print("skip: the pages, because chromium is missing (apt-get install chromium)")
        return []
    password = os.urandom(12).hex()
    command = [args.kehou, "user", *made.at, "add", "side", "--role", "city", "--own"]
    subprocess.run(command, input=password + "\n", text=True, check=True, capture_output=True)
    with subprocess.Popen([args.kehou, "serve", *bench.TODAY, "--listen", "127.0.0.1:0", *made.at], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            host = urllib.parse.urlsplit(server.stdout.readline().strip()).netloc
            ours = Side("kehou", args, chromium, host, f"/city?month={peers.MONTH}", [server.pid])
            ours.measure(lambda: pages.log_in(host, "side", password))
        finally:
            server.terminate()
    if not args.superset or not (pathlib.Path(args.superset) / "bin/superset").exists():
        print("skip: Superset, because --superset names no folder in which it is installed (see --help)")
        return []
    peer = peers.Superset(args.superset, args.kehou, made.warehouse, made.scratch / "superset")
    try:
        peer.prepare()
        peer.start()
        path = peer.build()
        # Started anew, so that what it holds is not what building the page left.
        peer.stop()
        host = peer.start()
        theirs = Side("Superset", args, chromium, host, path, [process.pid for process in peer.processes])
        theirs.measure(lambda: peers.superset_log_in(host, "viewer", peer.password))
    finally:
        peer.stop()
    return table_of_pages(ours.told, theirs.told)


class Side:
    """One server's page: visited, and its memory and its answers counted."""

    def __init__(self, name, args, chromium, host, path, processes):
        self.name, self.args, self.chromium, self.host, self.path, self.processes = name, args, chromium, host, path, processes
        self.told = {}

    def measure(self, log_in):
        self.tell("memory, idle", pss(self.processes) >> 20, "MiB")
        name, value = log_in().split("=", 1)
        self.cookie = {"name": name, "value": value, "url": f"http://{self.host}"}
        for number, (window, size) in enumerate(WINDOWS.items()):
            if number == 0:
                for _ in range(2):
                    self.browser(size)
            runs = [self.browser(size, shot=run == 0 and number == 0) for run in range(self.args.runs)]
            for visit in ("cold", "warm"):
                for key, unit in [("requests", ""), ("sent", "KiB"), ("script", "KiB"), ("lcp", "ms"), ("last", "ms")]:
                    values = [run[visit][key] for run in runs]
                    self.tell(f"{window}, {visit}: {TITLES[key]}", statistics.median(values), unit, values)
        self.load()
        self.tell(f"memory, after {self.args.loads} page loads more", pss(self.processes) >> 20, "MiB")
        self.saturate()

    def tell(self, what, value, unit, values=()):
        self.told[what] = (value, unit)
        spread = f" ({min(values):,.0f}–{max(values):,.0f})" if values else ""
        print(f"{self.name:9} {what:60} {value:10,.0f} {unit}{spread}", flush=True)

    def browser(self, size, shot=False):
        """A browser that knows nothing yet: its first visit and its third."""
        from playwright.sync_api import sync_playwright

        with tempfile.TemporaryDirectory() as profile, sync_playwright() as driver:
            flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
            context = driver.chromium.launch_persistent_context(profile, executable_path=self.chromium, args=flags, viewport={"width": size[0], "height": size[1]})
            context.add_cookies([self.cookie])
            context.add_init_script(WATCH)
            cold = self.visit(context)
            self.visit(context)
            warm = self.visit(context, keep=True, shot=shot)
            context.close()
        return {"cold": cold, "warm": warm}

    def visit(self, context, keep=False, shot=False):
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        open_, kinds, kept, seen = {}, {}, set(), {"sent": 0, "script": 0, "requests": 0, "at": time.monotonic()}
        wired, refused = set(), set()

        def asked(event):
            # Superset asks for a picture of its makers', who count visits: nothing outside of this machine counts here.
            if urllib.parse.urlsplit(event["request"]["url"]).netloc != self.host:
                return
            open_[event["requestId"]] = event["request"]["method"], event["request"]["url"]
            kinds[event["requestId"]] = event["type"]
            seen["at"] = time.monotonic()

        def answered(event):
            if event["response"]["status"] >= 400:
                refused.add(event["requestId"])
            if event["response"].get("fromDiskCache") or event["response"].get("fromServiceWorker"):
                kept.add(event["requestId"])

        def ended(event):
            own = event["requestId"]
            which = open_.pop(own, None)
            seen["at"] = time.monotonic() if which else seen["at"]
            if which and own not in kept:
                if own not in refused:
                    wired.add(which)
                seen["requests"] += 1
                seen["sent"] += event.get("encodedDataLength", 0)
                seen["script"] += event.get("encodedDataLength", 0) if kinds[own] == "Script" else 0

        wire.on("Network.requestWillBeSent", asked)
        wire.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
        wire.on("Network.responseReceived", answered)
        wire.on("Network.loadingFinished", ended)
        wire.on("Network.loadingFailed", ended)
        requests = []
        if keep:
            page.on("request", lambda request: requests.append(request))
        page.goto(f"http://{self.host}{self.path}")
        deadline = time.monotonic() + 90
        while True:
            page.wait_for_timeout(100)
            told = page.evaluate("({ ...window.__seen, now: performance.now() })")
            last = max(told["dom"], told["canvas"], told["lcp"])
            if not open_ and time.monotonic() - seen["at"] > 0.5 and told["now"] - last > 500:
                break
            if time.monotonic() > deadline:
                sys.exit(f"{self.name} is not at rest after 90 s: {len(open_)} requests are under way")
        text = page.inner_text("body")
        lacking = [word for word in ("开办进度", "薛城区", "综合评分", "R24") if word not in text]
        if page.viewport_size["height"] > 2000 and lacking:
            page.screenshot(path="/tmp/side-lacking.png")
            sys.exit(f"{self.name}'s page lacks {', '.join(lacking)} (/tmp/side-lacking.png): {text[:300]}")
        if keep:
            self.requests = [(one.method, one.url, plain(one.all_headers()), one.post_data or "") for one in requests if (one.method, one.url) in wired]
        if shot and self.args.shots:
            self.args.shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(self.args.shots / f"{self.name}.png"))
        page.close()
        return {"requests": seen["requests"], "sent": seen["sent"] / 1024, "script": seen["script"] / 1024, "lcp": told["lcp"], "last": last}

    def load(self):
        """What a browser that came before asks for in one visit, many times over, by four at once."""
        waiting = list(range(self.args.loads))

        def work():
            connection = http.client.HTTPConnection(self.host, timeout=120)
            while waiting:
                waiting.pop()
                for method, url, headers, body in self.requests:
                    for again in (True, False):
                        try:
                            connection.request(method, path_of(url), body.encode() or None, headers)
                            answer = connection.getresponse()
                            answer.read()
                            break
                        except (http.client.RemoteDisconnected, ConnectionResetError):
                            # A server may end a connection between two answers.
                            connection.close()
                            if not again:
                                wrong.append(f"no answer to {method} {url}")
                    else:
                        return
                    if answer.status >= 400:
                        wrong.append(f"{answer.status} to {method} {url}")

        wrong = []
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if waiting or wrong:
            sys.exit(f"{self.name} did not answer all loads: {wrong[:3]}")

    def saturate(self):
        """How many page loads a second the server answers, by wrk; and the page's HTML alone."""
        if not shutil.which("wrk"):
            print("skip: wrk is missing (apt-get install wrk)")
            return
        for what, requests in [("page loads a second, of a browser that came before", self.requests), ("the page's HTML alone, a second", self.requests[:1])]:
            rate = self.wrk(requests)
            if rate:
                self.told[what] = (rate / len(requests), "/s")
                print(f"{self.name:9} {what:60} {rate / len(requests):10,.1f} /s ({len(requests)} requests each)", flush=True)

    def wrk(self, requests):
        quoted = lambda text: '"' + "".join(char if char.isascii() and char.isalnum() else "".join(f"\\{byte:03}" for byte in char.encode()) for char in text) + '"'
        with tempfile.TemporaryDirectory() as folder:
            lines = ["local made, at = {}, 0", "init = function(words)"]
            for method, url, headers, body in requests:
                fields = ", ".join(f"[{quoted(name)}] = {quoted(value)}" for name, value in headers.items() if name.lower() not in ("content-length", "connection", "host"))
                lines.append(f"  made[#made + 1] = wrk.format({quoted(method)}, {quoted(path_of(url))}, {{{fields}}}, {quoted(body) if body else 'nil'})")
            lines += ["end", "request = function() at = at % #made + 1; return made[at] end"]
            script = pathlib.Path(folder) / "page.lua"
            script.write_text("\n".join(lines))
            told = subprocess.run(["wrk", "-t1", "-c8", "-d8s", "--timeout", "30s", "-s", str(script), f"http://{self.host}/"], capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in told:
            print(f"{self.name} did not answer well, so its rate is left out:\n{told}")
            return None
        return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


def plain(headers):
    return {name: value for name, value in headers.items() if not name.startswith(":")}


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def table_of_pages(ours, theirs):
    """Lines of a table: kehou's number, Superset's, and how many times as much."""
    whole = next(iter(WINDOWS))
    both = lambda key: [f"{whole}, {visit}: {TITLES[key]}" for visit in ("cold", "warm")]
    memory = [what for what in ours if what.startswith("memory")]
    wanted = [
        ("requests, cold / warm", both("requests")),
        ("sent over the wire", both("sent")),
        ("of it JavaScript", both("script")),
        ("largest contentful paint", both("lcp")),
        ("last paint", both("last")),
        (memory[0].replace("memory, ", "memory ") + " / " + memory[1].split(", ")[1], memory),
        ("page loads a second that the server answers", [what for what in ours if what.startswith("page loads") and what in theirs]),
    ]
    lines = []
    for title, keys in wanted:
        if keys:
            unit = ours[keys[0]][1].replace("/s", "")
            cells = [" / ".join(written(told[key][0]) for key in keys) + f" {unit}".rstrip() for told in (ours, theirs)]
            times = " / ".join(ratio(theirs[key][0], ours[key][0]) for key in keys)
            lines.append((title, *cells, times))
    return lines


def family(pid):
    """A process and all that it started."""
    own = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            own += [one for child in task.read_text().split() for one in family(int(child))]
        except OSError:
            pass
    return own


def pss(processes):
    """Bytes that processes and all that they started hold, shared pages told once."""
    total = 0
    for process in processes:
        for pid in family(process):
            try:
                total += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) << 10
            except OSError:
                pass
    return total


# The pipeline


def side_of_pipelines(args, made):
    dbt = shutil.which("dbt", path=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
    if not dbt:
        print("skip: dbt, because it is not installed (benches/requirements.txt)")
        return [], True
    peer = peers.Dbt(dbt, args.kehou, made.warehouse, made.scratch / "dbt", args.memory, figures.TODAY)
    ours = lambda *more: timed([args.kehou, "transform", "--today", figures.TODAY, "--memory", f"{args.memory}GiB", *more, *made.at])
    theirs = lambda *more: timed(peer.build(*more), cwd=peer.folder)

    # What dbt parsed is kept from here on, as on a machine that runs it each day.
    peer.sources()
    theirs()
    kept = made.scratch / "state"
    shutil.copytree(peer.folder / "target", kept)

    lines = []
    full = ([], [])
    for _ in range(args.runs):
        full[0].append(ours("--full"))
        peer.database.unlink()
        peer.sources()
        full[1].append(theirs())
    lines.append(told("all from nothing", full[0], "dbt build", full[1]))
    agree = same_rows(args, made, peer)

    changed = peer.selected("facts.submission", "facts.raw_class_roster", "facts.raw_attendance")
    corrected = ([], [], [])
    for number in range(args.runs):
        made.correct(number)
        corrected[0].append(ours())
        peer.sources()
        corrected[1].append(theirs())
        corrected[2].append(theirs(*changed))
    lines.append(told("one school's corrected month", corrected[0], "dbt build, which computes all again", corrected[1]))
    lines.append(told("one school's corrected month", corrected[0], f"dbt build of what reads the changed tables, {peer.listed(*changed)} of {peer.listed()} models", corrected[2]))
    agree &= same_rows(args, made, peer)

    nothing = ([], [], [])
    for _ in range(args.runs):
        nothing[0].append(ours())
        nothing[1].append(theirs())
        nothing[2].append(theirs("--select", "state:modified+", "--state", kept))
    lines.append(told("nothing changed", nothing[0], "dbt build, which computes all again", nothing[1]))
    lines.append(told("nothing changed", nothing[0], "dbt build --select state:modified+, which selects nothing", nothing[2]))
    return lines, agree


def told(what, ours, name, theirs):
    """Prints what was measured; a line of the table."""
    cells = []
    print(f"{what}:")
    for label, runs in [("kehou transform", ours), (name, theirs)]:
        times = [run[0] for run in runs]
        cells.append(f"{statistics.median(times):.2f} s, {max(run[1] for run in runs):,} MiB")
        print(f"  {label:90} {cells[-1]} ({min(times):.2f}–{max(times):.2f} s)", flush=True)
    times = ratio(*(statistics.median(run[0] for run in runs) for runs in (theirs, ours)))
    return what, cells[0], f"{name}: {cells[1]}", times


def written(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:,.1f}"


def ratio(theirs, ours):
    if not ours:
        return "–"
    times = theirs / ours
    if times < 0.1:
        return f"1/{1 / times:,.0f}"
    return f"{times:,.0f}" if times >= 10 else f"{times:.2g}"


def same_rows(args, made, peer):
    """Whether all marts have as many rows in both."""
    names = [model["name"] for model in peer.models if model["name"].startswith("marts.")]
    sql = " union all ".join(f"select '{name}' as name, count(*) as times from {name}" for name in names)
    answer = subprocess.run([args.kehou, "query", sql, "--format", "json", *made.at], check=True, capture_output=True).stdout
    ours = {row["name"]: int(row["times"]) for row in json.loads(answer)}
    theirs = peer.rows(names)
    wrong = [f"{name}: {ours[name]} rows in kehou, {theirs[name]} in dbt" for name in names if ours[name] != theirs[name]]
    for line in wrong:
        print(line)
    print(f"  {len(names)} marts with {sum(ours.values())} rows: " + ("as many in both" if not wrong else f"{len(wrong)} differ"))
    return not wrong


def timed(words, cwd=None):
    """Seconds and peak MiB of a command and all that it started: the greatest sum of their resident memory, looked at ten times a second,
    or the kernel's own word on the greatest of them."""
    # By a small process, because a child's peak begins with what its parent held.
    small = "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", small, *map(str, words)], stdout=subprocess.PIPE, text=True, cwd=cwd)
    peak, over = [0], threading.Event()

    def watch():
        while not over.wait(0.1):
            try:
                held = [int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family(process.pid)[1:]]
                peak[0] = max(peak[0], sum(held) * os.sysconf("SC_PAGE_SIZE"))
            except (OSError, IndexError):
                pass

    watcher = threading.Thread(target=watch)
    watcher.start()
    greatest = process.communicate()[0]
    seconds = time.monotonic() - started
    over.set()
    watcher.join()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {process.returncode}")
    return seconds, max(peak[0], int(greatest) << 10) >> 20


if __name__ == "__main__":
    main()
