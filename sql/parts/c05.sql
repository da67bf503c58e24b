-- A class of the roster, with what it adds to C05 of its school.
with part as (
    select
        class.school_id, period.period_type, period.period, case when class.grade <= 6 then '' else 'stage=junior' end as dimension,
        'class_roster' as form, class.period as slice_period, class.submission_id, class.row_no,
        least(class.poor_enrolled, class.poor_wanting) as numerator,
        class.poor_wanting as denominator
    from staging.class_roster as class
    inner join staging.period_month as period on period.month = class.period
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
