-- Which share of its spending a school spent on what the notice forbids.
-- key: school_id
-- code: F09
-- title_zh: 违规支出占比
-- title_en: Ineligible spending
-- formula: (management_fee + transfer + unrelated) ÷ expense
-- formula_zh: （管理费 + 调出 + 其他无关支出）÷ 支出
-- unit: share
-- clause: 六¶4
-- better: lower
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'fund_ledger'
),

money as (
    select
        school_id,
        month,
        sum(case when category in ('management_fee', 'transfer', 'unrelated') then amount else cast(0 as decimal(18,2)) end)
            as numerator,
        sum(amount) as denominator
    from staging.ledger_month
    where direction = 'expense'
    group by school_id, month
)

select
    cast('F09' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(coalesce(money.numerator, 0)) as decimal(18,2)) as numerator,
    cast(sum(coalesce(money.denominator, 0)) as decimal(18,2)) as denominator,
    cast(sum(intake.reported) as bigint) as reported,
    cast(sum(intake.expected) as bigint) as expected
from intake
inner join staging.period_month as period on period.month = intake.month
left join money on money.school_id = intake.school_id and money.month = intake.month
group by intake.school_id, period.period_type, period.period
