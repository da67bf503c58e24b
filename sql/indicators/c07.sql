-- Which share of a school's group sessions is as the notice lays down.
-- key: school_id
-- code: C07
-- title_zh: 学时规范率
-- title_en: Sessions as laid down
-- formula: group sessions of session_minutes a session and at most max_sessions_per_day, on a school day ÷ all
-- formula_zh: 每学时分钟数、每日学时数合规且在上学日的活动 ÷ 全部活动
-- unit: share
-- clause: 三
-- better: higher
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'group_session'
),

rule as (
    select
        period as month,
        max(case when key = 'session_minutes' then cast(value as bigint) end) as minutes,
        max(case when key = 'max_sessions_per_day' then cast(value as bigint) end) as most
    from staging.period_policy
    group by period
),

held as (
    select
        activity.school_id,
        activity.period as month,
        sum(
            case
                when activity.minutes = activity.sessions * rule.minutes and activity.sessions <= rule.most and day.is_school_day
                    then 1
                else 0
            end
        ) as regular,
        count(*) as activities
    from staging.group_session as activity
    inner join rule on rule.month = activity.period
    left join staging.day as day on day.day = activity.held_on
    group by activity.school_id, activity.period
)

select
    cast('C07' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(coalesce(held.regular, 0)) as decimal(18,2)) as numerator,
    cast(sum(coalesce(held.activities, 0)) as decimal(18,2)) as denominator,
    cast(sum(intake.reported) as bigint) as reported,
    cast(sum(intake.expected) as bigint) as expected
from intake
inner join staging.period_month as period on period.month = intake.month
left join held on held.school_id = intake.school_id and held.month = intake.month
group by intake.school_id, period.period_type, period.period
