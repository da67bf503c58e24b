-- A pupil who paid for a month without having attended once.
-- key: school_id
-- rule: R28
-- title_zh: 无出勤收费
-- title_en: Paid without attending
-- severity: medium
-- clause: 六¶3
-- amount: The month's charges less its refunds.
-- amount_zh: 该月收费减去退费。
-- blind: Attendance that was not written down.
-- blind_zh: 没有登记的出勤。
with this_month as (
    select substr(cast(run.today as varchar), 1, 7) as month from run
),

known as (
    select school_id, period as month from staging.slice where form = 'attendance' and state = 'accepted'
),

judged as (
    select pupil_month.*
    from staging.pupil_month as pupil_month
    inner join known on known.school_id = pupil_month.school_id and known.month = pupil_month.month
    left join staging.attendance_pupil as attended
        on attended.school_id = pupil_month.school_id
        and attended.month = pupil_month.month
        and attended.pupil_id = pupil_month.pupil_id
    inner join this_month on pupil_month.month < this_month.month
    where pupil_month.net > 0 and attended.pupil_id is null
),

breach as (
    select
        judged.school_id, judged.month as period, judged.pupil_id as subject, judged.net as amount,
        '一名学生 ' || judged.month || ' 净缴费 ' || cast(judged.net as varchar) || ' 元，当月没有任何出勤记录。' as words_zh,
        'a pupil paid ' || cast(judged.net as varchar) || ' yuan net for ' || judged.month || ' and has no attendance at all in it.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from judged
    inner join staging.charge as receipt
        on receipt.school_id = judged.school_id
        and receipt.pupil_id = judged.pupil_id
        and receipt.billed_period = judged.month
)

select
    cast('R28' as varchar) as rule,
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
