-- A primary school, open at the deadline, of which no plan is reported as started by then.
-- key: school_id
-- rule: R01
-- title_zh: 未按期开办
-- title_en: Not offering by the deadline
-- severity: high
-- clause: 二
-- blind: A school that started in time but never sent its plan.
-- blind_zh: 按期开办但一直未报送方案的学校，会被误列；报送方案后自动消除。
with deadline as (
    select period, cast(value as date) as day
    from staging.period_policy
    cross join run
    where key = 'rollout_deadline'
        and substr(value, 1, 7) = period
        and cast(value as date) < run.today
),

-- The plan that starts first, of whatever term: one of a later term tells too when the school started.
plan as (
    select school_id, started_on, submission_id, row_no
    from staging.service_plan
    where started_on is not null
    qualify row_number() over (
        partition by school_id order by started_on asc nulls last, period asc nulls last
    ) = 1
),

breach as (
    select
        school.school_id,
        school.school_name,
        school.district_code,
        deadline.period,
        '' as subject,
        cast(null as decimal(18,2)) as amount,
        deadline.day,
        plan.started_on,
        case when plan.school_id is not null then 'service_plan' end as evidence_form,
        plan.submission_id as evidence_submission_id,
        plan.row_no as evidence_row_no
    from staging.school as school
    inner join deadline on school.opened_on <= deadline.day and deadline.day < school.closed_on
    left join plan on plan.school_id = school.school_id
    where school.is_primary and (plan.started_on is null or plan.started_on > deadline.day)
)

select
    cast('R01' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(breach.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(breach.school_name || '应在 ' || cast(breach.day as varchar) || ' 前开办课后服务，' || case when breach.started_on is null then '至今没有报送已开始的课后服务方案。' else '方案的开始日期是 ' || cast(breach.started_on as varchar) || '，晚于期限。' end as varchar) as message_zh,
    cast(breach.school_name || ' was to offer the service by ' || cast(breach.day as varchar) || case when breach.started_on is null then '; no plan is reported as started.' else '; its plan starts on ' || cast(breach.started_on as varchar) || ', which is later.' end as varchar) as message_en,
    cast('二' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
