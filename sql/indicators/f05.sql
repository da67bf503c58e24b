-- What a paying pupil paid, net of refunds; a pupil counts once in the period.
-- key: school_id
-- code: F05
-- title_zh: 生均收费
-- title_en: Net fee a pupil
-- formula: (charges − refunds) ÷ paying pupils
-- formula_zh: （收费 − 退费）÷ 缴费学生
-- unit: yuan
-- clause: 六¶3
-- better: none
with intake as (
    select school_id, period as month, reported, expected from staging.intake where form = 'charge'
),

pupil as (
    select
        school_id,
        period as month,
        pupil_id,
        sum(case when kind = 'charge' then amount else -amount end) as net,
        max(case when kind = 'charge' and amount > 0 then 1 else 0 end) as paying
    from staging.charge
    group by school_id, period, pupil_id
),

pupil_period as (
    select
        pupil.school_id, period.period, pupil.pupil_id,
        sum(pupil.net) as net, max(pupil.paying) as paying
    from pupil
    inner join staging.period_month as period on period.month = pupil.month
    group by pupil.school_id, period.period, pupil.pupil_id
),

money as (
    select school_id, period, sum(net) as net, sum(paying) as paying
    from pupil_period
    group by school_id, period
),

sent as (
    select
        intake.school_id, period.period_type, period.period,
        sum(intake.reported) as reported, sum(intake.expected) as expected
    from intake
    inner join staging.period_month as period on period.month = intake.month
    group by intake.school_id, period.period_type, period.period
)

select
    cast('F05' as varchar) as indicator,
    cast(sent.school_id as varchar) as school_id,
    cast(sent.period_type as varchar) as period_type,
    cast(sent.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(coalesce(money.net, 0) as decimal(18,2)) as numerator,
    cast(coalesce(money.paying, 0) as decimal(18,2)) as denominator,
    cast(sent.reported as bigint) as reported,
    cast(sent.expected as bigint) as expected
from sent
left join money
    on money.school_id = sent.school_id and money.period = sent.period
