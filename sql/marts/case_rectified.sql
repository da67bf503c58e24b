-- How many of the cases that were notified were put right, by the period of their finding.
-- stored: table
-- periods: period
-- code: K02
-- title_zh: 整改率
-- title_en: Rectified
-- formula: cases rectified ÷ cases notified and not dismissed
-- formula_zh: 已整改的案件 ÷ 已通知且未撤销的案件
-- unit: share
-- clause: 八(三)
-- better: higher
-- note_zh: 案件所处的步骤以最近一次通知、整改或撤销为准。没有案件时没有数值。
-- note_en: Where a case stands is told by its latest notice, rectification or dismissal. Without casework there is no value.
with step as (
    select
        finding_id,
        step,
        row_number() over (
            partition by finding_id
            order by "at" desc nulls last, step asc nulls last
        ) as place
    from facts.case_event
    where step in ('notified', 'rectified', 'dismissed')
),

-- A case that was put right or dismissed and then notified again stands as notified.
stands as (
    select finding_id, case when step = 'rectified' then 1 else 0 end as rectified
    from step
    where place = 1 and step <> 'dismissed'
),

-- A finding that ended, because its cause was put right, has its case still.
cases as (
    select
        finding.school_id, finding.district_code, lies.in_type as period_type, lies.in_period as period,
        sum(stands.rectified) as rectified, count(*) as notified
    from stands
    inner join marts.finding as finding on finding.finding_id = stands.finding_id
    inner join staging.period_within as lies on lies.period = finding.period
    group by finding.school_id, finding.district_code, lies.in_type, lies.in_period
),

placed as (
    select
        unit.level, unit.unit_id, unit.unit_name, unit.district_code, unit.dimension, cases.period_type, cases.period,
        cases.rectified, cases.notified
    from cases
    inner join staging.unit as unit on unit.school_id = cases.school_id
    union all
    select
        'district' as level, cases.district_code as unit_id, district.name_zh as unit_name, cases.district_code, '' as dimension,
        cases.period_type, cases.period, cases.rectified, cases.notified
    from cases
    inner join reference.district as district on district.district_code = cases.district_code
    where cases.school_id = ''
    union all
    select
        'city' as level, 'city' as unit_id, '' as unit_name, '' as district_code, '' as dimension,
        cases.period_type, cases.period, cases.rectified, cases.notified
    from cases
    where cases.school_id = ''
)

select
    cast('K02' as varchar) as indicator,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(sum(rectified) as decimal(18,2)) as numerator,
    cast(sum(notified) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from placed
group by level, unit_id, unit_name, district_code, period_type, period, dimension
