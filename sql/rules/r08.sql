-- A plan that started without the parents having been consulted before.
-- key: school_id
-- rule: R08
-- title_zh: 未征求意见
-- title_en: Parents not consulted
-- severity: medium
-- clause: 五¶3
-- blind: How parents were asked, and what they said.
-- blind_zh: 征求意见的方式和家长的意见内容。
with breach as (
    select
        plan.school_id, plan.period, '' as subject, cast(null as decimal(18,2)) as amount,
        '没有在开始前征求家长意见；方案开始日期 ' || cast(plan.started_on as varchar) || '。' as words_zh,
        'parents were not consulted before the service started on ' || cast(plan.started_on as varchar) || '.' as words_en,
        'service_plan' as evidence_form, plan.submission_id as evidence_submission_id, plan.row_no as evidence_row_no
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today and (plan.consulted_on is null or plan.consulted_on > plan.started_on)
)

select
    cast('R08' as varchar) as rule,
    cast('medium' as varchar) as severity,
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
