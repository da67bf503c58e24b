"""The peers that benches/side.py measures beside kehou: a dbt project of kehou's own models, and a Superset dashboard."""

import gzip
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

import bench

sys.path.insert(0, str(bench.ROOT / "tests/oracle"))


# dbt + DuckDB


class Dbt:
    """kehou's models as a dbt project: the same SQL, the same tables and views, the same data tests."""

    def __init__(self, command, kehou, warehouse, folder, memory, today):
        self.command, self.warehouse, self.folder, self.today = command, warehouse, folder, today
        self.database = folder / "peer.duckdb"
        self.models = json.loads(subprocess.run([kehou, "catalog", "models", "--format", "json"], check=True, capture_output=True).stdout)
        folder.mkdir()
        config = {"type": "duckdb", "path": str(self.database), "threads": 2, "settings": {"threads": 2, "memory_limit": f"{memory}GiB", "temp_directory": str(folder / "spill")}}
        self.write("profiles.yml", {"peer": {"target": "dev", "outputs": {"dev": config}}})
        self.write("dbt_project.yml", {"name": "peer", "version": "1.0.0", "profile": "peer", "flags": {"send_anonymous_usage_stats": False}})
        # A schema's name as it is written, with none before it.
        self.write("macros/schema.sql", "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}")
        outside = sorted({name for model in self.models for name in model["reads"]} - {model["name"] for model in self.models})
        sources = {}
        for name in outside:
            schema, table = name.split(".")
            sources.setdefault({"public": "main"}.get(schema, schema), []).append({"name": table})
        self.write("models/sources.yml", {"version": 2, "sources": [{"name": schema, "schema": schema, "tables": tables} for schema, tables in sources.items()]})
        for model in self.models:
            self.model(model, outside)

    def write(self, name, content):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1))

    def model(self, model, outside):
        schema, name = model["name"].split(".")
        text = re.sub(r"--[^\n]*", "", model["text"])
        for read in model["reads"]:
            before, after = read.split(".")
            if before == "public":
                text = re.sub(rf"\b(from|join)(\s+){after}\b", rf"\1\2{{{{ source('main', '{after}') }}}}", text)
            else:
                call = f"source('{before}', '{after}')" if read in outside else f"ref('{before}__{after}')"
                text = re.sub(rf"\b{before}\.{after}\b", f"{{{{ {call} }}}}", text)
        if schema == "tests":
            self.write(f"tests/{name}.sql", f"{{{{ config(severity='{'warn' if model['warns'] else 'error'}') }}}}\n{text}")
        else:
            head = f"{{{{ config(materialized='{model['stored']}', schema='{schema}', alias='{name}') }}}}"
            self.write(f"models/{schema}/{schema}__{name}.sql", f"{head}\n{text}")

    def sources(self):
        """Views of the facts that the last release rests on, and the tables that it carried over. No part of what is timed."""
        import duckdb
        from run import carried, scan

        releases = [json.loads(file.read_text()) for file in sorted((self.warehouse / "releases").glob("*.json"))]
        release, before = releases[-1], releases[-2] if len(releases) > 1 else {"tables": {}}
        engine = duckdb.connect(str(self.database))
        for schema in ["facts", "reference", "previous"]:
            engine.execute(f"create schema if not exists {schema}")
        for name, version in release["tables"].items():
            if name.split(".")[0] in ("facts", "reference"):
                engine.execute(f"create or replace view {name} as {scan(self.warehouse, name, version)}")
        for model in self.models:
            if model["carries"]:
                name, columns = model["name"], carried(model["carries"])
                kept = scan(self.warehouse, name, before["tables"][name]) if name in before["tables"] else None
                engine.execute(f"create or replace table previous.{name.split('.')[1]} ({columns})")
                if kept:
                    engine.execute(f"insert into previous.{name.split('.')[1]} {kept}")
        engine.execute(f"create or replace table run as select date '{self.today}' as today")
        engine.close()

    def build(self, *more):
        return [self.command, "--quiet", "build", *more, "--project-dir", self.folder, "--profiles-dir", self.folder]

    def selected(self, *tables):
        """Those that read the tables, over others: what dbt's own selection by source runs again."""
        return ["--select", *(f"source:{name}+" for name in tables)]

    def listed(self, *more):
        words = [self.command, "--quiet", "ls", "--resource-type", "model", *more, "--project-dir", self.folder, "--profiles-dir", self.folder]
        return len(subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True, cwd=self.folder).stdout.split())

    def rows(self, names):
        import duckdb

        engine = duckdb.connect(str(self.database), read_only=True)
        return {name: engine.execute(f"select count(*) from {name}").fetchone()[0] for name in names}


# Superset

