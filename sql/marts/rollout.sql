-- How many primary schools had started the service by a day, of those open then; by district, and '' for the city.
-- stored: table
with newest as (
    select period_type, period from staging.period where period_type = 'month'
    qualify row_number() over (order by last_day desc nulls last) = 1
),

school as (
    select school.school_id, school.district_code, school.opened_on, school.closed_on, plan_at.started_on
    from staging.school as school
    left join newest on newest.period_type = 'month'
    left join staging.plan_at as plan_at
        on plan_at.school_id = school.school_id
        and plan_at.period_type = newest.period_type
        and plan_at.period = newest.period
        and plan_at.is_started
    where school.is_primary
),

bound as (
    select coalesce(min(started_on), max(run.today)) - 30 as first_day from school cross join run
),

day as (
    select day.day
    from staging.day as day
    cross join bound
    cross join run
    where day.day >= bound.first_day and day.day <= run.today
),

district as (
    select
        day.day,
        school.district_code,
        sum(case when school.started_on <= day.day then 1 else 0 end) as started,
        count(*) as schools
    from day
    inner join school on school.opened_on <= day.day and day.day < school.closed_on
    group by day.day, school.district_code
)

select
    cast(day as date) as day,
    cast(district_code as varchar) as district_code,
    cast(started as bigint) as started,
    cast(schools as bigint) as schools
from district
union all
select
    cast(day as date) as day,
    cast('' as varchar) as district_code,
    cast(sum(started) as bigint) as started,
    cast(sum(schools) as bigint) as schools
from district
group by day
