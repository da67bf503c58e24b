-- A subsidy, with what it adds to F08 of its school.
with part as (
    select
        subsidy.school_id, period.period_type, period.period, '' as dimension,
        'subsidy' as form, subsidy.period as slice_period, subsidy.submission_id, subsidy.row_no,
        subsidy.paid as numerator,
        subsidy.budgeted as denominator
    from staging.subsidy as subsidy
    inner join staging.period_month as period on period.month = subsidy.period
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
