-- A third party without the approvals in their order before its service, or at work without being on the school's list.
-- key: school_id
-- rule: R10
-- title_zh: 第三方未经审批
-- title_en: Third party not approved
-- severity: high
-- clause: 五¶4
-- blind: Approvals that exist on paper alone.
-- blind_zh: 仅有书面记录而未实际进行的审批。
with provider as (
    select provider.*, school.district_code, district.kind = 'municipal' as is_municipal
    from staging.provider as provider
    inner join staging.school as school on school.school_id = provider.school_id
    inner join reference.district as district on district.district_code = school.district_code
    cross join run
    where provider.service_from <= run.today
),

step as (
    select
        *,
        panel_on is null or coalesce(panel_parents, 0) <= 0 or coalesce(panel_teachers, 0) <= 0 as lacks_panel,
        party_meeting_on is null as lacks_party,
        not is_municipal and district_approved_on is null as lacks_district,
        city_approved_on is null as lacks_city,
        -- Of steps that are there: one that lacks is the finding, whatever the order of the others.
        party_meeting_on < panel_on
            or (not is_municipal and (district_approved_on < party_meeting_on or city_approved_on < district_approved_on))
            or city_approved_on < party_meeting_on as is_disordered,
        city_approved_on > service_from as is_late
    from provider
),

unlisted as (
    select activity.*
    from staging.group_session as activity
    inner join staging.day as day on day.day = activity.held_on
    left join staging.provider as listed
        on listed.school_id = activity.school_id
        and listed.provider_id = activity.provider_id
        and listed.period = day.term
    where activity.staff_kind = 'third_party' and listed.school_id is null
),

breach as (
    select
        step.school_id, step.period, step.provider_id as subject, cast(null as decimal(18,2)) as amount,
        '机构 ' || step.provider_id || '（' || step.provider_name || '）自 ' || cast(step.service_from as varchar) || ' 起服务，'
            || case
                when step.lacks_panel then '缺少有家长和教师代表参加的评审。'
                when step.lacks_party then '缺少学校党组织会议研究。'
                when step.lacks_district then '缺少区（市）审批。'
                when step.lacks_city then '缺少市局审批。'
                when step.is_disordered then '各审批环节的先后次序不对。'
                else '审批晚于服务开始。'
            end as words_zh,
        'provider ' || step.provider_id || ' (' || step.provider_name || ') serves from ' || cast(step.service_from as varchar) || ' and '
            || case
                when step.lacks_panel then 'lacks a panel with parents and teachers.'
                when step.lacks_party then 'lacks the party meeting.'
                when step.lacks_district then 'lacks the district''s approval.'
                when step.lacks_city then 'lacks the city''s approval.'
                when step.is_disordered then 'its approvals are not in their order.'
                else 'was approved after it had begun.'
            end as words_en,
        'provider' as evidence_form, step.submission_id as evidence_submission_id, step.row_no as evidence_row_no
    from step
    where step.lacks_panel or step.lacks_party or step.lacks_district or step.lacks_city or step.is_disordered or step.is_late
    union all
    select
        unlisted.school_id, unlisted.period, cast(unlisted.held_on as varchar) || ' ' || unlisted.group_id as subject, cast(null as decimal(18,2)) as amount,
        cast(unlisted.held_on as varchar) || ' 组别 ' || unlisted.group_id || ' 由第三方机构 ' || coalesce(unlisted.provider_id, '')
            || ' 服务，该机构不在本学期的准入名单上。' as words_zh,
        'group ' || unlisted.group_id || ' on ' || cast(unlisted.held_on as varchar) || ' was led by provider '
            || coalesce(unlisted.provider_id, '') || ', which is not on the school''s list of the term.' as words_en,
        'group_session' as evidence_form, unlisted.submission_id as evidence_submission_id, unlisted.row_no as evidence_row_no
    from unlisted
)

select
    cast('R10' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '：' || breach.words_zh as varchar) as message_zh,
    cast(school.school_name || ': ' || breach.words_en as varchar) as message_en,
    cast('五¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
