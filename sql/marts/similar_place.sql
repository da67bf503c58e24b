-- Where a school's figure stands among those of its similar schools, which are not named.
-- stored: table
-- periods: period
-- title_zh: 在相似学校中的位置
-- title_en: Place among similar schools
-- formula: 1 + the similar schools whose value is higher
-- formula_zh: 1 + 数值更高的相似学校数
-- clause: 八(三)
-- note_zh: 位置从数值最高者数起，是好是差由指标的方向决定。没有数值的相似学校不计入。
-- note_en: Counted from the highest value down; which end is the good one is for the indicator to say. A similar school without a value does
--   not count.
with figure as (
    select indicator, unit_id as school_id, district_code, period_type, period, value
    from marts.figure
    where level = 'school' and dimension = '' and value is not null
    union all
    select distinct 'E01' as indicator, unit_id as school_id, district_code, period_type, period, total as value
    from marts.score
    where level = 'school'
)

select
    cast(own.indicator as varchar) as indicator,
    cast(own.school_id as varchar) as school_id,
    cast(own.district_code as varchar) as district_code,
    cast(own.period_type as varchar) as period_type,
    cast(own.period as varchar) as period,
    cast(own.value as double) as value,
    cast(count(*) as bigint) as schools,
    cast(1 + sum(case when other.value > own.value then 1 else 0 end) as bigint) as place,
    cast(min(other.value) as double) as lowest,
    cast(median(other.value) as double) as median,
    cast(max(other.value) as double) as highest
from figure as own
inner join marts.similar_school as likeness
    on likeness.school_id = own.school_id
    and likeness.period_type = own.period_type
    and likeness.period = own.period
inner join figure as other
    on other.indicator = own.indicator
    and other.school_id = likeness.similar_id
    and other.period_type = own.period_type
    and other.period = own.period
group by own.indicator, own.school_id, own.district_code, own.period_type, own.period, own.value
