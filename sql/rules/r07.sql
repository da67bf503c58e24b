-- A class and month with fewer signed agreements than enrolled pupils.
-- key: school_id
-- rule: R07
-- title_zh: 未签告知书
-- title_en: Agreements missing
-- severity: medium
-- clause: 五¶3
-- blind: Agreements that are signed by fewer than all three sides.
-- blind_zh: 三方签字不全但已计数的告知书。
with breach as (
    select
        roster.school_id, roster.period, roster.class_id as subject, cast(null as decimal(18,2)) as amount, roster.enrolled, roster.agreements,
        'class_roster' as evidence_form, roster.submission_id as evidence_submission_id, roster.row_no as evidence_row_no
    from staging.class_roster as roster
    where roster.agreements < roster.enrolled
)

select
    cast('R07' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || breach.period || ' ' || breach.subject || '参加 ' || cast(breach.enrolled as varchar) || ' 人，三方签字的告知书只有 ' || cast(breach.agreements as varchar) || ' 份。' as varchar) as message_zh,
    cast(school.school_name || ' has ' || cast(breach.enrolled as varchar) || ' enrolled in class ' || breach.subject || ' in ' || breach.period || ' and ' || cast(breach.agreements as varchar) || ' signed agreements.' as varchar) as message_en,
    cast('五¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
