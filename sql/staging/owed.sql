-- A slice that a school owes (the register: its district for it), with its last day; no day where no number is in force for it.
-- stored: table
-- key: school_id
with open_school as (
    select * from staging.school_period
),

period as (
    select * from staging.period
),

started as (
    select period, school_id, started_on
    from staging.plan_at
    where is_started
),

due as (
    select
        period,
        max(case when key = 'due_days_month' then cast(value as bigint) end) as month_days,
        max(case when key = 'due_days_term' then cast(value as bigint) end) as term_days,
        max(case when key = 'due_days_year' then cast(value as bigint) end) as year_days,
        max(case when key = 'due_days_plan' then cast(value as bigint) end) as plan_days
    from staging.period_policy
    group by period
),

-- Primary schools owe these always, junior schools from their plan's start.
always as (
    select 'class_roster' as form, 'month' as period_type
    union all
    select 'service_plan' as form, 'term' as period_type
    union all
    select 'survey' as form, 'term' as period_type
    union all
    select 'annual_report' as form, 'year' as period_type
),

-- Every school owes these from the month of its plan's start.
from_start as (
    select 'group_session' as form
    union all
    select 'attendance' as form
    union all
    select 'charge' as form
    union all
    select 'fund_ledger' as form
    union all
    select 'staff_work' as form
),

wanted as (
    select
        'school' as form, open_school.period_type, open_school.period, open_school.school_id, cast(null as date) as started_on
    from open_school
    where open_school.period_type = 'year'
    union all
    select
        always.form, open_school.period_type, open_school.period, open_school.school_id,
        case when not open_school.is_primary then started.started_on end as started_on
    from open_school
    inner join always on always.period_type = open_school.period_type
    left join started
        on started.period = open_school.period and started.school_id = open_school.school_id
    where (open_school.is_primary or started.school_id is not null)
        and (always.form <> 'annual_report' or open_school.is_open_at_end)
    union all
    select
        from_start.form, open_school.period_type, open_school.period, open_school.school_id, cast(null as date) as started_on
    from open_school
    inner join started
        on started.period = open_school.period and started.school_id = open_school.school_id
    cross join from_start
    where open_school.period_type = 'month'
)

select
    cast(wanted.form as varchar) as form,
    cast(wanted.school_id as varchar) as school_id,
    cast(wanted.period_type as varchar) as period_type,
    cast(wanted.period as varchar) as period,
    cast(
        case
            -- A junior school owes nothing before its start: a plan of a term in which it starts later is due on that day.
            when wanted.form = 'service_plan'
                then greatest(period.first_day + cast(due.plan_days as int), wanted.started_on)
            when wanted.period_type = 'month' then period.last_day + cast(due.month_days as int)
            when wanted.period_type = 'term' then period.last_day + cast(due.term_days as int)
            else period.last_day + cast(due.year_days as int)
        end as date
    ) as due_on,
    cast(period.is_over as boolean) as is_over
from wanted
inner join period on period.period = wanted.period
left join due on due.period = wanted.period
