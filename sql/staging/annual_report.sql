-- A row of the form annual_report (年度报告) in a slice that counts.
-- key: school_id
select
    cast(entry.school_id as varchar) as school_id,
    cast(entry.period as varchar) as period,
    cast(entry.to_education_on as date) as to_education_on,
    cast(entry.to_finance_on as date) as to_finance_on,
    cast(entry.staff_assessment as boolean) as staff_assessment,
    cast(entry.submission_id as varchar) as submission_id,
    cast(entry.row_no as bigint) as row_no
from facts.raw_annual_report as entry
where entry.submission_id in (
    select submission_id from staging.slice where form = 'annual_report' and state = 'accepted'
)
