-- A charge above the fee standard, a pupil's month above the cap, or an overcharge that proved true.
-- key: school_id
-- rule: R13
-- title_zh: 超标准收费
-- title_en: Overcharged
-- severity: high
-- clause: 六¶3
-- amount: Of a receipt what is above sessions billed × the standard in force on its day; of a pupil's month the net above the cap, less what its
--   receipts' own findings explain; of a case what the inspection found.
-- amount_zh: 票据：超过“计费学时 × 当日执行标准”的部分；学生月：净收费超过月上限的部分，减去其各张票据已单列的多收额；案件：督导查明的涉及金额。
-- blind: Money taken without a receipt.
-- blind_zh: 没有开票的收费。
with over_month as (
    select school_id, pupil_id, billed_period as month, sum(excess) as excess
    from staging.overcharge
    group by school_id, pupil_id, billed_period
),

this_month as (
    select substr(cast(run.today as varchar), 1, 7) as month from run
),

above_cap as (
    select
        pupil_month.school_id, pupil_month.pupil_id, pupil_month.month, pupil_month.net, standard.yuan_per_month_cap as cap,
        pupil_month.net - standard.yuan_per_month_cap - coalesce(over_month.excess, cast(0 as decimal(18,2))) as rest
    from staging.pupil_month as pupil_month
    inner join staging.fee_on as standard
        on standard.school_id = pupil_month.school_id and standard.paid_on = pupil_month.last_charge_on
    left join over_month
        on over_month.school_id = pupil_month.school_id
        and over_month.pupil_id = pupil_month.pupil_id
        and over_month.month = pupil_month.month
    inner join this_month on pupil_month.month < this_month.month
),

breach as (
    select
        receipt.school_id, receipt.period, receipt.receipt_no as subject, receipt.excess as amount,
        '票据 ' || receipt.receipt_no || '（' || cast(receipt.paid_on as varchar) || '）' || cast(receipt.sessions_billed as varchar) || ' 学时收费 '
            || cast(receipt.amount as varchar) || ' 元，标准为每学时 ' || cast(receipt.yuan_per_session as varchar) || ' 元（' || coalesce(receipt.doc_no, '')
            || '），多收 ' || cast(receipt.excess as varchar) || ' 元。' as words_zh,
        'receipt ' || receipt.receipt_no || ' (' || cast(receipt.paid_on as varchar) || ') takes ' || cast(receipt.amount as varchar) || ' yuan for '
            || cast(receipt.sessions_billed as varchar) || ' sessions; the standard is ' || cast(receipt.yuan_per_session as varchar)
            || ' yuan each, so ' || cast(receipt.excess as varchar) || ' yuan too much.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from staging.overcharge as receipt
    union all
    select
        above_cap.school_id, above_cap.month as period, above_cap.pupil_id as subject, above_cap.rest as amount,
        '一名学生 ' || above_cap.month || ' 净收费 ' || cast(above_cap.net as varchar) || ' 元，超过月上限 ' || cast(above_cap.cap as varchar) || ' 元。' as words_zh,
        'a pupil paid ' || cast(above_cap.net as varchar) || ' yuan net for ' || above_cap.month || '; the month''s cap is '
            || cast(above_cap.cap as varchar) || ' yuan.' as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from above_cap
    inner join staging.charge as receipt
        on receipt.school_id = above_cap.school_id
        and receipt.pupil_id = above_cap.pupil_id
        and receipt.billed_period = above_cap.month
    where above_cap.rest > 0
    union all
    select
        found.school_id, found.period, found.case_no as subject, found.amount as amount,
        '经查属实的乱收费（编号 ' || found.case_no || '，' || cast(found.found_on as varchar) || '）。' as words_zh,
        'an overcharge that proved true (case ' || found.case_no || ', ' || cast(found.found_on as varchar) || ').' as words_en,
        'inspection' as evidence_form, found.submission_id as evidence_submission_id, found.row_no as evidence_row_no
    from staging.inspection as found
    where found.substantiated and found.issue in ('overcharge')
)

select
    cast('R13' as varchar) as rule,
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
