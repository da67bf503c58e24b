-- A line of spending whose last day for its disclosure is over, with what it adds to F04 of its school.
with rule as (
    select period as month, cast(value as int) as days
    from staging.period_policy
    where period_type = 'month' and key = 'disclose_within_days'
),

due as (
    select line.*, line.posted_on + rule.days as last_day
    from staging.fund_ledger as line
    inner join rule on rule.month = line.period
    where line.direction = 'expense'
),

part as (
    select
        due.school_id, period.period_type, period.period, '' as dimension,
        'fund_ledger' as form, due.period as slice_period, due.submission_id, due.row_no,
        case when due.disclosed_on <= due.last_day then 1 else 0 end as numerator,
        1 as denominator
    from due
    inner join staging.period as period on due.last_day >= period.first_day and due.last_day <= period.last_day
    cross join run
    where due.last_day < run.today
)

select
    cast(part.school_id as varchar) as school_id,
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast(part.dimension as varchar) as dimension,
    cast(part.form as varchar) as form,
    cast(part.slice_period as varchar) as slice_period,
    cast(part.submission_id as varchar) as submission_id,
    cast(part.row_no as bigint) as row_no,
    cast(part.numerator as decimal(18,2)) as numerator,
    cast(part.denominator as decimal(18,2)) as denominator
from part
