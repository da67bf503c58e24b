-- A school, or a district in sum, that paid less than the least share of fees and subsidies to its staff in a year that is over.
-- rule: R24
-- title_zh: 绩效占比不足
-- title_en: Staff-pay share too low
-- severity: high
-- clause: 七
-- amount: The least share × (fees + subsidies) − staff pay of the year.
-- amount_zh: 最低比例 ×（服务性收费 + 财政补贴）− 全年教职工绩效。
-- blind: Months whose ledger was not sent.
-- blind_zh: 未报送台账的月份。
with ended as (
    select period.period, cast(policy.value as decimal(18,4)) as least_share
    from staging.period as period
    inner join staging.period_policy as policy
        on policy.period = period.period and policy.key = 'staff_pay_min_share'
    where period.is_over
),

school_year as (
    select
        ledger.school_id,
        school.school_name,
        school.district_code,
        substr(ledger.month, 1, 4) as period,
        sum(case when ledger.category = 'staff_pay' then ledger.amount else cast(0 as decimal(18,2)) end)
            as pay,
        sum(case when ledger.category in ('service_fee', 'subsidy') then ledger.amount else cast(0 as decimal(18,2)) end)
            as income
    from staging.ledger_month as ledger
    inner join staging.school as school on school.school_id = ledger.school_id
    group by ledger.school_id, school.school_name, school.district_code, substr(ledger.month, 1, 4)
),

unit_year as (
    select school_id, school_name as unit_name, district_code, period, pay, income from school_year
    union all
    select
        '' as school_id, district.name_zh as unit_name, school_year.district_code, school_year.period,
        sum(school_year.pay) as pay, sum(school_year.income) as income
    from school_year
    inner join reference.district as district on district.district_code = school_year.district_code
    group by district.name_zh, school_year.district_code, school_year.period
),

-- The figure that is the finding is a sum: a school's proof are its lines of staff pay, fees and subsidies.
short as (
    select unit_year.*, ended.least_share, round(cast(ended.least_share * unit_year.income as decimal(38,6)), 2) - unit_year.pay as amount
    from unit_year
    inner join ended on ended.period = unit_year.period
    where unit_year.pay < ended.least_share * unit_year.income
),

proof as (
    select school_id, substr(period, 1, 4) as period, submission_id, row_no
    from staging.fund_ledger
    where category in ('staff_pay', 'service_fee', 'subsidy')
),

breach as (
    select
        short.school_id, short.unit_name, short.district_code, short.period, '' as subject, short.amount, short.pay, short.income,
        short.least_share,
        case when proof.school_id is not null then 'fund_ledger' end as evidence_form,
        proof.submission_id as evidence_submission_id,
        proof.row_no as evidence_row_no
    from short
    left join proof on proof.school_id = short.school_id and proof.period = short.period
)

select
    cast('R24' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(breach.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(breach.unit_name || breach.period || ' 年收费和补贴共 ' || cast(breach.income as varchar) || ' 元，教职工绩效 ' || cast(breach.pay as varchar) || ' 元，低于规定的比例，还差 ' || cast(cast(breach.amount as decimal(18,2)) as varchar) || ' 元。' as varchar) as message_zh,
    cast(breach.unit_name || ' had ' || cast(breach.income as varchar) || ' yuan of fees and subsidies in ' || breach.period || ' and paid its staff ' || cast(breach.pay as varchar) || ' yuan, ' || cast(cast(breach.amount as decimal(18,2)) as varchar) || ' yuan below the least share.' as varchar) as message_en,
    cast('七' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
