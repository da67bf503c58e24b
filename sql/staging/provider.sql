-- A row of the form provider (第三方准入) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.provider_id as varchar) as provider_id,
    cast(entry.provider_name as varchar) as provider_name,
    cast(entry.provider_kind as varchar) as provider_kind,
    cast(entry.licence_no as varchar) as licence_no,
    cast(entry.panel_on as date) as panel_on,
    cast(entry.panel_parents as bigint) as panel_parents,
    cast(entry.panel_teachers as bigint) as panel_teachers,
    cast(entry.party_meeting_on as date) as party_meeting_on,
    cast(entry.district_approved_on as date) as district_approved_on,
    cast(entry.city_approved_on as date) as city_approved_on,
    cast(entry.service_from as date) as service_from,
    cast(entry.service_to as date) as service_to,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_provider as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'provider' and state = 'accepted'
)