CONFIG = """
SECRET_KEY = "{secret}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/meta.sqlite"
PREVENT_UNSAFE_DB_CONNECTIONS = False
LOG_LEVEL = "WARNING"
# What charts ask for is kept for a day, for all workers.
def kept(name):
    return {{"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": "{folder}/kept/" + name, "CACHE_THRESHOLD": 10000, "CACHE_DEFAULT_TIMEOUT": 86400}}
CACHE_CONFIG = kept("meta")
DATA_CACHE_CONFIG = kept("data")
FILTER_STATE_CACHE_CONFIG = kept("filter")
EXPLORE_FORM_DATA_CACHE_CONFIG = kept("form")
# nginx compresses the assets beforehand; the answers are compressed here. No line of a log for each thing that a page does.
class Silent(__import__("superset.utils.log", fromlist=["log"]).AbstractEventLogger):
    def log(self, *words, **more):
        pass
EVENT_LOGGER = Silent()
"""

# Those of the headline indicators that are told month by month, one of each group first.
BIG = ["C01", "C03", "C04", "F05", "K04", "E01"]
FORMATS = {"share": ".1%", "yuan": ",.2f", "kinds": ".2f", "number": ".2f", "points": ".2f"}
MONTH, AROUND, COMPARED = "2020-01", ["2020-01", "2019-2020-1", "2020", "2018-2019-2", "2019"], "C03"


