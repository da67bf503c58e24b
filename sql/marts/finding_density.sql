-- How many findings a unit has for ten thousand pupils in service.
-- stored: table
-- periods: period
-- code: K01
-- title_zh: 违规密度
-- title_en: Density of findings
-- formula: findings of the period (ended ones apart) × 10,000 ÷ mean monthly Σ enrolled
-- formula_zh: 期内未消除的问题数 × 10000 ÷ 月均参加人数
-- unit: number
-- clause: 八(三)
-- better: none
-- note_zh: 期内指问题所属时段完全落在该时段内。区（市）级的问题（如标准倒挂、全区绩效占比）只计入区（市）和全市，不计入学校和城乡分项。
--   月均参加人数是已报汇总表各月参加人数之和的平均。
-- note_en: A finding counts where the whole of its period lies in the figure's. Findings of a district and no school count for the
--   district and the city, and for neither town nor country. The mean is over the months in which a school of the unit reported its roster.
with unit as (
    select * from staging.unit
),

-- Of a unit's rows of the roster, those of a month are one month, whoever sent it.
intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'class_roster'
),

roster as (
    select school_id, month, sum(enrolled) as enrolled from staging.roster_month group by school_id, month
),

month as (
    select
        unit.level, unit.unit_id, unit.unit_name, unit.district_code, unit.dimension, intake.month,
        sum(roster.enrolled) as enrolled, sum(intake.reported) as reported, sum(intake.expected) as expected
    from intake
    inner join unit on unit.school_id = intake.school_id
    left join roster on roster.school_id = intake.school_id and roster.month = intake.month
    group by unit.level, unit.unit_id, unit.unit_name, unit.district_code, unit.dimension, intake.month
),

pupils as (
    select
        month.level, month.unit_id, month.unit_name, month.district_code, month.dimension, period.period_type, period.period,
        sum(month.enrolled) as enrolled, count(month.enrolled) as months,
        sum(month.reported) as reported, sum(month.expected) as expected
    from month
    inner join staging.period_month as period on period.month = month.month
    group by
        month.level, month.unit_id, month.unit_name, month.district_code, month.dimension, period.period_type, period.period
),

finding as (
    select finding.school_id, finding.district_code, lies.in_period as period, count(*) as findings
    from marts.finding as finding
    inner join staging.period_within as lies on lies.period = finding.period
    where finding.ended is null
    group by finding.school_id, finding.district_code, lies.in_period
),

placed as (
    select unit.unit_id, unit.dimension, finding.period, finding.findings
    from finding
    inner join unit on unit.school_id = finding.school_id
    union all
    select district_code as unit_id, '' as dimension, period, findings
    from finding
    where school_id = ''
    union all
    select 'city' as unit_id, '' as dimension, period, findings
    from finding
    where school_id = ''
),

counted as (
    select unit_id, dimension, period, sum(findings) as findings from placed group by unit_id, dimension, period
),

-- The mean, half up to the hundredth: x = 2a + b, (x − x mod 2b) ÷ 2b, of a = Σ enrolled in hundredths and b = months.
figure as (
    select
        pupils.*,
        coalesce(counted.findings, 0) * 10000 as numerator,
        2 * pupils.enrolled * 100 + pupils.months as twice
    from pupils
    left join counted
        on counted.unit_id = pupils.unit_id
        and counted.dimension = pupils.dimension
        and counted.period = pupils.period
)

select
    cast('K01' as varchar) as indicator,
    cast(level as varchar) as level,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(district_code as varchar) as district_code,
    cast(period_type as varchar) as period_type,
    cast(period as varchar) as period,
    cast(dimension as varchar) as dimension,
    cast(numerator as decimal(18,2)) as numerator,
    cast(
        coalesce(
            cast(cast((twice - twice % (2 * nullif(months, 0))) / (2 * nullif(months, 0)) as bigint) as decimal(18,2))
                * cast('0.01' as decimal(18,2)),
            cast(0 as decimal(18,2))
        ) as decimal(18,2)
    ) as denominator,
    cast(cast(numerator * months as double) / cast(nullif(enrolled, 0) as double) as double) as value,
    cast(reported as bigint) as reported,
    cast(expected as bigint) as expected
from figure
