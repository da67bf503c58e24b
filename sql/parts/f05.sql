-- A receipt, with what it adds to F05 of its school: its amount, and the pupil at the first payment of the period.
with receipt as (
    select
        receipt.*, period.period_type, period.period as in_period,
        case when receipt.kind = 'charge' and receipt.amount > 0 then 1 else 0 end as paying
    from staging.charge as receipt
    inner join staging.period_month as period on period.month = receipt.period
),

placed as (
    select
        *,
        row_number() over (
            partition by school_id, period_type, in_period, pupil_id
            order by paying desc nulls last, paid_on asc nulls last, submission_id asc nulls last, row_no asc nulls last
        ) as place
    from receipt
),

part as (
    select
        school_id, period_type, in_period as period, '' as dimension,
        'charge' as form, period as slice_period, submission_id, row_no,
        case when kind = 'charge' then amount else -amount end as numerator,
        case when place = 1 then paying else 0 end as denominator
    from placed
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
