-- Which share of a school's poor pupils in service was charged nothing, over the months of a period.
-- key: school_id
-- code: F07
-- title_zh: 困难学生免费率
-- title_en: Poor pupils free
-- formula: poor pupils in service with no net charge ÷ poor pupils in service
-- formula_zh: 未缴费的建档立卡参加学生 ÷ 建档立卡参加学生
-- unit: share
-- clause: 六¶3
-- better: higher
with intake as (
    select school_id, period as month, min(reported) as reported, min(expected) as expected
    from staging.intake
    where form in ('class_roster', 'charge')
    group by school_id, period
    having count(*) = 2
),

roster as (
    select school_id, month, sum(poor_enrolled) as poor from staging.roster_month group by school_id, month
),

charged as (
    select school_id, month, count(*) as pupils
    from staging.pupil_month
    where is_poor and net > 0
    group by school_id, month
),

month as (
    select
        intake.school_id, intake.month, intake.reported, intake.expected,
        case when intake.reported = 1 then roster.poor else 0 end as poor,
        case when intake.reported = 1 then least(coalesce(charged.pupils, 0), roster.poor) else 0 end as charged
    from intake
    left join roster on roster.school_id = intake.school_id and roster.month = intake.month
    left join charged on charged.school_id = intake.school_id and charged.month = intake.month
)

select
    cast('F07' as varchar) as indicator,
    cast(month.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(month.poor - month.charged) as decimal(18,2)) as numerator,
    cast(sum(month.poor) as decimal(18,2)) as denominator,
    cast(sum(month.reported) as bigint) as reported,
    cast(sum(month.expected) as bigint) as expected
from month
inner join staging.period_month as period on period.month = month.month
group by month.school_id, period.period_type, period.period
