-- A pupil's day of attendance, or a class of the roster with its places on all service days of the month: what C06 of a school
-- is the sum of.
with entered as (
    select school_id, period as month
    from staging.intake
    where form in ('class_roster', 'group_session', 'attendance') and reported = 1
    group by school_id, period
    having count(*) = 3
),

service_day as (
    select distinct school_id, period as month, held_on from staging.group_session
),

days as (
    select school_id, month, count(*) as days from service_day group by school_id, month
),

month_part as (
    select
        pupil.school_id, pupil.period as month, 'attendance' as form, pupil.submission_id, pupil.row_no,
        1 as numerator, 0 as denominator
    from staging.attendance as pupil
    inner join service_day on service_day.school_id = pupil.school_id and service_day.held_on = pupil.held_on
    union all
    select
        class.school_id, class.period as month, 'class_roster' as form, class.submission_id, class.row_no,
        0 as numerator, class.enrolled * days.days as denominator
    from staging.class_roster as class
    inner join days on days.school_id = class.school_id and days.month = class.period
),

part as (
    select
        month_part.school_id, period.period_type, period.period, '' as dimension, month_part.form,
        month_part.month as slice_period, month_part.submission_id, month_part.row_no,
        month_part.numerator, month_part.denominator
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
