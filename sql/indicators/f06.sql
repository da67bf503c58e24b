-- Which share of the refunds asked for was paid in time, by the period of the request.
-- key: school_id
-- code: F06
-- title_zh: 退费及时率
-- title_en: Refunds on time
-- formula: refunds paid within refund_within_days of the request ÷ refunds requested and due
-- formula_zh: 按期退费的申请 ÷ 已到期的退费申请
-- unit: share
-- clause: 六¶3
-- better: higher
with rule as (
    select period as month, cast(value as int) as days
    from staging.period_policy
    where key = 'refund_within_days'
),

request as (
    select
        pupil_month.school_id,
        pupil_month.requested_on,
        case when pupil_month.first_refund_on <= pupil_month.requested_on + rule.days then 1 else 0 end as paid_in_time
    from staging.pupil_month as pupil_month
    inner join rule on rule.month = substr(cast(pupil_month.requested_on as varchar), 1, 7)
    cross join run
    where pupil_month.requested_on + rule.days < run.today
),

day as (
    select
        school_id, requested_on, sum(paid_in_time) as paid_in_time, count(*) as requests
    from request
    group by school_id, requested_on
)

select
    cast('F06' as varchar) as indicator,
    cast(day.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(day.paid_in_time) as decimal(18,2)) as numerator,
    cast(sum(day.requests) as decimal(18,2)) as denominator,
    cast(null as bigint) as reported,
    cast(null as bigint) as expected
from day
inner join staging.period as period on day.requested_on >= period.first_day and day.requested_on <= period.last_day
group by day.school_id, period.period_type, period.period
