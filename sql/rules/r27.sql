-- A safety hazard that proved true, or a plan that started without a safety plan before.
-- key: school_id
-- rule: R27
-- title_zh: 安全隐患
-- title_en: Safety
-- severity: high
-- clause: 八(二)
-- blind: Hazards that nobody reported.
-- blind_zh: 未被发现或反映的隐患。
with breach as (
    select
        plan.school_id, plan.period, '' as subject, cast(null as decimal(18,2)) as amount,
        '开始前没有安全应急预案；方案开始日期 ' || cast(plan.started_on as varchar) || '。' as words_zh,
        'there was no safety plan before the service started on ' || cast(plan.started_on as varchar) || '.' as words_en,
        'service_plan' as evidence_form, plan.submission_id as evidence_submission_id, plan.row_no as evidence_row_no
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today and (plan.safety_plan_on is null or plan.safety_plan_on > plan.started_on)
    union all
    select
        found.school_id, found.period, found.case_no as subject, cast(null as decimal(18,2)) as amount,
        '经查属实的安全隐患（编号 ' || found.case_no || '，' || cast(found.found_on as varchar) || '）。' as words_zh,
        'a safety hazard that proved true (case ' || found.case_no || ', ' || cast(found.found_on as varchar) || ').' as words_en,
        'inspection' as evidence_form, found.submission_id as evidence_submission_id, found.row_no as evidence_row_no
    from staging.inspection as found
    where found.substantiated and found.issue in ('safety')
)

select
    cast('R27' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('八(二)' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
