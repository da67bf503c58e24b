-- Whether a school's plan was made public on both boards before the service started.
-- key: school_id
-- code: C10
-- title_zh: 公示率
-- title_en: Public notice
-- formula: plans with both notices on or before started_on ÷ plans started
-- formula_zh: 开始前两处均已公示的方案 ÷ 已开始的方案
-- unit: share
-- clause: 五¶2
-- better: higher
with intake as (
    select school_id, period_type, period, reported, expected from staging.intake where form = 'service_plan'
),

plan as (
    select
        plan.school_id,
        plan.period,
        case when plan.board_notice_on <= plan.started_on and plan.web_notice_on <= plan.started_on then 1 else 0 end as noticed
    from staging.service_plan as plan
    cross join run
    where plan.started_on <= run.today
)

select
    cast('C10' as varchar) as indicator,
    cast(intake.school_id as varchar) as school_id,
    cast(intake.period_type as varchar) as period_type,
    cast(intake.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(coalesce(plan.noticed, 0) as decimal(18,2)) as numerator,
    cast(case when plan.school_id is null then 0 else 1 end as decimal(18,2)) as denominator,
    cast(intake.reported as bigint) as reported,
    cast(intake.expected as bigint) as expected
from intake
left join plan on plan.school_id = intake.school_id and plan.period = intake.period
