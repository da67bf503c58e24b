-- A school of the register in force, with what its newest plan and roster say.
-- stored: table
-- key: school_id
with newest as (
    select period from staging.period where period_type = 'month'
    qualify row_number() over (order by last_day desc nulls last) = 1
),

-- Whether it offers the service is what the plan in force says; since when, its first plan that had started.
offering as (
    select plan_at.school_id
    from staging.plan_at as plan_at
    inner join newest on newest.period = plan_at.period
    where plan_at.is_started
),

plan as (
    select plan.school_id, min(plan.started_on) as started_on
    from staging.service_plan as plan
    inner join offering on offering.school_id = plan.school_id
    group by plan.school_id
),

roster as (
    select school_id, month, sum(pupils) as pupils, sum(enrolled) as enrolled
    from staging.roster_month
    group by school_id, month
),

latest as (
    select * from roster qualify row_number() over (partition by school_id order by month desc nulls last) = 1
)

select
    cast(school.school_id as varchar) as school_id,
    cast(school.school_name as varchar) as school_name,
    cast(school.district_code as varchar) as district_code,
    cast(school.school_kind as varchar) as school_kind,
    cast(school.urban_rural as varchar) as urban_rural,
    cast(nullif(school.opened_on, date '0001-01-01') as date) as opened_on,
    cast(nullif(school.closed_on, date '9999-12-31') as date) as closed_on,
    cast(school.is_primary as boolean) as is_primary,
    cast(plan.started_on as date) as started_on,
    cast(latest.pupils as bigint) as pupils,
    cast(latest.enrolled as bigint) as enrolled
from staging.school as school
left join plan on plan.school_id = school.school_id
left join latest on latest.school_id = school.school_id
