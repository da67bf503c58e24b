-- A pupil who attended at least once in a month.
-- stored: table
-- key: school_id
select
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as month,
    cast(pupil_id as varchar) as pupil_id,
    cast(count(*) as bigint) as days
from staging.attendance
group by school_id, period, pupil_id
