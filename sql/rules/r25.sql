-- A school whose annual report was not at both departments by the deadline, or does not tell how teachers were assessed.
-- key: school_id
-- rule: R25
-- title_zh: 年报逾期
-- title_en: Annual report late
-- severity: low
-- clause: 六¶4
-- blind: What the report says.
-- blind_zh: 年度报告的内容。
with deadline as (
    select policy.period, cast(cast(cast(policy.period as bigint) + 1 as varchar) || '-' || policy.value as date) as day
    from staging.period_policy as policy
    where policy.period_type = 'year' and policy.key = 'report_deadline'
),

owed as (
    select owed.school_id, owed.period, deadline.day, deadline.day < run.today as is_past
    from staging.owed as owed
    inner join deadline on deadline.period = owed.period
    cross join run
    where owed.form = 'annual_report'
),

judged as (
    select
        owed.school_id, owed.period, owed.day, report.staff_assessment, report.submission_id, report.row_no,
        report.school_id is null as is_missing,
        -- That one is missing or late is known when the deadline is over; what a report leaves out, when it comes.
        owed.is_past and (report.to_education_on is null or report.to_finance_on is null) as lacks_a_date,
        owed.is_past and (report.to_education_on > owed.day or report.to_finance_on > owed.day) as is_late
    from owed
    left join staging.annual_report as report on report.school_id = owed.school_id and report.period = owed.period
),

breach as (
    select
        school_id, period, '' as subject, cast(null as decimal(18,2)) as amount, day,
        case
            when is_missing then '没有报送年度报告。'
            when lacks_a_date then '没有报齐教育、财政两个部门。'
            when is_late then '晚于期限报送。'
            else '没有包含教师考核情况。'
        end as words_zh,
        case
            when is_missing then 'there is none.'
            when lacks_a_date then 'it did not go to both departments.'
            when is_late then 'it came later.'
            else 'it does not tell how teachers were assessed.'
        end as words_en,
        case when not is_missing then 'annual_report' end as evidence_form,
        submission_id as evidence_submission_id,
        row_no as evidence_row_no
    from judged
    where lacks_a_date or is_late or not staff_assessment
)

select
    cast('R25' as varchar) as rule,
    cast('low' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || breach.period || ' 年的年度报告应在 ' || cast(breach.day as varchar) || ' 前报两部门：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': the annual report of ' || breach.period || ' was due at both departments by ' || cast(breach.day as varchar) || ': ' || breach.words_en as varchar) as message_en,
    cast('六¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
