-- A month or term, and whether the public sees its figures of people: from the day after its reports were due. Once more they may
-- be revised, when those of the term in which the month lies were due too; a term's, when a year's days have passed since its end.
with due as (
    select
        period,
        max(case when key = 'due_days_month' then cast(value as bigint) end) as month_days,
        max(case when key = 'due_days_term' then cast(value as bigint) end) as term_days,
        max(case when key = 'due_days_year' then cast(value as bigint) end) as year_days
    from staging.period_policy
    group by period
),

period as (
    select * from staging.period where period_type in ('month', 'term')
),

closing as (
    select day.month as period, max(term.last_day) as last_day
    from staging.day as day
    inner join period as term on term.period = day.term
    group by day.month
)

select
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast(
        coalesce(
            period.last_day + cast(case when period.period_type = 'month' then due.month_days else due.term_days end as int) < run.today,
            false
        ) as boolean
    ) as is_public,
    cast(
        coalesce(
            greatest(period.last_day, coalesce(closing.last_day, period.last_day))
            + cast(case when period.period_type = 'month' then due.term_days else due.year_days end as int) < run.today,
            false
        ) as boolean
    ) as is_final
from period
cross join run
left join due on due.period = period.period
left join closing on closing.period = period.period
