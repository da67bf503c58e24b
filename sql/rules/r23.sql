-- A school and quarter with spending lines disclosed late or not at all.
-- key: school_id
-- rule: R23
-- title_zh: 支出未公示
-- title_en: Spending not disclosed
-- severity: low
-- clause: 六¶4
-- amount: The sum of the quarter's spending lines disclosed late or not at all.
-- amount_zh: 该季度逾期公示和未公示的支出之和。
-- blind: What the disclosure said, and to whom.
-- blind_zh: 公示的内容和范围。
with days as (
    select period as quarter, cast(value as int) as days
    from staging.period_policy
    where key = 'disclose_within_days'
),

line as (
    select
        *,
        substr(cast(posted_on as varchar), 1, 4) || '-Q'
            || case
                when substr(cast(posted_on as varchar), 6, 2) <= '03' then '1'
                when substr(cast(posted_on as varchar), 6, 2) <= '06' then '2'
                when substr(cast(posted_on as varchar), 6, 2) <= '09' then '3'
                else '4'
            end as quarter
    from staging.fund_ledger
    where direction = 'expense'
),

late as (
    select line.*
    from line
    inner join days on days.quarter = line.quarter
    cross join run
    where line.disclosed_on > line.posted_on + days.days
        or (line.disclosed_on is null and line.posted_on + days.days < run.today)
),

breach as (
    select
        late.school_id, late.quarter as period, '' as subject,
        sum(late.amount) over (partition by late.school_id, late.quarter) as amount,
        count(*) over (partition by late.school_id, late.quarter) as lines,
        'fund_ledger' as evidence_form, late.submission_id as evidence_submission_id, late.row_no as evidence_row_no
    from late
)

select
    cast('R23' as varchar) as rule,
    cast('low' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || breach.period || ' 有 ' || cast(breach.lines as varchar) || ' 笔支出共 ' || cast(breach.amount as varchar) || ' 元没有按期公示。' as varchar) as message_zh,
    cast(school.school_name || ': ' || cast(breach.lines as varchar) || ' lines of spending in ' || breach.period || ', ' || cast(breach.amount as varchar) || ' yuan, were not disclosed in time.' as varchar) as message_en,
    cast('六¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
