-- Collective teaching: a group session that says so, or a finding of an inspection that proved true.
-- key: school_id
-- rule: R05
-- title_zh: 集体补课
-- title_en: Collective teaching
-- severity: high
-- clause: 四, 八(三)
-- amount: What the inspection found to be involved; none for a group session.
-- amount_zh: 督导查明的涉及金额；活动登记本身没有金额。
-- blind: Teaching that is registered as another activity.
-- blind_zh: 以其他活动名义登记的集体教学。
with breach as (
    select
        activity.school_id, activity.period, cast(activity.held_on as varchar) || ' ' || activity.group_id as subject, cast(null as decimal(18,2)) as amount,
        '登记为集体教学的活动（' || cast(activity.held_on as varchar) || '，组别 ' || activity.group_id || '）。' as words_zh,
        'a session registered as collective teaching (' || cast(activity.held_on as varchar) || ', group ' || activity.group_id || ').' as words_en,
        'group_session' as evidence_form, activity.submission_id as evidence_submission_id, activity.row_no as evidence_row_no
    from staging.group_session as activity
    where activity.activity = 'collective_teaching'
    union all
    select
        found.school_id, found.period, found.case_no as subject, found.amount as amount,
        '经查属实的集体补课（编号 ' || found.case_no || '，' || cast(found.found_on as varchar) || '）。' as words_zh,
        'collective teaching that proved true (case ' || found.case_no || ', ' || cast(found.found_on as varchar) || ').' as words_en,
        'inspection' as evidence_form, found.submission_id as evidence_submission_id, found.row_no as evidence_row_no
    from staging.inspection as found
    where found.substantiated and found.issue in ('collective_teaching')
)

select
    cast('R05' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('四, 八(三)' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
