-- Whether a school's annual report was at both departments by the deadline.
-- key: school_id
-- code: K03
-- title_zh: 年报按时率
-- title_en: Annual reports on time
-- formula: annual reports at both departments by report_deadline ÷ schools that owe one
-- formula_zh: 按时报送两部门的年度报告 ÷ 应报学校
-- unit: share
-- clause: 六¶4
-- better: higher
with owed as (
    select school_id, period_type, period, reported, expected
    from staging.intake
    where form = 'annual_report' and expected = 1
),

deadline as (
    select period, cast(cast(cast(period as bigint) + 1 as varchar) || '-' || value as date) as day
    from staging.period_policy
    where period_type = 'year' and key = 'report_deadline'
)

select
    cast('K03' as varchar) as indicator,
    cast(owed.school_id as varchar) as school_id,
    cast(owed.period_type as varchar) as period_type,
    cast(owed.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(
        case when report.to_education_on <= deadline.day and report.to_finance_on <= deadline.day then 1 else 0 end as decimal(18,2)
    ) as numerator,
    cast(1 as decimal(18,2)) as denominator,
    cast(owed.reported as bigint) as reported,
    cast(owed.expected as bigint) as expected
from owed
left join deadline on deadline.period = owed.period
left join staging.annual_report as report on report.school_id = owed.school_id and report.period = owed.period
