//! The screens' words in both languages: one table. What a figure or a finding says of itself comes from the SQL files.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Chinese, the first.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a code in an address or a cookie.
    pub fn parse(text: &str) -> Option<Lang> {
        [Lang::Zh, Lang::En].into_iter().find(|lang| lang.code() == text)
    }

    /// The code in addresses and cookies.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The tag of HTML's `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The other one.
    pub fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Lang::Zh => "中文",
            Lang::En => "English",
        }
    }

    /// The words of a key. A key without words shows itself; a test finds each one that a page uses.
    pub fn say(self, key: &str) -> &'static str {
        static TABLE: OnceLock<HashMap<&'static str, [&'static str; 2]>> = OnceLock::new();
        let table = TABLE.get_or_init(|| WORDS.iter().map(|(key, zh, en)| (*key, [*zh, *en])).collect());
        table.get(key).map_or("⟨?⟩", |words| words[self as usize])
    }

    /// The words of a key with its `{}` filled in, in order.
    pub fn with(self, key: &str, parts: &[&str]) -> String {
        let mut rest = self.say(key);
        let mut full = String::with_capacity(rest.len() + 16);
        for part in parts {
            let Some((before, after)) = rest.split_once("{}") else { break };
            full.push_str(before);
            full.push_str(part);
            rest = after;
        }
        full + rest
    }
}

