//! What each kind of issue is called, and how it is mended: said once a cause, beside what each issue says of its own cell.

/// A kind of issue in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What is wrong.
    pub title_zh: &'static str,
    /// What to do.
    pub mend_zh: &'static str,
    /// What is wrong, in English.
    pub title_en: &'static str,
    /// What to do, in English.
    pub mend_en: &'static str,
}

/// A code with its words.
type Line = (&'static str, [&'static str; 4]);

/// Every code that the reader and the judge give.
const WORDS: &[Line] = &[
    (
        "value",
        [
            "填写的内容无法识别",
            "按该列的要求改写，写法见模板的“填表说明”",
            "a value can't be read",
            "write it as the column wants it; the template's notes show how",
        ],
    ),
    ("missing", ["必填项没有填写", "补填该单元格", "a required value is blank", "fill the cell in"]),
    (
        "more-than",
        [
            "一个数大于它的上限",
            "核对两个数，改正填错的一个",
            "a number exceeds the one that bounds it",
            "check both numbers and correct the wrong one",
        ],
    ),
    (
        "not-positive",
        [
            "应大于 0 的数是 0",
            "填实际数；没有发生的删去该行",
            "a number that must be above 0 is 0",
            "write the real number, or remove the row",
        ],
    ),
    (
        "outside-period",
        [
            "日期不在统计期内",
            "改正日期，或把该行移到所属统计期的报表",
            "a date lies outside the period",
            "correct the date, or move the row to the report of its own period",
        ],
    ),
    (
        "unknown-day",
        ["日期不在校历内", "核对年份和日期", "the calendar doesn't know a date", "check the year and the day"],
    ),
    (
        "no-school-day",
        [
            "日期不是上学日",
            "核对日期；确在该日开展的不必改",
            "a date is no school day",
            "check the date; leave it if the service was held on it",
        ],
    ),
    (
        "other-direction",
        [
            "科目与收支方向不符",
            "改正“收支”或“科目”",
            "a category of the other direction",
            "correct the direction or the category",
        ],
    ),
    (
        "key-twice",
        ["与前面的行重复", "删去重复的行，或改正编号", "a row repeats an earlier one", "remove it, or correct its key"],
    ),
    ("second-row", ["只能填一行的表多填了行", "只留一行", "more than the one row", "leave one row"]),
    (
        "total",
        [
            "合计与各行之和不符",
            "更正合计，或更正各行的数",
            "a total is not the sum of its rows",
            "correct the total or the rows",
        ],
    ),
    (
        "unknown-school",
        [
            "学校名录里没有该学校",
            "核对学校标识码；无误的请区（市）先报送学校名录",
            "a school that the register doesn't have",
            "check the code; if it is right have the district send its register first",
        ],
    ),
    (
        "other-sender",
        [
            "不是本单位的学校",
            "删去该校各行，由所属单位报送",
            "a school of another sender",
            "remove its rows; its own district sends them",
        ],
    ),
    (
        "period-closed",
        [
            "统计期已结账",
            "不能再报送或更正；有疑问请联系市教育局",
            "a period that is closed",
            "nothing of it can be sent or corrected any more; ask the city bureau",
        ],
    ),
    (
        "other-office",
        [
            "不由学校报送的报表",
            "删去该表，由区（市）或财政部门报送",
            "a form that schools don't send",
            "leave it out; the district or a finance office sends it",
        ],
    ),
    (
        "school-not-open",
        [
            "学校当期没有开办",
            "核对统计期；无误的请区（市）更正学校名录的开办、撤并日期",
            "a school that was not open",
            "check the period; if it is right have the district correct the register",
        ],
    ),
    (
        "school-missing",
        [
            "没有学校标识码",
            "在封面填写学校标识码；多校合报的逐行填写",
            "the school's code is missing",
            "write it on the cover, or in each row",
        ],
    ),
    (
        "school-code",
        ["学校标识码不是 10 位数字", "改为 10 位数字", "a school's code without 10 digits", "write its 10 digits"],
    ),
    ("period-missing", ["没有统计期", "在封面填写统计期", "the period is missing", "write it on the cover"]),
    ("period", ["统计期无法识别", "按要求的写法填写，如 2019-09", "a period can't be read", "write it like 2019-09"]),
    (
        "period-kind",
        [
            "封面的统计期与报表不配",
            "按月、按学期、按年的报表分开放在不同的工作簿",
            "the cover's period doesn't fit the form",
            "keep forms by month, by term and by year in workbooks of their own",
        ],
    ),
    (
        "not-the-cover's",
        ["与封面不一致", "改为与封面一致，或留空", "not what the cover says", "make it the cover's, or leave it blank"],
    ),
    (
        "zero-not-allowed",
        ["本表不能零报告", "填写实际数据", "the form can't be reported as nothing", "fill in the data"],
    ),
    (
        "zero-with-rows",
        [
            "既有零报告又有数据",
            "有数据的删去“零报告”，没有的删去数据行",
            "both 零报告 and rows",
            "remove 零报告 where there are data, else the rows",
        ],
    ),
    (
        "slice-twice",
        [
            "同一报表出现在多张工作表",
            "合并为一张，或删去多余的",
            "several sheets give the same slice",
            "merge them, or remove all but one",
        ],
    ),
    (
        "folder-date",
        [
            "文件夹不是以接收日期命名的",
            "把文件放进以接收日期命名的文件夹（如 2019-10-08），再报送一次",
            "the folder is not named by a day",
            "put the file into a folder that is named by the day of receipt, like 2019-10-08",
        ],
    ),
    (
        "slice-unsaid",
        [
            "没有说明是哪个学校、哪个统计期的报表",
            "在封面填写学校标识码和统计期",
            "school or period is not said",
            "write the school's code and the period on the cover",
        ],
    ),
    (
        "column-missing",
        ["缺少必填的列", "补上该列，或改用模板", "a required column is missing", "add it, or use the template"],
    ),
    ("heading-twice", ["表头重复", "删去重复的一列", "a heading stands twice", "remove one of the columns"]),
    (
        "unknown-column",
        [
            "有不认识的列，未读取",
            "不需要的不必管；需要的把表头改成模板的写法",
            "an unknown column was not read",
            "ignore it, or give it the template's heading",
        ],
    ),
    (
        "no-headings",
        [
            "没有找到表头",
            "改用模板，表头放在前 20 行内",
            "no heading row",
            "use the template; headings belong into the first 20 rows",
        ],
    ),
    (
        "unknown-form",
        [
            "认不出是哪张报表",
            "改用模板，或用报表名作工作表名",
            "no form is recognised",
            "use the template, or name the sheet by its form",
        ],
    ),
    (
        "ambiguous-form",
        ["表头同时符合多张报表", "用报表名作工作表名", "the headings fit several forms", "name the sheet by its form"],
    ),
    (
        "no-rows",
        [
            "没有数据",
            "填写数据；没有内容要报的在第一个数据单元格填“零报告”",
            "there are no data",
            "fill in data, or 零报告 in the first data cell where there is nothing to report",
        ],
    ),
    ("empty-file", ["文件是空的", "检查是否选错了文件", "the file is empty", "check that it is the right file"]),
    (
        "empty-sheet",
        ["工作表没有数据，已跳过", "不需要的不必管", "a sheet without data was skipped", "nothing, if none was meant"],
    ),
    ("too-large", ["文件过大", "改报 CSV，或分几个文件报送", "too large", "send CSV, or several files"]),
    (
        "formula-without-value",
        [
            "公式没有保存结果",
            "用表格软件打开并保存一次，或改填数值",
            "a formula without a stored result",
            "open and save the workbook once, or write the value",
        ],
    ),
    (
        "cell-error",
        [
            "单元格显示错误值",
            "更正公式，或改填数值",
            "a cell shows an error",
            "correct its formula, or write the value",
        ],
    ),
    (
        "broken-workbook",
        [
            "工作簿打不开",
            "取消密码，用表格软件另存为 xlsx 再报送",
            "the workbook can't be opened",
            "remove its password, save it as xlsx and send that",
        ],
    ),
    (
        "broken-csv",
        [
            "CSV 无法读取",
            "检查引号是否成对，或改报工作簿",
            "the CSV can't be read",
            "check its quotation marks, or send the workbook",
        ],
    ),
    ("broken-json", ["JSON 无法读取", "按接口说明改正", "the JSON can't be read", "correct it as the message says"]),
    (
        "encoding",
        [
            "文件编码无法识别",
            "另存为 CSV UTF-8，或改报工作簿",
            "the encoding is not known",
            "save the file as CSV UTF-8, or send the workbook",
        ],
    ),
    (
        "unknown-kind",
        [
            "不认识的文件类型",
            "改报 xlsx 工作簿或 CSV",
            "this kind of file is not known",
            "send an xlsx workbook or CSV",
        ],
    ),
    (
        "replaced",
        ["被后面的文件替换", "不必改；以后面的文件为准", "replaced by a later file", "nothing: the later file counts"],
    ),
    ("archive-link", ["压缩包里有链接", "放入文件本身，重新压缩", "a link in the archive", "pack the file itself"]),
    (
        "archive-too-many",
        ["压缩包里文件过多", "分成几个压缩包", "too many files in the archive", "send several archives"],
    ),
    (
        "broken-archive",
        ["压缩包无法解压", "重新压缩为 zip，或直接报送文件", "the archive can't be unpacked", "pack it again as zip"],
    ),
    (
        "empty-archive",
        ["压缩包里没有文件", "检查是否选错了文件", "an archive without files", "check that it is the right file"],
    ),
    (
        "nested-archive",
        ["压缩包里还有压缩包", "直接报送其中的文件", "an archive in an archive", "send its files themselves"],
    ),
    ("password", ["文件有密码", "取消密码后重新报送", "a password", "remove it and send the file again"]),
    ("cell-too-long", ["单元格内容过长", "缩短该单元格", "a cell is too long", "shorten it"]),
    ("long-number", ["数字过长，末尾会丢失", "把编号写成文本", "a number too long to be exact", "write it as text"]),
    ("merged-cell", ["单元格已合并", "取消合并，逐行填写", "a merged cell", "unmerge it and fill in each row"]),
    (
        "merged-cells",
        ["合并的单元格过多", "全部取消合并，逐格填写", "too many merged cells", "unmerge them and fill in each"],
    ),
    (
        "heading-row",
        [
            "有一行按表头处理",
            "确是数据的，移到表头以下并取消合并",
            "a row taken for headings",
            "move it below them if it is data",
        ],
    ),
    (
        "no-heading",
        [
            "有一列没有表头，未读取",
            "不需要的不必管；需要的补上表头",
            "a column without a heading",
            "ignore it, or give it one",
        ],
    ),
    (
        "too-many-cells",
        [
            "一行的单元格多于表头",
            "删去多余的分隔符，或给含逗号的文字加引号",
            "a row has more cells than headings",
            "remove the extra separator, or quote the text",
        ],
    ),
    (
        "too-many-columns",
        ["列数过多", "检查引号是否成对，删去多余的列", "too many columns", "check quotation marks, remove columns"],
    ),
    (
        "nested-value",
        ["应为一个值，却是列表或对象", "改为一个值", "a list or object in place of a value", "write one value"],
    ),
    (
        "several-forms",
        ["一个文件里有不同的报表名", "每张报表一个文件", "several forms in a file", "send a file for each"],
    ),
    ("zero-with-values", ["既写了零报告又有数据", "删去其一", "both a zero report and values", "remove one"]),
    (
        "was-withdrawn",
        [
            "该文件曾接收后撤回",
            "更正后报送；确按原样报送的联系管理员",
            "this file was withdrawn",
            "correct it, or take it again with --again",
        ],
    ),
    (
        "internal",
        [
            "系统读取时出错",
            "另存为新文件后重新报送，并把原文件交给管理员",
            "kehou failed on the file",
            "save it anew, and give this one to the administrator",
        ],
    ),
    (
        "not-read",
        [
            "文件无法读取",
            "检查文件和读取权限后重新报送",
            "the file can't be read",
            "check the file and its permissions",
        ],
    ),
    ("more-of-the-same", ["还有同样的问题", "一并更正", "more of the same", "mend them as well"]),
];

