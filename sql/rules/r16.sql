-- A pupil from a registered poor household who was charged for a month.
-- key: school_id
-- rule: R16
-- title_zh: 困难学生收费
-- title_en: Poor pupil charged
-- severity: high
-- clause: 六¶3
-- amount: The month's charges less its refunds, whenever paid.
-- amount_zh: 该月收费减去退费（不论何时退）。
-- blind: A pupil whose poverty no receipt tells.
-- blind_zh: 没有在任何票据上标明建档立卡的学生。
with this_month as (
    select substr(cast(run.today as varchar), 1, 7) as month from run
),

judged as (
    select pupil_month.*
    from staging.pupil_month as pupil_month
    inner join this_month on pupil_month.month < this_month.month
    where pupil_month.is_poor and pupil_month.net > 0
),

breach as (
    select
        judged.school_id, judged.month as period, judged.pupil_id as subject, judged.net as amount,
        '一名建档立卡学生 ' || judged.month || ' 被净收费 ' || cast(judged.net as varchar) || ' 元，应当免费。' as words_zh,
        'a pupil from a registered poor household paid ' || cast(judged.net as varchar) || ' yuan net for ' || judged.month || '; the service is free for them.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from judged
    inner join staging.charge as receipt
        on receipt.school_id = judged.school_id
        and receipt.pupil_id = judged.pupil_id
        and receipt.billed_period = judged.month
)

select
    cast('R16' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('六¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
