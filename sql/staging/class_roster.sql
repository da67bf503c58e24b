-- A row of the form class_roster (班级需求汇总表) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.class_id as varchar) as class_id,
    cast(entry.grade as bigint) as grade,
    cast(entry.pupils as bigint) as pupils,
    cast(entry.wanting as bigint) as wanting,
    cast(entry.applied as bigint) as applied,
    cast(entry.approved as bigint) as approved,
    cast(entry.enrolled as bigint) as enrolled,
    cast(entry.agreements as bigint) as agreements,
    cast(entry.poor_pupils as bigint) as poor_pupils,
    cast(entry.poor_wanting as bigint) as poor_wanting,
    cast(entry.poor_enrolled as bigint) as poor_enrolled,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_class_roster as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'class_roster' and state = 'accepted'
)
