-- How many pupils of a class attended a group on a day: the attendance of a day, a hundredth of its rows. They are counted
-- slice by slice, of which each is one school's month, before those that count are looked for.
-- stored: table
-- key: school_id
with attended as (
    select submission_id, held_on, class_id, group_id, count(*) as pupils, sum(sessions) as sessions
    from facts.raw_attendance
    group by submission_id, held_on, class_id, group_id
)

select
    cast(slice.school_id as varchar) as school_id,
    cast(slice.period as varchar) as month,
    cast(attended.held_on as date) as held_on,
    cast(attended.class_id as varchar) as class_id,
    cast(attended.group_id as varchar) as group_id,
    cast(attended.pupils as bigint) as pupils,
    cast(attended.sessions as bigint) as sessions
from attended
inner join staging.slice as slice on slice.submission_id = attended.submission_id
where slice.form = 'attendance' and slice.state = 'accepted'