#[rustfmt::skip] // A key a line.
const WORDS: &[(&str, &str, &str)] = &[
    // The page around every page.
    ("product.name", "课后", "kehou"),
    ("product.what", "课后服务监测", "after-school service"),
    ("layout.skip", "跳到正文", "Skip to the page"),
    ("layout.made_up", "示例数据，虚构", "Sample data, made up"),
    ("layout.made_up.more", "学校、人数与金额均为虚构，只作演示。", "Schools, pupils and amounts are invented, for demonstration only."),
    ("layout.navigation", "主导航", "Main"),
    ("layout.release", "第 {} 版数据", "Release {}"),
    ("layout.official", "正式发布", "official"),
    ("layout.today", "截至 {}", "as of {}"),
    ("layout.made_at", "计算于 {}", "computed {}"),
    ("layout.source", "依据《关于全面推进小学课后服务工作的通知》；每个数字都可追溯到报送的行。", "Judged by the notice on after-school service in primary schools; every figure leads back to the rows that were sent."),
    ("nav.city", "全市概况", "City overview"),
    ("nav.district", "本区概况", "District"),
    ("nav.school", "本校概况", "School"),
    ("nav.findings", "问题线索", "Findings"),
    ("nav.catalogue", "指标与规则", "Indicators and rules"),
    ("nav.accounts", "账号", "Accounts"),
    ("log_out", "退出", "Log out"),
    ("role.school", "学校", "school"),
    ("role.district", "区（市）", "district"),
    ("role.inspector", "督学", "inspector"),
    ("role.city", "市教育局", "city"),
    ("role.admin", "管理员", "administrator"),
    // Logging in.
    ("log_in.title", "登录", "Log in"),
    ("log_in.dek", "学校、区（市）、督学和市教育局凭账号查看各自的数据。", "Schools, districts, inspectors and the city see their own data with an account."),
    ("log_in.name", "账号", "Name"),
    ("log_in.password", "密码", "Password"),
    ("log_in.enter", "登录", "Log in"),
    ("log_in.help", "没有账号或忘记密码，请联系本单位管理员。", "No account, or the password forgotten? Ask your administrator."),
    ("log_in.refused", "账号或密码不对，请再试一次。", "Name and password don't match. Please try again."),
    ("log_in.wait", "尝试次数过多，请在 {} 秒后再试。", "Too many attempts. Please wait {} seconds."),
    // Accounts.
    ("accounts.dek", "在这里增加、停用账号和重设密码。管理员看不到任何数据。", "Accounts are added, closed and given new passwords here. An administrator sees no data."),
    ("accounts.role", "角色", "Role"),
    ("accounts.unit", "单位", "Unit"),
    ("accounts.state", "状态", "State"),
    ("accounts.active", "可用", "active"),
    ("accounts.disabled", "已停用", "disabled"),
    // Faults.
    ("fault.home", "回到首页", "To the first page"),
    ("fault.not_here.title", "没有这个页面", "There is no such page"),
    ("fault.not_here.why", "地址可能有误，或者这里的内容不属于您的账号。", "The address may be wrong, or what it shows isn't for your account."),
    ("fault.not_here.do", "请从首页重新进入；需要查看别的单位，请用相应的账号登录。", "Start again from the first page; to see another unit, log in with its account."),
    ("fault.no_release.title", "还没有数据", "There are no figures yet"),
    ("fault.no_release.why", "报送的文件还没有计算成第一版数据。", "What was sent has not been computed into a first release."),
    ("fault.no_release.do", "请管理员先运行 kehou ingest 收取文件，再运行 kehou transform 计算。", "The administrator runs kehou ingest to take files in, then kehou transform to compute."),
    ("fault.forged.title", "表单已失效", "This form is no longer valid"),
    ("fault.forged.why", "表单打开太久，或者请求不是从本页面发出的，所以没有执行。", "It was open for too long, or the request didn't come from this page, so nothing was done."),
    ("fault.forged.do", "请回到首页，刷新后再试。若浏览器禁用了 Cookie，请允许本站使用。", "Go back, reload and try again. If cookies are blocked, allow them for this site."),
    ("fault.slow.title", "这次查询太慢", "This took too long"),
    ("fault.slow.why", "服务器没有在限定时间内算完；这不表示没有数据。", "The server didn't finish in time; this doesn't mean that there are no data."),
    ("fault.slow.do", "请稍后再试；一直如此请告诉管理员。", "Try again in a moment; tell the administrator if it stays so."),
    ("fault.broken.title", "页面出错了", "Something broke"),
    ("fault.broken.why", "服务器出了问题，已记录在日志中；数据没有受影响。", "The fault is the server's and stands in its log; the data are untouched."),
    ("fault.broken.do", "请稍后再试；一直如此请把时间和地址告诉管理员。", "Try again in a moment; if it stays so, tell the administrator the time and the address."),
    // Figures.
    ("figure.none", "无数据", "no data"),
    ("status", "状态", "Status"),
    ("status.met", "达标", "met"),
    ("status.near", "接近", "near"),
    ("status.missed", "未达标", "missed"),
    ("status.open", "无目标", "no target"),
    ("target", "目标 {}", "target {}"),
    ("target.head", "目标", "Target"),
    ("value", "数值", "Value"),
    ("coverage", "报送 {}", "{} reported"),
    ("coverage.head", "报送/应报", "Reported of expected"),
    ("coverage.title", "已报送的单元数 / 应报送的单元数；没有报送的不计入。", "Slices reported of slices owed; what was not reported isn't counted in."),
    ("coverage.thin", "报送不足九成", "fewer than nine in ten reported"),
    ("months.label", "选择月份", "Month"),
    ("trend", "走势", "Trend"),
    ("trend.title", "{}：各月走势", "{}: month by month"),
    ("group.c", "覆盖与内容", "Coverage and content"),
    ("group.s", "满意度", "Satisfaction"),
    ("group.f", "经费", "Money"),
    ("group.k", "管理", "Administration"),
    ("group.e", "评价", "Evaluation"),
    ("group.own", "自有指标", "Of the city's own"),
    ("indicator", "指标", "Indicator"),
    ("numerator", "分子", "Numerator"),
    ("denominator", "分母", "Denominator"),
    ("interval", "95% 区间", "95% interval"),
    ("unit", "单位", "Unit"),
    ("period", "统计期", "Period"),
    ("day", "日期", "Day"),
    ("city", "全市", "City"),
    ("district", "区（市）", "District"),
    ("school", "学校", "School"),
    ("form", "表单", "Form"),
    ("rule", "规则", "Rule"),
    ("severity", "严重程度", "Severity"),
    ("severity.high", "严重", "high"),
    ("severity.medium", "一般", "medium"),
    ("severity.low", "轻微", "low"),
    ("amount", "涉及金额", "Amount"),
    ("total", "合计", "Total"),
    ("any", "不限", "any"),
    ("show", "显示", "Show"),
    ("yes", "是", "yes"),
    ("no", "否", "no"),
    ("row_no", "第 {} 行", "row {}"),
    ("heat.met", "达标", "met"),
    ("heat.near", "接近", "near"),
    ("heat.missed", "差一成以内", "missed by less than a tenth"),
    ("heat.low", "差一成至四分之一", "by a tenth to a quarter"),
    ("heat.lowest", "差四分之一以上", "by a quarter or more"),
    ("heat.void", "无数据", "no data"),
    // Charts.
    ("chart.table", "以表格查看", "As a table"),
    ("chart.empty", "还没有可画的数据。报送并计算后，这里会出现图。", "There is nothing to draw yet. The chart appears once data are sent and computed."),
    ("rollout.title", "开办进度", "Roll-out"),
    ("rollout.chart", "已开办课后服务的小学数，逐日累计", "Primary schools that have started the service, day by day"),
    ("rollout.note", "竖线为通知规定的截止日期", "The upright line is the notice's deadline"),
    ("rollout.all", "应开办 {} 所", "{} schools in all"),
    ("rollout.started", "已开办 {} 所", "{} started"),
    ("rollout.deadline", "截止 {}", "Deadline {}"),
    ("rollout.by_then", "当日 {} / {} 所", "{} of {} by then"),
    ("rollout.column.started", "已开办", "Started"),
    ("rollout.column.schools", "应开办", "Schools"),
    ("map.title", "各区（市）示意图", "The districts"),
    ("map.note", "方块为大致方位，颜色为与目标的差距", "Tiles stand roughly where districts lie; colour is the distance to the target"),
    ("compare.by", "按指标比较", "Compare by"),
    ("compare.title", "{}：各区（市）比较", "{}: districts side by side"),
    ("compare.note", "横线为 95% 区间；虚线为目标和全市水平", "Bars are 95% intervals; dashed lines are target and city"),
    ("whole.city", "全市 {}", "city {}"),
    ("whole.district", "本区（市） {}", "district {}"),
    ("strip.title", "{}：各校分布", "{}: where the schools stand"),
    ("strip.description", "每点一所学校，共 {} 所有数据，{} 所在册", "A dot a school: {} with a figure, of {} in the register"),
    // The city.
    ("city.summary.started", "{} / {} 所小学已开办课后服务。", "{} of {} primary schools offer the service. "),
    ("city.summary.found", "现有未消除的问题线索 {} 条，涉及金额 {}。", "{} findings are open, on {}."),
    ("city.figures", "主要指标 · {}", "Headline figures · {}"),
    ("city.no_figures", "还没有指标。学校报送、计算之后显示在这里。", "There are no figures yet. They appear once schools have reported and a release is computed."),
    ("city.compare", "各区（市）比较", "Districts side by side"),
    ("city.heat", "区（市）× 指标", "Districts × indicators"),
    ("city.heat.dek", "颜色为与目标的差距，○ 为未达标，* 为报送不足九成。", "Colour is the distance to the target, ○ marks a miss, * fewer than nine in ten reports."),
    ("city.reports", "报送情况 · {}", "What was reported · {}"),
    ("city.reports.dek", "零报告是“没有可报的”，缺报是“没有报”，两者不同。", "A zero report says that there is nothing to report; missing says nothing. They are not the same."),
    ("city.findings", "问题线索：规则 × 区（市）", "Open findings: rules × districts"),
    // A district.
    ("district.dek", "{} 所学校，未消除的问题线索 {} 条。", "{} schools, {} open findings."),
    ("district.figures", "本区指标 · {}", "Figures · {}"),
    ("district.no_figures", "本区还没有指标。学校报送、计算之后显示在这里。", "There are no figures of this district yet. They appear once its schools have reported."),
    ("district.schools", "各校情况", "Schools"),
    ("district.no_schools", "名录中还没有本区的学校。请先报送学校名录。", "The register has no school of this district yet. Send the register first."),
    ("district.sort", "点表头排序；学校较小，名次差一两位多属偶然。", "Click a heading to sort. Schools are small: a rank or two is often chance."),
    ("district.reports", "缺报与退回 · {}", "Not reported · {}"),
    ("district.reports.dek", "本月及所在学期、年度内到期而未报（!）或被退回（✕）的报送单元。", "Slices of this month, its term and its year that are due and missing (!) or were sent back (✕)."),
    ("district.all_reported", "到期的都已报送。", "All that is due was reported."),
    // A school.
    ("school.id", "学校标识码", "School id"),
    ("school.kind", "类型", "Kind"),
    ("school.pupils", "在籍人数", "Pupils"),
    ("school.enrolled", "参加人数", "Taking part"),
    ("school.started_on", "开办日期", "Started on"),
    ("school.not_offering", "未开办", "not offering"),
    ("school.findings", "问题线索", "Findings"),
    ("school.missing", "缺报", "Missing"),
    ("school.figures", "本校指标 · {}", "Figures · {}"),
    ("school.no_figures", "本校还没有指标。报送班级需求汇总表等表单、计算之后显示在这里。", "There are no figures of this school yet. They appear once its forms are accepted and computed."),
    ("school.over_months", "各月指标", "All months"),
    ("school.reports", "报送单元", "What is owed and what was sent"),
    ("school.no_slices", "目前没有应报送的表单。", "Nothing is owed at present."),
    ("school.open_findings", "未消除的问题线索", "Open findings"),
    ("school.sent", "报送记录", "Submissions"),
    ("school.sent.dek", "最近 {} 次，新的在前。", "The last {}, newest first."),
    ("school.nothing_sent", "还没有收到本校的报送。", "Nothing was received from this school yet."),
    ("slices.months", "按月报送", "By month"),
    ("slices.terms", "按学期、年度报送", "By term and year"),
    ("state.reported", "已报", "reported"),
    ("state.zero", "零报告", "zero report"),
    ("state.rejected", "退回", "sent back"),
    ("state.missing", "缺报", "missing"),
    ("state.not_due", "未到期", "not due"),
    ("state.late", "带框：逾期", "framed: late"),
    ("slice.late", "逾期", "late"),
    ("slice.received", "{}收到", "received {}"),
    ("slice.due", "{}到期", "due {}"),
    ("sent.state", "结果", "Result"),
    ("sent.file", "文件 · 工作表", "File · sheet"),
    ("sent.receipt", "回执号", "Receipt"),
    ("sent.received", "收到", "Received"),
    ("sent.rows", "行数", "Rows"),
    ("sent.errors", "错误", "Errors"),
    ("sent.warnings", "提示", "Warnings"),
    ("sent.accepted", "接收", "accepted"),
    ("sent.zero", "零报告", "zero report"),
    ("sent.rejected", "退回", "sent back"),
    ("sent.withdrawn", "撤回", "withdrawn"),
    ("sent.issues", "错误和提示 {} 条", "{} errors and warnings"),
    ("sent.issues.more", "其余见报送时返回的报告。", "The others stand in the report of the submission."),
    ("issue.error", "错误", "Error"),
    ("issue.warning", "提示", "Warning"),
    // Findings.
    ("findings.total", "{} 条，涉及金额 {}。", "{} findings, on {}."),
    ("findings.none", "没有未消除的问题线索。", "There is no open finding."),
    ("findings.empty", "没有符合条件的问题线索。放宽上面的条件再试。", "No finding fits the filter. Widen it above."),
    ("findings.see", "查看问题线索", "See the findings"),
    ("findings.all", "全部问题线索", "All findings"),
    ("findings.with_ended", "查看全部，含已消除的", "See all, the ended ones too"),
    ("findings.state", "状态", "State"),
    ("findings.open", "未消除", "open"),
    ("findings.ended", "已消除", "ended"),
    ("findings.open_and_ended", "全部", "all"),
    ("findings.sort", "排序", "Sort by"),
    ("findings.sort.severity", "严重程度", "severity"),
    ("findings.text", "学校或说明", "School or words"),
    ("findings.of_school", "只看：{}", "Only {}"),
    ("findings.any_school", "取消", "any school"),
    ("finding.sentence", "说明", "What was found"),
    ("finding.first_seen", "首次发现", "First seen"),
    ("finding.ended", "消除", "Ended"),
    ("finding.ended_on", "{}消除", "ended {}"),
    ("finding.whole_district", "全区（市）", "the whole district"),
    ("finding.subject", "对象", "Subject"),
    ("finding.hash", "（学生编号的加密摘要，前八位）", "(a pupil's keyed hash, its first eight digits)"),
    ("finding.clause", "条款", "Clause"),
    ("finding.clause.cited", "通知 {}", "Notice, {}"),
    ("finding.proof", "证据", "Proof"),
    ("case.title", "办理情况", "Casework"),
    ("case.since", "{}，自 {}", "{}, since {}"),
    ("case.due", "整改期限 {}", "to be put right by {}"),
    ("case.overdue", "已逾期", "overdue"),
    ("case.decided_before", "这条线索消除后再次出现。以前的结论：{}（{}，{}）", "It ended and came back. Decided before: {} ({}, {})"),
    ("case.none", "尚未办理。", "Nothing was done yet."),
    ("case.day", "日期", "Day"),
    ("case.step", "步骤", "Step"),
    ("case.by", "经办人", "By whom"),
    ("case.note", "说明", "Note"),
    ("case.open", "待处理", "open"),
    ("case.notified", "已通知", "notified"),
    ("case.answered", "已答复", "answered"),
    ("case.rectified", "已整改", "rectified"),
    ("case.dismissed", "已撤销", "dismissed"),
    ("case.closed", "已办结", "closed"),
    ("finding.proof.dek", "以下 {} 行就是依据，行号与报送文件中显示的一致。", "These {} rows prove it; row numbers are those that the file shows."),
    ("finding.absence", "这条线索的依据是“没有”：应有的报送或登记不存在，所以没有可列的行。", "The proof is an absence: what should have been reported isn't there, so there is no row to show."),
    ("finding.rule", "关于这条规则", "About this rule"),
    ("rule.blind", "看不到的：", "What it can't see:"),
    ("proof.sheet", "工作表 {}", "sheet {}"),
    ("proof.row", "行", "Row"),
    ("proof.not_stored", "这一行没有存下来", "this row is not stored"),
    ("standard.title", "收费标准", "Fee standards"),
    ("standard.area", "城乡类型", "Area"),
    ("standard.from", "执行起", "From"),
    ("standard.to", "执行止", "To"),
    ("standard.open", "现行", "in force"),
    ("standard.session", "每学时", "A session"),
    ("standard.cap", "每月上限", "Month's cap"),
    ("standard.doc", "文号", "Document"),
    ("standard.by", "批准单位", "Approved by"),
    ("pager", "翻页", "Pages"),
    ("pager.before", "上一页", "Before"),
    ("pager.after", "下一页", "Next"),
    ("pager.where", "第 {}–{} 条，共 {} 条", "{}–{} of {}"),
    // Explanations.
    ("explain.title", "这个数怎么来的：{}，{}", "Where this figure comes from: {}, {}"),
    ("explain.coverage.dek", "已报 {} 个，应报 {} 个。", "{} reported of {} owed."),
    ("explain.coverage.all", "应报的都已报送。", "All that is owed was reported."),
    ("explain.coverage.lacking", "未报或未报齐的学校：{} 所", "Schools of which something is lacking: {}"),
    ("explain.coverage.reporting", "已报的学校：{} 所", "Schools that reported: {}"),
    ("explain.lacking", "缺什么", "What is lacking"),
    ("explain.version", "版本", "Version"),
    ("explain.policy", "用到的政策参数", "Numbers of the policy"),
    ("explain.sql.other", "注意：本版数据不是用这段 SQL 算的，计算之后程序已更新。", "Beware: this is not the text that computed the release; the program was changed since."),
    ("explain.slices", "涉及的报送单元", "The slices that the rule looks at"),
    ("explain.amount", "金额怎么算", "How the amount is made up"),
    ("explain.events", "经过", "What became of it"),
    ("explain.sum", "{}：{} {} 行，合计 {}。", "{}: {} {} rows, {} in sum."),
    ("event.seen", "发现", "seen"),
    ("event.ended", "消除", "ended"),
    ("event.returned", "再次出现", "seen again"),
    // Indicators and the catalogue.
    ("indicator.formula", "计算方法", "Formula"),
    ("indicator.note", "说明", "Note"),
    ("indicator.parts", "分子与分母", "Numerator and denominator"),
    ("indicator.periods", "各期", "All periods"),
    ("indicator.none", "这个指标目前没有数值。", "This indicator has no value at present."),
    ("catalogue.dek", "每个指标怎么算、每条规则查什么、依据通知的哪一条。", "How each indicator is computed, what each rule looks for, and the clause of the notice."),
    ("catalogue.indicators", "指标", "Indicators"),
    ("catalogue.rules", "规则", "Rules"),
    ("catalogue.empty", "目录是空的。", "The catalogue is empty."),
    ("catalogue.see", "查看指标与规则目录", "See the catalogue"),
    // The evaluation, and how sure it is.
    ("nav.evaluation", "综合评价", "Evaluation"),
    ("evaluation.dek", "综合评分由各指标按权重合成。名次只在不同权重下都不变时才可靠，所以同时给出名次区间。", "The score weighs the indicators. A rank is to be trusted only as far as it holds under other weights, so its range stands beside it."),
    ("evaluation.period", "选择统计期", "Period"),
    ("evaluation.none", "这一期还没有综合评分。权重表和指标齐备、计算之后显示在这里。", "There is no score of this period yet. It appears once weights and indicators are there and computed."),
    ("evaluation.ranking", "得分与名次", "Scores and ranks"),
    ("evaluation.sure", "各项权重分别上下浮动五分之一，{} / {} 个区（市）的名次始终不变；名次区间相交的，不宜分先后。", "With each weight a fifth more or less, {} of {} districts keep their rank. Where ranges of ranks overlap, the order says little."),
    ("evaluation.chart", "综合评分：{}", "Evaluation score: {}"),
    ("evaluation.chart.note", "圆点为得分，横线为各权重上下浮动五分之一时的最低与最高得分", "Dots are scores; bars run from the lowest to the highest as each weight moves by a fifth"),
    ("evaluation.rank", "第 {} 名", "rank {}"),
    ("evaluation.rank.range", "第 {} 名（{}–{}）", "rank {} ({}–{})"),
    ("evaluation.total", "综合评分", "Score"),
    ("evaluation.totals", "得分区间", "Range of the score"),
    ("evaluation.ranks", "名次（区间）", "Rank (range)"),
    ("evaluation.parts", "得分构成", "What the scores are made of"),
    ("evaluation.parts.dek", "每格为得分 / 该区（市）的实际权重；没有数值的指标不得分也不失分，其权重分给其余指标。", "Points of the weight that counts for the district. An indicator without a value neither gains nor loses; its weight is shared out."),
    ("evaluation.swings", "哪项权重影响名次", "Which weights move the order"),
    ("evaluation.swings.dek", "某项权重单独增减五分之一时，名次变动的区（市）数。", "How many districts change their rank as one weight alone moves by a fifth."),
    ("evaluation.swing.up", "权重 +1/5", "A fifth more"),
    ("evaluation.swing.down", "权重 −1/5", "A fifth less"),
    ("evaluation.swing.none", "不变", "none"),
    ("evaluation.swing.times", "{} 个", "{}"),
    ("evaluation.gaps", "距目标还差多少", "What is missing to the targets"),
    ("evaluation.gaps.dek", "分母不变，还需增加（违规支出占比为减少）多少才能达标；– 为已达标或没有目标。", "How much more (of ineligible spending: less) would meet the target; – is met, or has none."),
    ("evaluation.gaps.none", "本期各项目标都已达到，或还没有数值。", "All targets of this period are met, or there are no figures yet."),
    ("evaluation.gap.unit", "单位", "Counted in"),
    ("score.given_weight", "权重", "Weight"),
    ("score.weight", "实际权重", "Weight that counts"),
    ("score.floor", "底线", "Floor"),
    ("score.points", "得分", "Points"),
    ("score.full", "满分", "all of it"),
    ("score.95", "九成五以上", "95% or more"),
    ("score.75", "七成五以上", "75% or more"),
    ("score.50", "五成以上", "50% or more"),
    ("score.less", "不足五成", "less"),
    ("score.void", "不计分", "not counted"),
    ("gap.pupils", "人", "pupils"),
    ("gap.pupil_months", "人月", "pupil-months"),
    ("gap.pupil_days", "人天", "pupil-days"),
    ("gap.schools", "所学校", "schools"),
    ("gap.sessions", "次活动", "sessions"),
    ("gap.kinds", "类活动", "kinds of activity"),
    ("gap.plans", "份方案", "plans"),
    ("gap.responses", "份问卷", "responses"),
    ("gap.points", "分", "points"),
    ("gap.yuan", "元", "yuan"),
    ("gap.requests", "件申请", "requests"),
    ("gap.lines", "笔支出", "lines"),
    ("gap.reports", "份年报", "reports"),
    ("gap.slices", "个报送单元", "slices"),
    ("gap.cases", "件", "cases"),
    ("gap.findings", "条/每万人", "findings for 10,000"),
    ("gap.other", "个", "units"),
    // What changed since the release before.
    ("since.title", "与上一版相比", "Since the release before"),
    ("since.soon", "正在与上一版数据比较，稍后刷新即可看到。", "The releases are being compared; reload in a moment."),
    ("since.failed", "与上一版数据的比较没有完成，原因见服务器日志。", "The comparison could not be made; the server's log says why."),
    ("since.official", "与上次正式发布（第 {} 版）相比", "Since the last official release ({})"),
    ("since.release", "与上一版（第 {} 版）相比", "Since release {}"),
    ("since.same", "全市主要指标没有变化。", "No headline figure of the city changed."),
    ("since.slices", "报送单元：新报 {} 个，更正 {} 个，撤回 {} 个，退回 {} 个。", "Slices: {} new, {} corrected, {} withdrawn, {} sent back."),
    ("since.findings", "问题线索：新出现 {} 条，再次出现 {} 条，消除 {} 条，其他变化 {} 条。", "Findings: {} opened, {} came back, {} ended, {} changed otherwise."),
    ("since.today", "判断逾期的日期由 {} 起变动。", "Lateness was judged as of {} before."),
    ("since.sql", "计算方法有改动：{}", "SQL that differs: {}"),
    ("since.reference", "参照表有改动：{}", "Reference tables that differ: {}"),
    ("since.case_steps", "办理步骤 {} 步。", "{} steps of cases."),
    ("since.before", "原值", "Before"),
    ("since.after", "现值", "Now"),
    ("since.by", "变化", "By"),
    ("since.causes", "可能的原因", "What may have caused it"),
    ("since.cause.slices", "{} 个报送单元", "{} slices"),
    ("since.cause.case_steps", "办理步骤", "steps of cases"),
    ("since.cause.today", "日期推移", "the date"),
    ("since.more", "另有 {} 个指标值有变化。", "{} more figures differ."),
    ("since.new", "首次有数值的指标 {} 个。", "{} figures have a value for the first time."),
    ("since.note", "原因按指标的来路列出，是可能的原因，不是断定。", "Causes are told by what a figure rests on: they may have moved it."),
    ("points", "{} 个百分点", "{} points"),
    ("list.comma", "、", ", "),
    ("rollout.heading", "照此进度约 {} 所", "heading for {}"),
    ("rollout.heading.note", "照近两周的进度，到截止日约 {} / {} 所", "At the pace of the last two weeks, {} of {} by the deadline"),
    // The funnel and similar schools.
    ("funnel.title", "{}：各校与随机波动范围（{}）", "{}: schools and what chance explains ({})"),
    ("funnel.description", "每点一所学校，共 {} 所；控制限外 {} 所。", "A dot a school: {} in all, {} outside of the limits. "),
    ("funnel.widened", "各校差异大于随机波动（φ = {}），控制限已放宽。", "Schools differ more than by chance (φ = {}), so the limits are widened."),
    ("funnel.plain", "虚线为 95%、实线为 99.8% 控制限。", "Dashed: 95% limits; solid: 99.8%."),
    ("funnel.people", "人数（或问卷数）", "People (or responses)"),
    ("funnel.n", "人数", "People"),
    ("funnel.limits", "控制限", "Limits"),
    ("funnel.verdict", "判断", "Verdict"),
    ("funnel.high", "显著偏高", "clearly high"),
    ("funnel.low", "显著偏低", "clearly low"),
    ("funnel.between", "略超 95%", "just outside 95%"),
    ("funnel.inside", "正常波动", "as chance has it"),
    ("funnel.outside", "超出 99.8% 控制限的学校：", "Schools outside of the 99.8% limits:"),
    ("similar.title", "在相似学校中的位置", "Among similar schools"),
    ("similar.dek", "相似学校指城乡类型、办学类型相同，人数最接近的至多十所学校，不显示校名。竖线为中位数，圆点为本校；位置从数值最高者数起。", "Up to ten schools of the same area and kind, nearest in pupils, not named. The upright is their median, the dot this school; places count from the highest value down."),
    ("similar.own", "本校", "This school"),
    ("similar.among", "相似学校", "Similar schools"),
    ("similar.place", "位置", "Place"),
    ("similar.median", "中位数", "Median"),
    ("similar.range", "最低–最高", "Lowest – highest"),
    ("similar.said", "第 {} / {} 位", "{} of {}"),
    // What a district's schools owe.
    ("reports.title", "{}：各校报送情况", "{}: what schools sent and owe"),
    ("reports.dek", "{}及所在学期、本年度和上年度：学校 × 表单。点状态只看有该状态的学校，点表单只看该表单。", "{}, its term, its year and the year before: schools × forms. Choose a state or a form to narrow the table."),
    ("reports.none", "没有符合条件的学校。换一个月份或状态再看。", "No school fits. Choose another month or state."),
    ("reports.see", "查看各校 × 各表单的报送情况", "All schools × forms"),
    // The worklist.
    ("findings.case", "办理状态", "Case"),
    ("findings.age", "发现至今", "Seen since"),
    ("findings.age.days", "{} 天以上", "{} days or more"),
    ("findings.amount", "金额不少于（元）", "Amount from (yuan)"),
    ("findings.sort.age", "最早发现在前", "oldest first"),
    ("findings.sort.due", "整改期限", "due date"),
    ("findings.due", "期限 {}", "due {}"),
    // A figure's page.
    ("figure.title", "{}，{}：{}", "{}, {}: {}"),
    ("figure.districts", "由各区（市）合成", "Made of the districts"),
    ("figure.schools", "由各学校合成", "Made of the schools"),
    ("figure.sum_fits", "各行之和等于分子和分母", "the lines sum to numerator and denominator"),
    ("figure.sum_differs", "各行之和不等于分子或分母：有的部分不计入合计", "the lines don't sum to it: some of it belongs to none of them"),
    ("figure.score", "得分构成", "What the score is made of"),
    ("figure.counted", "计入 {} 条", "{} were counted"),
    ("figure.counted.first", "列出前 {} 条", "The first {}"),
    ("figure.slices", "依据的报送单元", "The slices that it rests on"),
    ("figure.rows", "依据的数据行", "The rows that it rests on"),
    ("figure.rows.shown", "共 {} 行，列出 {} 行。", "{} rows, {} of them below."),
    ("figure.dimensions", "分项", "Other cuts"),
    ("figure.headline", "总数", "the headline"),
    ("figure.made_by", "计算过程", "How it is computed"),
    ("dimension.junior", "学段：初中", "stage: junior"),
    // Entries of the catalogue.
    ("catalogue.forms", "表单", "Forms"),
    ("catalogue.models", "数据表", "Tables"),
    ("catalogue.models.dek", "每张表由一个 SQL 文件算出；点开可看含义、列、来路和 SQL。", "Each table is one SQL file: its meaning, columns, lineage and text."),
    ("catalogue.made_by", "含义、来路与 SQL", "Meaning, lineage, SQL"),
    ("entry.name", "代码名", "Code name"),
    ("entry.owed", "谁应报", "Owed by"),
    ("entry.owed.always", "每所小学", "every primary school"),
    ("entry.owed.from_plan", "自方案开始之月起，每所开办的学校", "every school that offers the service, from its first month on"),
    ("entry.owed.nobody", "有事才报", "nobody: it comes when there is something to say"),
    ("entry.owed.district", "区（市），为其每所学校", "the district, for each of its schools"),
    ("entry.sent_by", "由谁报送", "Sent by"),
    ("entry.finance", "财政部门", "finance office"),
    ("entry.zero.yes", "可以", "allowed"),
    ("entry.zero.no", "不可以", "not allowed"),
    ("entry.columns", "各列", "Columns"),
    ("entry.no_columns", "这张表的列由其他表决定。", "Its columns are those of other tables."),
    ("entry.heading", "表头", "Heading"),
    ("entry.value", "取值", "Value"),
    ("entry.needed", "必填", "Needed"),
    ("entry.required", "必填", "yes"),
    ("entry.key", "键", "key"),
    ("entry.seen_by", "谁可看", "Seen by"),
    ("entry.seen.public", "公开", "everybody"),
    ("entry.seen.school", "本校及上级", "the school and those above"),
    ("entry.seen.inspector", "上级，学校不可看", "those above, not the school"),
    ("entry.seen.secret", "任何人都看不到原值", "nobody: hashed at the door"),
    ("entry.fill_in", "填写说明", "How to fill it in"),
    ("entry.example", "示例", "Example"),
    ("entry.use", "用途", "Used for"),
    ("entry.findings", "查看问题线索", "its findings"),
    ("entry.figures", "查看指标数值", "its figures"),
    ("entry.lineage", "来路", "Lineage"),
    ("entry.read_by", "被哪些表使用", "Read by"),
    ("entry.generated", "这段 SQL 由各规则文件自动合成。", "This SQL is put together from the files of the rules."),
    ("kind.text", "文字", "text"),
    ("kind.money", "金额（元，至多两位小数）", "yuan, at most two places"),
    ("kind.whole", "整数 {}–{}", "whole number {}–{}"),
    ("kind.grade", "年级 1–9", "grade 1–9"),
    ("kind.scale", "1–5 分", "1 to 5"),
    ("kind.yes_no", "是 / 否", "yes or no"),
    ("kind.date", "日期", "date"),
    ("kind.month", "月份", "month"),
    ("kind.time", "时间", "time"),
    ("kind.weekdays", "星期", "weekdays"),
    ("kind.person", "人员编号（加密存储）", "a person's number, stored as a keyed hash"),
    ("lineage.title", "{}的来路", "What {} rests on"),
    ("lineage.large", "来路共 {} 张表，图太大不画；列表见下。", "It rests on {} tables, too many for a picture; the list is below."),
    ("lineage.list", "来路列表（{} 张表）", "As a list ({} tables)"),
    // Sending files.
    ("nav.upload", "报送", "Send files"),
    ("nav.releases", "正式数据", "Official data"),
    ("upload.dek.school", "选择本校填好的报表，可一次报送多个文件。只接收本校的数据。", "Choose your filled-in workbooks, several at once. Only your own school's data are taken."),
    ("upload.dek.district", "报送本区（市）各校的报表和学校名录。只接收所属学校的数据。", "Send your schools' reports and their register. Only your own schools' data are taken."),
    ("upload.dek.city", "可报送任何单位的报表，包括财政补贴。", "Reports of every unit can be sent here, the subsidies too."),
    ("upload.choose", "选择文件", "Choose files"),
    ("upload.drop", "也可以把文件拖到这里。", "Or drop them here."),
    ("upload.bounds", "一次最多 {} 个文件，共 {} MB；xlsx、xls、CSV、JSON 或它们的 zip。", "At most {} files of {} MB together; xlsx, xls, CSV, JSON, or a zip of them."),
    ("upload.submit", "报送", "Submit"),
    ("upload.check", "只检查，不报送", "Check only"),
    ("upload.check.dek", "“只检查”给出同样的报告，但不接收任何数据。", "A check gives the same report and takes nothing in."),
    ("upload.progress", "进度", "Progress"),
    ("upload.sending", "正在上传……", "Sending …"),
    ("upload.busy", "现在报送的单位太多，请过几分钟再试。", "Too many are sending right now. Please try again in a few minutes."),
    ("upload.no_files", "没有选择文件。", "No file was chosen."),
    ("upload.too_many", "一次最多 {} 个文件，没有接收任何文件；请分几次报送。", "At most {} files at once; nothing was taken. Send them in parts."),
    ("upload.too_large", "文件合计超过 {} MB，没有接收任何文件；请分几次报送。", "The files are larger than {} MB together; nothing was taken. Send them in parts."),
    ("upload.broken_off", "上传中断，没有接收任何文件；请再试一次。", "The transfer broke off; nothing was taken. Please try again."),
    ("upload.waiting", "排队等待中", "waiting for its turn"),
    ("upload.reading", "正在检查，已完成 {} 个文件", "being checked, {} files done"),
    ("upload.committing", "正在接收", "being taken in"),
    ("upload.done", "已处理", "done"),
    ("upload.failed", "系统故障，没有处理完", "kehou failed"),
    ("upload.failed.do", "请再报送一次；已接收过的内容不会重复计入。若仍失败，请告诉管理员。", "Send the files again; what was taken already is not counted twice. If it fails again, tell the administrator."),
    ("upload.release.coming", "已接收，正在重新计算指标……", "Taken in; the figures are being computed …"),
    ("upload.release.counts", "已计入第 {} 版数据。", "Counted in release {}."),
    ("upload.release.see", "查看数据", "See the figures"),
    ("upload.release.failed", "已接收，但指标暂时没能重新计算；下次计算时会计入。", "Taken in, but the figures could not be computed yet; the next run counts it."),
    ("upload.again", "继续报送", "Send more"),
    ("upload.earlier", "刚才报送的", "Sent just now"),
    ("upload.earlier.dek", "报告保留两小时；接收结果和回执号以后在学校页面上也能看到。", "Reports stay for two hours; results and receipts stand on the school's page for good."),
    ("upload.and_others", "{} 等 {} 个文件", "{} and others, {} files"),
    ("upload.marked_gone", "退回文件只能下载一次，已经下载过或已清除；请重新检查一次原文件。", "The marked file is given once, and is gone; check the original file again."),
    ("template.title", "下载报表模板", "Templates to fill in"),
    ("template.dek", "模板已填好本校代码、统计期和上次的班级、机构。", "Your code, the period, and the classes and providers of last time are filled in."),
    ("template.dek.many", "模板不含学校代码，可供各校填写或合并报送。", "Without a school's code, for any school or for many together."),
    ("template.owed", "还没有接收的报表", "Not accepted yet"),
    ("template.file", "模板", "Template"),
    ("template.get", "下载", "Download"),
    ("template.none", "应报的都已接收。", "All that is owed was accepted."),
    ("template.all_owed", "该期应报的全部报表", "all that is owed for the period"),
    ("template.no_period", "统计期写法不对：月写 2019-10，学期写 2019-2020-1，年写 2019；一个工作簿只能放同一种统计期的报表。", "The period doesn't fit: write a month 2019-10, a term 2019-2020-1, a year 2019, as the form needs it."),
    ("report.title", "检查报告", "Report"),
    ("report.good", "全部接收。", "All was accepted."),
    ("report.good.check", "没有错误，可以报送。", "No errors; it can be submitted."),
    ("report.bad", "有内容没有接收，请按下面的说明更正后重新报送。", "Something was not accepted. Mend what is listed below and send it again."),
    ("report.bad.check", "有错误，请按下面的说明更正。", "There are errors. Mend what is listed below."),
    ("report.sums", "文件 {} 个：可接收 {} 个报送单元，零报告 {} 个，退回 {} 个，与以前相同 {} 个。", "{} files: {} slices good, {} reported as nothing, {} sent back, {} as before."),
    ("report.get_marked", "下载标出错误的文件", "Download the file with its errors marked"),
    ("report.get_marked.dek", "只能下载一次，系统不保存。", "Given once; it is kept nowhere."),
    ("report.marked_gone", "标出错误的文件已下载。", "The marked file was downloaded."),
    ("report.more_causes", "另有 {} 类问题未列出，见标出错误的文件。", "{} more causes are in the marked file."),
    ("report.mend", "怎样改：", "To mend: "),
    ("report.sheet", "工作表", "Sheet"),
    ("report.row", "行", "Row"),
    ("report.heading", "列", "Column"),
    ("report.value", "填的是", "It says"),
    ("report.expected", "应当是", "It should"),
    ("report.more", "另有 {} 处，见标出错误的文件。", "{} more are in the marked file."),
    ("report.more_slices", "另有 {} 个报送单元。", "{} more slices."),
    ("sent.replaced", "以后面的文件为准", "replaced by a later file"),
    ("sent.unchanged", "与以前相同", "as before"),
    ("fault.refused.title", "没有办成", "That can't be done"),
    ("fault.refused.do", "没有作任何更改。", "Nothing was changed."),
    ("fault.refused.back", "返回", "Back"),
    // Steps of cases.
    ("steps.fresh", "刚刚办理，下一版数据计入：", "Taken just now; the next release counts it:"),
    ("steps.none", "现在没有可办理的步骤。", "No step can be taken now."),
    ("steps.none.school", "收到通知后可以在这里答复。", "You can answer here once you are notified."),
    ("steps.notify", "通知整改", "Notify"),
    ("steps.answer", "答复", "Answer"),
    ("steps.rectify", "确认已整改", "Put right"),
    ("steps.dismiss", "撤销", "Dismiss"),
    ("steps.close", "办结", "Close"),
    ("steps.due", "要求整改的最后一天", "To be put right by"),
    ("steps.note", "说明", "Note"),
    ("steps.reason", "撤销理由（必填）", "Reason (needed)"),
    ("steps.answer.text", "答复内容", "Your answer"),
    ("steps.several", "一并通知", "Notify several"),
    ("steps.several.dek", "勾选上面的问题线索，一次通知；有一条不能通知，就都不通知。", "Tick findings above and notify them at once; if one can't be notified, none is."),
    ("steps.nothing_ticked", "没有勾选问题线索（一次最多 {} 条）。", "No finding was ticked (at most {} at once)."),
    ("steps.too_many", "一次最多通知 {} 条。", "At most {} can be notified at once."),
    ("steps.no_answer", "请写明答复内容。", "Please write the answer."),
    ("steps.no_due", "通知要写明整改期限。", "A notice needs the day by which to put it right."),
    ("steps.due_before", "整改期限 {} 早于通知日期 {}。", "The day {} is before that of the notice, {}."),
    ("steps.no_reason", "撤销要写明理由。", "A dismissal needs its reason."),
    ("steps.long_note", "说明最多 {} 字。", "A note has at most {} letters."),
    ("steps.unknown", "最新一版数据里没有这条问题线索。", "The newest release has no such finding."),
    ("steps.not_from", "案件现在是“{}”，不能再“{}”；可能别人刚刚办理过，请看页面上的最新进展。", "The case is {} now and can't take the step '{}'; somebody may just have worked on it. See how it stands."),
    ("steps.not_from_ended", "案件现在是“{}”，线索已于 {} 消除，不能“{}”。", "The case is {} and its finding ended on {}; it can't take the step '{}'."),
    ("steps.before", "日期 {} 早于上一步的日期 {}。", "The day {} is before that of the last step, {}."),
    // Official releases.
    ("official.dek", "市局宣布为正式的数据版本。页面显示的是最新的第 {} 版。", "What the city declared official. Pages show the newest release, {}."),
    ("official.none", "还没有宣布过正式数据。", "Nothing was declared official yet."),
    ("official.declare", "宣布正式数据", "Declare official"),
    ("official.declare.dek", "宣布后不能改动；同一统计期再次宣布，以后一次为准。", "A declaration is never edited; a later one for the same period takes its place."),
    ("official.release", "数据版本", "Release"),
    ("official.on", "宣布", "Declared"),
    ("official.note", "说明", "Note"),
    ("official.since", "此后的更正", "Since then"),
    ("official.superseded", "已由后一次宣布代替", "replaced by a later declaration"),
    ("official.declared", "{}的正式数据是第 {} 版（{}，{}）。", "The official release for {} is {} ({}, {})."),
    ("official.is_shown", "就是现在显示的这一版。", "It is the one that is shown."),
    ("official.comparing", "正在与现在的数据比较……", "It is being compared with the present figures …"),
    ("official.not_compared", "暂时无法比较。", "It can't be compared at present."),
    ("official.same", "此后数字没有变化。", "No figure has changed since."),
    ("official.revised", "此后有更正：{} 个数字与正式数据不同。", "Revised since: {} figures differ from it."),
    ("official.see", "查看差异", "See the difference"),
    ("official.no_period", "没有这个统计期的数据。", "There are no figures of this period."),
    ("official.no_release", "没有这一版数据。", "There is no such release."),
    ("official.long_note", "说明最多 {} 字。", "A note has at most {} letters."),
    ("difference.title", "第 {} 版与第 {} 版的差异", "Releases {} and {} compared"),
    ("difference.official", "第 {} 版是正式发布过的数据。", "Release {} was declared official."),
    ("difference.of_period", "只看 {}", "Only {}"),
    ("difference.all_periods", "看所有统计期", "all periods"),
    ("difference.figures", "不同的数字：{} 个", "Figures that differ: {}"),
    ("difference.findings", "不同的问题线索：{} 条", "Findings that differ: {}"),
    ("difference.no_findings", "问题线索没有变化。", "No finding differs."),
    ("difference.causes", "原因", "What went in otherwise"),
    ("difference.slices", "新报送或更正的报送单元 {} 个", "{} slices came or were corrected"),
    ("difference.case_steps", "案件进展 {} 步", "{} steps of cases"),
    ("difference.sql", "计算方法有变：{}", "SQL that differs: {}"),
    ("difference.reference", "参照表有变：{}", "reference tables that differ: {}"),
    ("difference.today", "判定日期 {} → {}", "the date {} → {}"),
    ("difference.nothing", "没有不同的输入", "nothing"),
    ("difference.in", "第 {} 版", "Release {}"),
    ("difference.more", "另有 {} 条未列出。", "{} more are not listed."),
    ("difference.how", "变化", "How"),
    ("difference.opened", "新出现", "opened"),
    ("difference.reopened", "再次出现", "reopened"),
    ("difference.ended", "已消除", "ended"),
    ("difference.changed", "金额或程度有变", "changed"),
    ("whole.city.name", "全市", "the city"),
    // Accounts and passwords.
    ("accounts.dek.district", "本区（市）学校的账号。忘记密码的，在这里重设。", "The accounts of your schools. Reset the password of who forgot it."),
    ("accounts.none", "没有账号。", "There are no accounts."),
    ("accounts.first", "待改密码", "password to be changed"),
    ("accounts.do", "操作", "Do"),
    ("accounts.reset", "重设密码", "Reset password"),
    ("accounts.disable", "停用", "Close"),
    ("accounts.made", "{} 的新密码：", "The new password of {}:"),
    ("accounts.made.dek", "只显示这一次，请转告本人；首次登录时须更改。", "It is shown this once. Pass it on; it is to be changed at the first log-in."),
    ("accounts.not_yourself", "不能停用自己的账号。", "You can't close your own account."),
    ("accounts.add", "增加账号", "Add an account"),
    ("accounts.list", "按名单增加", "Add a list"),
    ("accounts.list.dek", "CSV 文件，表头为 账号、角色、单位。全部增加，或一个也不增加；初始密码随即下载，只此一次。", "A CSV file with the headings name, role, unit. All are made or none; their first passwords are downloaded at once, and never again."),
    ("accounts.list.file", "名单", "List"),
    ("accounts.list.add", "增加并下载初始密码", "Add, and download the first passwords"),
    ("accounts.taken", "已有账号“{}”。", "There is an account '{}' already."),
    ("accounts.bad_name", "“{}”不能作账号：用 2 到 64 个字母、数字或 - _ . @。", "'{}' can't be a name: use 2 to 64 letters, digits, or - _ . @."),
    ("accounts.bad_unit", "角色“{}”的单位不能是“{}”：学校填 10 位标识码，区（市）和督学填 6 位代码，其他不填。", "A {} can't have the unit '{}': schools have ten digits, districts and inspectors six, others none."),
    ("accounts.bad_role", "没有角色“{}”。", "There is no role '{}'."),
    ("accounts.bad_line", "名单第 {} 行：{}", "Line {} of the list: {}"),
    ("password.title", "更改密码", "Change your password"),
    ("password.must", "这个密码是别人给您的，请先换成自己的密码。", "Somebody else gave you this password. Choose one of your own first."),
    ("password.dek", "更改后，其他地方的登录随即失效。", "Your log-ins elsewhere end with it."),
    ("password.old", "现在的密码", "Present password"),
    ("password.new", "新密码（至少 {} 个字符）", "New password (at least {} characters)"),
    ("password.again", "再输一遍新密码", "The new password again"),
    ("password.change", "更改", "Change"),
    ("password.differ", "两遍新密码不一样。", "The new password was not written the same twice."),
    ("password.same", "新密码和现在的一样。", "The new password is the present one."),
    ("password.wrong", "现在的密码不对。", "The present password is wrong."),
    ("password.length", "密码要有 {} 到 {} 个字符。", "A password has {} to {} characters."),
    // What is owed and confirmed.
    ("duties.title", "催报与确认", "Reminders and confirmation"),
    ("duties.reminders", "下载全部催报名单（CSV）", "All reminders as a file (CSV)"),
    ("duties.reminders.period", "下载本期催报名单（CSV）", "This period's reminders as a file (CSV)"),
    ("duties.file", "催报名单_{}_{}.csv", "reminders_{}_{}.csv"),
    ("duties.owed", "{}未报、退回或免报的：{} 份", "{}, missing, sent back or excused: {}"),
    ("duties.none", "应报的都已接收。", "All that is owed was accepted."),
    ("duties.state", "状态", "State"),
    ("duties.due", "应报日期", "Due"),
    ("duties.late", "已逾期天数", "Days late"),
    ("duties.word", "延期或免报", "More time or excuse"),
    ("duties.is_excused", "免报", "excused"),
    ("duties.is_extended", "延期至 {}", "more time until {}"),
    ("duties.relief", "延期或免报", "More time, or an excuse"),
    ("duties.relief.dek", "勾选上面的报表。延期和免报只影响催报，不改变任何指标：逾期的仍算逾期。", "Tick slices above. Both only spare the school reminders and change no figure: what is late stays late."),
    ("duties.reason", "理由", "Reason"),
    ("duties.until", "延期至", "More time until"),
    ("duties.extend", "延期", "Give more time"),
    ("duties.excuse", "免报", "Excuse"),
    ("duties.revoke", "取消延期或免报", "Take it back"),
    ("duties.confirmed", "已确认 {} / {} 份", "{} of {} confirmed"),
    ("duties.confirmed.dek", "确认表示区（市）核对过；指标不等待确认。更正后要重新确认。", "A confirmation says that the district looked at it; figures don't wait for it. A correction is to be confirmed anew."),
    ("duties.nothing_came", "这一期还没有接收任何报表。", "Nothing was accepted for this period yet."),
    ("duties.confirm", "确认勾选的", "Confirm those ticked"),
    ("duties.confirm_all", "确认本期全部", "Confirm all of this period"),
    ("duties.of", "已确认 {}/{}", "{}/{} confirmed"),
    ("duties.is_confirmed", "已确认", "confirmed"),
    ("duties.said", "已记录，几秒钟后显示。", "Noted; it shows in a few seconds."),
    ("duties.nothing_ticked", "没有勾选报表。", "No slice was ticked."),
    ("duties.no_day", "请写明延期到哪一天。", "Say until which day."),
    ("duties.no_reason", "延期或免报要写明理由。", "More time or an excuse needs a reason."),
    ("duties.past", "延期至 {}，早于今天 {}。", "{} is before today, {}."),
    ("duties.changed_meanwhile", "有 {} 份报表的状态刚刚变了，请刷新页面再办。", "{} slices changed just now; look at the page again."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the crate's own source") {
            let path = entry.expect("readable").path();
            match path.is_dir() {
                true => sources(&path, texts),
                false if path.extension().is_some_and(|one| one == "rs") && !path.ends_with("words.rs") => {
                    texts.push(std::fs::read_to_string(path).expect("readable"));
                }
                false => {}
            }
        }
    }

    fn used() -> BTreeSet<String> {
        let mut texts = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
        // Every literal that is a key of the table, and every literal that a call names.
        let known: BTreeSet<&str> = WORDS.iter().map(|(key, ..)| *key).collect();
        let mut used = BTreeSet::new();
        for text in &texts {
            for call in [".say(\"", "lang.with(\"", " t(\"", "(t(\""] {
                used.extend(
                    text.split(call)
                        .skip(1)
                        .filter_map(|rest| rest.split('"').next())
                        .filter(|key| !key.contains('{'))
                        .map(str::to_owned),
                );
            }
            used.extend(text.split('"').filter(|part| known.contains(part)).map(str::to_owned));
        }
        // Keys that are put together.
        for key in ["not_here", "no_release", "forged", "slow", "broken"] {
            used.extend(["title", "why", "do"].map(|part| format!("fault.{key}.{part}")));
        }
        used.extend(["met", "near", "missed", "open"].map(|status| format!("status.{status}")));
        used
    }

    #[test]
    fn no_word_is_missing_and_none_is_idle() {
        let known: BTreeSet<String> = WORDS.iter().map(|(key, ..)| (*key).to_owned()).collect();
        assert_eq!(known.len(), WORDS.len(), "a key stands twice");
        let used = used();
        // Parts of faults are asked for by their last word alone.
        let missing: Vec<_> =
            used.difference(&known).filter(|key| !["title", "why", "do"].contains(&key.as_str())).collect();
        assert!(missing.is_empty(), "keys without words: {missing:?}");
        let idle: Vec<_> = known.difference(&used).collect();
        assert!(idle.is_empty(), "words that no page says: {idle:?}");
    }

    #[test]
    fn both_languages_have_the_same_gaps() {
        for (key, zh, en) in WORDS {
            assert!(!zh.is_empty() && !en.is_empty(), "{key}");
            assert_eq!(zh.matches("{}").count(), en.matches("{}").count(), "{key}");
        }
    }

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(Lang::Zh.with("rollout.by_then", &["48", "50"]), "当日 48 / 50 所");
        assert_eq!(Lang::En.with("layout.release", &["7"]), "Release 7");
    }
}
