-- A school and month whose ledger does not agree with its receipts or with its staff pay.
-- key: school_id
-- rule: R26
-- title_zh: 账实不符
-- title_en: Ledger and records differ
-- severity: medium
-- clause: 六¶4
-- amount: The size of the difference of fees plus the size of the difference of staff pay.
-- amount_zh: 收费差额与绩效差额的绝对值之和。
-- blind: Two faults that cancel out.
-- blind_zh: 相互抵消的两处差错。
with counted as (
    select form, school_id, period from staging.slice
),

ledger as (
    select
        school_id,
        month,
        sum(case when category = 'service_fee' then amount else cast(0 as decimal(18,2)) end) as fees,
        sum(case when category = 'staff_pay' then amount else cast(0 as decimal(18,2)) end) as pay
    from staging.ledger_month
    group by school_id, month
),

receipt as (
    select school_id, period, sum(case when kind = 'charge' then amount else -amount end) as net
    from staging.charge
    group by school_id, period
),

work as (
    select school_id, period, sum(pay) as pay from staging.staff_work group by school_id, period
),

compared as (
    select
        booked.school_id,
        booked.period,
        case
            when charged.form is not null
                then coalesce(ledger.fees, cast(0 as decimal(18,2))) - coalesce(receipt.net, cast(0 as decimal(18,2)))
            else cast(0 as decimal(18,2))
        end as fee_difference,
        case
            when worked.form is not null
                then coalesce(ledger.pay, cast(0 as decimal(18,2))) - coalesce(work.pay, cast(0 as decimal(18,2)))
            else cast(0 as decimal(18,2))
        end as pay_difference
    from counted as booked
    left join counted as charged
        on charged.form = 'charge' and charged.school_id = booked.school_id and charged.period = booked.period
    left join counted as worked
        on worked.form = 'staff_work' and worked.school_id = booked.school_id and worked.period = booked.period
    left join ledger on ledger.school_id = booked.school_id and ledger.month = booked.period
    left join receipt on receipt.school_id = booked.school_id and receipt.period = booked.period
    left join work on work.school_id = booked.school_id and work.period = booked.period
    where booked.form = 'fund_ledger'
),

differing as (
    select * from compared where fee_difference <> 0 or pay_difference <> 0
),

breach as (
    select
        differing.school_id, differing.period, '' as subject,
        abs(differing.fee_difference) + abs(differing.pay_difference) as amount,
        differing.fee_difference, differing.pay_difference,
        case when line.school_id is not null then 'fund_ledger' end as evidence_form,
        line.submission_id as evidence_submission_id,
        line.row_no as evidence_row_no
    from differing
    left join staging.fund_ledger as line
        on line.school_id = differing.school_id
        and line.period = differing.period
        and (
            (line.category = 'service_fee' and differing.fee_difference <> 0)
            or (line.category = 'staff_pay' and differing.pay_difference <> 0)
        )
)

select
    cast('R26' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || breach.period || ' 台账的服务性收费比收退费台账差 ' || cast(cast(breach.fee_difference as decimal(18,2)) as varchar) || ' 元，教职工绩效比参与情况表差 ' || cast(cast(breach.pay_difference as decimal(18,2)) as varchar) || ' 元。' as varchar) as message_zh,
    cast(school.school_name || ': in ' || breach.period || ' the ledger''s fees differ from the receipts by ' || cast(cast(breach.fee_difference as decimal(18,2)) as varchar) || ' yuan and its staff pay from the staff records by ' || cast(cast(breach.pay_difference as decimal(18,2)) as varchar) || ' yuan.' as varchar) as message_en,
    cast('六¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
