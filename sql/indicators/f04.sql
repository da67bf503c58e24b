-- Which share of its spending lines a school disclosed in time, by the period of the last day for it.
-- key: school_id
-- code: F04
-- title_zh: 支出公示率
-- title_en: Spending disclosed
-- formula: expense lines disclosed within disclose_within_days ÷ lines due
-- formula_zh: 按期公示的支出笔数 ÷ 应公示的支出笔数
-- unit: share
-- clause: 六¶4
-- better: higher
with rule as (
    select period as month, cast(value as int) as days
    from staging.period_policy
    where key = 'disclose_within_days'
),

due as (
    select
        line.school_id,
        line.posted_on + rule.days as last_day,
        sum(case when line.disclosed_on <= line.posted_on + rule.days then 1 else 0 end) as disclosed,
        count(*) as lines
    from staging.fund_ledger as line
    inner join rule on rule.month = line.period
    where line.direction = 'expense'
    group by line.school_id, line.posted_on + rule.days
),

overdue as (
    select due.* from due cross join run where due.last_day < run.today
)

select
    cast('F04' as varchar) as indicator,
    cast(overdue.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(overdue.disclosed) as decimal(18,2)) as numerator,
    cast(sum(overdue.lines) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from overdue
inner join staging.period as period on overdue.last_day >= period.first_day and overdue.last_day <= period.last_day
group by overdue.school_id, period.period_type, period.period
