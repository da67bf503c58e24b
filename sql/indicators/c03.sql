-- How far a school meets the demand of its pupils of grades 1 to 6, over the months of a period.
-- key: school_id
-- code: C03
-- title_zh: 需求满足率
-- title_en: Demand met
-- formula: Σ least(enrolled, wanting) ÷ Σ wanting
-- formula_zh: Σ 取小（参加人数，有需求人数）÷ Σ 有需求人数
-- unit: share
-- clause: 二
-- better: higher
with intake as (
    select school_id, period as month, reported, expected
    from staging.intake
    where form = 'class_roster'
),

roster as (
    select * from staging.roster_month
),

stage as (
    select 'primary' as stage, '' as dimension
    union all
    select 'junior' as stage, 'stage=junior' as dimension
),

month as (
    select
        intake.school_id,
        intake.month,
        stage.dimension,
        coalesce(roster.met, 0) as numerator,
        coalesce(roster.wanting, 0) as denominator,
        case when stage.dimension = '' then intake.reported end as reported,
        case when stage.dimension = '' then intake.expected end as expected
    from intake
    cross join stage
    left join roster
        on roster.school_id = intake.school_id and roster.month = intake.month and roster.stage = stage.stage
    where stage.dimension = '' or roster.school_id is not null
)

select
    cast('C03' as varchar) as indicator,
    cast(month.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast(month.dimension as varchar) as dimension,
    cast(sum(month.numerator) as decimal(18,2)) as numerator,
    cast(sum(month.denominator) as decimal(18,2)) as denominator,
    cast(sum(month.reported) as bigint) as reported,
    cast(sum(month.expected) as bigint) as expected
from month
inner join staging.period_month as period on period.month = month.month
group by month.school_id, month.dimension, period.period_type, period.period
