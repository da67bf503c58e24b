"""What a school's clerk does with workbooks, done by openpyxl: fills a template in, looks at what came back, mends it.

    clerk.py fill TEMPLATE OUT [wrong]     fills the rows of the test; with `wrong` some cells as clerks get them wrong
    clerk.py look RETURNED                 prints what a clerk sees: sheets, fills, comments, the added column, links
    clerk.py mend RETURNED OUT             corrects the wrong cells and leaves everything else as it came
"""

import datetime
import sys

import openpyxl

ROSTER = {
    "班级": ["一(1)班", "一(2)班", "二(1)班"],
    "年级": ["一年级", 1, "二年级"],
    "在籍人数": [40, 38, 41],
    "有需求人数": [12, 10, 11],
    "家长申请人数": [12, 10, 11],
    "班级审核人数": [12, 10, 11],
    "参加人数": [12, 10, 11],
    "三方签字份数": [12, 10, 11],
    "建档立卡人数": [2, 0, 1],
    "建档立卡有需求人数": [1, 0, 1],
    "建档立卡参加人数": [1, 0, 1],
}
SESSIONS = {
    "日期": [datetime.date(2019, 11, 4), datetime.date(2019, 11, 5), datetime.date(2019, 11, 6)],
    "组别": ["G1", "G1", "G1"],
    "活动类型": ["作业辅导", "体育", "社团"],
    "开始时间": [datetime.time(16, 30)] * 3,
    "学时数": [1, 2, 1],
    "分钟数": [40, 80, 40],
    "到场人数": [12, 11, 12],
    "负责人编号": ["1001", "1001", "1002"],
    "人员类别": ["教师", "教师", "职工"],
}
SHEETS = {"班级需求汇总表": ROSTER, "活动登记表": SESSIONS}
WRONG = {
    ("班级需求汇总表", "年级", 1): "十二年级",
    ("班级需求汇总表", "参加人数", 0): 55,
    ("班级需求汇总表", "在籍人数", 2): None,
    ("活动登记表", "开始时间", 1): "下午四点半",
}
# A Saturday: a doubt, not an error.
DOUBT = ("活动登记表", "日期", 2, datetime.date(2019, 11, 9))


def columns(sheet):
    return {cell.value: cell.column for cell in sheet[1] if cell.value}


def write(sheet, column, row, value):
    sheet.cell(row=row + 2, column=column).value = value


def fill(template, out, wrong):
    book = openpyxl.load_workbook(template)
    for name, data in SHEETS.items():
        at = columns(book[name])
        for heading, values in data.items():
            for row, value in enumerate(values):
                write(book[name], at[heading], row, value)
    if wrong:
        for (name, heading, row), value in WRONG.items():
            write(book[name], columns(book[name])[heading], row, value)
        name, heading, row, value = DOUBT
        write(book[name], columns(book[name])[heading], row, value)
        book["班级需求汇总表"].column_dimensions["A"].width = 31
        book["班级需求汇总表"]["B2"].font = openpyxl.styles.Font(bold=True, color="FF112233")
    book.save(out)


def look(path):
    book = openpyxl.load_workbook(path)
    print("sheets", *book.sheetnames)
    print("opens on", book.active.title)
    print("links", sum(1 for row in book["问题汇总"].iter_rows() for cell in row if cell.hyperlink))
    for name in SHEETS:
        sheet = book[name]
        for row in sheet.iter_rows():
            for cell in row:
                fill = cell.fill.fgColor.rgb if cell.fill.fill_type else None
                if fill in ("FFFFC7CF", "FFFFEB9D"):
                    said = cell.comment.text.replace("\n", " ") if cell.comment else "no comment"
                    print("filled", name, cell.coordinate, fill, said)
        at = columns(sheet)["错误说明"]
        print("column", name, sheet.cell(row=1, column=at).coordinate, at == sheet.max_column)
        for row in range(2, sheet.max_row + 1):
            if sheet.cell(row=row, column=at).value:
                print("told", name, row, sheet.cell(row=row, column=at).value.replace("\n", " "))
    roster = book["班级需求汇总表"]
    print("kept", roster.column_dimensions["A"].width, roster["B2"].font.b, roster["B2"].font.color.rgb, roster.freeze_panes,
          len(roster.data_validations.dataValidation) > 3, roster["A1"].comment is not None)


def mend(path, out):
    book = openpyxl.load_workbook(path)
    for name, heading, row in WRONG:
        write(book[name], columns(book[name])[heading], row, SHEETS[name][heading][row])
    name, heading, row, _ = DOUBT
    write(book[name], columns(book[name])[heading], row, SHEETS[name][heading][row])
    book.save(out)


what, *words = sys.argv[1:]
if what == "fill":
    fill(words[0], words[1], words[2:] == ["wrong"])
elif what == "look":
    look(words[0])
elif what == "mend":
    mend(words[0], words[1])
else:
    sys.exit(f"{what}?")
