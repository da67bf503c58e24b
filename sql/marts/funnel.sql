-- A school's share beside the overall share of its district or of the city, with the limits that chance alone would keep it within.
-- stored: table
-- periods: period
-- title_zh: 漏斗图
-- title_en: Funnel
-- formula: p ± z × √(p × (1 − p) ÷ n + τ²), z = 1.96 for 95 % and 3.09 for 99.8 %, clipped to 0–1; τ² = 0 unless φ > 1
-- formula_zh: p ± z × √(p × (1 − p) ÷ n + τ²)，95 % 取 z = 1.96，99.8 % 取 z = 3.09，限于 0 至 1；φ 不大于 1 时 τ² = 0
-- clause: 八(三)
-- note_zh: 方法见 Spiegelhalter 2005（doi 10.1002/sim.1970）。p 是区（市）或全市的总体比例，n 是学校的人数或问卷数；学期和年由多个月
--   合成时，n 取各月人数的平均，因为同一名学生各月不是独立的观测。z 值在两端各 10 % 处缩尾：低于第 10 百分位的取第 10 百分位，高于第 90
--   百分位的取第 90 百分位（百分位在相邻两校间线性内插），φ 是缩尾后 z 值平方的平均。只有越过放宽后的 99.8 % 控制限（high、low）才是异常；
--   between 在 95 % 与 99.8 % 之间。控制限用正态近似，人数很少时只作参考。没有人数的学校不参与。
-- note_en: After Spiegelhalter 2005 (doi 10.1002/sim.1970). p is the overall share of the district or the city, n the school's pupils or
--   responses; where a term or year is made of months, n is their mean, for a pupil counted in each of them is no new observation. Z-scores
--   are winsorised at 10 %: those below the 10th percentile are set to it, those above the 90th to that (percentiles between two schools by
--   linear interpolation); φ is the mean of their squares. A school is an outlier (high, low) only outside of the widened 99.8 % limits;
--   between is between 95 and 99.8 %. The limits are normal approximations: with a handful of people they are a hint and no more. A school
--   without people takes no part.
with figure as (
    select
        indicator, unit_id as school_id, unit_name as school_name, district_code, period_type, period,
        -- More answered than are enrolled: shown as all, as everywhere.
        least(numerator, denominator) as reached, denominator,
        cast(denominator as double) / cast(greatest(coalesce(reported, 1), 1) as double) as n
    from marts.figure
    -- The shares of people are those that have an interval.
    where level = 'school' and dimension = '' and lower is not null
),

placed as (
    select 'city' as group_level, 'city' as group_id, * from figure
    union all
    select 'district' as group_level, district_code as group_id, * from figure
),

overall as (
    select
        *,
        count(*) over (partition by group_level, group_id, indicator, period_type, period) as schools,
        cast(sum(reached) over (partition by group_level, group_id, indicator, period_type, period) as double)
            / cast(sum(denominator) over (partition by group_level, group_id, indicator, period_type, period) as double) as p
    from placed
),

measured as (
    select
        *,
        cast(reached as double) / cast(denominator as double) as value,
        p * (cast(1 as double) - p) / cast(n as double) as variance
    from overall
),

-- Where all or none do, everybody stands at p and nothing varies.
scored as (
    select
        *,
        coalesce((value - p) / cast(nullif(sqrt(variance), cast(0 as double)) as double), cast(0 as double)) as z,
        cast(1 as double) / cast(nullif(variance, cast(0 as double)) as double) as inverse
    from measured
),

ordered as (
    select
        *,
        row_number() over (
            partition by group_level, group_id, indicator, period_type, period order by z asc nulls last, school_id asc nulls last
        ) - 1 as below
    from scored
),

-- A percentile lies (schools − 1) tenths of a step from its end, between one school and the next: each of the two counts by how near it is.
tailed as (
    select
        *,
        sum(z * greatest(10 - abs(schools - 1 - 10 * below), 0)) over (
            partition by group_level, group_id, indicator, period_type, period
        ) / cast(10 as double) as low,
        sum(z * greatest(10 - abs(schools - 1 - 10 * (schools - 1 - below)), 0)) over (
            partition by group_level, group_id, indicator, period_type, period
        ) / cast(10 as double) as high
    from ordered
),

winsorised as (
    select *, least(greatest(z, low), high) as w from tailed
),

summed as (
    select
        *,
        sum(w * w) over (partition by group_level, group_id, indicator, period_type, period) as squares,
        sum(inverse) over (partition by group_level, group_id, indicator, period_type, period) as inverses,
        sum(inverse * inverse) over (partition by group_level, group_id, indicator, period_type, period) as inverse_squares
    from winsorised
),

-- To the trillionth, so that a φ of one is one however its squares were added up.
dispersed as (
    select
        *,
        cast(cast(squares / cast(schools as double) as decimal(38,12)) as double) as phi,
        inverses - inverse_squares / cast(inverses as double) as freedom
    from summed
),

between_schools as (
    select
        *,
        case
            when phi > cast(1 as double)
                then (schools * phi - (schools - 1)) / cast(nullif(freedom, cast(0 as double)) as double)
            else cast(0 as double)
        end as tau2
    from dispersed
),

limited as (
    select
        *,
        cast('1.959963984540054' as double) * sqrt(variance + tau2) as reach_95,
        cast('3.090232306167814' as double) * sqrt(variance + tau2) as reach_998
    from between_schools
)

select
    cast(indicator as varchar) as indicator,
    cast(group_level as varchar) as group_level,
    cast(group_id as varchar) as group_id,
    cast(school_id as varchar) as school_id,
    cast(school_name as varchar) as school_name,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(n as double) as n,
    cast(value as double) as value,
    cast(schools as bigint) as schools,
    cast(p as double) as overall,
    cast(greatest(p - reach_95, cast(0 as double)) as double) as lower_95,
    cast(least(p + reach_95, cast(1 as double)) as double) as upper_95,
    cast(greatest(p - reach_998, cast(0 as double)) as double) as lower_998,
    cast(least(p + reach_998, cast(1 as double)) as double) as upper_998,
    cast(z as double) as z,
    cast(phi as double) as phi,
    cast(tau2 as double) as tau2,
    cast(tau2 > cast(0 as double) as boolean) as is_widened,
    cast(
        case
            when value > p + reach_998 then 'high'
            when value < p - reach_998 then 'low'
            when abs(value - p) > reach_95 then 'between'
            else 'inside'
        end as varchar
    ) as verdict
from limited
