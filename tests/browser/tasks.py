#!/usr/bin/env python3
"""The four logged-in users do their whole task in a real browser, in Chinese, and each sees what the others did.

    python3 tests/browser/tasks.py ADDRESS KEHOU WAREHOUSE NAME:PASSWORD… [--pictures FOLDER]

A school's clerk fails and then succeeds with a workbook, sees the figure move and answers a finding; an inspector works the case;
a district excuses, confirms and reminds; the city declares a release official and sees it revised. Each page is looked at in
1280 and in 390 pixels: it may not scroll sideways, and labels of charts may not overlap. Prints a line a step; the first step
that fails ends it with its reason. Needs playwright, openpyxl (PyPI) and chromium. The people are those of `kehou demo`.
"""

import argparse
import csv
import io
import pathlib
import re
import subprocess
import sys
import tempfile

import openpyxl
from playwright.sync_api import expect, sync_playwright

from pages import LABELS, log_in

PERIOD = "2019-10"
ROSTER = "班级需求汇总表"
# Of each class: pupils, wanting, applied, approved, enrolled, agreements, poor pupils, of them wanting, enrolled.
RIGHT = [42, 30, 30, 30, 30, 30, 1, 1, 1]
# The first class lets three wait, which is finding R02.
WAITING = [42, 30, 27, 27, 27, 27, 1, 1, 1]
# What the clerk sends first: a number in words, and more enrolled than there are.
IN_WORDS = ["四十二", 30, 27, 27, 27, 27, 1, 1, 1]
TOO_MANY = [42, 30, 30, 30, 99, 30, 1, 1, 1]


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("address")
    words.add_argument("kehou")
    words.add_argument("warehouse")
    words.add_argument("people", nargs="+")
    words.add_argument("--pictures", type=pathlib.Path)
    args = words.parse_args()
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"])
        people = {name: Person(browser, args, name, password) for name, password in (one.split(":", 1) for one in args.people)}
        Story(args, people, pathlib.Path(folder)).play()
        browser.close()
    print("all tasks were done")


class Person:
    """Somebody at a browser of his own."""

    def __init__(self, browser, args, name, password):
        self.args, self.name = args, name
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True).new_page()
        self.page.set_default_timeout(30_000)
        self.refused = []
        self.page.on("console", lambda message: self.refused.append(message.text) if message.type == "error" else None)
        log_in(self.page, args.address, name, password)
        self.pictures = 0

    def go(self, path):
        answer = self.page.goto(self.args.address + path)
        assert answer.status < 400, f"{self.name}: {path} answered {answer.status}"

    def follow(self, link):
        """Clicks a link and waits for its page."""
        with self.page.expect_navigation():
            link.click()

    def press(self, name, within=None):
        with self.page.expect_navigation():
            (within or self.page.locator("main")).get_by_role("button", name=name, exact=True).first.click()

    def sees(self, *texts):
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def keeps(self, link):
        """Bytes that a link or a button gives to keep."""
        with self.page.expect_download() as download:
            link.click()
        return pathlib.Path(download.value.path()).read_bytes()

    def looks(self, what):
        """The page in both widths, as it should be."""
        self.pictures += 1
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            faults = self.page.evaluate(LABELS) + self.refused
            assert not faults, f"{self.name}, {what}, {width} px: {faults}"
            if self.args.pictures:
                self.page.screenshot(path=self.args.pictures / f"{self.name}-{self.pictures:02}-{what}-{width}.png", full_page=width == 390)
        print(f"ok     {self.name:9} {what}", flush=True)


