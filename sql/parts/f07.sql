-- A class of the roster with its poor pupils in service, or a receipt by which one of them was charged: what F07 of a school is
-- the sum of. No more pupils are taken off than the roster has.
with entered as (
    select school_id, period as month
    from staging.intake
    where form in ('class_roster', 'charge') and reported = 1
    group by school_id, period
    having count(*) = 2
),

roster as (
    select school_id, month, sum(poor_enrolled) as poor from staging.roster_month group by school_id, month
),

charged as (
    select
        school_id, pupil_id, month, row_number() over (partition by school_id, month order by pupil_id asc nulls last) as place
    from staging.pupil_month
    where is_poor and net > 0
),

receipt as (
    select *
    from staging.charge
    where kind = 'charge' and amount > 0
    qualify row_number() over (
        partition by school_id, pupil_id, billed_period
        order by paid_on asc nulls last, submission_id asc nulls last, row_no asc nulls last
    ) = 1
),

month_part as (
    select
        school_id, period as month, 'class_roster' as form, period as slice_period, submission_id, row_no,
        poor_enrolled as numerator, poor_enrolled as denominator
    from staging.class_roster
    union all
    select
        charged.school_id, charged.month, 'charge' as form, receipt.period as slice_period, receipt.submission_id, receipt.row_no,
        -1 as numerator, 0 as denominator
    from charged
    inner join roster on roster.school_id = charged.school_id and roster.month = charged.month
    inner join receipt
        on receipt.school_id = charged.school_id
        and receipt.pupil_id = charged.pupil_id
        and receipt.billed_period = charged.month
    where charged.place <= roster.poor
),

part as (
    select
        month_part.school_id, period.period_type, period.period, '' as dimension, month_part.form,
        month_part.slice_period, month_part.submission_id, month_part.row_no, month_part.numerator, month_part.denominator
    from month_part
    inner join entered on entered.school_id = month_part.school_id and entered.month = month_part.month
    inner join staging.period_month as period on period.month = month_part.month
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
