-- How many primary schools had started the service by a day, of those open then; by district, and '' for the city.
-- stored: table
with school as (
    select
        school_id,
        district_code,
        coalesce(opened_on, date '0001-01-01') as opened_on,
        coalesce(closed_on, date '9999-12-31') as closed_on,
        started_on
    from marts.school
    where is_primary
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
