-- A fee standard for rural schools or towns that is above the urban one of its district.
-- rule: R15
-- title_zh: 农村标准高于城区
-- title_en: Rural above urban
-- severity: medium
-- clause: 六¶3
-- blind: Districts in which neither an urban standard nor one for all (*) is in force.
-- blind_zh: 既没有城区标准、也没有通用标准（*）的区（市）。
with standard as (
    select *, coalesce(valid_to, date '9999-12-31') as last_day from reference.fee_standard
),

-- What an urban school pays: the urban standard, and on days without one that for all (*).
urban as (
    select * from standard where urban_rural in ('urban', '*')
),

place as (
    select district_code, urban_rural, valid_from, last_day, yuan_per_session from standard where urban_rural in ('rural', 'town')
),

-- The two can only change their order on a day on which one of them begins or the day after an urban one ends.
turn as (
    select valid_from as day from standard
    union
    select last_day + 1 as day from standard
),

compared as (
    select
        place.district_code, place.urban_rural, place.valid_from, place.yuan_per_session,
        urban.yuan_per_session as urban_yuan, turn.day as first_day
    from place
    inner join turn on turn.day >= place.valid_from and turn.day <= place.last_day
    inner join urban
        on urban.district_code = place.district_code and urban.valid_from <= turn.day and turn.day <= urban.last_day
    qualify row_number() over (
        partition by place.district_code, place.urban_rural, turn.day order by urban.urban_rural desc nulls last
    ) = 1
),

above as (
    select *
    from compared
    where yuan_per_session > urban_yuan
    qualify row_number() over (partition by district_code, urban_rural, valid_from order by first_day asc nulls last) = 1
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
