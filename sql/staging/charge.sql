-- A row of the form charge (收退费台账) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.receipt_no as varchar) as receipt_no,
    cast(entry.paid_on as date) as paid_on,
    cast(entry.pupil_id as varchar) as pupil_id,
    cast(entry.class_id as varchar) as class_id,
    cast(entry.kind as varchar) as kind,
    cast(entry.billed_period as varchar) as billed_period,
    cast(entry.sessions_billed as bigint) as sessions_billed,
    cast(entry.amount as decimal(18,2)) as amount,
    cast(entry.is_poor as boolean) as is_poor,
    cast(entry.remitted_on as date) as remitted_on,
    cast(entry.withdrawn_on as date) as withdrawn_on,
    cast(entry.refund_requested_on as date) as refund_requested_on,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_charge as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'charge' and state = 'accepted'
)
