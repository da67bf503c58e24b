-- A charge not remitted in time, spending from the school account, or fees taken into it.
-- key: school_id
-- rule: R20
-- title_zh: 未缴专户、坐收坐支
-- title_en: Not remitted, spent from the till
-- severity: high
-- clause: 六¶4
-- amount: The charge, the expense or the fee.
-- amount_zh: 该笔收费、支出或收入金额。
-- blind: Cash that is in no ledger.
-- blind_zh: 未入账的现金。
with days as (
    select period, cast(value as int) as days
    from staging.period_policy
    where key = 'remit_within_days'
),

receipt as (
    select receipt.*, receipt.paid_on + days.days as last_day
    from staging.charge as receipt
    inner join days on days.period = receipt.period
    where receipt.kind = 'charge' and receipt.amount > 0
        and (receipt.remitted_on is null or receipt.remitted_on > receipt.paid_on + days.days)
),

breach as (
    select
        receipt.school_id, receipt.period, receipt.receipt_no as subject, receipt.amount,
        '票据 ' || receipt.receipt_no || '（' || cast(receipt.paid_on as varchar) || '，' || cast(receipt.amount as varchar) || ' 元）应在 ' || cast(receipt.last_day as varchar)
            || ' 前缴入财政专户，' || coalesce('实际 ' || cast(receipt.remitted_on as varchar) || ' 缴入。', '至今未缴。') as words_zh,
        'receipt ' || receipt.receipt_no || ' (' || cast(receipt.paid_on as varchar) || ', ' || cast(receipt.amount as varchar)
            || ' yuan) was to be in the fiscal account by ' || cast(receipt.last_day as varchar)
            || coalesce(' and came on ' || cast(receipt.remitted_on as varchar) || '.', ' and is not.') as words_en,
        'charge' as evidence_form, receipt.submission_id as evidence_submission_id, receipt.row_no as evidence_row_no
    from receipt
    cross join run
    where receipt.remitted_on is not null or receipt.last_day < run.today
    union all
    select
        line.school_id, line.period, line.voucher_no || '-' || cast(line.line_no as varchar) as subject, line.amount,
        '凭证 ' || line.voucher_no || '-' || cast(line.line_no as varchar) || '（' || cast(line.posted_on as varchar) || '，' || cast(line.amount as varchar) || ' 元）'
            || case line.direction when 'income' then '的服务性收费进了学校账户，应进财政专户。' else '从学校账户支出，应由财政专户安排。' end as words_zh,
        'voucher ' || line.voucher_no || '-' || cast(line.line_no as varchar) || ' (' || cast(line.posted_on as varchar) || ', ' || cast(line.amount as varchar) || ' yuan) '
            || case line.direction when 'income' then 'takes fees into the school account.' else 'is paid from the school account.' end as words_en,
        'fund_ledger' as evidence_form, line.submission_id as evidence_submission_id, line.row_no as evidence_row_no
    from staging.fund_ledger as line
    where line.account = 'school'
        and (line.direction = 'expense' or line.category = 'service_fee')
)

select
    cast('R20' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('六¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
