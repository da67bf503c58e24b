-- An annual report that is owed, and its row where it was sent: what K03 of a school is the sum of.
with owed as (
    select school_id, period_type, period from staging.intake where form = 'annual_report' and expected = 1
),

deadline as (
    select period, cast(cast(cast(period as bigint) + 1 as varchar) || '-' || value as date) as day
    from staging.period_policy
    where period_type = 'year' and key = 'report_deadline'
),

report as (
    select
        report.*,
        case when report.to_education_on <= deadline.day and report.to_finance_on <= deadline.day then 1 else 0 end as in_time
    from staging.annual_report as report
    inner join deadline on deadline.period = report.period
),

part as (
    select
        owed.school_id, owed.period_type, owed.period, '' as dimension,
        'annual_report' as form, owed.period as slice_period, report.submission_id, report.row_no,
        coalesce(report.in_time, 0) as numerator, 1 as denominator
    from owed
    left join report on report.school_id = owed.school_id and report.period = owed.period
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
