-- A slice that was sent, with whether it was accepted at the first try: what K05 of a school is the sum of. It is no row of a
-- file.
with lies as (
    select period_type, period, month as part from staging.period_month
    union
    select period_type, period, period as part from staging.period
),

part as (
    select
        first_try.school_id, lies.period_type, lies.period, '' as dimension,
        first_try.form, first_try.period as slice_period, slice.submission_id, cast(null as bigint) as row_no,
        case when first_try.is_accepted then 1 else 0 end as numerator,
        1 as denominator
    from staging.first_try as first_try
    inner join lies on lies.part = first_try.period
    left join staging.slice as slice
        on slice.form = first_try.form and slice.school_id = first_try.school_id and slice.period = first_try.period
)

select
    cast(part.school_id as varchar) as school_id,
    cast(part.period_type as varchar) as period_type,
    cast(part.period as varchar) as period,
    cast(part.dimension as varchar) as dimension,
    cast(part.form as varchar) as form,
    cast(part.slice_period as varchar) as slice_period,
    cast(part.submission_id as varchar) as submission_id,
    cast(part.row_no as bigint) as row_no,
    cast(part.numerator as decimal(18,2)) as numerator,
    cast(part.denominator as decimal(18,2)) as denominator
from part
