-- Which share of a school's income or spending a category is.
-- code: F10
-- title_zh: 收入、支出结构
-- title_en: Income and spending by category
-- formula: category ÷ income, or ÷ expense
-- formula_zh: 各科目 ÷ 收入（或支出）
-- unit: share
-- clause: 六¶1
-- better: none
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'fund_ledger'
),

money as (
    select * from staging.ledger_month
),

-- Each school has a row of each category, so that the shares of a district are those of all its money, and the one that sent
-- nothing is among the expected.
category as (
    select distinct direction, category from money
),

total as (
    select school_id, month, direction, sum(amount) as amount from money group by school_id, month, direction
)

select
    cast('F10' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('category=' || category.category as varchar) as dimension,
    cast(sum(coalesce(money.amount, 0)) as decimal(18,2)) as numerator,
    cast(sum(coalesce(total.amount, 0)) as decimal(18,2)) as denominator,
    cast(sum(intake.reported) as bigint) as reported,
    cast(sum(intake.expected) as bigint) as expected
from intake
cross join category
inner join staging.period_month as period on period.month = intake.month
left join total
    on total.school_id = intake.school_id and total.month = intake.month and total.direction = category.direction
left join money
    on money.school_id = intake.school_id
    and money.month = intake.month
    and money.category = category.category
group by intake.school_id, category.category, period.period_type, period.period