class Superset:
    """One dashboard page with what kehou's overview shows, behind nginx."""

    def __init__(self, venv, kehou, warehouse, folder):
        self.bin, self.kehou, self.warehouse, self.folder = pathlib.Path(venv) / "bin", kehou, warehouse, folder
        self.password = os.urandom(12).hex()
        folder.mkdir()
        (folder / "superset_config.py").write_text(CONFIG.format(secret=os.urandom(24).hex(), folder=folder))
        self.environment = {**os.environ, "SUPERSET_CONFIG_PATH": str(folder / "superset_config.py"), "FLASK_APP": "superset.app:create_app()", "SUPERSET_HOME": str(folder)}
        self.processes = []

    def prepare(self):
        self.data()
        say = lambda *words: subprocess.run([self.bin / "superset", *words], env=self.environment, cwd=self.folder, check=True, capture_output=True)
        say("db", "upgrade")
        person = lambda name: ["--username", name, "--firstname", name, "--lastname", name, "--email", f"{name}@example.org", "--password", self.password]
        say("fab", "create-admin", *person("admin"))
        say("init")
        # One who sees all data and administrates nothing.
        say("fab", "create-user", *person("viewer"), "--role", "Alpha")

    def data(self):
        """The release's marts in DuckDB, and the figures that stand for the month."""
        import duckdb

        engine = duckdb.connect(str(self.folder / "marts.duckdb"))
        for name in ["indicator_value", "finding", "rollout", "slice", "district"]:
            file = self.folder / f"{name}.parquet"
            with file.open("wb") as out:
                words = [self.kehou, "query", f"select * from marts.{name}", "--format", "parquet", "--warehouse", str(self.warehouse)]
                subprocess.run(words, check=True, stdout=out)
            engine.execute(f"create table {name} as select * from read_parquet('{file}')")
            file.unlink()
        for kind, key in [("indicators", "code"), ("rules", "rule")]:
            listed = json.loads(subprocess.run([self.kehou, "catalog", kind, "--format", "json"], check=True, capture_output=True).stdout)
            engine.execute(f"create table {kind} (code varchar, title varchar, severity varchar)")
            engine.executemany(f"insert into {kind} values (?, ?, ?)", [[one[key], one["title_zh"], one.get("severity")] for one in listed])
        wanted = ", ".join(f"'{period}'" for period in AROUND)
        engine.execute(f"""
            create table shown as
            select v.indicator, v.indicator || ' ' || i.title as title, coalesce(d.name_zh, '全市') as unit, v.level, v.period, v.value, v.target, v.status
            from indicator_value v join indicators i on i.code = v.indicator left join district d on d.district_code = v.unit_id
            where v.level in ('city', 'district') and v.dimension = '' and v.value is not null and (v.period in ({wanted}) or v.period <= '{MONTH}')
            qualify row_number() over (
                partition by v.indicator, v.unit_id order by coalesce(list_position([{wanted}], v.period), 99), v.period desc
            ) = 1""")
        engine.execute(f"create table trend as select indicator, cast(period || '-01' as date) as month, value from indicator_value where level = 'city' and dimension = '' and period_type = 'month' and value is not null and period <= '{MONTH}'")
        engine.execute("create table curve as select cast(day as date) as day, started, schools from rollout where coalesce(district_code, '') = ''")
        engine.execute(f"create table states as select d.name_zh as unit, s.state, count(*) as times from slice s join district d using (district_code) where s.period = '{MONTH}' group by all")
        engine.execute("""
            create table found as
            select f.rule || ' ' || r.title as rule, f.severity, coalesce(d.name_zh, '') as unit, count(*) as times, cast(coalesce(sum(f.amount), 0) as double) as amount
            from finding f join rules r on r.code = f.rule left join district d using (district_code) where f.ended is null group by all""")
        engine.close()

    def start(self):
        """gunicorn with a worker a core, as Superset's own image starts it, and nginx in front for assets and compression."""
        port, own = free_port(), free_port()
        words = [self.bin / "gunicorn", "--bind", f"127.0.0.1:{own}", "--workers", str(os.cpu_count()), "--worker-class", "gthread", "--threads", "20", "--timeout", "120", "--keep-alive", "90", "--graceful-timeout", "3"]
        log = (self.folder / "gunicorn.log").open("a")
        self.processes.append(subprocess.Popen([*words, "superset.app:create_app()"], env=self.environment, cwd=self.folder, stdout=log, stderr=log))
        if shutil.which("nginx"):
            self.processes.append(self.nginx(port, own))
        else:
            print("nginx is missing (apt-get install nginx-light): Superset gives its own assets")
            port = own
        self.host = f"127.0.0.1:{port}"
        for _ in range(600):
            try:
                if call(self.host, "GET", "/health")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        for _ in range(20):
            call(self.host, "GET", "/login/")
        return self.host

    def nginx(self, port, own):
        """Assets are copied and compressed once, and a browser may keep them for ever: their names change with what is in them."""
        found = next(self.bin.parent.glob("lib/python3*/site-packages/superset/static"))
        assets = self.folder / "www/static"
        if not assets.exists():
            shutil.copytree(found, assets)
            for file in assets.rglob("*"):
                if file.suffix in (".js", ".css", ".json", ".svg", ".geojson"):
                    pathlib.Path(f"{file}.gz").write_bytes(gzip.compress(file.read_bytes(), 9))
        user = "user root;\n" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user}worker_processes auto;\ndaemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log;\nevents {{}}\nhttp {{\n"
            f"  access_log off; sendfile on; include /etc/nginx/mime.types; keepalive_requests 1000000000; client_body_temp_path {self.folder}/body;\n"
            f"  proxy_temp_path {self.folder}/proxy;\n  upstream own {{ server 127.0.0.1:{own}; keepalive 32; }}\n"
            f"  gzip on; gzip_proxied any; gzip_types application/json application/javascript text/css;\n"
            f"  server {{ listen 127.0.0.1:{port}; root {self.folder}/www;\n"
            f"    location /static/ {{ gzip_static on; add_header Cache-Control 'public, max-age=31536000, immutable'; }}\n"
            f"    location / {{ proxy_pass http://own; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $http_host;\n"
            f"      proxy_set_header X-Real-IP $remote_addr; }}\n  }}\n}}\n"
        )
        return subprocess.Popen(["nginx", "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)], stderr=subprocess.DEVNULL)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.processes = []

    def build(self):
        """The database, its data sets, the charts and the page, by the API; the page's path."""
        api = Api(self.host, "admin", self.password)
        address = f"duckdb:///{self.folder}/marts.duckdb?access_mode=READ_ONLY"
        database = api.make("database", {"database_name": "marts", "sqlalchemy_uri": address})
        sets = {name: api.make("dataset", {"database": database, "schema": "main", "table_name": name}) for name in ["shown", "trend", "curve", "states", "found"]}
        board = api.make("dashboard", {"dashboard_title": "全市概况", "slug": "city", "published": True})
        titles, units = self.catalogue("title_zh"), self.catalogue("unit")

        def chart(name, kind, data, **params):
            params |= {"viz_type": kind, "datasource": f"{sets[data]}__table"}
            return api.make("chart", {"slice_name": name, "viz_type": kind, "datasource_id": sets[data], "datasource_type": "table", "dashboards": [board], "params": json.dumps(params)})

        first = [
            chart(titles[code], "big_number", "trend", metric=most("value", "avg"), adhoc_filters=[equal("indicator", code)], granularity_sqla="month", x_axis="month", time_grain_sqla="P1M", time_range="No filter", y_axis_format=FORMATS[units[code]], show_trend_line=True, start_y_axis_at_zero=True)
            for code in BIG
        ]
        second = [
            chart("开办进度", "echarts_area", "curve", metrics=[most("started", "max")], groupby=[], x_axis="day", granularity_sqla="day", time_grain_sqla="P1D", time_range="No filter", row_limit=10000, adhoc_filters=[], opacity=0.2, show_legend=False),
            chart("报送情况", "pivot_table_v2", "states", metrics=[most("times", "sum")], groupbyRows=["unit"], groupbyColumns=["state"], row_limit=10000, adhoc_filters=[], aggregateFunction="Sum", valueFormat=",d"),
            chart(f"各区（市）比较 {titles[COMPARED]}", "echarts_timeseries_bar", "shown", metrics=[most("value", "max")], groupby=[], x_axis="unit", row_limit=1000, adhoc_filters=[equal("indicator", COMPARED)], y_axis_format=".1%", orientation="horizontal", show_legend=False, show_value=True),
        ]
        third = [chart("区（市）× 指标", "pivot_table_v2", "shown", metrics=[most("value", "max")], groupbyRows=["title"], groupbyColumns=["unit"], row_limit=10000, adhoc_filters=[], aggregateFunction="Maximum", valueFormat=",.4~f")]
        fourth = [
            chart("问题线索：规则 × 区（市）", "pivot_table_v2", "found", metrics=[most("times", "sum")], groupbyRows=["rule", "severity"], groupbyColumns=["unit"], row_limit=10000, adhoc_filters=[], aggregateFunction="Sum", valueFormat=",d", rowTotals=True, colTotals=True),
            chart("涉及金额", "table", "found", query_mode="aggregate", groupby=["rule"], metrics=[most("times", "sum"), most("amount", "sum")], row_limit=1000, adhoc_filters=[], show_totals=True),
        ]
        rows = [([*first], 2, 20), ([*second], 4, 50), ([*third], 12, 120), ([*fourth], 6, 160)]
        api.call("PUT", f"dashboard/{board}", {"position_json": json.dumps(places(rows)), "json_metadata": json.dumps({"refresh_frequency": 0})})
        return "/superset/dashboard/city/"

    def catalogue(self, what):
        listed = json.loads(subprocess.run([self.kehou, "catalog", "indicators", "--format", "json"], check=True, capture_output=True).stdout)
        return {one["code"]: one[what] for one in listed}


def most(column, how):
    return {"expressionType": "SIMPLE", "column": {"column_name": column}, "aggregate": how.upper(), "label": f"{how}({column})", "hasCustomLabel": False}


def equal(column, value):
    return {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column, "operator": "==", "operatorId": "EQUALS", "comparator": value}


def places(rows):
    """Charts in rows, each (charts, width of twelve, height)."""
    tree = {"DASHBOARD_VERSION_KEY": "v2", "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}, "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]}}
    for number, (charts, width, height) in enumerate(rows):
        row = f"ROW-{number}"
        tree["GRID_ID"]["children"].append(row)
        tree[row] = {"type": "ROW", "id": row, "children": [f"CHART-{one}" for one in charts], "parents": ["ROOT_ID", "GRID_ID"], "meta": {"background": "BACKGROUND_TRANSPARENT"}}
        for one in charts:
            tree[f"CHART-{one}"] = {"type": "CHART", "id": f"CHART-{one}", "children": [], "parents": ["ROOT_ID", "GRID_ID", row], "meta": {"chartId": one, "width": width, "height": height}}
    return tree


class Api:
    def __init__(self, host, name, password):
        self.host, self.headers = host, {"Content-Type": "application/json"}
        token = self.call("POST", "security/login", {"username": name, "password": password, "provider": "db", "refresh": False})["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        status, heads, body = call(host, "GET", "/api/v1/security/csrf_token/", headers=self.headers)
        self.headers |= {"X-CSRFToken": json.loads(body)["result"], "Cookie": heads["Set-Cookie"].split(";")[0], "Referer": f"http://{host}/"}

    def call(self, method, path, body):
        status, _, answer = call(self.host, method, f"/api/v1/{path}", json.dumps(body), self.headers)
        if status >= 300:
            sys.exit(f"Superset answered {status} to {method} {path}: {answer.decode()[:600]}")
        return json.loads(answer)

    def make(self, what, body):
        return self.call("POST", f"{what}/", body)["id"]


def call(host, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def superset_log_in(host, name, password):
    """A log-in's cookie, as a browser gets it from the form."""
    _, heads, page = call(host, "GET", "/login/")
    session = heads["Set-Cookie"].split(";")[0]
    token = re.search(rb'csrf_token[^>]*?value="([^"]+)"|csrf_token&#34;: &#34;([^&]+)', page)
    fields = {"username": name, "password": password}
    if token:
        fields["csrf_token"] = (token[1] or token[2]).decode()
    status, heads, _ = call(host, "POST", "/login/", urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded", "Cookie": session, "Referer": f"http://{host}/login/"})
    if status != 302 or "/login" in heads["Location"]:
        sys.exit(f"Superset doesn't let {name} in: {status} {heads['Location']}")
    return heads["Set-Cookie"].split(";")[0]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
