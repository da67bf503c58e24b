-- A ledger line that spends on what is not the service, or moves money away.
-- key: school_id
-- rule: R22
-- title_zh: 列支无关费用、挪用
-- title_en: Unrelated spending
-- severity: high
-- clause: 六¶4
-- amount: The line's amount.
-- amount_zh: 该行金额。
-- blind: Spending that is booked under an allowed category.
-- blind_zh: 记入允许科目的无关支出。
with breach as (
    select
        line.school_id, line.period, line.voucher_no || '-' || cast(line.line_no as varchar) as subject, line.amount, line.posted_on,
        'fund_ledger' as evidence_form, line.submission_id as evidence_submission_id, line.row_no as evidence_row_no
    from staging.fund_ledger as line
    where line.category in ('unrelated', 'transfer')
)

select
    cast('R22' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：凭证 ' || breach.subject || '（' || cast(breach.posted_on as varchar) || '）列支无关费用或调出资金 ' || cast(breach.amount as varchar) || ' 元。' as varchar) as message_zh,
    cast(school.school_name || ': voucher ' || breach.subject || ' (' || cast(breach.posted_on as varchar) || ') spends on something else or moves away ' || cast(breach.amount as varchar) || ' yuan.' as varchar) as message_en,
    cast('六¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