/// The words of a code.
pub fn words(code: &str) -> Words {
    let found = WORDS.iter().find(|(known, _)| *known == code);
    let [title_zh, mend_zh, title_en, mend_en] = found.map_or(
        ["请核对", "按“问题”一栏的说明更正", "to be checked", "mend it as the message says"],
        |(_, words)| *words,
    );
    Words { title_zh, mend_zh, title_en, mend_en }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The codes that a source gives to issues: the first text in `Issue::error(…)` and `Issue::warning(…)`.
    fn codes(source: &str) -> Vec<String> {
        let calls = ["Issue::error(", "Issue::warning("].map(|call| source.match_indices(call).collect::<Vec<_>>());
        let calls = calls.concat().into_iter().filter_map(|(at, call)| {
            let text = source[at + call.len()..].trim_start().strip_prefix('"')?;
            text.split('"').next().map(str::to_owned)
        });
        let is_code = |text: &String| text.chars().all(|letter| letter.is_ascii_lowercase() || "-'".contains(letter));
        calls.filter(|text| !text.is_empty() && is_code(text)).collect()
    }

    #[test]
    fn every_code_has_words() {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut found = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    found.extend(codes(&std::fs::read_to_string(path).expect("a source")));
                }
            }
        }
        assert!(found.len() > 30, "{found:?}");
        let missing: Vec<&String> = found.iter().filter(|code| !WORDS.iter().any(|(known, _)| known == code)).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
    }
}
