-- A charge above the fee standard in force on its day, with the excess.
-- stored: table
-- key: school_id
select
    cast(receipt.school_id as varchar) as school_id,
    cast(receipt.period as varchar) as period,
    cast(receipt.pupil_id as varchar) as pupil_id,
    cast(receipt.billed_period as varchar) as billed_period,
    cast(receipt.receipt_no as varchar) as receipt_no,
    cast(receipt.paid_on as date) as paid_on,
    cast(receipt.amount as decimal(18,2)) as amount,
    cast(receipt.sessions_billed as bigint) as sessions_billed,
    cast(standard.yuan_per_session as decimal(18,2)) as yuan_per_session,
    cast(standard.doc_no as varchar) as doc_no,
    cast(receipt.amount - receipt.sessions_billed * standard.yuan_per_session as decimal(18,2)) as excess,
    cast(receipt.submission_id as varchar) as submission_id,
    cast(receipt.row_no as bigint) as row_no
from staging.charge as receipt
inner join staging.fee_on as standard on standard.school_id = receipt.school_id and standard.paid_on = receipt.paid_on
where receipt.kind = 'charge' and receipt.amount > receipt.sessions_billed * standard.yuan_per_session
