-- A refund that was not paid in time after the request, or less than what was paid for sessions after the pupil left.
-- key: school_id
-- rule: R18
-- title_zh: 退费逾期或不足
-- title_en: Refund late or short
-- severity: medium
-- clause: 六¶3
-- amount: What was paid for sessions after the day of leaving, less all refunds; where only the day was missed, the refunds paid late, or the net
--   of the month where none was paid.
-- amount_zh: 退出日之后学时的已缴费用减去全部退费；仅逾期的，为逾期退的金额，尚未退的为该月净收费。
-- blind: Requests that the school did not write down, and months whose attendance or sessions were not sent.
-- blind_zh: 学校没有登记的申请，以及未报送考勤或活动登记的月份。
with days as (
    select period, cast(value as int) as days
    from staging.period_policy
    where key = 'refund_within_days'
),

-- (a) The earliest request of a pupil's month that is over, and the first refund after which nothing is asked any more.
asked as (
    select
        pupil_month.school_id, pupil_month.pupil_id, pupil_month.month, pupil_month.net, pupil_month.refunded,
        pupil_month.requested_on, pupil_month.first_refund_on, pupil_month.requested_on + days.days as last_day
    from staging.pupil_month as pupil_month
    inner join days on days.period = pupil_month.month
    where pupil_month.requested_on is not null
),

late as (
    select asked.*, case when asked.refunded > 0 then asked.refunded else asked.net end as amount
    from asked
    cross join run
    where asked.month < substr(cast(run.today as varchar), 1, 7)
        and (asked.first_refund_on > asked.last_day or (asked.first_refund_on is null and asked.last_day < run.today))
),

-- (b) A pupil who left and asked: what was paid for sessions after that day, less all refunds.
leaver as (
    select school_id, pupil_id, min(withdrawn_on) as withdrawn_on
    from staging.pupil_month
    group by school_id, pupil_id
    having count(requested_on) > 0
),

paid as (
    select
        leaver.school_id, leaver.pupil_id, leaver.withdrawn_on, substr(cast(leaver.withdrawn_on as varchar), 1, 7) as left_in,
        pupil_month.month, pupil_month.class_id, pupil_month.charged, pupil_month.refunded, pupil_month.sessions_billed
    from leaver
    inner join staging.pupil_month as pupil_month
        on pupil_month.school_id = leaver.school_id and pupil_month.pupil_id = leaver.pupil_id
    where pupil_month.month >= substr(cast(leaver.withdrawn_on as varchar), 1, 7)
),

held as (
    select paid.school_id, paid.pupil_id, sum(day.sessions) as sessions
    from paid
    inner join staging.class_held_day as day
        on day.school_id = paid.school_id
        and day.month = paid.month
        and day.class_id = paid.class_id
        and day.held_on <= paid.withdrawn_on
    group by paid.school_id, paid.pupil_id
),

known as (
    select school_id, period as month
    from staging.slice
    where form in ('attendance', 'group_session') and state = 'accepted'
    group by school_id, period
    having count(*) = 2
),

owing as (
    select
        paid.*,
        cast(paid.charged * 100 as bigint) as charged_fen,
        case
            when paid.month > paid.left_in then paid.sessions_billed
            when known.school_id is null then 0
            else greatest(paid.sessions_billed - coalesce(held.sessions, 0), 0)
        end as unused
    from paid
    left join held on held.school_id = paid.school_id and held.pupil_id = paid.pupil_id
    left join known on known.school_id = paid.school_id and known.month = paid.month
),

-- Half up to the fen: x = 2a + b, (x − x mod 2b) ÷ 2b, of a = unused × charged and b = sessions billed.
twice as (
    select *, 2 * unused * charged_fen + sessions_billed as x from owing
),

due as (
    select
        *,
        case
            when sessions_billed > 0 then cast((x - x % (2 * sessions_billed)) / (2 * sessions_billed) as bigint)
            when month > left_in then charged_fen
            else 0
        end as due_fen
    from twice
),

-- It is the finding of the first month that was paid for.
short as (
    select
        due.school_id, due.pupil_id, due.withdrawn_on, due.left_in, min(due.month) as month,
        cast(sum(due.due_fen) as decimal(18,2)) * cast('0.01' as decimal(18,2)) - sum(due.refunded) as amount
    from due
    inner join days on days.period = due.left_in
    cross join run
    where due.withdrawn_on + days.days < run.today
    group by due.school_id, due.pupil_id, due.withdrawn_on, due.left_in
    having cast(sum(due.due_fen) as decimal(18,2)) * cast('0.01' as decimal(18,2)) > sum(due.refunded)
),

-- One finding for both: a request for a month that the shortfall covers is about the same money.
judged as (
    select
        short.school_id, short.pupil_id, short.month, short.amount, short.left_in as first_month, '9999-12' as last_month,
        '于 ' || cast(short.withdrawn_on as varchar) || ' 退出，还应退 ' || cast(cast(short.amount as decimal(18,2)) as varchar) || ' 元。'
            as words_zh,
        ' left on ' || cast(short.withdrawn_on as varchar) || ' and is still owed ' || cast(cast(short.amount as decimal(18,2)) as varchar) || ' yuan.'
            as words_en
    from short
    union all
    select
        late.school_id, late.pupil_id, late.month, late.amount, late.month as first_month, late.month as last_month,
        cast(late.requested_on as varchar) || ' 申请退费，应在 ' || cast(late.last_day as varchar) || ' 前退还，'
            || coalesce('实际 ' || cast(late.first_refund_on as varchar) || ' 退还。', '至今未退。') as words_zh,
        ' asked for a refund on ' || cast(late.requested_on as varchar) || ', due by ' || cast(late.last_day as varchar)
            || coalesce('; it came on ' || cast(late.first_refund_on as varchar) || '.', '; it has not come.') as words_en
    from late
    left join short
        on short.school_id = late.school_id and short.pupil_id = late.pupil_id and short.left_in <= late.month
    where short.school_id is null
),

breach as (
    select
        judged.school_id, judged.month as period, judged.pupil_id as subject, judged.amount, judged.words_zh, judged.words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from judged
    inner join staging.charge as receipt
        on receipt.school_id = judged.school_id
        and receipt.pupil_id = judged.pupil_id
        and receipt.billed_period >= judged.first_month
        and receipt.billed_period <= judged.last_month
)

select
    cast('R18' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：一名学生' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': a pupil' || breach.words_en as varchar) as message_en,
    cast('六¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
