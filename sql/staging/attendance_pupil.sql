-- A pupil who attended at least once in a month: the rows of a slice, of which each is one school's month, are counted before
-- the slices that count are looked for.
-- stored: table
-- key: school_id
with attended as (
    select submission_id, pupil_id, count(*) as days
    from facts.raw_attendance
    group by submission_id, pupil_id
)

select
    cast(slice.school_id as varchar) as school_id,
    cast(slice.period as varchar) as month,
    cast(attended.pupil_id as varchar) as pupil_id,
    cast(attended.days as bigint) as days
from attended
inner join staging.slice as slice on slice.submission_id = attended.submission_id
where slice.form = 'attendance' and slice.state = 'accepted'
