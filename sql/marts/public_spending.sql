-- What a school spent on its service in a quarter, by category, as far as the school itself has disclosed it (六¶4). No line, no voucher
-- and no payee: who was paid may be a person.
-- stored: table
-- key: school_id
with line as (
    select school_id, category, amount, disclosed_on, substr(cast(posted_on as varchar), 1, 7) as month
    from staging.fund_ledger
    where direction = 'expense'
)

select
    cast(line.school_id as varchar) as school_id,
    cast(month.quarter as varchar) as quarter,
    cast(line.category as varchar) as category,
    cast(sum(line.amount) as decimal(18,2)) as amount,
    cast(max(line.disclosed_on) as date) as disclosed_on
from line
cross join run
inner join staging.month as month on month.month = line.month
where line.disclosed_on <= run.today
group by line.school_id, month.quarter, line.category
