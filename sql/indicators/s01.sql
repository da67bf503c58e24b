-- Which share of a school's parents is satisfied; its pupils apart.
-- key: school_id
-- code: S01
-- title_zh: 满意率
-- title_en: Satisfied
-- formula: responses with overall ≥ 4 ÷ responses (parents)
-- formula_zh: 总体评分 4 分及以上的问卷 ÷ 问卷（家长；学生另列）
-- unit: share
-- clause: 八(三)
-- better: higher
with intake as (
    select school_id, period_type, period, reported, expected from staging.intake where form = 'survey'
),

response as (
    select * from staging.survey
),

counted as (
    select school_id, period, '' as dimension, count(*) filter (where overall >= 4) as numerator, count(*) as denominator
    from response
    where respondent = 'parent'
    group by school_id, period
    union all
    select school_id, period, 'respondent=pupil' as dimension, count(*) filter (where overall >= 4) as numerator, count(*) as denominator
    from response
    where respondent = 'pupil'
    group by school_id, period
),

sent as (
    select
        intake.school_id, intake.period_type, intake.period, '' as dimension,
        coalesce(counted.numerator, 0) as numerator, coalesce(counted.denominator, 0) as denominator,
        intake.reported, intake.expected
    from intake
    left join counted
        on counted.school_id = intake.school_id and counted.period = intake.period and counted.dimension = ''
    union all
    select
        intake.school_id, intake.period_type, intake.period, counted.dimension,
        counted.numerator, counted.denominator, cast(null as bigint) as reported, cast(null as bigint) as expected
    from intake
    inner join counted
        on counted.school_id = intake.school_id and counted.period = intake.period and counted.dimension <> ''
)

select
    cast('S01' as varchar) as indicator,
    cast(sent.school_id as varchar) as school_id,
    cast(sent.period_type as varchar) as period_type,
    cast(sent.period as varchar) as period,
    cast(sent.dimension as varchar) as dimension,
    cast(sent.numerator as decimal(18,2)) as numerator,
    cast(sent.denominator as decimal(18,2)) as denominator,
    cast(sent.reported as bigint) as reported,
    cast(sent.expected as bigint) as expected
from sent
