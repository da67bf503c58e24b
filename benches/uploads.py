#!/usr/bin/env python3
"""From the last byte of a school's upload to its changed figure on the page; alone, and ten at once beside a hundred readers.

    python3 benches/uploads.py [--kehou PATH] [--scale 1] [--warehouse PATH --city PATH] [--runs 3] [--readers 100] [--schools 10]

Each school sends its class roster of October with one pupil more, and asks for its figure C04 (参与率) until the denominator
has the pupil. Readers ask for the overview, a district's and a school's page without a pause; a page whose figures are of two
releases, an error, or an upload that is lost ends the run. Prints the times, and peaks of resident memory: the server's, its
runs' (processes of their own), and that of both at one moment.
"""

import argparse
import concurrent.futures
import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import bench
import figures
from pages import ask, log_in, text_of

PERIOD = "2019-10"
WORD = "bench-uploads-word"


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(bench.ROOT / "target/release/kehou"))
    words.add_argument("--scale", default="1")
    words.add_argument("--warehouse", type=pathlib.Path, help="one that is there already, made from --city")
    words.add_argument("--city", type=pathlib.Path)
    words.add_argument("--today", default="2020-03-01")
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--readers", type=int, default=100)
    words.add_argument("--schools", type=int, default=10)
    args = words.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        warehouse, city = args.warehouse, args.city
        if warehouse is None:
            built = figures.Bench(args, pathlib.Path(scratch))
            built.make()
            warehouse, city = built.warehouse, built.city
            subprocess.run([args.kehou, "transform", "--today", args.today, "--warehouse", str(warehouse)], check=True, capture_output=True)
        schools = rosters(city, args.schools)
        for school in schools:
            command = [args.kehou, "user", "--warehouse", str(warehouse), "add", f"up-{school.id}", "--role", "school", "--unit", school.id, "--own"]
            subprocess.run(command, input=WORD + "\n", text=True, check=False, capture_output=True)
        command = [args.kehou, "serve", "--listen", "127.0.0.1:0", "--warehouse", str(warehouse), "--today", args.today]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                host = urllib.parse.urlsplit(server.stdout.readline().strip()).netloc
                memory = Memory(server.pid)
                for school in schools:
                    school.enter(host)
                print(f"scale {args.scale}; the load shares the machine")
                alone = [schools[0].send(host) for _ in range(args.runs)]
                print(f"one upload, from its last byte to the changed figure: {statistics.median(alone):.2f} s ({', '.join(f'{one:.2f}' for one in alone)})")
                readers = Readers(host, schools, args.readers)
                together = at_once(host, schools)
                readers.end()
                print(f"{len(schools)} uploads at once beside {args.readers} readers: median {statistics.median(together):.2f} s, the last {max(together):.2f} s; {readers.answers} pages read meanwhile, none of two releases")
                print(f"peak of resident memory: the server {memory.server} MiB, its runs {memory.runs} MiB, both at once {memory.both} MiB")
            finally:
                server.terminate()


