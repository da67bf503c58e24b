-- A line of the ledger, with what it adds to F02 of its school from January to the period's end.
with part as (
    select
        line.school_id, period.period_type, period.period, '' as dimension,
        'fund_ledger' as form, line.period as slice_period, line.submission_id, line.row_no,
        case when line.direction = 'expense' then line.amount else cast(0 as decimal(18,2)) end as numerator,
        case when line.direction = 'income' then line.amount else cast(0 as decimal(18,2)) end as denominator
    from staging.fund_ledger as line
    inner join staging.year_to_date as period on period.month = line.period
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
