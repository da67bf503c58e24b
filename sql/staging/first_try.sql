-- How a slice's first attempt ended. It is no withdrawal, for that takes back what was accepted before.
-- stored: table
-- key: school_id
with first_one as (
    select form, school_id, period, state
    from facts.submission
    qualify row_number() over (
        partition by form, school_id, period order by received_at asc nulls last, submission_id asc nulls last
    ) = 1
)

select
    cast(form as varchar) as form,
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as period,
    cast(state in ('accepted', 'zero') as boolean) as is_accepted
from first_one
