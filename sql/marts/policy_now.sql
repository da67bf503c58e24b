-- A number of the policy as it is in force on the run's date.
-- stored: table
with candidate as (
    select
        policy.key,
        policy.value,
        policy.clause,
        row_number() over (partition by policy.key order by policy.valid_from desc nulls last) as place
    from reference.policy as policy
    cross join run
    where policy.valid_from <= run.today
)

select
    cast(key as varchar) as key,
    cast(value as varchar) as value,
    cast(clause as varchar) as clause
from candidate
where place = 1