class Story:
    def __init__(self, args, people, folder):
        self.args, self.folder = args, folder
        self.city, self.district, self.inspector, self.clerk = (people[name] for name in ("city", "district", "inspector", "school"))
        self.clerk.go("/")
        self.school = re.search(r"/school/(\d{10})", self.clerk.page.url).group(1)

    def query(self, sql):
        """The newest release's own answer."""
        words = [self.args.kehou, "query", sql, "--warehouse", self.args.warehouse, "--format", "csv"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return list(csv.DictReader(io.StringIO(done.stdout.lstrip("\ufeff"))))

    def play(self):
        self.something_is_owed()
        self.clerk_sends()
        self.inspector_works()
        self.clerk_answers()
        self.inspector_closes()
        self.district_minds()
        self.city_declares()

    def something_is_owed(self):
        """Another school of the district takes its survey back: it is missing from the next release on."""
        schools = self.query(f"select other.school_id from marts.school as own join marts.school as other on other.district_code = own.district_code where own.school_id = '{self.school}' and other.school_id <> own.school_id order by other.school_id")
        words = [self.args.kehou, "withdraw", "--form", "survey", "--school", schools[0]["school_id"], "--period", "2019-2020-1", "--reason", "误报了另一学期的问卷", "--warehouse", self.args.warehouse]
        subprocess.run(words, check=True, capture_output=True)

    # The school's clerk.

    def workbook(self, blank, first_rows, name):
        """The template filled in as a clerk would, whose classes stand there already: its path, first row, and classes."""
        book = openpyxl.load_workbook(io.BytesIO(blank))
        sheet = book[ROSTER]
        head = next(row for row in range(1, 20) if sheet.cell(row, 1).value == "班级")
        rows = [row for row in range(head + 1, sheet.max_row + 1) if sheet.cell(row, 1).value]
        assert len(rows) > 2, "the template knows last month's classes"
        for place, row in enumerate(rows):
            for column, value in enumerate(first_rows[place] if place < len(first_rows) else RIGHT):
                sheet.cell(row, 3 + column).value = value
        path = self.folder / name
        book.save(path)
        return path, rows[0], len(rows)

    def send(self, path, purpose):
        clerk = self.clerk
        clerk.go("/upload")
        clerk.page.set_input_files("#files", path)
        clerk.press(purpose)

    def clerk_sends(self):
        clerk, page = self.clerk, self.clerk.page
        clerk.looks("own-page")
        clerk.follow(page.get_by_role("link", name="报送", exact=True).first)
        page.fill("#period", PERIOD)
        page.select_option("#form", "class_roster")
        blank = clerk.keeps(page.locator("form.chooser button"))
        cover = openpyxl.load_workbook(io.BytesIO(blank))["封面"]
        prefilled = {str(row[0].value): str(row[1].value) for row in cover.iter_rows(min_col=1, max_col=2)}
        assert prefilled["学校标识码"] == self.school and prefilled["统计期"].startswith(PERIOD), f"the cover is filled in: {prefilled}"
        clerk.looks("sending")

        path, first, classes = self.workbook(blank, [IN_WORDS, TOO_MANY], "错误.xlsx")
        self.send(path, "只检查，不报送")
        clerk.sees(ROSTER, "在籍人数", "参加人数", str(first), str(first + 1), "四十二")
        clerk.looks("errors-at-their-cells")
        marked = openpyxl.load_workbook(io.BytesIO(clerk.keeps(page.locator("form[action*='/returned/'] button").first)))[ROSTER]
        head = {marked.cell(first - 1, column).value: column for column in range(1, 12)}
        for row, heading in [(first, "在籍人数"), (first + 1, "参加人数")]:
            assert marked.cell(row, head[heading]).comment, f"row {row}, {heading} is marked in the returned workbook"
        assert not marked.cell(first, head["有需求人数"]).comment, "and what is right is not"

        before = self.figure()
        path, _, _ = self.workbook(blank, [WAITING], "更正.xlsx")
        self.send(path, "报送")
        expect(page.locator("main")).to_contain_text("已计入第", timeout=120_000)
        clerk.sees("回执", "可接收 1 个报送单元")
        clerk.looks("taken-in")
        after = self.figure()
        # All want 30 places; three pupils have none.
        wanting = 30 * classes
        assert before != after == f"{(wanting - 3) / wanting:.1%}", f"the figure moved from {before} to {after}"
        (row,) = self.query(f"select numerator, denominator from marts.indicator_value where indicator = 'C03' and unit_id = '{self.school}' and period = '{PERIOD}' and dimension = ''")
        assert [float(row[key]) for key in ("numerator", "denominator")] == [wanting - 3, wanting], row
        clerk.looks("figure-explained")

    def figure(self):
        self.clerk.go(f"/figure/C03/{self.school}/{PERIOD}")
        return re.search(r"数值\s+(\d+(\.\d)?%)", self.clerk.page.locator("main").inner_text()).group(1)

    def clerk_answers(self):
        clerk, page = self.clerk, self.clerk.page
        clerk.go("/")
        clerk.follow(page.locator(f"a[href^='/finding/{self.finding}']").first)
        clerk.sees("已通知", "请于期限内安排三名学生。")
        page.fill("textarea[name=note]", "已增开一组，三名学生自十一月起参加。")
        clerk.press("答复")
        clerk.sees("已增开一组")
        clerk.looks("answered")

    # The inspector.

    def inspector_works(self):
        inspector, page = self.inspector, self.inspector.page
        inspector.go("/")
        inspector.looks("worklist")
        page.select_option("select[name=rule]", "R02")
        with page.expect_navigation():
            page.locator("form.filter button[type=submit]").first.click()
        assert "rule=R02" in page.url, "the filter stands in the address"
        (row,) = self.query(f"select finding_id from marts.finding where rule = 'R02' and school_id = '{self.school}' and period = '{PERIOD}' and ended is null")
        self.finding = row["finding_id"]
        inspector.go(f"/findings?rule=R02&school={self.school}")
        inspector.follow(page.locator(f"a[href^='/finding/{self.finding}']").first)
        inspector.sees("更正.xlsx", ROSTER, "一(1)班")
        inspector.looks("case-file")
        page.locator("details.step summary", has_text="通知整改").click()
        form = page.locator("form:has(input[value=notified])")
        form.locator("textarea").fill("请于期限内安排三名学生。")
        inspector.press("通知整改", form)
        inspector.sees("已通知", "请于期限内安排三名学生。")
        inspector.go("/findings?case=open")
        others = [box.get_attribute("value") for box in page.locator("input[name=finding]").all()]
        assert others and self.finding not in others, f"open cases are left, and this one, {self.finding}, is none: {others}"
        for one in others:
            page.check(f"input[name=finding][value='{one}']")
        inspector.press("通知整改", page.locator("form#worklist"))
        for one in others:
            inspector.go(f"/finding/{one}")
            inspector.sees("已通知")
        inspector.looks("several-notified")

    def inspector_closes(self):
        inspector, page = self.inspector, self.inspector.page
        for state, button in [("rectified", "确认已整改"), ("closed", "办结")]:
            inspector.go(f"/finding/{self.finding}")
            inspector.sees("已增开一组")
            page.locator("details.step summary", has_text=button).click()
            inspector.press(button, page.locator(f"form:has(input[value={state}])"))
        inspector.sees("已办结")
        inspector.looks("closed")

    # The district.

    def district_minds(self):
        district, page = self.district, self.district.page
        district.go("/")
        district.looks("who-owes-what")
        code = re.search(r"/district/(\d{6})", page.url).group(1)
        district.go(f"/district/{code}/duties")
        box = page.locator("#owed input[name=slice]").first
        form, school, period = box.get_attribute("value").split("|")
        box.check()
        page.fill("#reason", "校舍维修停办")
        district.press("免报")
        expect(page.locator("#owed")).to_contain_text("校舍维修停办", timeout=120_000)
        district.press("确认本期全部")
        expect(page.locator("#confirm h2")).to_have_text(re.compile(r"已确认 (\d+) / \1 份"), timeout=120_000)
        district.looks("duties")
        reminders = district.keeps(page.locator(f"a[href^='/district/{code}/reminders.csv?period']").first).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(reminders)))
        excused = [school, self.title(form), period]
        assert excused not in [[line[0], *line[2:4]] for line in lines[1:]], f"an excused slice is in no reminder: {excused}"
        owed = self.query(f"select count(*) as times from marts.slice where district_code = '{code}' and period = '{period}' and state in ('missing', 'rejected')")
        assert len(lines) - 1 == int(owed[0]["times"]) - 1, f"{len(lines) - 1} reminders of {owed} owed slices, one excused"
        district.go(f"/district/{code}")
        district.follow(page.locator("a[href*='/reports']").first)
        district.looks("reports")

    def title(self, form):
        catalogue = subprocess.run([self.args.kehou, "catalog", "forms"], capture_output=True, text=True, check=True).stdout
        return next(line for line in catalogue.splitlines() if re.search(rf"\b{form}\b", line)).split()[1]

    # The city.

    def city_declares(self):
        city, page = self.city, self.city.page
        city.go("/")
        city.looks("overview")
        city.follow(page.locator("a.proof-link").first)
        city.looks("figure")
        city.go("/evaluation")
        city.looks("evaluation")
        city.go("/releases")
        page.select_option("#period", PERIOD)
        page.fill("#note", "十月数据经局务会审定")
        city.press("宣布正式数据")
        city.sees("十月数据经局务会审定")
        city.go(f"/city?month={PERIOD}")
        city.sees("正式")
        # A later correction shows as revised, with what differs.
        path, _, _ = self.workbook(self.blank(), [RIGHT], "再次更正.xlsx")
        self.send(path, "报送")
        expect(self.clerk.page.locator("main")).to_contain_text("已计入第", timeout=120_000)
        city.go("/releases")
        city.looks("official")
        city.follow(page.locator("a[href^='/difference']").first)
        expect(page.locator("main")).to_contain_text("需求满足率", timeout=120_000)
        city.looks("revised")

    def blank(self):
        self.clerk.go("/upload")
        self.clerk.page.fill("#period", PERIOD)
        self.clerk.page.select_option("#form", "class_roster")
        return self.clerk.keeps(self.clerk.page.locator("form.chooser button"))


if __name__ == "__main__":
    main()
