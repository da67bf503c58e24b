-- A pupil who was billed more sessions of a month than were held for the class.
-- key: school_id
-- rule: R17
-- title_zh: 多计学时
-- title_en: Sessions overbilled
-- severity: high
-- clause: 六¶3
-- amount: Excess sessions × net ÷ net sessions of the pupil's month, half up to the fen.
-- amount_zh: 多计学时 × 该月净收费 ÷ 净学时，四舍五入到分。
-- blind: Months whose attendance or group sessions were not sent.
-- blind_zh: 未报送考勤或活动登记的月份。
with this_month as (
    select substr(cast(run.today as varchar), 1, 7) as month from run
),

held as (
    select school_id, month, class_id, sum(sessions) as sessions
    from staging.class_held_day
    group by school_id, month, class_id
),

known as (
    select school_id, period as month
    from staging.slice
    where form in ('attendance', 'group_session') and state = 'accepted'
    group by school_id, period
    having count(*) = 2
),

billed as (
    select pupil_month.*, coalesce(held.sessions, 0) as held, cast(pupil_month.net * 100 as bigint) as net_fen
    from staging.pupil_month as pupil_month
    inner join known on known.school_id = pupil_month.school_id and known.month = pupil_month.month
    left join held
        on held.school_id = pupil_month.school_id
        and held.month = pupil_month.month
        and held.class_id = pupil_month.class_id
    inner join this_month on pupil_month.month < this_month.month
),

-- Half up to the fen: x = 2a + b, (x − x mod 2b) ÷ 2b, of a = excess × net and b = net sessions.
twice as (
    select *, 2 * (net_sessions - held) * net_fen + net_sessions as x from billed where net_sessions > held
),

judged as (
    select *, cast(cast((x - x % (2 * net_sessions)) / (2 * net_sessions) as bigint) as decimal(18,2)) * cast('0.01' as decimal(18,2)) as worth from twice
),

breach as (
    select
        judged.school_id, judged.month as period, judged.pupil_id as subject, judged.worth as amount,
        '一名学生 ' || judged.month || ' 计费 ' || cast(judged.net_sessions as varchar) || ' 学时，班级 ' || judged.class_id || ' 实际只开展 ' || cast(judged.held as varchar) || ' 学时。' as words_zh,
        'a pupil was billed ' || cast(judged.net_sessions as varchar) || ' sessions of ' || judged.month || '; class ' || judged.class_id || ' held ' || cast(judged.held as varchar) || '.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from judged
    inner join staging.charge as receipt
        on receipt.school_id = judged.school_id
        and receipt.pupil_id = judged.pupil_id
        and receipt.billed_period = judged.month
)

select
    cast('R17' as varchar) as rule,
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
