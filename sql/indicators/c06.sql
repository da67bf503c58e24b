-- How regularly enrolled pupils attend.
-- key: school_id
-- code: C06
-- title_zh: 出勤率
-- title_en: Attendance
-- formula: attended pupil-days ÷ Σ over days with a group session of the pupils enrolled
-- formula_zh: 出勤人次 ÷ Σ 有活动的日子的参加人数
-- unit: share
-- clause: 五¶3
-- better: none
with intake as (
    select school_id, period as month, min(reported) as reported, min(expected) as expected
    from staging.intake
    where form in ('class_roster', 'group_session', 'attendance')
    group by school_id, period
    having count(*) = 3
),

service_day as (
    select distinct school_id, period as month, held_on from staging.group_session
),

days as (
    select school_id, month, count(*) as days from service_day group by school_id, month
),

attended as (
    select day.school_id, day.month, sum(day.pupils) as pupil_days
    from service_day
    inner join staging.attendance_day as day
        on day.school_id = service_day.school_id and day.held_on = service_day.held_on
    group by day.school_id, day.month
),

roster as (
    select school_id, month, sum(enrolled) as enrolled from staging.roster_month group by school_id, month
),

month as (
    select
        intake.school_id, intake.month, intake.reported, intake.expected,
        case when intake.reported = 1 then coalesce(attended.pupil_days, 0) else 0 end as pupil_days,
        case when intake.reported = 1 then coalesce(days.days, 0) * roster.enrolled else 0 end as places
    from intake
    left join attended on attended.school_id = intake.school_id and attended.month = intake.month
    left join days on days.school_id = intake.school_id and days.month = intake.month
    left join roster on roster.school_id = intake.school_id and roster.month = intake.month
)

select
    cast('C06' as varchar) as indicator,
    cast(month.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(month.pupil_days) as decimal(18,2)) as numerator,
    cast(sum(month.places) as decimal(18,2)) as denominator,
    cast(sum(month.reported) as bigint) as reported,
    cast(sum(month.expected) as bigint) as expected
from month
inner join staging.period_month as period on period.month = month.month
group by month.school_id, period.period_type, period.period
