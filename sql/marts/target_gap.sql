-- What a unit lacks to a target that it does not meet: how many pupils, schools, yuan or whatever the indicator counts.
-- stored: table
-- periods: period
-- title_zh: 距目标差额
-- title_en: Distance to the target
-- formula: the least whole number (of money: fen) by which the numerator must change, the denominator staying, so that the target is met
-- formula_zh: 分母不变时，使目标达成所需的分子最小变动（人数等取整数，金额到分）
-- clause: 八(三)
-- note_zh: 越高越好的指标为分子应增加之数，越低越好的指标（违规支出占比）为分子应减少之数。学期和年由多个月合成时，人数以人月计。综合评分和违规
--   密度不是计数之比，差额以分值和每万人问题数计，到百分之一。接近目标（near）的也未达标，一并列出。
-- note_en: What must be added where more is better, and taken away where less is (ineligible spending). Where a term or year is made of
--   months, pupils are pupil-months. The evaluation score and the density of findings are no ratios of counts: their distance is in points
--   and in findings for ten thousand pupils, to the hundredth. A figure that is near its target does not meet it and stands here too.
with target as (
    select period_type, period, substr(key, 8) as indicator, cast(cast(value as decimal(18,6)) * 1000000 as bigint) as millionths
    from staging.period_policy
    where key like 'target_%'
),

counted as (
    select 'pupils' as gap_unit, 'C03' as indicator
    union all select 'pupils' as gap_unit, 'C04' as indicator
    union all select 'pupils' as gap_unit, 'C05' as indicator
    union all select 'pupils' as gap_unit, 'F07' as indicator
    union all select 'pupil_days' as gap_unit, 'C06' as indicator
    union all select 'schools' as gap_unit, 'C01' as indicator
    union all select 'schools' as gap_unit, 'C02' as indicator
    union all select 'schools' as gap_unit, 'C09' as indicator
    union all select 'sessions' as gap_unit, 'C07' as indicator
    union all select 'kinds' as gap_unit, 'C08' as indicator
    union all select 'plans' as gap_unit, 'C10' as indicator
    union all select 'responses' as gap_unit, 'S01' as indicator
    union all select 'responses' as gap_unit, 'S03' as indicator
    union all select 'responses' as gap_unit, 'S04' as indicator
    union all select 'points' as gap_unit, 'S02' as indicator
    union all select 'points' as gap_unit, 'E01' as indicator
    union all select 'yuan' as gap_unit, 'F01' as indicator
    union all select 'yuan' as gap_unit, 'F02' as indicator
    union all select 'yuan' as gap_unit, 'F03' as indicator
    union all select 'yuan' as gap_unit, 'F05' as indicator
    union all select 'yuan' as gap_unit, 'F08' as indicator
    union all select 'yuan' as gap_unit, 'F09' as indicator
    union all select 'yuan' as gap_unit, 'F10' as indicator
    union all select 'lines' as gap_unit, 'F04' as indicator
    union all select 'requests' as gap_unit, 'F06' as indicator
    union all select 'findings_per_10000' as gap_unit, 'K01' as indicator
    union all select 'cases' as gap_unit, 'K02' as indicator
    union all select 'reports' as gap_unit, 'K03' as indicator
    union all select 'slices' as gap_unit, 'K04' as indicator
    union all select 'slices' as gap_unit, 'K05' as indicator
),

missed as (
    select
        figure.indicator, figure.level, figure.unit_id, figure.district_code, figure.period_type, figure.period, figure.dimension,
        figure.status,
        -- An indicator of one's own is counted in whole numbers too.
        case
            when counted.gap_unit = 'pupils' and figure.period_type <> 'month' then 'pupil_months'
            else coalesce(counted.gap_unit, 'counted')
        end as gap_unit,
        target.millionths as target,
        case
            when figure.indicator in ('E01', 'K01') then cast(cast(figure.value as decimal(18,6)) * 1000000 as bigint) * 100
            else cast(figure.numerator * 100 as bigint) * 1000000
        end as reached,
        case when figure.indicator in ('E01', 'K01') then 100 else cast(figure.denominator * 100 as bigint) end as whole
    from marts.indicator_value as figure
    inner join target
        on target.indicator = figure.indicator
        and target.period_type = figure.period_type
        and target.period = figure.period
    left join counted on counted.indicator = figure.indicator
    where figure.status in ('near', 'missed')
),

-- In millionths of a hundredth; a step is a fen or a hundredth, or else a whole one.
short as (
    select
        *,
        abs(target * whole - reached) as lacking,
        case when gap_unit in ('yuan', 'findings_per_10000') or indicator = 'E01' then 1000000 else 100000000 end as step
    from missed
),

-- Up to the next whole step: (x − x mod 2b) ÷ 2b of x = 2(a + b − 1).
stepped as (
    select *, 2 * (lacking + step - 1) as twice from short
)

select
    cast(indicator as varchar) as indicator,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(status as varchar) as status,
    cast(
        cast(cast((twice - twice % (2 * step)) / (2 * step) as bigint) as decimal(18,2))
            * case when step = 1000000 then cast('0.01' as decimal(18,2)) else cast('1' as decimal(18,2)) end as decimal(18,2)
    ) as gap,
    cast(gap_unit as varchar) as gap_unit
from stepped
