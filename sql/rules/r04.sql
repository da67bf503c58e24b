-- A group session on a day that is no school day.
-- key: school_id
-- rule: R04
-- title_zh: 非上学日开展
-- title_en: Held on no school day
-- severity: medium
-- clause: 三
-- blind: A school day that the calendar does not know as one.
-- blind_zh: 校历中未登记的调休上学日。
with off_day as (
    select day from staging.day where not is_school_day
),

breach as (
    select
        activity.school_id, activity.period, cast(activity.held_on as varchar) || ' ' || activity.group_id as subject, cast(null as decimal(18,2)) as amount,
        activity.held_on, activity.group_id,
        'group_session' as evidence_form, activity.submission_id as evidence_submission_id, activity.row_no as evidence_row_no
    from staging.group_session as activity
    inner join off_day on off_day.day = activity.held_on
)

select
    cast('R04' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '在非上学日 ' || cast(breach.held_on as varchar) || ' 开展了课后服务（组别 ' || breach.group_id || '）。' as varchar) as message_zh,
    cast(school.school_name || ' held group ' || breach.group_id || ' on ' || cast(breach.held_on as varchar) || ', which is no school day.' as varchar) as message_en,
    cast('三' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
