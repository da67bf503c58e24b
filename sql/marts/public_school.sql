-- What a school has to make public of its service: the plan in force (五¶2), when parents were asked and told, and the fee standard
-- in force for it on the run's date (六¶3). Nothing on its pupils, its staff or what was found at it. A school that has closed has none.
-- stored: table
-- key: school_id
with newest as (
    select period from staging.period where period_type = 'month'
    qualify row_number() over (order by last_day desc nulls last) = 1
),

plan as (
    select
        plan_at.school_id, plan_at.term, plan_at.is_started, content.started_on, content.weekdays, content.sessions_per_day,
        content.minutes_per_session, content.ends_at, content.consulted_on, content.board_notice_on, content.web_notice_on,
        content.web_notice_url, content.safety_plan_on
    from staging.plan_at as plan_at
    inner join newest on newest.period = plan_at.period
    inner join staging.service_plan as content on content.submission_id = plan_at.submission_id
),

fee as (
    select
        school.school_id, standard.yuan_per_session, standard.yuan_per_month_cap, standard.doc_no, standard.approved_by,
        standard.valid_from
    from staging.school as school
    cross join run
    inner join reference.fee_standard as standard
        on standard.district_code = school.district_code
        and (standard.urban_rural = school.urban_rural or standard.urban_rural = '*')
        and standard.valid_from <= run.today
        and run.today <= coalesce(standard.valid_to, date '9999-12-31')
    qualify row_number() over (partition by school.school_id order by standard.urban_rural desc nulls last) = 1
)

select
    cast(school.school_id as varchar) as school_id,
    cast(school.school_name as varchar) as school_name,
    cast(school.district_code as varchar) as district_code,
    cast(district.name_zh as varchar) as district_name_zh,
    cast(district.name_en as varchar) as district_name_en,
    cast(school.school_kind as varchar) as school_kind,
    cast(school.urban_rural as varchar) as urban_rural,
    cast(plan.term as varchar) as term,
    cast(plan.is_started as boolean) as is_started,
    cast(plan.started_on as date) as started_on,
    cast(plan.weekdays as varchar) as weekdays,
    cast(plan.sessions_per_day as bigint) as sessions_per_day,
    cast(plan.minutes_per_session as bigint) as minutes_per_session,
    cast(plan.ends_at as varchar) as ends_at,
    cast(plan.consulted_on as date) as consulted_on,
    cast(plan.board_notice_on as date) as board_notice_on,
    cast(plan.web_notice_on as date) as web_notice_on,
    cast(plan.web_notice_url as varchar) as web_notice_url,
    cast(plan.safety_plan_on as date) as safety_plan_on,
    cast(fee.yuan_per_session as decimal(18,2)) as yuan_per_session,
    cast(fee.yuan_per_month_cap as decimal(18,2)) as yuan_per_month_cap,
    cast(fee.doc_no as varchar) as fee_doc_no,
    cast(fee.approved_by as varchar) as fee_approved_by,
    cast(fee.valid_from as date) as fee_from
from staging.school as school
cross join run
inner join reference.district as district on district.district_code = school.district_code
left join plan on plan.school_id = school.school_id
left join fee on fee.school_id = school.school_id
where school.closed_on > run.today
