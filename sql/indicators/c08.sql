-- How many permitted kinds of activity a school held in a month; of a district the mean over its reporting schools.
-- key: school_id
-- code: C08
-- title_zh: 内容丰富度
-- title_en: Breadth
-- formula: Σ distinct permitted activities ÷ reporting schools
-- formula_zh: Σ 各校允许的活动类型数 ÷ 已报学校数
-- unit: kinds
-- clause: 四
-- better: none
with intake as (
    select school_id, period_type, period, reported, expected from staging.intake where form = 'group_session'
),

held as (
    select school_id, period, count(distinct activity) as kinds
    from staging.group_session
    where activity <> 'collective_teaching'
    group by school_id, period
)

select
    cast('C08' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(intake.period_type as varchar) as period_type,
    cast(intake.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(coalesce(held.kinds, 0) as decimal(18,2)) as numerator,
    cast(intake.reported as decimal(18,2)) as denominator,
    cast(intake.reported as bigint) as reported,
    cast(intake.expected as bigint) as expected
from intake
left join held on held.school_id = intake.school_id and held.period = intake.period
