-- A school and one of the ten that are most like it: the same town or country, the same kind, the nearest in pupils.
-- stored: table
-- periods: period
-- title_zh: 相似学校
-- title_en: Similar schools
-- formula: the ten of the same urban_rural and school_kind with the least difference in pupils; of equals, the smaller school_id
-- formula_zh: 城乡类型和办学类型相同、在籍人数最接近的十所学校；相差相同的取学校标识码较小者
-- clause: 八(三)
-- note_zh: 在籍人数取时段内最后一个已报汇总表的月份，全部年级；时段内没有汇总表的学校不参与。城乡类型和办学类型以现行学校名录为准。
-- note_en: Pupils are those of the period's last month whose roster is accepted, of all grades; a school without one takes no part. Kind and
--   place are those of the register in force.
with sized as (
    select
        size.period_type, size.period, size.school_id, size.pupils,
        school.school_name, school.district_code, school.school_kind, school.urban_rural
    from staging.school_size as size
    inner join staging.school as school on school.school_id = size.school_id
),

-- Where a school stands among its like, from the smallest up and from the largest down; of equals the smaller id first. So the ten
-- nearest are among the next ten up, the next ten down and the first eleven equals, and no school is compared with all others.
ordered as (
    select
        *,
        row_number() over (
            partition by period_type, period, school_kind, urban_rural order by pupils asc nulls last, school_id asc nulls last
        ) as up,
        row_number() over (
            partition by period_type, period, school_kind, urban_rural order by pupils desc nulls last, school_id asc nulls last
        ) as down,
        row_number() over (
            partition by period_type, period, school_kind, urban_rural, pupils order by school_id asc nulls last
        ) as equal,
        count(*) over (partition by period_type, period, school_kind, urban_rural, pupils) as equals
    from sized
),

step as (
    select step.step from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) as step (step)
),

sought as (
    select ordered.*, up - equal + equals + step.step as next_up, down - equal + equals + step.step as next_down
    from ordered
    cross join step
),

pair as (
    select
        school.period_type, school.period, school.school_id, school.district_code, school.pupils,
        other.school_id as similar_id, other.school_name as similar_name, other.district_code as similar_district_code,
        other.pupils as similar_pupils
    from sought as school
    inner join ordered as other
        on other.period_type = school.period_type
        and other.period = school.period
        and other.school_kind = school.school_kind
        and other.urban_rural = school.urban_rural
        and other.up = school.next_up
    union all
    select
        school.period_type, school.period, school.school_id, school.district_code, school.pupils,
        other.school_id as similar_id, other.school_name as similar_name, other.district_code as similar_district_code,
        other.pupils as similar_pupils
    from sought as school
    inner join ordered as other
        on other.period_type = school.period_type
        and other.period = school.period
        and other.school_kind = school.school_kind
        and other.urban_rural = school.urban_rural
        and other.down = school.next_down
    union all
    select
        school.period_type, school.period, school.school_id, school.district_code, school.pupils,
        other.school_id as similar_id, other.school_name as similar_name, other.district_code as similar_district_code,
        other.pupils as similar_pupils
    from ordered as school
    inner join ordered as other
        on other.period_type = school.period_type
        and other.period = school.period
        and other.school_kind = school.school_kind
        and other.urban_rural = school.urban_rural
        and other.pupils = school.pupils
        and other.school_id <> school.school_id
    where other.equal <= 11
),

ranked as (
    select
        *,
        abs(similar_pupils - pupils) as difference,
        row_number() over (
            partition by period_type, period, school_id
            order by abs(similar_pupils - pupils) asc nulls last, similar_id asc nulls last
        ) as place
    from pair
)

select
    cast(school_id as varchar) as school_id,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(place as bigint) as place,
    cast(similar_id as varchar) as similar_id,
    cast(similar_name as varchar) as similar_name,
    cast(similar_district_code as varchar) as similar_district_code,
    cast(pupils as bigint) as pupils,
    cast(similar_pupils as bigint) as similar_pupils,
    cast(difference as bigint) as difference
from ranked
where place <= 10