class School:
    def __init__(self, identity, head, rows):
        self.id, self.head, self.rows, self.sent = identity, head, rows, 0

    def enter(self, host):
        self.cookie = log_in(host, f"up-{self.id}", WORD)
        # Pupils of its primary grades alone, where it has others too.
        self.pupils = self.figure(host)

    def figure(self, host):
        """The denominator of the school's share of pupils in the service."""
        _, page = ask(host, f"/figure/C04/{self.id}/{PERIOD}", self.cookie)
        found = re.search(r"分子 / 分母.*?<dd[^>]*>\s*[\d,]+\s*/\s*([\d,]+)", text_of(page), re.S)
        return int(found[1].replace(",", "")) if found else sys.exit(f"{self.id} has no figure")

    def send(self, host):
        self.sent += 1
        column = self.head.index("在籍人数")
        rows = [list(row) for row in self.rows]
        rows[0][column] = str(int(rows[0][column]) + self.sent)
        text = "\n".join(",".join(row) for row in [self.head, *rows]) + "\n"
        wanted = self.pupils + self.sent
        _, page = ask(host, "/upload", self.cookie)
        token = re.search(r'name="form_token" value="([^"]*)"', text_of(page))[1]
        mark = "kehou-bench-boundary"
        part = lambda name, value, file="": f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
        body = part("form_token", token) + part("purpose", "submit") + part("files", text, f'; filename="roster-{self.sent}.csv"') + f"--{mark}--\r\n"
        connection = http.client.HTTPConnection(host, timeout=60)
        headers = {"Cookie": self.cookie, "Origin": f"http://{host}", "Content-Type": f"multipart/form-data; boundary={mark}"}
        connection.request("POST", "/upload", body.encode(), headers)
        began = time.monotonic()
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (302, 303):
            sys.exit(f"{self.id}'s upload was answered with {answer.status}")
        while self.figure(host) != wanted:
            if time.monotonic() - began > 120:
                sys.exit(f"{self.id}'s upload is lost: {wanted} pupils wanted, {self.figure(host)} shown")
            time.sleep(0.05)
        return time.monotonic() - began


def at_once(host, schools):
    with concurrent.futures.ThreadPoolExecutor(len(schools)) as pool:
        return list(pool.map(lambda school: school.send(host), schools))


class Memory:
    """Peaks of resident memory in MiB, looked at all the time."""

    def __init__(self, server):
        self.server = self.runs = self.both = 0
        threading.Thread(target=self.look, args=(server,), daemon=True).start()

    def look(self, server):
        while True:
            children = [child for task in pathlib.Path(f"/proc/{server}/task").glob("*/children") for child in self.text(task).split()]
            runs = [self.of(child, "VmRSS") for child in children]
            self.runs = max(self.runs, *(self.of(child, "VmHWM") for child in children), 0)
            self.server = max(self.server, self.of(server, "VmHWM"))
            self.both = max(self.both, self.of(server, "VmRSS") + sum(runs))
            time.sleep(0.02)

    def of(self, process, what):
        found = re.search(rf"{what}:\s+(\d+)", self.text(pathlib.Path(f"/proc/{process}/status")))
        return int(found[1]) >> 10 if found else 0

    def text(self, path):
        try:
            return path.read_text()
        except OSError:
            return ""  # it has ended


class Readers:
    """People who read all the time, each page of one release."""

    def __init__(self, host, schools, count):
        self.host, self.schools, self.answers, self.going = host, schools, 0, True
        self.threads = [threading.Thread(target=self.read, args=(number,), daemon=True) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def read(self, number):
        school = self.schools[number % len(self.schools)]
        while self.going:
            for path in (f"/school/{school.id}", f"/figure/C04/{school.id}/{PERIOD}", "/findings"):
                answer, page = ask(self.host, path, school.cookie)
                releases = set(re.findall(r"第 (\d+) 版数据", text_of(page)))
                if answer.status != 200 or len(releases) != 1:
                    print(f"{path} answered {answer.status}, of releases {releases}", flush=True)
                    os._exit(1)
                self.answers += 1
                time.sleep(0.05)

    def end(self):
        self.going = False
        for thread in self.threads:
            thread.join()


def rosters(city, wanted):
    """Schools that send rosters by CSV, with their rows of October."""
    found = []
    for file in sorted(city.glob(f"inbox/*/*-class_roster-{PERIOD}.csv")):
        head, lines = bench.lines_of(file)
        head, rows = head.split(","), [line.split(",") for line in lines]
        for identity in sorted({row[0] for row in rows}):
            own = [row for row in rows if row[0] == identity]
            if len(own) > 1 and all(cell.isdigit() for row in own for cell in row[head.index("在籍人数") : head.index("在籍人数") + 1]):
                found.append(School(identity, head, own))
    return found[:: max(1, len(found) // wanted)][:wanted]


if __name__ == "__main__":
    main()
