-- A school as the register in force has it: its latest accepted line, whatever its year.
-- stored: table
-- key: school_id
with slice as (
    select attempt.submission_id, attempt.received_at
    from facts.submission as attempt
    inner join staging.slice as slice on slice.submission_id = attempt.submission_id
    where slice.form = 'school' and slice.state = 'accepted'
),

entry as (
    select register.*, slice.received_at
    from facts.raw_school as register
    inner join slice on slice.submission_id = register.submission_id
),

latest as (
    select *
    from entry
    qualify row_number() over (
        partition by school_id order by received_at desc nulls last, submission_id desc nulls last
    ) = 1
)

select
    cast(school_id as varchar) as school_id,
    cast(school_name as varchar) as school_name,
    cast(district_code as varchar) as district_code,
    cast(school_kind as varchar) as school_kind,
    cast(school_kind <> 'junior' as boolean) as is_primary,
    cast(urban_rural as varchar) as urban_rural,
    cast(coalesce(opened_on, date '0001-01-01') as date) as opened_on,
    cast(coalesce(closed_on, date '9999-12-31') as date) as closed_on,
    cast(submission_id as varchar) as submission_id,
    cast(row_no as bigint) as row_no
from latest
