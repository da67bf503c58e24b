-- The sessions held for a class on a day: the most that one of the groups held that pupils of the class attended; known
-- only where the month's attendance and group sessions are both accepted and neither is a report of nothing.
-- stored: table
-- key: school_id
with known as (
    select school_id, period as month
    from staging.slice
    where form in ('attendance', 'group_session') and state = 'accepted'
    group by school_id, period
    having count(*) = 2
),

attended as (
    select school_id, month, class_id, held_on, group_id from staging.attendance_day
)

select
    cast(attended.school_id as varchar) as school_id,
    cast(attended.month as varchar) as month,
    cast(attended.class_id as varchar) as class_id,
    cast(attended.held_on as date) as held_on,
    cast(max(coalesce(held.sessions, 0)) as bigint) as sessions
from attended
inner join known on known.school_id = attended.school_id and known.month = attended.month
left join staging.group_session as held
    on held.school_id = attended.school_id and held.held_on = attended.held_on and held.group_id = attended.group_id
group by attended.school_id, attended.month, attended.class_id, attended.held_on
