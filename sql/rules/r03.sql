-- A group session whose minutes are not those of its sessions, or that has more sessions than a day may have.
-- key: school_id
-- rule: R03
-- title_zh: 超时或学时不规范
-- title_en: Sessions not as laid down
-- severity: low
-- clause: 三
-- blind: Sessions that ran otherwise than registered.
-- blind_zh: 实际时间与登记不符的活动。
with rule as (
    select
        period,
        max(case when key = 'session_minutes' then cast(value as bigint) end) as session_minutes,
        max(case when key = 'max_sessions_per_day' then cast(value as bigint) end) as most
    from staging.period_policy
    group by period
),

breach as (
    select
        activity.school_id, activity.period, cast(activity.held_on as varchar) || ' ' || activity.group_id as subject, cast(null as decimal(18,2)) as amount,
        activity.held_on, activity.group_id, activity.sessions, activity.minutes, rule.session_minutes, rule.most,
        'group_session' as evidence_form, activity.submission_id as evidence_submission_id, activity.row_no as evidence_row_no
    from staging.group_session as activity
    inner join rule on rule.period = activity.period
    where activity.minutes <> activity.sessions * rule.session_minutes or activity.sessions > rule.most
)

select
    cast('R03' as varchar) as rule,
    cast('low' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || cast(breach.held_on as varchar) || ' 组别 ' || breach.group_id || ' 登记 ' || cast(breach.sessions as varchar) || ' 学时、' || cast(breach.minutes as varchar) || ' 分钟；规定每学时 ' || cast(breach.session_minutes as varchar) || ' 分钟、每日至多 ' || cast(breach.most as varchar) || ' 学时。' as varchar) as message_zh,
    cast(school.school_name || ' registered ' || cast(breach.sessions as varchar) || ' sessions and ' || cast(breach.minutes as varchar) || ' minutes for group ' || breach.group_id || ' on ' || cast(breach.held_on as varchar) || '; a session has ' || cast(breach.session_minutes as varchar) || ' minutes, a day at most ' || cast(breach.most as varchar) || ' sessions.' as varchar) as message_en,
    cast('三' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
