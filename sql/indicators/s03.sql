-- How many parents of a school's enrolled pupils answered.
-- key: school_id
-- code: S03
-- title_zh: 回收率
-- title_en: Response rate
-- formula: parent responses ÷ enrolled pupils of the term's last month with a roster
-- formula_zh: 家长问卷 ÷ 学期内最后一个已报汇总表月份的参加人数
-- unit: share, at most 1
-- clause: 八(三)
-- better: higher
with intake as (
    select school_id, period_type, period, reported, expected from staging.intake where form = 'survey'
),

answered as (
    select school_id, period, count(*) as responses from staging.survey where respondent = 'parent' group by school_id, period
),

roster as (
    select school_id, month, sum(enrolled) as enrolled from staging.roster_month group by school_id, month
),

enrolled as (
    select roster.school_id, period.period, roster.enrolled
    from roster
    inner join staging.period_month as period on period.month = roster.month
    qualify row_number() over (
        partition by roster.school_id, period.period order by roster.month desc nulls last
    ) = 1
),

joined as (
    select
        intake.*,
        coalesce(answered.responses, 0) as responses,
        enrolled.enrolled,
        case when intake.reported = 1 and enrolled.school_id is not null then 1 else 0 end as entered
    from intake
    left join answered on answered.school_id = intake.school_id and answered.period = intake.period
    left join enrolled on enrolled.school_id = intake.school_id and enrolled.period = intake.period
)

select
    cast('S03' as varchar) as indicator,
    cast(joined.school_id as varchar) as school_id,
    cast(joined.period_type as varchar) as period_type,
    cast(joined.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(case when joined.entered = 1 then joined.responses else 0 end as decimal(18,2)) as numerator,
    cast(case when joined.entered = 1 then joined.enrolled else 0 end as decimal(18,2)) as denominator,
    cast(joined.entered as bigint) as reported,
    cast(joined.expected as bigint) as expected
from joined
