-- A plan that started without both public notices before.
-- key: school_id
-- rule: R09
-- title_zh: 未公示
-- title_en: Not made public
-- severity: low
-- clause: 五¶2
-- blind: What the notices said, and how long they hung.
-- blind_zh: 公示的内容和时长。
with breach as (
    select
        plan.school_id, plan.period, '' as subject, cast(null as decimal(18,2)) as amount,
        '没有在开始前于公示栏和网站两处公示；方案开始日期 ' || cast(plan.started_on as varchar) || '。' as words_zh,
        'the notices on the board and on the web were not both there before the service started on ' || cast(plan.started_on as varchar) || '.' as words_en,
        'service_plan' as evidence_form, plan.submission_id as evidence_submission_id, plan.row_no as evidence_row_no
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today and (plan.board_notice_on is null or plan.board_notice_on > plan.started_on or plan.web_notice_on is null or plan.web_notice_on > plan.started_on)
)

select
    cast('R09' as varchar) as rule,
    cast('low' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('五¶2' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
