-- A pupil who paid the same amount for the same sessions of a month twice, with no refund between.
-- key: school_id
-- rule: R19
-- title_zh: 重复收费
-- title_en: Charged twice
-- severity: medium
-- clause: 六¶3
-- amount: One of the equal payments.
-- amount_zh: 相同收费中的一笔。
-- blind: Two payments of unequal amounts for the same sessions.
-- blind_zh: 金额不同的重复收费。
with this_month as (
    select substr(cast(run.today as varchar), 1, 7) as month from run
),

several as (
    select school_id, pupil_id, month from staging.pupil_month where charges >= 2
),

payment as (
    select receipt.*
    from several
    inner join staging.charge as receipt
        on receipt.school_id = several.school_id
        and receipt.pupil_id = several.pupil_id
        and receipt.billed_period = several.month
),

paired as (
    select
        *,
        lead(paid_on) over (
            partition by school_id, pupil_id, billed_period, sessions_billed, amount
            order by paid_on asc nulls last
        ) as next_on
    from payment
    where kind = 'charge' and amount > 0
),

refund as (
    select school_id, pupil_id, billed_period, paid_on from payment where kind = 'refund'
),

twice as (
    select
        paired.school_id, paired.pupil_id, paired.billed_period as month, paired.amount, paired.sessions_billed,
        paired.paid_on, paired.next_on
    from paired
    left join refund
        on refund.school_id = paired.school_id
        and refund.pupil_id = paired.pupil_id
        and refund.billed_period = paired.billed_period
        and refund.paid_on >= paired.paid_on
        and refund.paid_on <= paired.next_on
    where paired.next_on is not null and refund.school_id is null
),

judged as (
    select twice.*
    from twice
    inner join this_month on twice.month < this_month.month
    qualify row_number() over (
        partition by twice.school_id, twice.pupil_id, twice.month
        order by twice.amount desc nulls last, twice.paid_on asc nulls last
    ) = 1
),

breach as (
    select
        judged.school_id, judged.month as period, judged.pupil_id as subject, judged.amount as amount,
        '一名学生 ' || judged.month || ' 在 ' || cast(judged.paid_on as varchar) || ' 和 ' || cast(judged.next_on as varchar) || ' 各缴费 ' || cast(judged.amount as varchar) || ' 元（' || cast(judged.sessions_billed as varchar) || ' 学时），其间没有退费。' as words_zh,
        'a pupil paid ' || cast(judged.amount as varchar) || ' yuan for ' || cast(judged.sessions_billed as varchar) || ' sessions of ' || judged.month || ' on ' || cast(judged.paid_on as varchar) || ' and again on ' || cast(judged.next_on as varchar) || ', with no refund between.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from judged
    inner join staging.charge as receipt
        on receipt.school_id = judged.school_id
        and receipt.pupil_id = judged.pupil_id
        and receipt.billed_period = judged.month
)

select
    cast('R19' as varchar) as rule,
    cast('medium' as varchar) as severity,
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
