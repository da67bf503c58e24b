-- A charge at a school for which no fee standard is in force on its day.
-- key: school_id
-- rule: R14
-- title_zh: 无标准收费
-- title_en: Charged without a standard
-- severity: high
-- clause: 六¶3
-- amount: The charge.
-- amount_zh: 该笔收费金额。
-- blind: A standard that was decided and is not in the reference table.
-- blind_zh: 已批准但未录入参考表的标准。
with breach as (
    select
        receipt.school_id, receipt.period, receipt.receipt_no as subject, receipt.amount, receipt.paid_on,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from staging.charge as receipt
    left join staging.fee_on as standard
        on standard.school_id = receipt.school_id and standard.paid_on = receipt.paid_on
    where receipt.kind = 'charge' and receipt.amount > 0 and standard.school_id is null
)

select
    cast('R14' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：票据 ' || breach.subject || '（' || cast(breach.paid_on as varchar) || '）收费 ' || cast(breach.amount as varchar) || ' 元，当日没有有效的收费标准。' as varchar) as message_zh,
    cast(school.school_name || ': receipt ' || breach.subject || ' (' || cast(breach.paid_on as varchar) || ') takes ' || cast(breach.amount as varchar) || ' yuan while no fee standard is in force.' as varchar) as message_en,
    cast('六¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
