-- How many pupils of a class attended a group on a day: the attendance of a day, a hundredth of its rows.
-- stored: table
-- key: school_id
select
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as month,
    cast(held_on as date) as held_on,
    cast(class_id as varchar) as class_id,
    cast(group_id as varchar) as group_id,
    cast(count(*) as bigint) as pupils,
    cast(sum(sessions) as bigint) as sessions
from staging.attendance
group by school_id, period, held_on, class_id, group_id
