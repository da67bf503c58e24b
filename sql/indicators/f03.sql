-- Which part of the charges went to the fiscal account in time, by the period of the last day for it.
-- key: school_id
-- code: F03
-- title_zh: 专户缴存率
-- title_en: Remitted on time
-- formula: charges remitted within remit_within_days ÷ charges due, by amount
-- formula_zh: 按期缴入专户的收费金额 ÷ 应缴收费金额
-- unit: share
-- clause: 六¶4
-- better: higher
with rule as (
    select period as month, cast(value as int) as days
    from staging.period_policy
    where key = 'remit_within_days'
),

due as (
    select
        receipt.school_id,
        receipt.paid_on + rule.days as last_day,
        sum(case when receipt.remitted_on <= receipt.paid_on + rule.days then receipt.amount else cast(0 as decimal(18,2)) end)
            as remitted,
        sum(receipt.amount) as charged
    from staging.charge as receipt
    inner join rule on rule.month = receipt.period
    where receipt.kind = 'charge'
    group by receipt.school_id, receipt.paid_on + rule.days
),

overdue as (
    select due.* from due cross join run where due.last_day < run.today
)

select
    cast('F03' as varchar) as indicator,
    cast(overdue.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(overdue.remitted) as decimal(18,2)) as numerator,
    cast(sum(overdue.charged) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from overdue
inner join staging.period as period on overdue.last_day >= period.first_day and overdue.last_day <= period.last_day
group by overdue.school_id, period.period_type, period.period
