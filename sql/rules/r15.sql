-- A fee standard for rural schools or towns that is above the urban one of its district.
-- rule: R15
-- title_zh: 农村标准高于城区
-- title_en: Rural above urban
-- severity: medium
-- clause: 六¶3
-- blind: A standard for all (*) that takes the place of an urban one for some days only.
-- blind_zh: 仅在部分日期由通用标准（*）代替城区标准的情形。
with standard as (
    select *, coalesce(valid_to, date '9999-12-31') as last_day from reference.fee_standard
),

has_urban as (
    select distinct district_code from standard where urban_rural = 'urban'
),

urban as (
    select standard.*
    from standard
    left join has_urban on has_urban.district_code = standard.district_code
    where standard.urban_rural = 'urban' or (standard.urban_rural = '*' and has_urban.district_code is null)
),

above as (
    select
        place.district_code, place.urban_rural, place.valid_from, place.yuan_per_session, urban.yuan_per_session as urban_yuan,
        greatest(place.valid_from, urban.valid_from) as first_day
    from standard as place
    inner join urban on urban.district_code = place.district_code
    where place.urban_rural in ('rural', 'town')
        and place.yuan_per_session > urban.yuan_per_session
        and greatest(place.valid_from, urban.valid_from) <= least(place.last_day, urban.last_day)
    qualify row_number() over (
        partition by place.district_code, place.urban_rural, place.valid_from
        order by greatest(place.valid_from, urban.valid_from) asc nulls last, urban.yuan_per_session asc nulls last
    ) = 1
),

breach as (
    select
        above.district_code, substr(cast(above.first_day as varchar), 1, 4) as period,
        above.urban_rural || ' ' || cast(above.valid_from as varchar) as subject, cast(null as decimal(18,2)) as amount,
        above.urban_rural, above.yuan_per_session, above.urban_yuan, above.first_day,
        'reference' as evidence_form, cast(null as varchar) as evidence_submission_id, cast(null as bigint) as evidence_row_no
    from above
)

select
    cast('R15' as varchar) as rule,
    cast('medium' as varchar) as severity,
    cast('' as varchar) as school_id,
    cast(breach.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(district.name_zh || '自 ' || cast(breach.first_day as varchar) || ' 起，' || case breach.urban_rural when 'rural' then '乡村' else '镇区' end || '学校每学时 ' || cast(breach.yuan_per_session as varchar) || ' 元，高于城区的 ' || cast(breach.urban_yuan as varchar) || ' 元。' as varchar) as message_zh,
    cast('From ' || cast(breach.first_day as varchar) || ' the ' || breach.urban_rural || ' standard of ' || district.name_en || ' is ' || cast(breach.yuan_per_session as varchar) || ' yuan a session, above the urban ' || cast(breach.urban_yuan as varchar) || ' yuan.' as varchar) as message_en,
    cast('六¶3' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join reference.district as district on district.district_code = breach.district_code
