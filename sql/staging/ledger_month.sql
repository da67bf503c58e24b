-- A category's sum in a school's ledger of a month.
-- stored: table
-- key: school_id
select
    cast(school_id as varchar) as school_id,
    cast(period as varchar) as month,
    cast(direction as varchar) as direction,
    cast(category as varchar) as category,
    cast(sum(amount) as decimal(18,2)) as amount
from staging.fund_ledger
group by school_id, period, direction, category
