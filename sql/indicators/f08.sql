-- How far the budgeted subsidy was paid.
-- key: school_id
-- code: F08
-- title_zh: 补贴到位率
-- title_en: Subsidy paid
-- formula: paid ÷ budgeted
-- formula_zh: 拨付金额 ÷ 预算金额
-- unit: share
-- clause: 六¶2
-- better: higher
with month as (
    select school_id, period as month, sum(paid) as paid, sum(budgeted) as budgeted
    from staging.subsidy
    group by school_id, period
)

select
    cast('F08' as varchar) as indicator,
    cast(month.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(month.paid) as decimal(18,2)) as numerator,
    cast(sum(month.budgeted) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from month
inner join staging.period_month as period on period.month = month.month
group by month.school_id, period.period_type, period.period
