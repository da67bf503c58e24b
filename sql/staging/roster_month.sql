-- The sums of a school's roster of a month, grades 1 to 6 (stage primary) and 7 to 9 (stage junior) apart.
-- stored: table
-- key: school_id
with roster as (
    select *, case when grade <= 6 then 'primary' else 'junior' end as stage from staging.class_roster
)

select
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as month,
    cast(stage as varchar) as stage,
    cast(sum(pupils) as bigint) as pupils,
    cast(sum(wanting) as bigint) as wanting,
    cast(sum(least(enrolled, wanting)) as bigint) as met,
    cast(sum(enrolled) as bigint) as enrolled,
    cast(sum(poor_wanting) as bigint) as poor_wanting,
    cast(sum(least(poor_enrolled, poor_wanting)) as bigint) as poor_met,
    cast(sum(poor_enrolled) as bigint) as poor_enrolled
from roster
group by school_id, period, stage
