-- A stored row that proves a finding of this run; a finding of something absent has none.
-- stored: table
select distinct
    cast(md5(concat_ws('|', rule, district_code, school_id, period, subject)) as varchar) as finding_id,
    cast(evidence_form as varchar) as form,
    cast(evidence_submission_id as varchar) as submission_id,
    cast(evidence_row_no as bigint) as row_no
from rules.all
where evidence_form is not null
