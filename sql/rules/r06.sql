-- Forced participation: more enrolled than approved or approved than applied in a class, a complaint that proved true, or too few who say that they took part freely.
-- key: school_id
-- rule: R06
-- title_zh: 强制参加
-- title_en: Forced participation
-- severity: high
-- clause: 五¶3
-- amount: What the inspection found to be involved; none for a class or a survey.
-- amount_zh: 督导查明的涉及金额；班级、问卷本身没有金额。
-- blind: Applications that were signed under pressure.
-- blind_zh: 在压力下签署的申请。
with rule as (
    select
        period,
        max(case when key = 'voluntary_min_share' then cast(value as decimal(18,4)) end) as least_share,
        max(case when key = 'voluntary_min_responses' then cast(value as bigint) end) as least_responses
    from staging.period_policy
    group by period
),

answer as (
    select
        school_id, period, count(*) filter (where voluntary) as freely, count(*) as responses
    from staging.survey
    group by school_id, period
),

unfree as (
    select answer.*, rule.least_share
    from answer
    inner join rule on rule.period = answer.period
    where answer.responses >= rule.least_responses and answer.freely < rule.least_share * answer.responses
),

breach as (
    select
        roster.school_id, roster.period, roster.class_id as subject, cast(null as decimal(18,2)) as amount,
        roster.period || ' ' || roster.class_id || '申请 ' || cast(roster.applied as varchar) || ' 人、审核 ' || cast(roster.approved as varchar)
            || ' 人、参加 ' || cast(roster.enrolled as varchar) || ' 人，有学生未经申请或审核而参加。' as words_zh,
        'in ' || roster.period || ' class ' || roster.class_id || ' has ' || cast(roster.applied as varchar) || ' applications, '
            || cast(roster.approved as varchar) || ' approvals and ' || cast(roster.enrolled as varchar)
            || ' enrolled: somebody takes part without having asked.' as words_en,
        'class_roster' as evidence_form, roster.submission_id as evidence_submission_id, roster.row_no as evidence_row_no
    from staging.class_roster as roster
    where roster.enrolled > roster.approved or roster.approved > roster.applied
    union all
    select
        found.school_id, found.period, found.case_no as subject, found.amount as amount,
        '经查属实的强制参加（编号 ' || found.case_no || '，' || cast(found.found_on as varchar) || '）。' as words_zh,
        'forced participation that proved true (case ' || found.case_no || ', ' || cast(found.found_on as varchar) || ').' as words_en,
        'inspection' as evidence_form, found.submission_id as evidence_submission_id, found.row_no as evidence_row_no
    from staging.inspection as found
    where found.substantiated and found.issue in ('forced')
    union all
    select
        unfree.school_id, unfree.period, '' as subject, cast(null as decimal(18,2)) as amount,
        unfree.period || ' 问卷 ' || cast(unfree.responses as varchar) || ' 份，仅 ' || cast(unfree.freely as varchar) || ' 份表示自愿参加。' as words_zh,
        'in ' || unfree.period || ' only ' || cast(unfree.freely as varchar) || ' of ' || cast(unfree.responses as varchar)
            || ' responses say that they took part freely.' as words_en,
        'survey' as evidence_form, response.submission_id as evidence_submission_id, response.row_no as evidence_row_no
    from unfree
    inner join staging.survey as response
        on response.school_id = unfree.school_id and response.period = unfree.period and not response.voluntary
)

select
    cast('R06' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('五¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
