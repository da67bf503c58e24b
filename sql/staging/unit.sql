-- A unit whose figures a school's are a part of: itself, its district, the city, and the latter two by town and country.
-- stored: table
-- key: school_id
with school as (
    select
        school.school_id, school.school_name, school.district_code, district.name_zh as district_name,
        'urban_rural=' || school.urban_rural as cut
    from staging.school as school
    inner join reference.district as district on district.district_code = school.district_code
),

unit as (
    select school_id, 'school' as level, school_id as unit_id, school_name as unit_name, district_code, '' as dimension from school
    union all
    select school_id, 'district' as level, district_code as unit_id, district_name as unit_name, district_code, '' as dimension
    from school
    union all
    select school_id, 'district' as level, district_code as unit_id, district_name as unit_name, district_code, cut as dimension
    from school
    union all
    select school_id, 'city' as level, 'city' as unit_id, '' as unit_name, '' as district_code, '' as dimension from school
    union all
    select school_id, 'city' as level, 'city' as unit_id, '' as unit_name, '' as district_code, cut as dimension from school
)

select
    cast(school_id as varchar) as school_id,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(district_code as varchar) as district_code,
    cast(dimension as varchar) as dimension
from unit
