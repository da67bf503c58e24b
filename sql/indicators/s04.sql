-- Which share says that it took part freely.
-- key: school_id
-- code: S04
-- title_zh: 自愿率
-- title_en: Took part freely
-- formula: voluntary ÷ responses
-- formula_zh: 自愿参加的问卷 ÷ 问卷
-- unit: share
-- clause: 五¶3
-- better: higher
with intake as (
    select school_id, period_type, period, reported, expected from staging.intake where form = 'survey'
),

response as (
    select * from staging.survey
),

counted as (
    select school_id, period, count(*) filter (where voluntary) as numerator, count(*) as denominator
    from response
    group by school_id, period
),

sent as (
    select
        intake.school_id, intake.period_type, intake.period, '' as dimension,
        coalesce(counted.numerator, 0) as numerator, coalesce(counted.denominator, 0) as denominator,
        intake.reported, intake.expected
    from intake
    left join counted on counted.school_id = intake.school_id and counted.period = intake.period
)

select
    cast('S04' as varchar) as indicator,
    cast(sent.school_id as varchar) as school_id,
    cast(sent.period_type as varchar) as period_type,
    cast(sent.period as varchar) as period,
    cast(sent.dimension as varchar) as dimension,
    cast(sent.numerator as decimal(18,2)) as numerator,
    cast(sent.denominator as decimal(18,2)) as denominator,
    cast(sent.reported as bigint) as reported,
    cast(sent.expected as bigint) as expected
from sent
