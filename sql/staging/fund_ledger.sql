-- A row of the form fund_ledger (经费收支台账) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.voucher_no as varchar) as voucher_no,
    cast(entry.line_no as bigint) as line_no,
    cast(entry.posted_on as date) as posted_on,
    cast(entry.direction as varchar) as direction,
    cast(entry.category as varchar) as category,
    cast(entry.amount as decimal(18,2)) as amount,
    cast(entry.account as varchar) as account,
    cast(entry.payee as varchar) as payee,
    cast(entry.disclosed_on as date) as disclosed_on,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_fund_ledger as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'fund_ledger' and state = 'accepted'
)
