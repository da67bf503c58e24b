#!/usr/bin/env python3
"""How fast the dashboard answers, how heavy its pages are, and how much memory it takes.

    python3 benches/pages.py [--kehou PATH] [--scale 1] [--warehouse PATH] [--rate 500] [--seconds 10] [--only open|full]

Open loop: a page of each shape of each role is asked for at a steady rate, whatever the answers do; a time runs from when the
request was due, so that one slow answer shows in all that wait behind it. Each is measured twice: from nothing kept (its
address is new, so the first request makes the page and the others wait for it), and kept. Full load: `wrk` asks for the
overview as fast as it is answered, and then nginx for the same bytes as a file. What of the two is missing is left out, and
said so. Everything runs on the same machine and shares its cores: compare within one run.
"""

import argparse
import asyncio
import http.client
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

import bench

PEOPLE = {"city": "", "district": "select min(district_code) as unit from marts.school where pupils > 0", "school": "select min(school_id) as unit from marts.school where pupils > 0", "inspector": "select min(district_code) as unit from marts.finding"}
SHAPE = r"[0-9a-f]{32}|\d{10}|\d{6}|\d{4}(-\d{2,4}(-\d)?)?|[A-Z]\d{2}|(?<=/model/)\w+[.]\w+|(?<=/form/)\w+"
CONNECTIONS = 64


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kehou", default=str(bench.ROOT / "target/release/kehou"))
    words.add_argument("--scale", default="1")
    words.add_argument("--warehouse", type=pathlib.Path, help="one that is there already")
    words.add_argument("--rate", type=int, default=500)
    words.add_argument("--seconds", type=float, default=10)
    words.add_argument("--only", choices=["open", "full"])
    args = words.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        warehouse = args.warehouse
        if warehouse is None:
            built = bench.Bench(args.kehou, scratch, 1)
            built.pipeline(args.scale, runs=1)
            warehouse = built.warehouse
        accounts = [*PEOPLE]
        password = os.urandom(12).hex()
        names = {role: f"bench-{role}-{os.getpid()}" for role in accounts}
        for role in accounts:
            unit = unit_of(args.kehou, warehouse, PEOPLE[role])
            command = [args.kehou, "user", "--warehouse", str(warehouse), "add", names[role], "--role", role, "--own"]
            subprocess.run(command + (["--unit", unit] if unit else []), input=password + "\n", text=True, check=True, capture_output=True)
        with subprocess.Popen([args.kehou, "serve", *bench.TODAY, "--listen", "127.0.0.1:0", "--warehouse", str(warehouse)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                host = urllib.parse.urlsplit(server.stdout.readline().strip()).netloc
                print(f"{os.cpu_count()} cores, shared with the load; scale {args.scale}; {args.rate} requests a second for {args.seconds:g} s")
                for role in accounts:
                    cookie = log_in(host, names[role], password)
                    if args.only in (None, "open"):
                        for path in walk(host, cookie):
                            measure(host, cookie, role, path, args)
                    if args.only in (None, "full") and role == "city":
                        saturate(host, cookie, scratch)
                status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
                peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) >> 10
                print(f"peak of the server's resident memory: {peak} MiB")
            finally:
                server.terminate()


def unit_of(kehou, warehouse, sql):
    if not sql:
        return ""
    answer = subprocess.run([kehou, "query", sql, "--warehouse", str(warehouse), "--format", "csv"], capture_output=True, text=True, check=True)
    return answer.stdout.strip().splitlines()[-1].strip('"')


def ask(host, path, cookie="", body=None, method="GET"):
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip" if cookie and body is None else "identity"}
    if body is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{host}"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read()


def log_in(host, name, password):
    answer, page = ask(host, "/login")
    form = re.search(r"kehou-form=[^;]+", answer.headers["Set-Cookie"])[0]
    token = re.search(r'name="form_token" value="([^"]*)"', page.decode())[1]
    fields = urllib.parse.urlencode({"form_token": token, "next": "", "name": name, "password": password})
    answer, page = ask(host, "/login", form, fields, "POST")
    set_cookie = " ".join(answer.headers.get_all("Set-Cookie") or [])
    found = re.search(r"(?<![\w-])kehou=[^;]+", set_cookie)
    return found[0] if found else sys.exit(f"{name} is not let in: {answer.status}")


def text_of(packed):
    import gzip

    return gzip.decompress(packed).decode() if packed[:2] == b"\x1f\x8b" else packed.decode()


def walk(host, cookie):
    """A page of each shape, followed from the person's first one."""
    seen, shapes, waiting = [], set(), ["/"]
    while waiting:
        path = waiting.pop(0)
        shape = re.sub(SHAPE, "#", path.split("?")[0])
        if shape in shapes or path.startswith(("/assets", "/logout")):
            continue
        shapes.add(shape)
        answer, page = ask(host, path, cookie)
        if answer.status in (302, 303, 307):
            waiting.insert(0, answer.headers["Location"])
            continue
        if answer.status != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        seen.append(path)
        links = re.findall(r'href="(/[^"]*)"', text_of(page))
        waiting += [link.split("#")[0].replace("&amp;", "&") for link in links if "lang=" not in link]
    return seen


def measure(host, cookie, role, path, args):
    """One page at the rate: made by the first request, and kept."""
    joint = "&" if "?" in path else "?"
    fresh = f"{path}{joint}fresh={os.urandom(6).hex()}"
    started = time.monotonic()
    _, page = ask(host, f"{fresh}1", cookie)
    made = time.monotonic() - started
    shown = []
    for name, address in [("from nothing", fresh), ("kept", fresh)]:
        times = asyncio.run(open_loop(host, cookie, address, args.rate, args.seconds))
        times.sort()
        shown.append(f"{name}: median {statistics.median(times) * 1000:6.2f}, p99 {times[int(len(times) * 0.99)] * 1000:7.2f}, worst {times[-1] * 1000:7.2f} ms")
    print(f"{role:9} {path[:60]:60} {len(page) / 1024:5.1f} KiB, made in {made * 1000:6.1f} ms | " + " | ".join(shown), flush=True)


async def open_loop(host, cookie, path, rate, seconds):
    """Times of the answers, each from when its request was due."""
    name, port = host.split(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    free = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(name, int(port)))
    times, asked, began = [], [], time.perf_counter() + 0.05

    async def one(due):
        reader, writer = await free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"{path} answered {head.splitlines()[0].decode()}")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length:
            await reader.readexactly(int(length[1]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        times.append(time.perf_counter() - due)
        free.put_nowait((reader, writer))

    for number in range(int(rate * seconds)):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.ensure_future(one(due)))
    await asyncio.gather(*asked)
    while not free.empty():
        free.get_nowait()[1].close()
    return times


def saturate(host, cookie, scratch):
    """The overview as fast as it goes, and nginx with the same bytes as a file."""
    if not shutil.which("wrk"):
        print("skip: wrk is missing (apt-get install wrk)")
        return
    _, page = ask(host, "/city", cookie)
    own = wrk(f"http://{host}/city", cookie)
    print(f"overview, saturated: {own:8.0f} a second ({len(page) / 1024:.1f} KiB each)")
    if not shutil.which("nginx"):
        print("skip: nginx is missing (apt-get install nginx-light)")
        return
    import gzip

    folder = scratch / "nginx"
    folder.mkdir()
    (folder / "city.html").write_bytes(gzip.decompress(page))
    (folder / "city.html.gz").write_bytes(page)
    with __import__("socket").create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}worker_processes auto;\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n"
        f"  access_log off; sendfile on; keepalive_requests 1000000000; default_type text/html;\n"
        f"  server {{ listen 127.0.0.1:{port}; root {folder}; gzip_static on; }}\n}}\n"
    )
    peer = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        theirs = wrk(f"http://127.0.0.1:{port}/city.html", "none=1")
        print(f"nginx, the same as a file: {theirs:8.0f} a second; we have {own / theirs:.0%} of it")
    finally:
        peer.terminate()
        peer.wait()


def wrk(url, cookie):
    command = ["wrk", "-t1", "-c32", "-d8s", "-H", f"Cookie: {cookie}", "-H", "Accept-Encoding: gzip", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        sys.exit(f"{url} was not answered well:\n{told}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


if __name__ == "__main__":
    main()
