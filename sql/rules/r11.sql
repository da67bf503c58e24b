-- An institution without a licence.
-- key: school_id
-- rule: R11
-- title_zh: 第三方无资质
-- title_en: Third party without licence
-- severity: high
-- clause: 五¶4
-- blind: A licence that is given and not valid.
-- blind_zh: 填报了但无效的许可证。
with breach as (
    select
        provider.school_id, provider.period, provider.provider_id as subject, cast(null as decimal(18,2)) as amount, provider.provider_name,
        'provider' as evidence_form, provider.submission_id as evidence_submission_id, provider.row_no as evidence_row_no
    from staging.provider as provider
    where provider.provider_kind = 'institution' and coalesce(trim(provider.licence_no), '') = ''
)

select
    cast('R11' as varchar) as rule,
    cast('high' as varchar) as severity,
    cast(breach.school_id as varchar) as school_id,
    cast(school.district_code as varchar) as district_code,
    cast(breach.period as varchar) as period,
    cast(breach.subject as varchar) as subject,
    cast(breach.amount as decimal(18,2)) as amount,
    cast(school.school_name || '引进的机构 ' || breach.subject || '（' || breach.provider_name || '）没有办学许可证号。' as varchar) as message_zh,
    cast(school.school_name || ': provider ' || breach.subject || ' (' || breach.provider_name || ') has no licence.' as varchar) as message_en,
    cast('五¶4' as varchar) as clause,
    cast(breach.evidence_form as varchar) as evidence_form,
    cast(breach.evidence_submission_id as varchar) as evidence_submission_id,
    cast(breach.evidence_row_no as bigint) as evidence_row_no
from breach
inner join staging.school as school on school.school_id = breach.school_id
