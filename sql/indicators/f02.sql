-- Which share of its income a school spent, from January to the period's end.
-- key: school_id
-- code: F02
-- title_zh: 经费执行率
-- title_en: Spent
-- formula: expense ÷ income, year to date
-- formula_zh: 支出 ÷ 收入，自 1 月累计
-- unit: share
-- clause: 六¶4
-- better: none
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'fund_ledger'
),

money as (
    select
        school_id,
        month,
        sum(case when direction = 'expense' then amount else cast(0 as decimal(18,2)) end) as numerator,
        sum(case when direction = 'income' then amount else cast(0 as decimal(18,2)) end) as denominator
    from staging.ledger_month
    group by school_id, month
)

select
    cast('F02' as varchar) as indicator,
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
