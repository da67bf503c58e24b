-- Which share of the slices due a school had accepted in time, by the period of the last day for it.
-- key: school_id
-- code: K04
-- title_zh: 报送及时率
-- title_en: Slices on time
-- formula: slices accepted by their due date ÷ slices due
-- formula_zh: 按期接收的报送单元 ÷ 到期的报送单元
-- unit: share
-- clause: 八(一)
-- better: higher
with due as (
    select owed.form, owed.school_id, owed.period, owed.due_on
    from staging.owed as owed
    cross join run
    where owed.due_on < run.today
),

judged as (
    select
        due.school_id,
        due.due_on,
        case when accepted.received_on <= due.due_on then 1 else 0 end as in_time,
        case when accepted.form is null then 0 else 1 end as reported
    from due
    left join staging.accepted_first as accepted
        on accepted.form = due.form and accepted.school_id = due.school_id and accepted.period = due.period
)

select
    cast('K04' as varchar) as indicator,
    cast(judged.school_id as varchar) as school_id,
    cast(period.period_type as varchar) as period_type,
    cast(period.period as varchar) as period,
    cast('' as varchar) as dimension,
    cast(sum(judged.in_time) as decimal(18,2)) as numerator,
    cast(count(*) as decimal(18,2)) as denominator,
    cast(sum(judged.reported) as bigint) as reported,
    cast(count(*) as bigint) as expected
from judged
inner join staging.period as period on judged.due_on >= period.first_day and judged.due_on <= period.last_day
group by judged.school_id, period.period_type, period.period
