-- A row of the form staff_work (教职工参与情况) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.staff_id as varchar) as staff_id,
    cast(entry.role as varchar) as role,
    cast(entry.sessions_led as bigint) as sessions_led,
    cast(entry.pay as decimal(18,2)) as pay,
    cast(entry.assessed as boolean) as assessed,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_staff_work as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'staff_work' and state = 'accepted'
)
