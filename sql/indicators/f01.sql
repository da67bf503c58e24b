-- Which share of fees and subsidies a school paid to its staff, from January to the period's end.
-- key: school_id
-- code: F01
-- title_zh: 教职工绩效占比
-- title_en: Staff-pay share
-- formula: staff_pay ÷ (service_fee + subsidy), year to date
-- formula_zh: 教职工绩效 ÷（服务性收费 + 财政补贴），自 1 月累计
-- unit: share
-- clause: 七
-- better: higher
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'fund_ledger'
),

money as (
    select
        school_id,
        month,
        sum(case when category = 'staff_pay' then amount else cast(0 as decimal(18,2)) end) as numerator,
        sum(case when category in ('service_fee', 'subsidy') then amount else cast(0 as decimal(18,2)) end) as denominator
    from staging.ledger_month
    group by school_id, month
)

select
    cast('F01' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(coalesce(money.numerator, 0)) as decimal(18,2)) as numerator,
    cast(sum(coalesce(money.denominator, 0)) as decimal(18,2)) as denominator,
    cast(sum(intake.reported) as bigint) as reported,
    cast(sum(intake.expected) as bigint) as expected
from intake
inner join staging.year_to_date as period on period.month = intake.month
left join money on money.school_id = intake.school_id and money.month = intake.month
group by intake.school_id, period.period_type, period.period
