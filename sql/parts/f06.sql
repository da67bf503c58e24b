-- A request for a refund that is due, and the first refund of the pupil's month: what F06 of a school is the sum of.
with rule as (
    select period as month, cast(value as int) as days
    from staging.period_policy
    where period_type = 'month' and key = 'refund_within_days'
),

request as (
    select
        pupil_month.school_id, pupil_month.pupil_id, pupil_month.month, pupil_month.requested_on, pupil_month.first_refund_on,
        case when pupil_month.first_refund_on <= pupil_month.requested_on + rule.days then 1 else 0 end as paid_in_time
    from staging.pupil_month as pupil_month
    inner join rule on rule.month = substr(cast(pupil_month.requested_on as varchar), 1, 7)
    cross join run
    where pupil_month.requested_on is not null and pupil_month.requested_on + rule.days < run.today
),

receipt as (
    select
        request.school_id, request.pupil_id, request.month, request.requested_on, request.paid_in_time,
        receipt.period as slice_period, receipt.submission_id, receipt.row_no,
        case when receipt.refund_requested_on = request.requested_on then 1 else 0 end as asks,
        case when receipt.kind = 'refund' and receipt.paid_on = request.first_refund_on then 1 else 0 end as pays
    from request
    inner join staging.charge as receipt
        on receipt.school_id = request.school_id
        and receipt.pupil_id = request.pupil_id
        and receipt.billed_period = request.month
),

placed as (
    select
        *,
        row_number() over (
            partition by school_id, pupil_id, month
            order by asks desc nulls last, slice_period asc nulls last, row_no asc nulls last
        ) as asks_place,
        row_number() over (
            partition by school_id, pupil_id, month
            order by pays desc nulls last, slice_period asc nulls last, row_no asc nulls last
        ) as pays_place
    from receipt
),

part as (
    select
        placed.school_id, period.period_type, period.period, '' as dimension,
        'charge' as form, placed.slice_period, placed.submission_id, placed.row_no,
        case when placed.pays = 1 and placed.pays_place = 1 then placed.paid_in_time else 0 end as numerator,
        case when placed.asks_place = 1 then 1 else 0 end as denominator
    from placed
    inner join staging.period as period
        on placed.requested_on >= period.first_day and placed.requested_on <= period.last_day
    where placed.asks_place = 1 or (placed.pays = 1 and placed.pays_place = 1)
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
