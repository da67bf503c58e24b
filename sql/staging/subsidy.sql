-- A row of the form subsidy (财政补贴) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.voucher_no as varchar) as voucher_no,
    cast(entry.budgeted as decimal(18,2)) as budgeted,
    cast(entry.paid as decimal(18,2)) as paid,
    cast(entry.paid_on as date) as paid_on,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_subsidy as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'subsidy' and state = 'accepted'
)
