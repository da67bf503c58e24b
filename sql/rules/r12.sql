-- Solicitation or commerce in school that proved true.
-- key: school_id
-- rule: R12
-- title_zh: 招揽生源或商业行为
-- title_en: Solicitation or commerce
-- severity: high
-- clause: 五¶4
-- amount: What the inspection found to be involved.
-- amount_zh: 督导查明的涉及金额。
-- blind: What was not reported.
-- blind_zh: 未被发现或反映的行为。
with breach as (
    select
        found.school_id, found.period, found.case_no as subject, found.amount as amount,
        '经查属实的招揽生源或商业行为（编号 ' || found.case_no || '，' || cast(found.found_on as varchar) || '）。' as words_zh,
        'solicitation or commerce that proved true (case ' || found.case_no || ', ' || cast(found.found_on as varchar) || ').' as words_en,
        'inspection' as evidence_form, found.submission_id as evidence_submission_id, found.row_no as evidence_row_no
    from staging.inspection as found
    where found.substantiated and found.issue in ('solicitation', 'commerce')
)

select
    cast('R12' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('五¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
